/**
 * The scheduled look at a contract and its live data: fields that nobody fills or reads, fields that carry several meanings, fields of
 * which nothing is said, and fields that say the same; each with what to do about it. Suggestions only: a person decides.
 */
import type { Millis } from "../../contracts/instant.ts";
import { type Field, documentOf, fieldsOf } from "./field.ts";
import type { Code, Finding } from "./finding.ts";
import { describe } from "./scan-documented.ts";
import { duplicates } from "./scan-duplicate.ts";
import { overloads } from "./scan-overloaded.ts";
import { DAY_MS } from "./period.ts";
import type { Sketch } from "./sketch.ts";

/** Who reads a field: a rule, a model, a bridge, a consumer of the feed, a page. */
export type Reader = { readonly kind: "rule" | "model" | "bridge" | "consumer" | "page"; readonly name: string };

/** What is known of the use of one field. `filled` of `entities` have a value; `readers`: null when it is not known who reads. */
export type Usage = {
  readonly path: string;
  readonly entities: number;
  readonly filled: number;
  readonly readers: readonly Reader[] | null;
  readonly lastSetAt?: Millis;
  readonly sketch?: Sketch;
};

/** Entities below which an empty field says nothing. */
const ENTITIES_MIN = 20;
const RARELY_SHARE = 0.01;
/** Two quarters: what nobody wrote in so long has no place in anybody's work. */
const QUIET_MS = 180 * DAY_MS;
/** Values below which "always the same" says nothing. */
const CONSTANT_SAMPLE_MIN = 200;

/** Findings by topic, in the order of the document. `usage` by field; a field without one is judged by its contract alone. */
export function scan(usage: readonly Usage[], document: unknown, now: Millis): readonly Finding[] {
  const fields = fieldsOf(document);
  const of = new Map(usage.map((one) => [one.path, one]));
  const each = (look: (field: Field, usage: Usage) => readonly Finding[]): readonly Finding[] =>
    [...fields.values()].flatMap((field) => {
      const one = of.get(field.path);
      return one === undefined ? [] : look(field, one);
    });
  return [
    ...each((field, one) => unused(field, one, now)),
    ...each((field, { sketch }) => (sketch === undefined ? [] : overloads(field, sketch))),
    ...describe(documentOf(document), [...fields.values()]),
    ...duplicates([...fields.values()], (path) => of.get(path)?.sketch),
  ];
}

function unused(field: Field, usage: Usage, now: Millis): readonly Finding[] {
  const { path } = field;
  const found: Finding[] = [];
  const said = (code: Code, params: Finding["params"], sentence: string, suggestion: string): void => {
    found.push({ topic: "unused", code, path, params, sentence, suggestion });
  };
  // What a contract promises can't simply be left out: readers rely on it.
  const drop = field.required ? "make it optional, and leave it out with the next major version" : "deprecate it, and leave it out with the next version";
  const share = usage.entities === 0 ? 1 : usage.filled / usage.entities;
  if (usage.entities >= ENTITIES_MIN && usage.filled === 0)
    said("never-filled", { entities: usage.entities }, `none of ${usage.entities} entities has it`, drop);
  else if (usage.entities >= ENTITIES_MIN && share < RARELY_SHARE)
    said(
      "rarely-filled",
      { entities: usage.entities, filled: usage.filled },
      `${usage.filled} of ${usage.entities} entities have it`,
      `ask who fills it; ${drop}`,
    );
  else if (usage.lastSetAt !== undefined && now - usage.lastSetAt > QUIET_MS) {
    const days = Math.floor((now - usage.lastSetAt) / DAY_MS);
    said("not-written-lately", { days }, `nobody wrote it for ${days} days`, `ask who owned it; ${drop}`);
  }
  if (usage.readers !== null && usage.readers.length === 0 && field.role !== "group")
    said("never-read", {}, "no rule, model, bridge or consumer reads it", `show it to somebody, or ${drop}`);
  const only = constantOf(field, usage.sketch);
  if (only !== null) said("constant", { value: only }, `every value is "${only}"`, "say it in the contract as a constant, or leave it out");
  return found;
}

/** The one value that a field always has, if it could have others. */
function constantOf(field: Field, sketch: Sketch | undefined): string | null {
  if (sketch === undefined || field.values?.length === 1 || field.role === "reference" || field.personal) return null;
  const { texts, types, numbers } = sketch;
  const [text, count] = [...texts.counts][0] ?? ["", 0];
  if (texts.counts.size === 1 && texts.short === 0 && count === types.string + types.boolean && types.number === 0)
    return count >= CONSTANT_SAMPLE_MIN ? text : null;
  const number = types.number >= CONSTANT_SAMPLE_MIN && types.string + types.boolean === 0 && numbers.min === numbers.max && field.role !== "instant";
  return number ? String(numbers.min) : null;
}
