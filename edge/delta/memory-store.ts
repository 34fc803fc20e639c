/** A replica in memory: the store of tests and of simulation. Behaves as the SQLite side does; a copy of it is a backup of the unit. */
import { HLC_ZERO, type Hlc } from "../../contracts/delta/clock.ts";
import { type Journal, openJournal } from "../../contracts/delta/journal.ts";
import type { Operation } from "../../contracts/delta/operation.ts";
import { sayNoMore, withoutPersonal } from "./forget.ts";
import type { Base, DeadAtUnit, Inbox, Outbox, ReplicaStore } from "./store.ts";

type Stored = Base & { readonly stream: string; readonly entity: string; readonly id: string };

export type MemoryReplica = ReplicaStore & { readonly transact: Journal["transact"]; copy(): MemoryReplica; listDead(): readonly DeadAtUnit[] };

/** `onWrite` may throw: the transaction is taken back. */
export function memoryReplica(onWrite: () => void = () => undefined): MemoryReplica {
  const journal = openJournal(onWrite);
  const clock = journal.table<Hlc>();
  const outboxes = journal.table<Outbox>();
  const operations = journal.table<Operation>();
  const inboxes = journal.table<Inbox>();
  const bases = journal.table<Stored>();
  const dead = journal.table<DeadAtUnit>();
  const erased = journal.table<{ readonly entity: string; readonly id: string }>();
  const tables = { clock, outboxes, operations, inboxes, bases, dead, erased } as const;
  const isErased = (entity: string, id: string): boolean => erased.size > 0 && erased.get(`${entity}\n${id}`) !== undefined;
  /** As what is sealed under a destroyed key is opened. */
  const open = (operation: Operation): Operation => (isErased(operation.entity, operation.id) ? sayNoMore(operation) : operation);
  const keyOf = (origin: string, stream: string, seq: number): string => `${origin}\n${stream}\n${seq}`;
  const between = (origin: string, stream: string, from: number, to: number): readonly Operation[] => {
    const found: Operation[] = [];
    for (let seq = from; seq <= to; seq++) {
      const operation = operations.get(keyOf(origin, stream, seq));
      if (operation !== undefined) found.push(open(operation));
    }
    return found;
  };
  const last = (origin: string, stream: string): number => outboxes.get(`${origin}\n${stream}`)?.last ?? 0;
  const replica: MemoryReplica = {
    transact: journal.transact,
    copy() {
      const other = memoryReplica(onWrite);
      const into = tablesOf.get(other);
      if (into !== undefined)
        for (const [name, table] of Object.entries(tables)) for (const [key, value] of table.entries()) into[name]?.set(key, value as never);
      return other;
    },
    readClock: () => clock.get("") ?? HLC_ZERO,
    writeClock: (hlc) => clock.set("", hlc),
    listOutboxes: () => [...outboxes.entries()].map(([, outbox]) => outbox),
    readOutbox: (origin, stream) => outboxes.get(`${origin}\n${stream}`),
    writeOutbox: (outbox) => outboxes.set(`${outbox.origin}\n${outbox.stream}`, outbox),
    appendOperation: (operation) => operations.set(keyOf(operation.origin, operation.stream, operation.seq), operation),
    operationsAfter: (origin, stream, seq, limit) => between(origin, stream, seq + 1, Math.min(seq + limit, Math.max(last(origin, stream), seq))),
    operationsOn: (origin, stream, entity, id, after) =>
      between(origin, stream, after + 1, last(origin, stream)).filter((operation) => operation.entity === entity && operation.id === id),
    prune(origin, stream, through) {
      for (let seq = through; seq > 0 && operations.get(keyOf(origin, stream, seq)) !== undefined; seq--) operations.delete(keyOf(origin, stream, seq));
    },
    withdraw(origin, stream, from) {
      for (let seq = from; operations.get(keyOf(origin, stream, seq)) !== undefined; seq++) operations.delete(keyOf(origin, stream, seq));
    },
    readInbox: (stream) => inboxes.get(stream),
    writeInbox: (inbox) => inboxes.set(inbox.stream, inbox),
    readBase(entity, id) {
      const found = bases.get(`${entity}\n${id}`);
      return found === undefined ? undefined : { record: found.record, at: found.at };
    },
    writeBase(stream, entity, id, base) {
      if (base === null) bases.delete(`${entity}\n${id}`);
      else
        bases.set(`${entity}\n${id}`, {
          record: isErased(entity, id) ? withoutPersonal(entity, base.record) : base.record,
          at: base.at,
          stream,
          entity,
          id,
        });
    },
    listBases: (stream) => [...bases.entries()].flatMap(([, { stream: of, ...base }]) => (of === stream ? [base] : [])),
    writeDead: (letter) => dead.set(keyOf(letter.origin, letter.stream, letter.seq), letter),
    eraseSubject(entity, id) {
      erased.set(`${entity}\n${id}`, { entity, id });
      const found = bases.get(`${entity}\n${id}`);
      if (found !== undefined) bases.set(`${entity}\n${id}`, { ...found, record: withoutPersonal(entity, found.record) });
    },
    isErased,
    erasedSubjects: (limit) =>
      erased
        .keys()
        .toSorted()
        .slice(0, limit)
        .flatMap((key) => erased.get(key) ?? []),
    listDead: () => [...dead.entries()].map(([, letter]) => letter),
  };
  tablesOf.set(replica, tables);
  return replica;
}

/** What a copy is made of. */
const tablesOf = new WeakMap<MemoryReplica, Readonly<Record<string, { entries(): Iterable<[string, unknown]>; set(key: string, value: never): void }>>>();
