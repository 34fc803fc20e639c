/** The log of all streams as one list to look at: the newest before a place, or the oldest behind one. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import type { OperationLine, OperationsAnswer, OperationsQuery } from "../api/pages.ts";
import { STREAMS, type Vector, readCursor, writeCursor } from "../feed/cursor.ts";
import { streamObject } from "./feed-reader.ts";
import { readHeads } from "./relay/log-reader.ts";
import type { Lines } from "./stream-lines.ts";

type Way = "up" | "down";
type Page = Lines & { readonly stream: StreamName };

/** Refuses `bad-cursor`. */
export async function readOperations(env: Env, query: OperationsQuery): Promise<OperationsAnswer | Refusal> {
  const { after, before, stream: only, limit, ...filter } = query;
  const way = after === undefined ? "down" : "up";
  const heads = await readHeads(env);
  const given = after ?? before;
  const from = given === undefined ? heads : readCursor(given);
  if (isRefusal(from)) return from;
  const pages = await Promise.all(
    STREAMS.filter((stream) => only === undefined || stream === only).map(async (stream): Promise<Page> => {
      const ask = JSON.stringify({ ...filter, limit, from: from[stream].position, way });
      return { stream, ...(JSON.parse(await streamObject(env, stream).lines(ask)) as Lines) };
    }),
  );
  const { shown, taken } = join(pages, way, limit);

  let end = true;
  const reached: Partial<Record<StreamName, number>> = {};
  for (const { stream, lines, reached: all, end: last } of pages) {
    const count = taken.get(stream) ?? 0;
    // A line that was found and did not fit is found again with the next page.
    const first = lines[count]?.hubSeq;
    reached[stream] = first === undefined ? all : way === "up" ? first - 1 : first;
    end &&= last && first === undefined;
  }
  const there = placeAt(heads, (stream) => reached[stream] ?? from[stream].position);
  const here = placeAt(heads, (stream) => from[stream].position);
  return way === "up" ? { operations: shown, older: here, newer: there } : { operations: shown.toReversed(), older: end ? null : there, newer: here };
}

/** Each stream in its own order; across them by the hub's clock. */
function join(pages: readonly Page[], way: Way, limit: number): { readonly shown: OperationLine[]; readonly taken: ReadonlyMap<StreamName, number> } {
  const taken = new Map<StreamName, number>();
  const shown: OperationLine[] = [];
  while (shown.length < limit) {
    let next: OperationLine | null = null;
    for (const { stream, lines } of pages) {
      const line = lines[taken.get(stream) ?? 0];
      if (line === undefined) continue;
      if (next === null || (way === "up" ? line.appliedAt < next.appliedAt : line.appliedAt > next.appliedAt)) next = { stream, ...line };
    }
    if (next === null) break;
    shown.push(next);
    taken.set(next.stream, (taken.get(next.stream) ?? 0) + 1);
  }
  return { shown, taken };
}

/** Without tags: the reader looks at what is there, whatever was there before. */
function placeAt(heads: Vector, positionOf: (stream: StreamName) => number): string {
  return writeCursor(Object.fromEntries(STREAMS.map((stream) => [stream, { epoch: heads[stream].epoch, position: positionOf(stream), tag: "" }])) as Vector);
}
