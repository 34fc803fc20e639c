/** One page of the feed, joined from the pages of its streams: ordered within each stream, oldest first across them. */
import type { FeedItem, FeedPage, Rewound, StreamName } from "../../contracts/delta/operation.ts";
import type { Place } from "../merge/place.ts";
import { STREAMS, type Vector, writeCursor } from "./cursor.ts";

/** Items in one page, and the default. A page of 500 tickets' changes is about 400 KiB. */
export const PAGE_ITEMS_MAX = 500;
export const PAGE_ITEMS = 100;

/**
 * What one stream has after a place: some of its items in order, the beginning of the chain's hash at each, and how far it looked (beyond the
 * last item when it skipped others' items). `rewound`: the place is not, or no longer, in its log; `looked` is where to go on.
 */
export type StreamPage = {
  readonly operations: readonly FeedItem["operation"][];
  readonly tags: readonly string[];
  readonly looked: Place;
  readonly rewound?: Rewound;
};

type Joined = FeedPage & { readonly vector: Vector };

/** `next` stands after the last item taken; in streams whose items were all taken, after everything they looked at. A page that says `rewound` has no items. */
export function joinPages(after: Vector, pages: Readonly<Record<StreamName, StreamPage>>, limit: number): Joined {
  const lost = STREAMS.flatMap((stream) => pages[stream].rewound ?? []);
  if (lost.length > 0) {
    const places = STREAMS.map((stream) => [stream, pages[stream].rewound === undefined ? after[stream] : pages[stream].looked] as const);
    const vector: Vector = { ...after, ...Object.fromEntries(places) };
    return { items: [], next: writeCursor(vector), rewound: lost.includes("expired") ? "expired" : "restored", vector };
  }
  const left: Record<StreamName, number> = { tickets: 0, assets: 0, customers: 0, people: 0 };
  let vector = after;
  const items: FeedItem[] = [];
  while (items.length < limit) {
    const stream = oldest(pages, left);
    if (stream === null) break;
    const { operations, tags, looked } = pages[stream];
    const operation = operations[left[stream]];
    if (operation === undefined) break;
    vector = { ...vector, [stream]: { epoch: looked.epoch, position: operation.hubSeq, tag: tags[left[stream]] ?? "" } };
    left[stream] += 1;
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
