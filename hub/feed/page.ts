/** One page of the feed, joined from the pages of its streams: ordered within each stream, oldest first across them. */
import type { FeedItem, FeedPage, StreamName } from "../../contracts/delta/operation.ts";
import type { Place } from "../merge/place.ts";
import { STREAMS, type Vector, writeCursor } from "./cursor.ts";

/** Items in one page, and the default. A page of 500 tickets' changes is about 400 KiB. */
export const PAGE_ITEMS_MAX = 500;
export const PAGE_ITEMS = 100;

/** What one stream has after a place: some of its items in order, and how far it looked (beyond the last item when it skipped others' items). */
export type StreamPage = { readonly operations: readonly FeedItem["operation"][]; readonly looked: Place };

/** `next` stands after the last item taken; in streams whose items were all taken, after everything they looked at. */
export function joinPages(after: Vector, pages: Readonly<Record<StreamName, StreamPage>>, limit: number): FeedPage & { readonly vector: Vector } {
  const left: Record<StreamName, number> = { tickets: 0, assets: 0, customers: 0, people: 0 };
  let vector = after;
  const items: FeedItem[] = [];
  while (items.length < limit) {
    const stream = oldest(pages, left);
    const operation = stream === null ? undefined : pages[stream].operations[left[stream]];
    if (stream === null || operation === undefined) break;
    left[stream] += 1;
    vector = { ...vector, [stream]: { epoch: operation.epoch, position: operation.hubSeq } };
    items.push({ cursor: writeCursor(vector), stream, operation });
  }
  for (const stream of STREAMS) if (left[stream] === pages[stream].operations.length) vector = { ...vector, [stream]: pages[stream].looked };
  return { items, next: writeCursor(vector), vector };
}

function oldest(pages: Readonly<Record<StreamName, StreamPage>>, left: Readonly<Record<StreamName, number>>): StreamName | null {
  let found: StreamName | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const stream of STREAMS) {
    const at = pages[stream].operations[left[stream]]?.appliedAt;
    if (at !== undefined && at < least) [found, least] = [stream, at];
  }
  return found;
}
