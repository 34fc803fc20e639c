/** Differences of keywords that hold no schemas: types, values, bounds, patterns. */
import { canonical } from "../../../contracts/delta/json.ts";
import { type Change, child, kebab, listed, quoted } from "./change.ts";
import { KINDS, type Signed } from "./formula.ts";
import { type Keywords, listOf } from "./keyword.ts";
import { isRefused, type Listing, only, type Pair, readerOf, writerOf } from "./pair.ts";

const BOUNDS = listOf("minimum exclusiveMinimum maximum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties");
const OTHERS = ["multipleOf", "pattern", "format", "uniqueItems"];

export function listScalars(listing: Listing, pair: Pair): void {
  listTypes(listing, pair);
  listValues(listing, pair);
  for (const keyword of [...BOUNDS, ...OTHERS]) {
    const [was, is] = [pair.old.schema[keyword], pair.next.schema[keyword]];
    if (canonical(was) === canonical(is)) continue;
    const beside = keyword.startsWith("exclusive") ? [keyword, keyword.replace("exclusive", "").toLowerCase()] : [keyword];
    const how = was === undefined ? "added" : is === undefined ? "removed" : moved(keyword, was, is);
    const breaking = isRefused(listing, pair, only(readerOf(listing, pair).schema, beside));
    const isSlip = !breaking && keyword === "pattern" && isSlipped(listing, pair);
    const said = isSlip ? "; as written it matches any text, but a reader that applies it to the whole text would refuse some" : "";
    listing.add({ ...changed(pair, keyword, `${kebab(keyword)}-${how}`, was, is, said), breaking: breaking || isSlip });
  }
}

function changed(pair: Pair, keyword: string, code: string, was: unknown, is: unknown, more = ""): Omit<Change, "breaking"> {
  const path = is === undefined ? child(pair.oldPath, keyword) : child(pair.path, keyword);
  const message =
    was === undefined
      ? `${keyword} ${quoted(is)} was added`
      : is === undefined
        ? `${keyword} ${quoted(was)} was removed`
        : `${keyword} was ${quoted(was)} and is ${quoted(is)}`;
  return { code, path, message: `${message}${more}.` };
}

function moved(keyword: string, was: unknown, is: unknown): string {
  if (!BOUNDS.includes(keyword) || typeof was !== "number" || typeof is !== "number") return "changed";
  return is > was ? "raised" : "lowered";
}

/**
 * A pattern that nobody anchored, added where there was none: as JSON Schema reads it, it refuses nothing, and it was surely meant to refuse
 * something. Half the languages in use match whole texts, and readers written in them do refuse it.
 */
function isSlipped(listing: Listing, pair: Pair): boolean {
  const [writer, reader] = [writerOf(listing, pair), readerOf(listing, pair)];
  const source = reader.schema["pattern"];
  if (typeof source !== "string" || writer.schema["pattern"] !== undefined) return false;
  const made = (pattern: string) => listing.universe.made({ pattern }, reader.place);
  const any = listing.universe.made({ type: "string" }, reader.place);
  if (!listing.solver.isEmpty([any, made(source) ^ 1])) return false;
  const whole = `^(?:${source})$`;
  return listing.solver.language(whole) !== null && !listing.solver.isEmpty([writer.signed, made(ONE_LINE), made(whole) ^ 1], "string");
}

/** `.` stops at a line break, which is hardly ever meant. */
const ONE_LINE = "^[^\\r\\n\\u2028\\u2029]*$";

function listTypes(listing: Listing, pair: Pair): void {
  const [was, is] = [pair.old.schema["type"], pair.next.schema["type"]];
  if (canonical(was) === canonical(is)) return;
  const [before, after] = [typesOf(listing, pair.old.signed, pair.old.schema), typesOf(listing, pair.next.signed, pair.next.schema)];
  const breaking = isRefused(listing, pair, only(readerOf(listing, pair).schema, ["type"]));
  if (before.join() === after.join() && !breaking) return;
  const holds = (all: readonly string[], some: readonly string[]) => some.every((type) => all.includes(type) || (type === "integer" && all.includes("number")));
  const how = holds(after, before) ? "widened" : holds(before, after) ? "narrowed" : "changed";
  const path = is === undefined ? child(pair.oldPath, "type") : child(pair.path, "type");
  listing.add({ code: `type-${how}`, path, message: `The type was ${spoken(before)} and is ${spoken(after)}.`, breaking });
}

/** The types that a schema leaves possible, whatever keyword says so. */
function typesOf(listing: Listing, signed: Signed, schema: Keywords): readonly string[] {
  const stated = schema["type"];
  const kinds = KINDS.filter((kind) => !listing.solver.isEmpty([signed], kind));
  const isWhole = stated === "integer" || (Array.isArray(stated) && stated.includes("integer") && !stated.includes("number"));
  return kinds.map((kind) => (kind === "number" && isWhole ? "integer" : kind));
}

function spoken(types: readonly string[]): string {
  return types.length === KINDS.length ? "any" : types.length === 0 ? "none" : types.join(" or ");
}

function listValues(listing: Listing, pair: Pair): void {
  const [was, is] = [valuesOf(pair.old.schema), valuesOf(pair.next.schema)];
  if (canonical(was) === canonical(is)) return;
  const keyword = (schema: Keywords) => (schema["enum"] === undefined ? "const" : "enum");
  const breaking = isRefused(listing, pair, only(readerOf(listing, pair).schema, ["enum", "const"]));
  const [oldAt, at] = [child(pair.oldPath, keyword(pair.old.schema)), child(pair.path, keyword(pair.next.schema))];
  if (was === null) return listing.add({ code: "enum-added", path: at, message: `Any value was allowed, now only ${listed(is ?? [])}.`, breaking });
  if (is === null) return listing.add({ code: "enum-removed", path: oldAt, message: `Only ${listed(was)} was allowed, now other values are too.`, breaking });
  const [before, after] = [new Set(was.map(canonical)), new Set(is.map(canonical))];
  const gone = was.filter((value) => !after.has(canonical(value)));
  const come = is.filter((value) => !before.has(canonical(value)));
  const [forGone, forCome] = listing.reader === "new" ? [breaking, false] : [false, breaking];
  if (gone.length > 0)
    listing.add({
      code: "enum-value-removed",
      path: at,
      message: `The values ${listed(gone)} are no longer among those allowed, ${listed(is)}.`,
      breaking: forGone,
    });
  if (come.length > 0)
    listing.add({ code: "enum-value-added", path: at, message: `The values ${listed(come)} were added to those allowed, ${listed(was)}.`, breaking: forCome });
}

function valuesOf(schema: Keywords): readonly unknown[] | null {
  if (Array.isArray(schema["enum"]))
    return schema["const"] === undefined ? schema["enum"] : schema["enum"].filter((value) => canonical(value) === canonical(schema["const"]));
  return schema["const"] === undefined ? null : [schema["const"]];
}
