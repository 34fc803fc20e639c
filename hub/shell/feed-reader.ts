/** Reads all streams of the tenant as one feed: the only place that knows that they are several objects. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { TenantId } from "../../contracts/ids.ts";
import { hubObject } from "../../contracts/object-name.ts";
import type { Hub } from "../hub.ts";
import { STREAMS, type Vector } from "../feed/cursor.ts";
import type { Consumer } from "./consumer-tables.ts";
import { type StreamPage, joinPages } from "../feed/page.ts";
import { NOWHERE } from "../merge/place.ts";

export type Page = ReturnType<typeof joinPages>;

export function streamObject(env: Env, stream: StreamName | "registry"): DurableObjectStub<Hub> {
  return env.HUB_OBJECT.getByName(hubObject(TenantId.parse(env.TENANT), stream));
}

/** What follows a cursor now, possibly nothing; `consumer` says by it what it has; `purposes`: personal values of others stay sealed. A cursor that a stream does not know any more gives a page that says `rewound`. */
export async function readPage(
  env: Env,
  after: Vector,
  limit: number,
  unit: string | undefined,
  consumer?: Consumer,
  purposes?: readonly string[],
): Promise<Page> {
  const pages = await Promise.all(
    STREAMS.map(
      async (stream) => [stream, JSON.parse(await streamObject(env, stream).read(after[stream], limit, unit, consumer, purposes)) as StreamPage] as const,
    ),
  );
  const none: StreamPage = { operations: [], tags: [], looked: NOWHERE };
  return joinPages(after, { tickets: none, assets: none, customers: none, people: none, ...Object.fromEntries(pages) }, limit);
}

/** As `readPage`, but waits up to `waitMs` for the first item. `full`: there is none, and so many wait that nobody else can. `spent`: calls to objects are added to it. */
export async function awaitPage(
  env: Env,
  after: Vector,
  limit: number,
  unit: string | undefined,
  waitMs: number,
  consumer?: Consumer,
  spent: { calls: number } = { calls: 0 },
): Promise<Page & { readonly full?: true }> {
  const until = Date.now() + waitMs;
  let place = after;
  for (;;) {
    // Only the cursor that was sent says what the consumer has; where this loop has got to says nothing.
    const page = await readPage(env, place, limit, unit, place === after ? consumer : undefined);
    spent.calls += STREAMS.length;
    const left = until - Date.now();
    if (page.items.length > 0 || page.rewound !== undefined || left <= 0) return page;
    // Others' operations were skipped: look on before waiting.
    const moved = STREAMS.some((stream) => page.vector[stream].position > place[stream].position);
    place = page.vector;
    if (moved) continue;
    spent.calls += 2 * STREAMS.length;
    if (!(await waitForAny(env, place, left))) return { ...page, full: true };
  }
}

/** False when too many wait. Its places at the streams that were not the first are given up: else a busy stream would fill the others with those who have long gone. */
async function waitForAny(env: Env, place: Vector, ms: number): Promise<boolean> {
  const id = crypto.randomUUID();
  const ended = await Promise.race(STREAMS.map((stream) => streamObject(env, stream).waitPast(place[stream].position, ms, id)));
  for (const stream of STREAMS)
    streamObject(env, stream)
      .leave(id)
      .catch(() => undefined);
  return ended;
}
