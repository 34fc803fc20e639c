/** Reads all streams of the tenant as one feed: the only place that knows that they are several objects. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { TenantId } from "../../contracts/ids.ts";
import { hubObject } from "../../contracts/object-name.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import type { Hub } from "../hub.ts";
import { STREAMS, type Vector, badCursor } from "../feed/cursor.ts";
import type { Consumer } from "./consumer-tables.ts";
import { type StreamPage, joinPages } from "../feed/page.ts";

export type Page = ReturnType<typeof joinPages>;

export function streamObject(env: Env, stream: StreamName | "registry"): DurableObjectStub<Hub> {
  return env.HUB_OBJECT.getByName(hubObject(TenantId.parse(env.TENANT), stream));
}

/** What follows a cursor now, possibly nothing; `consumer` says by it what it has. Refuses `bad-cursor` when it lies in another epoch or ahead of a stream. */
export async function readPage(env: Env, after: Vector, limit: number, unit: string | undefined, consumer?: Consumer): Promise<Page | Refusal> {
  const pages = await Promise.all(STREAMS.map(async (stream) => [stream, await streamObject(env, stream).read(after[stream], limit, unit, consumer)] as const));
  const found: Partial<Record<StreamName, StreamPage>> = {};
  for (const [stream, page] of pages) {
    if (page === null) return badCursor(`the stream ${stream} has begun a new epoch since, or never came so far`);
    found[stream] = JSON.parse(page) as StreamPage;
  }
  const none: StreamPage = { operations: [], looked: { epoch: 0, position: 0 } };
  return joinPages(after, { tickets: none, assets: none, customers: none, people: none, ...found }, limit);
}

/** As `readPage`, but waits up to `waitMs` for the first item. */
export async function awaitPage(
  env: Env,
  after: Vector,
  limit: number,
  unit: string | undefined,
  waitMs: number,
  consumer?: Consumer,
): Promise<Page | Refusal> {
  const until = Date.now() + waitMs;
  let place = after;
  for (;;) {
    // Only the cursor that was sent says what the consumer has; where this loop has got to says nothing.
    const page = await readPage(env, place, limit, unit, place === after ? consumer : undefined);
    const left = until - Date.now();
    if (isRefusal(page) || page.items.length > 0 || left <= 0) return page;
    // Others' operations were skipped: look on before waiting.
    const moved = STREAMS.some((stream) => page.vector[stream].position > place[stream].position);
    place = page.vector;
    if (!moved) await Promise.race(STREAMS.map((stream) => streamObject(env, stream).waitPast(page.vector[stream].position, left)));
  }
}
