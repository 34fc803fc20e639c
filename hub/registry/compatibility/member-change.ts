/** Differences of what is said of members: by name, by pattern, of the rest, and which must be there. */
import { canonical } from "../../../contracts/delta/json.ts";
import { child, kebab, quoted } from "./change.ts";
import { ANYTHING } from "./formula.ts";
import { entries, isObject, type Keywords, type Schema, texts } from "./keyword.ts";
import { matches } from "./language.ts";
import { isRefused, type Listing, only, type Pair, readerOf, writerOf } from "./pair.ts";

export function listMembers(listing: Listing, pair: Pair): void {
  listProperties(listing, pair);
  listRequired(listing, pair);
  listPatterns(listing, pair);
  listRest(listing, pair);
  for (const keyword of ["propertyNames", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"]) {
    const [was, is] = [pair.old.schema[keyword], pair.next.schema[keyword]];
    if (canonical(was) === canonical(is)) continue;
    const how = was === undefined ? "added" : is === undefined ? "removed" : "changed";
    const part = keyword === "unevaluatedProperties" ? readerOf(listing, pair).schema : only(readerOf(listing, pair).schema, [keyword]);
    const path = is === undefined ? child(pair.oldPath, keyword) : child(pair.path, keyword);
    listing.add({
      code: `${kebab(keyword)}-${how}`,
      path,
      message: `${keyword} was ${quoted(was)} and is ${quoted(is)}.`,
      breaking: isRefused(listing, pair, part),
    });
  }
}

function listProperties(listing: Listing, pair: Pair): void {
  const [before, after] = [mapOf(pair.old.schema, "properties"), mapOf(pair.next.schema, "properties")];
  const reader = mapOf(readerOf(listing, pair).schema, "properties");
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]];
    if (was !== undefined && is !== undefined && listing.universe.signed(was) === listing.universe.signed(is)) continue;
    const named = reader[name];
    const isBroken = isRefused(listing, pair, named === undefined ? otherwise(listing, pair, name) : { properties: { [name]: named } });
    if (was !== undefined && is !== undefined) listing.enter(was, is, { pair, steps: ["properties", name], isBroken });
    else if (was === undefined)
      listing.add({
        code: "property-added",
        path: child(pair.path, "properties", name),
        message: isBroken
          ? `The property ${name} was added; ${listing.reader === "new" ? `under that name the old schema allowed what the new one refuses` : `readers of the old schema refuse it`}.`
          : `The property ${name} was added.`,
        breaking: isBroken,
      });
    else {
      const dropped = isBroken ? false : isUntyped(listing, pair, name);
      listing.add({
        code: dropped ? "type-dropped" : "property-removed",
        path: child(pair.oldPath, "properties", name),
        message: dropped
          ? `The property ${name} was ${quoted(was)}; now only a pattern covers it, and the pattern states no type.`
          : `The property ${name} was removed${isBroken ? (listing.reader === "new" ? "; the new schema does not allow what was written there" : "; the old schema does not allow what may be written there now") : ""}.`,
        breaking: isBroken || dropped,
      });
    }
  }
}

/** What the reader says of a name that its `properties` do not have. */
function otherwise(listing: Listing, pair: Pair, name: string): Schema {
  const { schema } = readerOf(listing, pair);
  const matched = entries(schema["patternProperties"]).filter(([source]) => isMatched(listing, source, name) !== false);
  if (matched.length > 0) return { patternProperties: Object.fromEntries(matched) };
  const rest = schema["additionalProperties"];
  return rest === undefined || rest === true ? true : { properties: { [name]: rest } };
}

/**
 * A member with a stated type that only a pattern covers in an otherwise open reader, and the pattern says nothing: schema registries call it
 * a partly open content model, in which a described member lost its description.
 */
function isUntyped(listing: Listing, pair: Pair, name: string): boolean {
  const [writer, reader] = [writerOf(listing, pair).schema, readerOf(listing, pair).schema];
  const stated = mapOf(writer, "properties")[name];
  if (stated === undefined || listing.universe.signed(stated) === ANYTHING || mapOf(reader, "properties")[name] !== undefined) return false;
  if (reader["additionalProperties"] !== undefined && reader["additionalProperties"] !== true) return false;
  const matched = entries(reader["patternProperties"]).filter(([source]) => isMatched(listing, source, name) === true);
  return matched.length > 0 && matched.every(([, schema]) => listing.universe.signed(schema) === ANYTHING);
}

function isMatched(listing: Listing, source: string, name: string): boolean | null {
  const language = listing.solver.language(source);
  return language === null ? null : matches(language, name);
}

function listRequired(listing: Listing, pair: Pair): void {
  const [was, is] = [texts(pair.old.schema["required"]), texts(pair.next.schema["required"])];
  const ask = (name: string) => isRefused(listing, pair, { required: [name] });
  for (const name of is.filter((name) => !was.includes(name)))
    listing.add({
      code: "required-added",
      path: child(pair.path, "required"),
      message: `The property ${name} may have been absent and is now required.`,
      breaking: listing.reader === "new" && ask(name),
    });
  for (const name of was.filter((name) => !is.includes(name)))
    listing.add({
      code: "required-removed",
      path: child(pair.oldPath, "required"),
      message: `The property ${name} was required and may now be absent.`,
      breaking: listing.reader === "old" && ask(name),
    });
}

function listPatterns(listing: Listing, pair: Pair): void {
  const [before, after] = [mapOf(pair.old.schema, "patternProperties"), mapOf(pair.next.schema, "patternProperties")];
  const reader = mapOf(readerOf(listing, pair).schema, "patternProperties");
  for (const source of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is, read] = [before[source], after[source], reader[source]];
    const isBroken = read !== undefined && isRefused(listing, pair, { patternProperties: { [source]: read } });
    if (was !== undefined && is !== undefined) listing.enter(was, is, { pair, steps: ["patternProperties", source], isBroken });
    else
      listing.add({
        code: was === undefined ? "pattern-properties-added" : "pattern-properties-removed",
        path: was === undefined ? child(pair.path, "patternProperties", source) : child(pair.oldPath, "patternProperties", source),
        message: `The rule for names like ${source}, ${quoted(was ?? is)}, was ${was === undefined ? "added" : "removed"}.`,
        breaking: isBroken,
      });
  }
}

/** `additionalProperties`, of names that neither schema spells out: those have changes of their own. */
function listRest(listing: Listing, pair: Pair): void {
  const keyword = "additionalProperties";
  const [was, is] = [schemaOf(pair.old.schema[keyword]), schemaOf(pair.next.schema[keyword])];
  const reader = readerOf(listing, pair).schema;
  const spelt = [...Object.keys(mapOf(pair.old.schema, "properties")), ...Object.keys(mapOf(pair.next.schema, "properties"))];
  const any = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]));
  const isBroken =
    reader[keyword] !== undefined &&
    isRefused(listing, pair, { properties: any(spelt), patternProperties: any(Object.keys(mapOf(reader, "patternProperties"))), [keyword]: reader[keyword] });
  if (canonical(was) === canonical(is) && !isBroken) return;
  const path = pair.next.schema[keyword] === undefined ? child(pair.oldPath, keyword) : child(pair.path, keyword);
  if (is === false)
    return listing.add({
      code: "closed",
      path,
      message: `Other properties were ${was === true ? "allowed" : quoted(was)} and are now refused.`,
      breaking: isBroken,
    });
  if (was === false)
    return listing.add({
      code: "opened",
      path,
      message: `Other properties were refused and are now ${is === true ? "allowed" : quoted(is)}.`,
      breaking: isBroken,
    });
  if (isObject(was) && isObject(is)) return listing.enter(was, is, { pair, steps: [keyword], isBroken });
  listing.add({
    code: isObject(is) ? "additional-properties-narrowed" : "additional-properties-widened",
    path,
    message: `Other properties were ${was === true ? "anything" : quoted(was)} and are ${is === true ? "anything" : quoted(is)}.`,
    breaking: isBroken,
  });
}

function schemaOf(value: unknown): Schema {
  return isObject(value) || value === false ? value : true;
}

/** Without a prototype: a property may be called `constructor`. */
function mapOf(schema: Keywords, keyword: string): Readonly<Record<string, Schema>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries(schema[keyword]).map(([name, one]) => [name, schemaOf(one)])));
}
