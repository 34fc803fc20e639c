/** A stream in memory: the store of tests and of simulation. Behaves as the SQLite side does; a copy of it is a backup. */
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { type Journal, openJournal } from "../../contracts/delta/journal.ts";
import { CHAIN_START } from "./log.ts";
import { type DeadLetter, type KnownOrigin, type Line, type Replica, type Row, type StreamState, type StreamStore, type TakenWrite, rowKey } from "./store.ts";

export const FIRST_STATE: StreamState = { epoch: 1, head: 0, clock: HLC_ZERO, hash: CHAIN_START, horizon: 0, stable: 0, collected: 0, restores: [] };

/** `drop`: these lines are gone, as they are from a log that was trimmed. `everAt`: gone or not, for whoever checks what was done. */
export type MemoryStream = StreamStore & {
  readonly transact: Journal["transact"];
  copy(): MemoryStream;
  drop(hubSeqs: Iterable<number>): void;
  everAt(hubSeq: number): Line | undefined;
};

/** `onWrite` may throw: the transaction is taken back. */
export function memoryStream(onWrite: () => void = () => undefined): MemoryStream {
  const journal = openJournal(onWrite);
  const state = journal.table<StreamState>();
  const origins = journal.table<KnownOrigin>();
  const rows = journal.table<Row>();
  const lines = journal.table<Line>();
  const gone = journal.table<true>();
  /** By origin; by origin and seq; by unit. */
  const said = journal.lists<Line>();
  const bySeq = journal.lists<Line>();
  const heard = journal.lists<Line>();
  const spent = journal.table<number>();
  const replicas = journal.table<Replica>();
  const dead = journal.table<DeadLetter>();
  const keys = journal.table<string | null>();
  const taken = journal.table<TakenWrite>();
  const tables = { state, origins, rows, lines, gone, spent, replicas, dead, keys, taken } as const;
  const lists = { said, bySeq, heard } as const;
  const keyed = (key: string, row: Row): Row & { readonly entity: string; readonly id: string } => {
    const at = key.indexOf("\n");
    return { ...row, entity: key.slice(0, at), id: key.slice(at + 1) };
  };
  const isLeft = ({ hubSeq }: Line): boolean => gone.size === 0 || gone.get(String(hubSeq)) === undefined;
  const all = () => [...rows.entries()].map(([key, row]) => keyed(key, row));
  const stream: MemoryStream = {
    transact: journal.transact,
    copy() {
      const other = memoryStream(onWrite);
      const into = partsOf.get(other);
      if (into === undefined) return other;
      for (const [name, table] of Object.entries(tables)) for (const [key, value] of table.entries()) into.tables[name]?.set(key, value as never);
      for (const [name, list] of Object.entries(lists))
        for (const [key, values] of list.entries()) for (const value of values) into.lists[name]?.push(key, value as never);
      return other;
    },
    readState: () => state.get("") ?? FIRST_STATE,
    writeState: (next) => state.set("", next),
    readOrigin: (origin) => origins.get(origin),
    writeOrigin: (origin) => origins.set(origin.origin, origin),
    listOrigins: (unit) => [...origins.entries()].flatMap(([, origin]) => (unit === undefined || origin.unit === unit ? [origin] : [])),
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
      lines.set(String(line.hubSeq), line);
      said.push(line.origin, line);
      bySeq.push(`${line.origin}\n${line.seq}`, line);
      for (const unit of audience) heard.push(unit, line);
    },
    lineAt: (hubSeq) => (gone.get(String(hubSeq)) === undefined ? lines.get(String(hubSeq)) : undefined),
    everAt: (hubSeq) => lines.get(String(hubSeq)),
    drop(hubSeqs) {
      for (const hubSeq of hubSeqs) gone.set(String(hubSeq), true);
    },
    linesOf(origin, from, to) {
      const all = said.get(origin);
      if (to - from >= all.length) return all.filter((line) => line.seq >= from && line.seq <= to && isLeft(line));
      const found: Line[] = [];
      for (let seq = from; seq <= to; seq++) found.push(...bySeq.get(`${origin}\n${seq}`));
      return found.filter(isLeft).toSorted((a, b) => a.hubSeq - b.hubSeq);
    },
    writeSpent: ({ origin, seq, tag }) => spent.set(`${origin}\n${seq}`, tag),
    spentTags(origin, from, to) {
      const found = new Map<number, number>();
      for (let seq = from; seq <= to && spent.size > 0; seq++) {
        const tag = spent.get(`${origin}\n${seq}`);
        if (tag !== undefined) found.set(seq, tag);
      }
      return found;
    },
    linesFor(unit, after, limit) {
      const all = heard.get(unit);
      const start = firstAfter(all, after);
      return all.slice(start).filter(isLeft).slice(0, limit);
    },
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
    tombstones: (upTo, limit, after = 0) =>
      all()
        .filter((row) => row.record.deleted !== undefined && row.at > after && row.at <= upTo)
        .toSorted((a, b) => a.at - b.at)
        .slice(0, limit),
  };
  partsOf.set(stream, { tables, lists });
  return stream;
}

/** Index of the first line behind a position, in a list in order of positions. */
function firstAfter(lines: readonly Line[], position: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.hubSeq ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Parts = {
  readonly tables: Readonly<Record<string, { set(key: string, value: never): void }>>;
  readonly lists: Readonly<Record<string, { push(key: string, value: never): void }>>;
};

/** What a copy is made of. */
const partsOf = new WeakMap<MemoryStream, Parts>();
