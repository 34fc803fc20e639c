/**
 * Contracts: the named, versioned schemas under which a unit writes. The document is the zod schema as JSON Schema 2020-12, with what
 * `annotation.ts` names. Fingerprint: SHA-256 of its canonical JSON. A unit registers these at the hub before its first push.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { ABOUT } from "./about.ts";
import { canonical } from "./delta/json.ts";
import { RULES } from "./delta/rules.ts";
import { FAMILIES, type Family, STREAM_OF } from "./entity.ts";
import type { Registration } from "./rpc.ts";

export type Contract = Registration["contracts"][number];

/** Major versions. A breaking change of a family raises its number, and comes with a lens in lenses.ts. */
const VERSION: Readonly<Record<Family, number>> = {
  asset: 1,
  device: 1,
  customer: 1,
  agreement: 1,
  calendar: 1,
  engineer: 1,
  position: 1,
  repair: 1,
  alarm: 1,
  ticket: 2,
  complaint: 1,
  offer: 2,
  assignment: 1,
  kit: 2,
  suppression: 1,
  route: 1,
  move: 1,
  calibration: 1,
  knowledge: 1,
  advice: 1,
  depot: 1,
  stock: 1,
  movement: 1,
  reservation: 1,
  action: 1,
};

export function majorOf(family: Family): number {
  return VERSION[family];
}

/** What an operation names as its `contract`, such as `ticket@1`. */
export function contractName(family: Family): string {
  return `${family}@${VERSION[family]}`;
}

/** Made once: a unit shows them whenever it registers, and the hub reads every registration against them. */
const made = new Map<Family, Contract>();

export function contractOf(family: Family): Contract {
  const known = made.get(family) ?? make(family);
  made.set(family, known);
  return known;
}

function make(family: Family): Contract {
  const schema = z.toJSONSchema(FAMILIES[family], { target: "draft-2020-12" });
  const alternatives = (schema.anyOf ?? schema.oneOf ?? [schema]).filter((one) => typeof one === "object");
  for (const alternative of alternatives) sayWriters(family, alternative.properties ?? {});
  const document = z.json().parse({ ...schema, ...aboutOf(family, keyFormat(alternatives)) });
  return { subject: family, version: VERSION[family], fingerprint: fingerprint(document), schema: document };
}

/** Every family that leaves the unit: what `Registration.contracts` carries. */
export function contractsOfUnit(): readonly Contract[] {
  return (Object.keys(FAMILIES) as Family[]).filter((family) => STREAM_OF[family] !== null).map(contractOf);
}

export function fingerprint(document: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(document))));
}

type Schema = z.core.JSONSchema.JSONSchema;

function aboutOf(family: Family, format: string): Readonly<Record<string, unknown>> {
  const { namespace, within = "tenant", owner, relations = {}, quality } = ABOUT[family];
  const stream = STREAM_OF[family];
  const { otherwise, attrs } = RULES[family];
  return {
    "x-key": { attr: "id", format, namespace, within },
    ...(stream === null ? {} : { "x-stream": stream }),
    "x-merge": { "*": otherwise, ...attrs },
    "x-relations": Object.entries(relations).map(([attr, subject]) => ({ attr, subject })),
    "x-quality": quality,
    "x-owner": owner,
  };
}

function sayWriters(family: Family, properties: Readonly<Record<string, Schema | boolean>>): void {
  const { otherwise, attrs } = ABOUT[family].writers;
  for (const [attr, schema] of Object.entries(properties)) {
    const of = attrs !== undefined && Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
    if (typeof schema === "object") schema["x-writers"] = of ?? otherwise;
  }
}

/** The key's own pattern. Every family has an `id`, of one form in all its alternatives. */
function keyFormat(alternatives: readonly Schema[]): string {
  const id = alternatives[0]?.properties?.["id"];
  return typeof id === "object" ? (id.pattern ?? "text") : "text";
}
