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
/** Pages and beats of one connection: a Worker's calls are limited to 1,000, and a round is up to 16 of them. Then the client connects again by itself. */
const ROUNDS_MAX = 60;
const RECONNECT_MS = 500;

export function feedEvents(env: Env, first: Page, unit: string | undefined): Response {
  const encoder = new TextEncoder();
  let [after, rounds]: [Vector, number] = [first.vector, 0];
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n${eventsOf(first)}`));
      },
      async pull(controller) {
        rounds += 1;
        if (rounds > ROUNDS_MAX) return controller.close();
        const page = await awaitPage(env, after, PAGE_ITEMS, unit, BEAT_MS);
        after = page.vector;
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
