/** Differences of schemas that are joined: by `allOf`, `anyOf`, `oneOf`, `not`, conditions and dynamic references. */
import { canonical } from "../../../contracts/delta/json.ts";
import { child, kebab, quoted } from "./change.ts";
import type { Keywords, Schema } from "./keyword.ts";
import { isRefused, type Listing, only, type Pair, readerOf } from "./pair.ts";

export function listAlternatives(listing: Listing, pair: Pair): void {
  for (const keyword of ["anyOf", "oneOf", "allOf"]) listJoined(listing, pair, keyword);
  for (const keywords of [["not"], ["if", "then", "else"], ["$dynamicRef"], ["$recursiveRef"]]) {
    const [was, is] = [only(pair.old.schema, keywords), only(pair.next.schema, keywords)];
    if (canonical(was) === canonical(is)) continue;
    const keyword = keywords[0] ?? "";
    const how = was === true ? "added" : is === true ? "removed" : "changed";
    const path = is === true ? child(pair.oldPath, keyword) : child(pair.path, keyword);
    const message = `${keyword} was ${quoted(was === true ? undefined : was)} and is ${quoted(is === true ? undefined : is)}.`;
    listing.add({ code: `${kebab(keyword)}-${how}`, path, message, breaking: isRefused(listing, pair, only(readerOf(listing, pair).schema, keywords)) });
  }
}

/** Those that stayed are left out, whatever their order; those that changed are compared in the order they stand in. */
function listJoined(listing: Listing, pair: Pair, keyword: string): void {
  const [was, is] = [numbered(listing, pair.old.schema, keyword), numbered(listing, pair.next.schema, keyword)];
  const before = was.filter(({ signed }) => !is.some((other) => other.signed === signed));
  const after = is.filter(({ signed }) => !was.some((other) => other.signed === signed));
  if (before.length + after.length === 0 && was.length === is.length) return;
  const isBroken = isRefused(listing, pair, only(readerOf(listing, pair).schema, [keyword]));
  const isRead = (signed: number) => listing.solver.isEmpty([signed, readerOf(listing, pair).signed ^ 1]);
  for (let at = 0; at < Math.max(before.length, after.length); at++) {
    const [one, other] = [before[at], after[at]];
    if (one !== undefined && other !== undefined) {
      const written = listing.reader === "new" ? one.signed : other.signed;
      const broken = isBroken && (keyword === "allOf" || !isRead(written));
      listing.enter(one.schema, other.schema, { pair, steps: [keyword, other.at], oldSteps: [keyword, one.at], isBroken: broken });
    } else if (one !== undefined)
      listing.add({
        code: keyword === "allOf" ? "all-of-removed" : "alternative-removed",
        path: child(pair.oldPath, keyword, one.at),
        message: `${keyword} no longer has ${quoted(one.schema)}.`,
        breaking: isBroken && listing.reader === "new" && keyword !== "allOf" && !isRead(one.signed),
      });
    else if (other !== undefined)
      listing.add({
        code: keyword === "allOf" ? "all-of-added" : "alternative-added",
        path: child(pair.path, keyword, other.at),
        message: `${keyword} also has ${quoted(other.schema)}.`,
        breaking:
          isBroken &&
          (keyword === "allOf" ? listing.reader === "new" && isRefused(listing, pair, other.schema) : listing.reader === "old" && !isRead(other.signed)),
      });
  }
}

function numbered(listing: Listing, schema: Keywords, keyword: string): readonly { readonly schema: Schema; readonly signed: number; readonly at: number }[] {
  const list = schema[keyword];
  return Array.isArray(list) ? list.map((one: Schema, at) => ({ schema: one, signed: listing.universe.signed(one), at })) : [];
}
