/**
 * A simulated unit: the shipped write, exchange, overlay and incarnation over a memory store, with the entities as its stages would read
 * them. What its shell does around them is here in small: transactions, sessions, registration, new lives.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { type Journal, type Table, openJournal } from "../../contracts/delta/journal.ts";
import { type Operation, Origin, type StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { type Answered, FRESH_SESSION, type Question, type Reply, type Session, failed, nextQuestion, takeAnswer } from "../../edge/delta/exchange.ts";
import { beginIncarnation, openOutboxes } from "../../edge/delta/incarnation.ts";
import { type MemoryReplica, memoryReplica } from "../../edge/delta/memory-store.ts";
import { putOperations, readPen } from "../../edge/delta/outbox.ts";
import { workingOf } from "../../edge/delta/overlay.ts";
import { beginAgain, takeRefusal } from "../../edge/delta/refused.ts";
import { upgradeReplica } from "../../edge/delta/upgrade.ts";
import { type Grammar, type Written, epochHeard, write, writeAgain } from "../../edge/delta/write.ts";
import { LENS, type Major, STREAMS, contractOf, majorOf, ruleOf, streamOf, unitMeaning } from "./contract.ts";
import { type Fuse, makeFuse } from "./crash.ts";

export type Attributes = Readonly<Record<string, Json>>;
export type Call = { readonly id: number; readonly question: Question; readonly origin: Origin };

/** What a copy of a unit is made of. `commits`: how many operations it had committed. */
export type UnitCopy = {
  readonly store: MemoryReplica;
  readonly entities: readonly (readonly [string, Attributes])[];
  readonly origin: Origin;
  readonly major: Major;
  readonly commits: number;
};

export type Unit = {
  readonly name: string;
  readonly key: string;
  readonly fuse: Fuse;
  origin: Origin;
  /** Lives of this unit so far, copies of it included. */
  lives: number;
  major: Major;
  store: MemoryReplica;
  journal: Journal;
  entities: Table<Attributes>;
  sessions: Map<StreamName, Session>;
  calls: Map<StreamName, Call>;
  registered: boolean;
  /** Its clock is off by so much. */
  skewMs: Millis;
  /** Its alarm is lost: it says nothing until it is nudged. */
  asleep: boolean;
  parted: boolean;
  /** It was put back, and has not heard lines since: the hub may think that it has more. */
  putBack: boolean;
};

export function startUnit(name: string, major: Major): Unit {
  const fuse = makeFuse();
  const store = memoryReplica(fuse.burn);
  const journal = openJournal(fuse.burn);
  const origin = originOf(name, 1);
  openOutboxes(store, origin, STREAMS);
  return {
    name,
    key: `key-of-${name}-that-is-long-enough`,
    fuse,
    origin,
    lives: 1,
    major,
    store,
    journal,
    entities: journal.table(),
    sessions: new Map(),
    calls: new Map(),
    registered: false,
    skewMs: 0,
    asleep: false,
    parted: false,
    putBack: false,
  };
}

/** Names of lives sort by when they began, as UUIDv7 do. */
export function originOf(unit: string, life: number): Origin {
  return Origin.parse(`${unit}@${String(life).padStart(4, "0")}`);
}

export function transact<T>(unit: Unit, body: () => T): T {
  return unit.journal.transact(() => unit.store.transact(body));
}

export function sessionOf(unit: Unit, stream: StreamName): Session {
  return unit.sessions.get(stream) ?? FRESH_SESSION;
}

export type Wish = { readonly entity: string; readonly id: string; readonly after: (before: Attributes | undefined) => Attributes | null };

/** A decision of its stages: entities and operations in one transaction. Returns what goes out. */
export function commit(unit: Unit, wishes: readonly Wish[], txId: string, now: Millis): readonly Operation[] {
  return transact(unit, () => {
    const written = wishes.map(({ entity, id, after }): Written => {
      const before = unit.entities.get(keyOf(entity, id));
      const next = after(before);
      put(unit, entity, id, next);
      return { entity, id, before, after: next, base: unit.store.readBase(entity, id)?.record };
    });
    const { pen, operations } = write(readPen(unit.store, unit.origin), written, grammarOf(unit), { txId, actor: unit.name, reason: "simulated", now });
    putOperations(unit.store, pen, operations);
    return operations;
  });
}

/** What it wants to know or say next in a stream; null while a call is under way, and when there is nothing. */
export function ask(unit: Unit, stream: StreamName, id: number): Call | null {
  if (unit.calls.has(stream)) return null;
  const question = nextQuestion(unit.store, unit.origin, stream, sessionOf(unit, stream));
  if (question === null) return null;
  const call = { id, question, origin: unit.origin };
  unit.calls.set(stream, call);
  if (question.ask === "pull") unit.sessions.set(stream, { ...sessionOf(unit, stream), nudged: false });
  return call;
}

/** No answer came. */
export function giveUp(unit: Unit, stream: StreamName): void {
  const call = unit.calls.get(stream);
  if (call === undefined) return;
  unit.calls.delete(stream);
  const session = failed(call.question, sessionOf(unit, stream));
  unit.sessions.set(stream, call.question.ask === "pull" ? { ...session, nudged: true } : session);
}

export type Taken = { readonly answered: Answered | null; readonly reborn: boolean; readonly again: readonly Operation[] };

/** Takes the answer to the call that is under way. The call is over, and the session only changes once the transaction is through. */
export function take(unit: Unit, stream: StreamName, call: Call, reply: Reply["reply"] | Refusal, txId: string, now: Millis): Taken {
  const session = sessionOf(unit, stream);
  if (isRefusal(reply)) return refused(unit, stream, call, reply, session);
  const answer = { ask: call.question.ask, reply } as Reply;
  const origin = unit.origin;
  const { answered, again, reborn } = transact(unit, () => {
    const answered = takeAnswer(unit.store, call.origin, call.question, answer, session, now);
    refresh(unit, stream, answered.changed);
    const reborn = answered.reusedFrom === null ? origin : rebear(unit, stream, call.question.with.origin, answered.reusedFrom);
    return { answered, reborn, again: rewrite(unit, answered, reborn, txId, now) };
  });
  unit.calls.delete(stream);
  if (call.question.ask === "pull") unit.putBack = false;
  unit.sessions.set(stream, { ...answered.session, nudged: answered.session.nudged || session.nudged });
  if (answered.restored) unit.registered = false;
  settle(unit, reborn);
  return { answered, again, reborn: reborn !== origin || answered.reusedFrom !== null };
}

function refused(unit: Unit, stream: StreamName, call: Call, no: Refusal, session: Session): Taken {
  const origin = unit.origin;
  const { taken, reborn } = transact(unit, () => {
    const taken = takeRefusal(unit.store, call.question, no, session);
    return { taken, reborn: taken.reusedFrom === null ? origin : rebear(unit, stream, call.question.with.origin, taken.reusedFrom) };
  });
  unit.calls.delete(stream);
  unit.sessions.set(stream, taken.session);
  if (taken.register) unit.registered = false;
  settle(unit, reborn);
  return { answered: null, again: [], reborn: taken.reusedFrom !== null };
}

/** The hub has other things under this life's numbers: what it wrote from a seq on goes to a new one. */
function rebear(unit: Unit, stream: StreamName, origin: Origin, from: number): Origin {
  return beginAgain(unit.store, origin, unit.origin, () => originOf(unit.name, unit.lives + 1), STREAMS, stream, from);
}

function settle(unit: Unit, origin: Origin): void {
  if (origin === unit.origin) return;
  unit.origin = origin;
  unit.lives += 1;
  unit.registered = false;
}

function rewrite(unit: Unit, answered: Answered, origin: Origin, txId: string, now: Millis): readonly Operation[] {
  if (answered.rewrite.length === 0) return [];
  const why = { txId, actor: unit.name, reason: "written again", now };
  const { pen, operations } = writeAgain(readPen(unit.store, origin), answered.rewrite, grammarOf(unit), why);
  putOperations(unit.store, pen, operations);
  for (const { entity, id } of answered.rewrite) refresh(unit, streamOf(entity) ?? "tickets", [{ entity, id }]);
  return operations;
}

/** Memory is lost, storage is kept: an eviction, or a crash. */
export function evict(unit: Unit): void {
  unit.sessions.clear();
  unit.calls.clear();
}

export function copyUnit(unit: Unit, commits: number): UnitCopy {
  return { store: unit.store.copy(), entities: [...unit.entities.entries()], origin: unit.origin, major: unit.major, commits };
}

/** The copy is put back. `announced`: it knows that it was, and begins a new life. */
export function restoreUnit(unit: Unit, copy: UnitCopy, announced: boolean): void {
  evict(unit);
  unit.store = copy.store.copy();
  unit.journal = openJournal(unit.fuse.burn);
  unit.entities = unit.journal.table();
  for (const [key, attributes] of copy.entities) unit.entities.set(key, attributes);
  unit.origin = copy.origin;
  unit.major = copy.major;
  unit.registered = false;
  unit.putBack = true;
  if (!announced) return;
  unit.lives += 1;
  unit.origin = originOf(unit.name, unit.lives);
  beginIncarnation(unit.store, unit.origin, STREAMS);
}

/** The unit's software speaks the newer major from now on. */
export function upgrade(unit: Unit): void {
  transact(unit, () => {
    for (const stream of STREAMS) {
      const changed = upgradeReplica(unit.store, stream, () => LENS);
      unit.major = 2;
      refresh(unit, stream, changed);
    }
  });
  evict(unit);
  unit.registered = false;
}

/** Its stages read everything from the copy of the hub's records. */
export function readAnew(unit: Unit): void {
  for (const stream of STREAMS) refresh(unit, stream, [...unit.store.listBases(stream)]);
}

export function viewOf(unit: Unit, stream: StreamName, entity: string, id: string): Attributes | null {
  return workingOf(unit.store, unitMeaning(entity, unit.major), stream, entity, id, (contract) => (majorOf(contract) < unit.major ? LENS : undefined));
}

export function keyOf(entity: string, id: string): string {
  return `${entity}\n${id}`;
}

function refresh(unit: Unit, stream: StreamName, changed: readonly { readonly entity: string; readonly id: string }[]): void {
  for (const { entity, id } of changed) put(unit, entity, id, viewOf(unit, stream, entity, id));
}

function put(unit: Unit, entity: string, id: string, attributes: Attributes | null): void {
  if (attributes === null) unit.entities.delete(keyOf(entity, id));
  else unit.entities.set(keyOf(entity, id), attributes);
}

function grammarOf(unit: Unit): Grammar {
  return {
    streamOf,
    contractOf: (entity) => contractOf(entity, unit.major),
    ruleOf: (_entity, attr) => ruleOf(attr, unit.major),
    epochOf: (stream) => epochHeard(unit.store, stream),
  };
}
