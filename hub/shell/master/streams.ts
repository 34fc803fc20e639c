/** The streams as master data reads and writes them: families whole, entities as they were, writes in the hub's name. */
import type { StreamName } from "../../../contracts/delta/operation.ts";
import { type Family, STREAM_OF } from "../../../contracts/entity.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import { SNAPSHOT_ROWS_MAX, type SnapshotRow } from "../../feed/view.ts";
import type { AsOf } from "../../master/as-of.ts";
import { type Naming, relationsTo } from "../../master/relation.ts";
import type { MasterFamily } from "../../master/profile.ts";
import type { OwnWrite, OwnWritten } from "../../merge/own.ts";
import type { Place } from "../../merge/place.ts";
import { streamObject } from "../feed-reader.ts";
import { settled } from "../settled.ts";
import type { StreamRecord } from "../stream-records.ts";

/** Entities of one family that are read for an import: with their attributes some 40 MB. A larger register is written by POST /api/writes. */
const FAMILY_MAX = 40_000;
/** Writes of one transaction: some 10 ms of the object that takes them, and what a crash leaves to be done again. */
export const BATCH = 100;

export type FamilyAt = { readonly place: Place; readonly rows: readonly SnapshotRow[] };
export type StreamWrite = Omit<OwnWrite, "stream">;
/** Tells units that something was written for them. */
export type Tell = (units: readonly string[], stream: StreamName) => void;

export function streamOf(entity: string): StreamName {
  const stream = STREAM_OF[entity as Family];
  if (stream === null) throw new Error(`${entity} does not leave its unit`);
  return stream;
}

/** Every live entity of a family, as of one place. `keep`: what is kept of each. Refuses `too-many`, `too-late`. */
export async function readFamily(env: Env, family: MasterFamily, keep: (row: SnapshotRow) => SnapshotRow = (row) => row): Promise<FamilyAt | Refusal> {
  const [stream, id] = [streamObject(env, streamOf(family)), crypto.randomUUID()];
  const begun = await settled(stream.beginSnapshot(id));
  if (isRefusal(begun)) return begun;
  const place = { ...begun };
  try {
    const rows: SnapshotRow[] = [];
    for (let next: string | null = ""; next !== null;) {
      const text: string | Refusal = await settled(stream.snapshot(id, undefined, family, next, SNAPSHOT_ROWS_MAX));
      if (isRefusal(text)) return text;
      const page = JSON.parse(text) as { readonly rows: readonly SnapshotRow[]; readonly next: string | null };
      rows.push(...page.rows.map(keep));
      if (rows.length > FAMILY_MAX)
        return refuse("too-many", `imports go into a register of at most ${FAMILY_MAX} of a family`, "write them one by one: POST /api/writes", "family");
      next = page.next;
    }
    return { place, rows };
  } finally {
    await stream.endSnapshot(id);
  }
}

/** Entities as they stood at a position. Refuses `too-late` for what the log does not tell any more. */
export async function readAt(env: Env, family: MasterFamily, ids: readonly string[], position: number): Promise<readonly AsOf[] | Refusal> {
  const found: AsOf[] = [];
  for (const id of ids) {
    const text = await settled(streamObject(env, streamOf(family)).entityAt(family, id, { hubSeq: position }));
    if (isRefusal(text)) return text;
    found.push(text === null ? { id, version: 0, attributes: {} } : (JSON.parse(text) as AsOf));
  }
  return found;
}

export async function readRecords(env: Env, family: MasterFamily, ids: readonly string[]): Promise<ReadonlyMap<string, StreamRecord>> {
  const text = await streamObject(env, streamOf(family)).records(family, [...ids]);
  return new Map((JSON.parse(text) as readonly StreamRecord[]).map((record) => [record.id, record]));
}

export async function headOf(env: Env, family: MasterFamily): Promise<number> {
  const { position } = await settled(streamObject(env, streamOf(family)).head());
  return position;
}

/** Live entities in any stream that name one of `ids`. Refuses `too-many`. */
export async function readNamings(env: Env, family: MasterFamily, ids: readonly string[]): Promise<readonly Naming[] | Refusal> {
  const byStream = Map.groupBy(relationsTo(family), ({ entity }) => streamOf(entity));
  const found: Naming[] = [];
  for (const [stream, relations] of byStream) {
    const text = await settled(streamObject(env, stream).namings(JSON.stringify(relations), [...ids]));
    if (isRefusal(text)) return text;
    found.push(...(JSON.parse(text) as readonly Naming[]));
  }
  return found;
}

/** Writes to one stream, in one transaction: an answer or a refusal for each. Each key is taken once. */
export async function writeBatch(env: Env, stream: StreamName, writes: readonly StreamWrite[], tell: Tell): Promise<readonly (OwnWritten | Refusal)[]> {
  const { answer, told } = await settled(streamObject(env, stream).writeMany(JSON.stringify(writes)));
  if (isRefusal(answer)) return writes.map(() => answer);
  tell([...told], stream);
  return (JSON.parse(answer) as { readonly written: readonly (OwnWritten | Refusal)[] }).written;
}

/** In the order given, stream by stream as they come, a batch at a time. */
export async function writeInOrder(env: Env, writes: readonly StreamWrite[], tell: Tell): Promise<readonly (OwnWritten | Refusal)[]> {
  const answers: (OwnWritten | Refusal)[] = [];
  for (let at = 0; at < writes.length;) {
    const stream = streamOf(writes[at]?.entity ?? "");
    let end = at;
    while (end < writes.length && end - at < BATCH && streamOf(writes[end]?.entity ?? "") === stream) end += 1;
    answers.push(...(await writeBatch(env, stream, writes.slice(at, end), tell)));
    at = end;
  }
  return answers;
}
