/** One page of a snapshot over all streams of the tenant: begun with a hold in each, and ended with the last page. */
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { START, STREAMS, type Vector, writeCursor } from "../feed/cursor.ts";
import { type SnapshotPlace, writeSnapshotPlace } from "../feed/snapshot.ts";
import type { SnapshotPage, SnapshotRow } from "../feed/view.ts";
import { streamObject } from "./feed-reader.ts";
import { settled } from "./settled.ts";

/** Refuses `too-many`. */
export async function beginSnapshot(env: Env, entity: string): Promise<SnapshotPlace | Refusal> {
  const id = crypto.randomUUID();
  let vector: Vector = START;
  for (const stream of STREAMS) {
    const place = await settled(streamObject(env, stream).beginSnapshot(id));
    if (isRefusal(place)) {
      await endSnapshot(env, id);
      return place;
    }
    vector = { ...vector, [stream]: { ...place } };
  }
  return { id, stream: "tickets", entity, after: "", cursor: writeCursor(vector) };
}

/** `unit`: the only unit whose entities are read. Refuses `too-late`. */
export async function readSnapshot(env: Env, from: SnapshotPlace, unit: string | undefined, limit: number): Promise<SnapshotPage | Refusal> {
  const rows: SnapshotPage["rows"] = [];
  let place = from;
  for (const stream of STREAMS.slice(STREAMS.indexOf(from.stream))) {
    place = { ...place, stream, after: stream === from.stream ? from.after : "" };
    for (let next: string | null = place.after; next !== null;) {
      const text: string | Refusal = await settled(
        streamObject(env, stream).snapshot(place.id, unit, place.entity === "" ? undefined : place.entity, next, limit - rows.length),
      );
      if (isRefusal(text)) return text;
      const page = JSON.parse(text) as { readonly rows: readonly SnapshotRow[]; readonly next: string | null };
      rows.push(...page.rows.map((row) => ({ stream, ...row })));
      next = page.next;
      // A full page, or one that stopped for its size: the rest comes with the next one.
      if (next !== null && rows.length > 0) return { rows, cursor: place.cursor, next: writeSnapshotPlace({ ...place, after: next }) };
    }
    const following = STREAMS[STREAMS.indexOf(stream) + 1];
    if (rows.length >= limit && following !== undefined)
      return { rows, cursor: place.cursor, next: writeSnapshotPlace({ ...place, stream: following, after: "" }) };
  }
  await endSnapshot(env, place.id);
  return { rows, cursor: place.cursor, next: null };
}

async function endSnapshot(env: Env, id: string): Promise<void> {
  await Promise.all(STREAMS.map((stream) => streamObject(env, stream).endSnapshot(id)));
}
