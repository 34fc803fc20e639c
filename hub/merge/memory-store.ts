/** A stream in memory: the store of tests and of simulation. Behaves as the SQLite side does; a copy of it is a backup. */
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { type Journal, openJournal } from "../../contracts/delta/journal.ts";
import { CHAIN_START } from "./log.ts";
import { type DeadLetter, type KnownOrigin, type Line, type Replica, type Row, type StreamState, type StreamStore, rowKey } from "./store.ts";

export const FIRST_STATE: StreamState = { epoch: 1, head: 0, clock: HLC_ZERO, hash: CHAIN_START, horizon: 0, stable: 0, collected: 0, restores: [] };

export type MemoryStream = StreamStore & { readonly transact: Journal["transact"]; copy(): MemoryStream };

/** `onWrite` may throw: the transaction is taken back. */
export function memoryStream(onWrite: () => void = () => undefined): MemoryStream {
  const journal = openJournal(onWrite);
  const state = journal.table<StreamState>();
  const origins = journal.table<KnownOrigin>();
  const rows = journal.table<Row>();
  const lines = journal.table<Line>();
  const seqs = journal.table<readonly number[]>();
  const heard = journal.table<readonly number[]>();
  const replicas = journal.table<Replica>();
  const dead = journal.table<DeadLetter>();
  const keys = journal.table<string | null>();
  const taken = journal.table<{ readonly hubSeq: number }>();
  const tables = { state, origins, rows, lines, seqs, heard, replicas, dead, keys, taken } as const;
  const keyed = (key: string, row: Row): Row & { readonly entity: string; readonly id: string } => {
    const at = key.indexOf("\n");
    return { ...row, entity: key.slice(0, at), id: key.slice(at + 1) };
  };
  const all = () => [...rows.entries()].map(([key, row]) => keyed(key, row));
  const stream: MemoryStream = {
    transact: journal.transact,
    copy() {
      const other = memoryStream(onWrite);
      const into = tablesOf.get(other);
      if (into === undefined) return other;
      for (const name of Object.keys(tables) as (keyof typeof tables)[])
        for (const [key, value] of tables[name].entries()) (into[name] as { set(key: string, value: unknown): void }).set(key, value);
      return other;
    },
    readState: () => state.get("") ?? FIRST_STATE,
    writeState: (next) => state.set("", next),
    readOrigin: (origin) => origins.get(origin),
    writeOrigin: (origin) => origins.set(origin.origin, origin),
    listOrigins: () => [...origins.entries()].map(([, origin]) => origin),
    readRow: (entity, id) => rows.get(rowKey(entity, id)),
    writeRow: (entity, id, row) => (row === null ? rows.delete(rowKey(entity, id)) : rows.set(rowKey(entity, id), row)),
    rowsAfter: (unit, entity, after, limit) =>
      rows
        .keys()
        .filter((key) => key > after && (entity === null || key.startsWith(`${entity}\n`)))
        .toSorted()
        .flatMap((key) => {
          const row = rows.get(key);
          return row !== undefined && (unit === null || row.units.includes(unit)) ? [keyed(key, row)] : [];
        })
        .slice(0, limit),
    digests: (unit, entity) =>
      all().filter((row) => row.record.deleted === undefined && (unit === null || row.units.includes(unit)) && (entity === null || row.entity === entity)),
    appendLine(line, audience) {
      const byOrigin = line.origin;
      lines.set(String(line.hubSeq), line);
      seqs.set(byOrigin, [...(seqs.get(byOrigin) ?? []), line.hubSeq]);
      for (const unit of audience) heard.set(unit, [...(heard.get(unit) ?? []), line.hubSeq]);
    },
    lineAt: (hubSeq) => lines.get(String(hubSeq)),
    linesOf: (origin, from, to) =>
      (seqs.get(origin) ?? []).flatMap((hubSeq) => lines.get(String(hubSeq)) ?? []).filter((line) => line.seq >= from && line.seq <= to),
    linesFor: (unit, after, limit) =>
      (heard.get(unit) ?? [])
        .filter((hubSeq) => hubSeq > after)
        .slice(0, limit)
        .flatMap((hubSeq) => lines.get(String(hubSeq)) ?? []),
    readReplica: (unit) => replicas.get(unit),
    writeReplica: (replica) => replicas.set(replica.unit, replica),
    listReplicas: () => [...replicas.entries()].map(([, replica]) => replica),
    writeDead: (letter) => dead.set(String(letter.hubSeq), letter),
    listDead: (origin, entity, id) =>
      [...dead.entries()]
        .map(([, letter]) => letter)
        .filter(
          (letter) =>
            letter.state === "open" &&
            (origin === undefined || letter.origin === origin) &&
            (entity === undefined || letter.entity === entity) &&
            (id === undefined || letter.id === id),
        )
        .toSorted((a, b) => a.hubSeq - b.hubSeq),
    readKey: (subject) => keys.get(subject),
    writeKey: (subject, key) => keys.set(subject, key),
    readTaken: (key) => taken.get(key),
    writeTaken: (key, one) => taken.set(key, one),
    tombstones: (upTo, limit) =>
      all()
        .filter((row) => row.record.deleted !== undefined && row.at <= upTo)
        .slice(0, limit),
  };
  tablesOf.set(stream, tables);
  return stream;
}

/** What a copy is made of. */
const tablesOf = new WeakMap<MemoryStream, Readonly<Record<string, { entries(): Iterable<[string, unknown]>; set(key: string, value: never): void }>>>();
