/** What is asked of the hub's log beside pages of the feed. */
import type { FeedItem, FeedPage } from "../../../contracts/delta/operation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { START, STREAMS, type Vector, readCursor } from "../../feed/cursor.ts";
import { type Filter, passes } from "../../relay/filter.ts";
import { awaitPage, readPage, streamObject } from "../feed-reader.ts";
import type { Consumer } from "../consumer-tables.ts";
import { settled } from "../settled.ts";

/** Items looked through for one. */
const LOOK_ITEMS = 100;
const LOOK_PAGES_MAX = 5;
/** Items read at once for a filter, and pages of them for one answer: then the consumer is told to ask on. */
const FILTER_ITEMS = 500;
const FILTER_PAGES_MAX = 10;

/** Where each stream ends. */
export async function readHeads(env: Env): Promise<Vector> {
  const heads = await Promise.all(STREAMS.map(async (stream) => [stream, await settled(streamObject(env, stream).head())] as const));
  return { ...START, ...(Object.fromEntries(heads) as Partial<Vector>) };
}

/** The item of a dead letter; null when the log no longer has it there. */
export async function findItem(
  env: Env,
  wanted: { readonly before: string; readonly stream: string; readonly epoch: number; readonly hubSeq: number },
  unit: string | undefined,
  purposes: readonly string[],
): Promise<FeedItem | null> {
  let at = readCursor(wanted.before);
  for (let i = 0; i < LOOK_PAGES_MAX; i++) {
    if (isRefusal(at)) return null;
    const page = await readPage(env, at, LOOK_ITEMS, unit, undefined, purposes);
    // Streams are joined by time as of the reading: the item may come a little later than it came first.
    const found = page.items.find(
      ({ stream, operation }) => stream === wanted.stream && operation.epoch === wanted.epoch && operation.hubSeq === wanted.hubSeq,
    );
    if (found !== undefined) return found;
    if (page.items.length === 0) return null;
    at = page.vector;
  }
  return null;
}

/** When the first operation behind a place that somebody wants was applied; undefined when there is none near. */
export async function oldestAfter(env: Env, cursor: string, unit: string, filter: Filter): Promise<Millis | undefined> {
  const at = readCursor(cursor);
  if (isRefusal(at)) return undefined;
  const page = await readPage(env, at, LOOK_ITEMS, unit === "" ? undefined : unit);
  return page.items.find((item) => passes(filter, item))?.operation.appliedAt;
}

/** A page of what a filter lets through. `next` stands behind everything looked at; `rewound` as in the feed, `full` as in `awaitPage`. */
export async function readFiltered(
  env: Env,
  after: Vector,
  limit: number,
  waitMs: Millis,
  who: { readonly unit: string; readonly filter: Filter; readonly consumer?: Consumer },
): Promise<FeedPage & { readonly full?: true }> {
  const until = Date.now() + waitMs;
  const items: FeedItem[] = [];
  let next = "";
  for (let [place, i] = [after, 0]; i < FILTER_PAGES_MAX; i++) {
    const unit = who.unit === "" ? undefined : who.unit;
    const page = await awaitPage(env, place, FILTER_ITEMS, unit, items.length > 0 ? 0 : Math.max(0, until - Date.now()), i === 0 ? who.consumer : undefined);
    // A page that says so has no items: what was found before it is given first.
    if (page.rewound !== undefined) return items.length > 0 ? { items, next } : { items, next: page.next, rewound: page.rewound };
    for (const item of page.items) {
      if (!passes(who.filter, item)) continue;
      items.push(item);
      if (items.length === limit) return { items, next: item.cursor };
    }
    next = page.next;
    if (page.full === true && items.length === 0) return { items, next, full: true };
    if (page.items.length === 0) break;
    place = page.vector;
  }
  return { items, next };
}
