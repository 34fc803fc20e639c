/**
 * The hub's own writes: a CRM's write-back, master data, an erasure. They are operations like others, of the origin `hub@{epoch}`: what the
 * hub makes is named by its epoch, so that after a restore no number means two things. A write with the same key is taken once.
 */
import { tick } from "../../contracts/delta/clock.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { NEVER_SEEN } from "../../contracts/delta/merge.ts";
import { type Operation, Origin, type StreamName } from "../../contracts/delta/operation.ts";
import { type RandomBytes, subjectOf } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { refuseWindows } from "../../contracts/window.ts";
import { readLine } from "./log.ts";
import { type Place, lostAt } from "./place.ts";
import { ERASED } from "./pull.ts";
import { lookInto, writeTaken } from "./push.ts";
import { type KnownOrigin, type LoggedOperation, type StreamStore, rowKey } from "./store.ts";
import { HUB_UNIT, type Taken, type TakenRow, take } from "./take.ts";

export type OwnWrite = {
  /** The caller's key: the same key is taken once, and answered again. */
  readonly key: string;
  readonly stream: StreamName;
  readonly entity: string;
  readonly id: string;
  /** By attribute; null removes it. `delete`: the whole entity. */
  readonly changes: Readonly<Record<string, Json>> | "delete";
  /** The version of the entity that the writer had seen, and the place in the log up to which he had read when he did; absent: whatever there is. */
  readonly seen?: number;
  readonly seenAt?: Place;
  /** Units that shall see the entity from now on. */
  readonly units?: readonly string[];
  readonly actor: string;
  readonly reason: string;
};
export type OwnWritten = {
  readonly epoch: number;
  readonly position: number;
  readonly results: readonly Pick<LoggedOperation, "attr" | "outcome" | "reason" | "version" | "value">[];
};

/** Refuses `breaks-contract` with the field, also for a span that ends before it begins, and `malformed` for an entity that no unit sees and none is named for. Then nothing is taken. */
export function writeOwn(store: StreamStore, write: OwnWrite, meaning: Meaning, now: Millis, random: RandomBytes): OwnWritten | Refusal {
  const before = store.readTaken(write.key);
  if (before !== undefined) return again(store, before.hubSeq, write);
  if (listOf(write).length === 0) return refuse("malformed", "nothing is changed", "name at least one attribute", "changes");
  const impossible = write.changes === "delete" ? null : refuseWindows(write.entity, write.changes, "breaks-contract", "changes");
  if (impossible !== null) return impossible;
  const row = store.readRow(write.entity, write.id);
  const joining = (write.units ?? []).filter((unit) => !(row?.units ?? []).includes(unit));
  if ((row?.units ?? []).length === 0 && joining.length === 0)
    return refuse("malformed", "no unit sees this entity", "name the units that shall see it", "units");
  const state = store.readState();
  const origin = ownOrigin(store, state.epoch);
  const record = row?.record ?? NEVER_SEEN;
  // What was seen in a log that is not this one was not seen.
  const known = write.seenAt === undefined || lostAt(store, state, write.seenAt) === null;
  const seen = known ? (write.seen ?? record.version) : 0;
  const epoch = write.seen === undefined ? state.epoch : Math.max(1, Math.min(write.seenAt?.epoch ?? 1, state.epoch));
  let [seq, hlc] = [origin.through, state.clock];
  const operations = listOf(write).map(([attr, value]): Operation => {
    seq += 1;
    hlc = tick(hlc, now);
    return {
      origin: origin.origin,
      stream: write.stream,
      seq,
      txId: write.key.slice(0, 64),
      entity: write.entity,
      id: write.id,
      attr,
      op: write.changes === "delete" ? "delete" : value === null ? "unset" : "set",
      ...(write.changes === "delete" || value === null ? {} : { value }),
      hlc,
      baseVersion: Math.min(seen, record.version),
      ...(epoch > 1 ? { baseEpoch: epoch } : {}),
      actor: write.actor.slice(0, 64),
      reason: write.reason.slice(0, 200),
      contract: `${meaning.subject}@${meaning.major}`,
      at: now,
    };
  });
  const sender = { origin: origin.origin, unit: HUB_UNIT, stream: write.stream, through: origin.through, meaningOf: () => meaning };
  const taken = take(operations, sender, state, lookInto(store, origin.origin), now);
  if (isRefusal(taken)) return taken;
  const fault = taken.entries.find(({ operation }) => operation.outcome === "dead");
  if (fault !== undefined)
    return refuse("breaks-contract", fault.operation.reason ?? "does not fit the contract", "see GET /api/hub/contracts", `changes.${fault.operation.attr}`);
  writeTaken(store, origin, withJoining(taken, joining, row === undefined ? undefined : { ...row, entity: write.entity, id: write.id }), random, now);
  store.writeTaken(write.key, { hubSeq: taken.state.head, at: now, about: `${write.entity}/${write.id}` });
  return { epoch: state.epoch, position: taken.state.head, results: taken.entries.map(({ operation }) => resultOf(operation)) };
}

/** Destroys the key of a subject and unsets its personal values. What the logs hold of them can't be read any more; chains still verify. */
export function erase(
  store: StreamStore,
  entity: string,
  id: string,
  meaning: Meaning,
  actor: string,
  key: string,
  now: Millis,
  random: RandomBytes,
): OwnWritten | Refusal {
  const row = store.readRow(entity, id);
  const personal = Object.keys(row?.record.cells ?? {}).filter((attr) => meaning.isPersonal(attr));
  const written =
    row === undefined || personal.length === 0 || row.units.length === 0
      ? null
      : writeOwn(
          store,
          { key, stream: meaning.stream, entity, id, changes: Object.fromEntries(personal.map((attr) => [attr, null])), actor, reason: ERASED },
          { ...meaning, writersOf: () => "any", ruleOf: () => "hub-wins" },
          now,
          random,
        );
  if (isRefusal(written)) return written;
  store.writeKey(subjectOf(entity, id), null);
  const state = store.readState();
  return written ?? { epoch: state.epoch, position: state.head, results: [] };
}

/** What the hub makes carries its epoch in the name of the origin. */
export function ownOrigin(store: StreamStore, epoch: number): KnownOrigin {
  const origin = Origin.parse(`${HUB_UNIT}@${epoch}`);
  return store.readOrigin(origin) ?? { origin, unit: HUB_UNIT, keyHash: "", admitted: "", through: 0, stable: 0, dead: 0 };
}

function listOf(write: OwnWrite): readonly (readonly [string, Json])[] {
  return write.changes === "delete" ? [["", null]] : Object.entries(write.changes);
}

function withJoining(taken: Taken, joining: readonly string[], row: TakenRow | undefined): Taken {
  if (joining.length === 0) return taken;
  // Whoever joins sees what comes after too, even when nothing of this write held.
  const touched: readonly (readonly [string, TakenRow])[] = taken.rows.size > 0 || row === undefined ? [...taken.rows] : [[rowKey(row.entity, row.id), row]];
  // What is not there can't be seen.
  if (touched.length === 0) return taken;
  const rows = touched.map(([key, one]) => [key, { ...one, units: [...one.units, ...joining] }] as const);
  const entries = taken.entries.map((entry, i) =>
    // Once: the whole entity comes with the last line.
    i < taken.entries.length - 1 ? entry : { ...entry, joins: [...entry.joins, ...joining], audience: [...new Set([...entry.audience, ...joining])] },
  );
  return { ...taken, rows: new Map(rows), entries };
}

function again(store: StreamStore, hubSeq: number, write: OwnWrite): OwnWritten {
  const state = store.readState();
  const line = store.lineAt(hubSeq);
  // What the log has forgotten is not done again, and its results are not told any more.
  const lines = line === undefined ? [] : store.linesOf(line.origin, line.seq - listOf(write).length + 1, line.seq);
  return { epoch: state.epoch, position: hubSeq, results: lines.map((one) => resultOf(readLine(store, one))) };
}

function resultOf({ attr, outcome, reason, version, value }: LoggedOperation): OwnWritten["results"][number] {
  return { attr, outcome, version, ...(reason === undefined ? {} : { reason }), ...(value === undefined ? {} : { value }) };
}
