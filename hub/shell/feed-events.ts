/**
 * The feed as server-sent events. A page is fetched only when the consumer has taken the last one (`pull`), so a slow consumer holds
 * one page in memory and nothing more; the event id is the cursor, so any break resumes from `Last-Event-ID`.
 */
import { PAGE_ITEMS } from "../feed/page.ts";
import type { Vector } from "../feed/cursor.ts";
import { type Page, awaitPage } from "./feed-reader.ts";
import { FULL_RETRY_MS } from "./waiters.ts";

/** A comment at least this often, so that proxies and clients know the line is alive. */
const BEAT_MS = 15_000;
/** Calls to the streams' objects for one connection: a Worker may make 1,000, and a page takes up to 20. Then the client connects again by itself. */
const CALLS_MAX = 900;
/** Of a connection that broke, and of one that ended because its calls were used up. */
const RECONNECT_MS = 500;
const GO_ON_MS = 50;
/** Changes of one moment are read together: a page of one change costs as many calls as a page of a hundred. */
const GATHER_MS = 40;

export function feedEvents(env: Env, first: Page, unit: string | undefined): Response {
  const encoder = new TextEncoder();
  let after: Vector = first.vector;
  let isBusy = first.items.length > 0;
  const spent = { calls: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n${eventsOf(first)}`));
      },
      async pull(controller) {
        if (spent.calls > CALLS_MAX) {
          controller.enqueue(encoder.encode(`retry: ${GO_ON_MS}\n\n`));
          return controller.close();
        }
        if (isBusy) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
        const page = await awaitPage(env, after, PAGE_ITEMS, unit, BEAT_MS, undefined, spent);
        after = page.vector;
        isBusy = page.items.length > 0;
        if (page.full === true) {
          controller.enqueue(encoder.encode(`retry: ${FULL_RETRY_MS}\n\n`));
          return controller.close();
        }
        controller.enqueue(encoder.encode(page.items.length === 0 && page.rewound === undefined ? ": beat\n\n" : eventsOf(page)));
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

/** JSON holds no raw line break, so one `data` line carries an item. */
function eventsOf(page: Page): string {
  if (page.rewound !== undefined) return `id: ${page.next}\nevent: rewound\ndata: ${JSON.stringify({ rewound: page.rewound, next: page.next })}\n\n`;
  return page.items.map((item) => `id: ${item.cursor}\nevent: operation\ndata: ${JSON.stringify(item)}\n\n`).join("");
}
