/** Differences of what is said of elements: at places, of the rest, and of those contained. */
import { canonical } from "../../../contracts/delta/json.ts";
import { child, kebab, quoted } from "./change.ts";
import type { Keywords, Schema } from "./keyword.ts";
import { isRefused, type Listing, only, type Pair, readerOf } from "./pair.ts";

/** A list of places and the rest, however the draft spells it. */
type Shape = { readonly prefix: readonly Schema[]; readonly prefixKeyword: string; readonly rest: Schema | undefined; readonly restKeyword: string };

export function listElements(listing: Listing, pair: Pair): void {
  const [was, is] = [shapeOf(pair.old.schema), shapeOf(pair.next.schema)];
  const reader = shapeOf(readerOf(listing, pair).schema);
  for (let at = 0; at < Math.max(was.prefix.length, is.prefix.length); at++) {
    const [before, after] = [was.prefix[at] ?? was.rest ?? true, is.prefix[at] ?? is.rest ?? true];
    const steps = (shape: Shape) => (shape.prefix[at] === undefined ? [shape.restKeyword] : [shape.prefixKeyword, at]);
    const read = reader.prefix[at] ?? reader.rest ?? true;
    const isBroken = isRefused(listing, pair, { prefixItems: [...Array.from({ length: at }, () => true), read] });
    if (canonical(before) !== canonical(after) || isBroken) listing.enter(before, after, { pair, steps: steps(is), oldSteps: steps(was), isBroken });
  }
  const places = Math.max(was.prefix.length, is.prefix.length);
  const rest = reader.rest ?? true;
  const isBroken = isRefused(listing, pair, { prefixItems: Array.from({ length: places }, () => true), items: rest });
  if (canonical(was.rest) !== canonical(is.rest) || isBroken)
    listing.enter(was.rest ?? true, is.rest ?? true, {
      pair,
      steps: [is.rest === undefined ? was.restKeyword : is.restKeyword],
      oldSteps: [was.restKeyword],
      isBroken,
    });
  for (const keywords of [["contains", "minContains", "maxContains"], ["unevaluatedItems"]]) {
    const [before, after] = [only(pair.old.schema, keywords), only(pair.next.schema, keywords)];
    if (canonical(before) === canonical(after)) continue;
    const keyword = keywords[0] ?? "";
    const how = before === true ? "added" : after === true ? "removed" : "changed";
    const part = keyword === "contains" ? only(readerOf(listing, pair).schema, keywords) : readerOf(listing, pair).schema;
    const path = after === true ? child(pair.oldPath, keyword) : child(pair.path, keyword);
    listing.add({
      code: `${kebab(keyword)}-${how}`,
      path,
      message: `${keyword} was ${quoted(before === true ? undefined : before)} and is ${quoted(after === true ? undefined : after)}.`,
      breaking: isRefused(listing, pair, part),
    });
  }
}

function shapeOf(schema: Keywords): Shape {
  const items = schema["items"];
  if (Array.isArray(items)) return { prefix: items, prefixKeyword: "items", rest: ruleOf(schema["additionalItems"]), restKeyword: "additionalItems" };
  const prefix = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  return { prefix, prefixKeyword: "prefixItems", rest: ruleOf(items), restKeyword: "items" };
}

function ruleOf(value: unknown): Schema | undefined {
  return value === undefined ? undefined : (value as Schema);
}
