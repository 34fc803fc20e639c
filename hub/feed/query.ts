/** What a consumer asks: `after`, `wait` in seconds, `limit`. Parsed once, refused with the field and its rule. */
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { START, type Vector, readCursor } from "./cursor.ts";
import { PAGE_ITEMS, PAGE_ITEMS_MAX } from "./page.ts";

/** Longest long-poll: below the 60 s at which proxies give up. */
export const WAIT_SECONDS_MAX = 30;

export type FeedQuery = { readonly after: Vector; readonly waitMs: number; readonly limit: number };

/** Refuses `bad-cursor` and `malformed`. */
export function readQuery(given: Readonly<Record<"after" | "wait" | "limit", string | undefined>>): FeedQuery | Refusal {
  const after = given.after === undefined || given.after === "" ? START : readCursor(given.after);
  if (isRefusal(after)) return after;
  const wait = readNumber(given.wait, 0, 0, WAIT_SECONDS_MAX);
  if (wait === null)
    return refuse("malformed", `a number of seconds from 0 to ${WAIT_SECONDS_MAX}`, "ask again after each answer instead of waiting longer", "wait");
  const limit = readNumber(given.limit, PAGE_ITEMS, 1, PAGE_ITEMS_MAX);
  if (limit === null || !Number.isInteger(limit))
    return refuse("malformed", `a whole number from 1 to ${PAGE_ITEMS_MAX}`, "ask for the rest with the cursor `next`", "limit");
  return { after, waitMs: wait * 1_000, limit };
}

function readNumber(text: string | undefined, otherwise: number, min: number, max: number): number | null {
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}
