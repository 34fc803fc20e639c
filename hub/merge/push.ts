/**
 * A push, taken: read the sender's place, decide, write all of it, answer. The caller holds the transaction and acknowledges after it.
 * A repeated push is answered from the log as the first was.
 */
import { type Lens, attrThrough, cellThrough, recordThrough } from "../../contracts/delta/lens.ts";
import { jsonBytes } from "../../contracts/delta/json.ts";
import { NEVER_SEEN } from "../../contracts/delta/merge.ts";
import { PUSH_OPERATIONS_MAX } from "../../contracts/delta/operation.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import { type RandomBytes, subjectOf } from "../../contracts/delta/seal.ts";
import { ANSWER_BYTES_MAX, type PushReply, type Settled } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Batch } from "./batch.ts";
import { GAP, declareGap } from "./gap.ts";
import { notice } from "./epoch.ts";
import { appendEntries, erasedOf, readLine, sealFor } from "./log.ts";
import { writeSeen } from "./place.ts";
import { tagOf } from "./spent.ts";
import type { KnownOrigin, LoggedOperation, StreamStore } from "./store.ts";
import { type Look, type Sender, type Taken, take } from "./take.ts";

/** The sender's contracts, as they were admitted. `newestLens`: from the words that it speaks now, in which it is answered; absent: in those of each operation. */
export type Known = Pick<Sender, "meaningOf" | "lensOf"> & {
  readonly newestLens?: (entity: string) => Lens | undefined;
  readonly lineLens?: LineLens;
};
/** From the words in which the line at a position was written to those of today; undefined where they are the same. */
export type LineLens = (entity: string, position: number) => Lens | undefined;

/** Refuses `gap`, `malformed`, `not-permitted` (somebody else's operation, and as `notice` does), `stale-version` (a seq that was used for something else). */
export function push(
  store: StreamStore,
  batch: Batch,
  origin: KnownOrigin,
  known: Known,
  credit: number,
  now: Millis,
  random: RandomBytes,
): PushReply | Refusal {
  const state = notice(store, batch, origin);
  if (isRefusal(state)) return state;
  const here = { epoch: state.epoch, stable: origin.stable, credit: Math.min(credit, PUSH_OPERATIONS_MAX), receivedAt: now } as const;
  // A unit that knows another epoch, or more than this hub has, is told where it stands: it offers again what is missing.
  const isAhead = batch.acknowledged !== undefined && batch.acknowledged > origin.through;
  const isOther = batch.epoch !== undefined && batch.epoch !== state.epoch;
  if (isAhead || isOther || batch.prior !== undefined) {
    const last = lastCommon(store, origin, batch.acknowledged);
    const isForeign = batch.prior !== undefined && last !== undefined && batch.prior !== last;
    if (isAhead || isOther || isForeign)
      return { ...here, through: origin.through, ...(last === undefined ? {} : { last }), dead: [], seen: writeSeen(store, state) };
  }

  const gone = batch.gap === undefined ? null : declareGap(store, origin, batch.stream, batch.gap, now, random);
  if (isRefusal(gone)) return gone;
  const current = gone ?? origin;
  const sender: Sender = { origin: current.origin, unit: current.unit, stream: batch.stream, through: current.through, ...known };
  const taken = take(batch.operations, sender, store.readState(), lookInto(store, current.origin), now);
  if (isRefusal(taken)) return taken;
  const reused = findReused(store, batch, current);
  if (reused !== null) return reused;
  if (taken.entries.length > 0) writeTaken(store, current, taken, random, now);
  const answered = batch.operations.length === 0 ? { dead: [] } : answer(store, batch, known, current);
  return { ...here, through: taken.through, ...answered, seen: writeSeen(store, store.readState()) };
}

/** The txId of the last operation that both sides count as durable. */
function lastCommon(store: StreamStore, { origin, through }: KnownOrigin, acknowledged = through): string | undefined {
  const seq = Math.min(through, acknowledged);
  const [line] = store.linesOf(origin, seq, seq);
  return line === undefined ? undefined : (JSON.parse(line.text) as LoggedOperation).txId;
}

export function lookInto(store: StreamStore, origin: string): Look {
  return {
    row: (entity, id) => store.readRow(entity, id),
    waitsFor: (entity, id) => store.listDead(origin, entity, id).find((letter) => letter.blocks)?.seq,
    isErased: (entity, id) => store.readKey(subjectOf(entity, id)) === null,
  };
}

/** All of what was decided, inside the caller's transaction. */
export function writeTaken(store: StreamStore, sender: KnownOrigin, taken: Taken, random: RandomBytes, now: Millis): void {
  const hash = appendEntries(store, taken.entries, sender.unit, taken.state.hash, random);
  for (const { entity, id, record, units, at } of taken.rows.values()) store.writeRow(entity, id, { record, units, at, digest: recordDigest(record) });
  let dead = 0;
  for (const { operation, buried, blocks } of taken.entries) {
    if (buried === undefined) continue;
    dead += 1;
    const { hubSeq, origin, seq, entity, id, reason = "dead" } = operation;
    const text = JSON.stringify(sealFor(store, entity, id, buried, random));
    store.writeDead({ hubSeq, origin, seq, entity, id, reason, text, state: "open", blocks: blocks === true, at: now });
  }
  store.writeState({ ...taken.state, hash });
  store.writeOrigin({ ...sender, through: taken.through, dead: sender.dead + dead, ...laterOf(taken.latest, sender.latest) });
  store.heardTaken?.(taken.entries);
}

function laterOf(latest: string | undefined, before: string | undefined): Pick<KnownOrigin, "latest"> {
  if (latest === undefined) return {};
  return { latest: before !== undefined && before > latest ? before : latest };
}

/**
 * A seq stands for one operation for ever. A unit that uses it for another was restored without beginning a new incarnation. Where the line is
 * gone its tag tells. Where that is gone too its clock does, as it was sent: what is later than all that was taken of the origin is none of
 * that. What is not may be either, and counts as the same: to take it twice would be as wrong, and nobody would notice.
 */
function findReused(store: StreamStore, batch: Batch, origin: KnownOrigin): Refusal | null {
  const repeated = batch.operations.filter((operation) => seqOf(operation) <= origin.through);
  if (repeated.length === 0) return null;
  const seqs = repeated.map(seqOf);
  const lines = new Map(store.linesOf(origin.origin, Math.min(...seqs), Math.max(...seqs)).map((line) => [line.seq, JSON.parse(line.text) as LoggedOperation]));
  const tags = lines.size >= repeated.length ? NO_TAGS : store.spentTags(origin.origin, Math.min(...seqs), Math.max(...seqs));
  let first = repeated.findIndex((operation) => {
    const line = lines.get(seqOf(operation));
    const { txId, at, hlc } = operation as Named;
    const tag = tags.get(seqOf(operation));
    if (line === undefined && tag !== undefined) return tag !== tagOf(txId, at);
    if (line === undefined) return typeof hlc === "string" && origin.latest !== undefined && hlc > origin.latest;
    return line.entity !== GAP && line.txId !== "unreadable" && (line.txId !== txId || line.at !== at);
  });
  // What was written together was taken together.
  while (first > 0 && (repeated[first - 1] as Named).txId === (repeated[first] as Named).txId) first -= 1;
  const reused = repeated[first];
  return reused === undefined
    ? null
    : refuse(
        "stale-version",
        `seq ${seqOf(reused)} was used for another operation before`,
        "begin a new incarnation: this unit was restored from an older copy",
        `operations.${batch.operations.indexOf(reused)}`,
      );
}

const NO_TAGS: ReadonlyMap<number, number> = new Map();

type Named = { readonly txId?: unknown; readonly at?: unknown; readonly hlc?: unknown };

/**
 * From the log, for new and repeated ones alike, in the words of the sender's contract. What came of a repeated one may be long past: the
 * entity is told as a whole, as it is now. What goes beyond the limit of an answer is left out, and the unit compares digests. `before`: the
 * origin before this push.
 */
function answer(
  store: StreamStore,
  batch: Batch,
  known: Known,
  before: KnownOrigin,
): Pick<PushReply, "versions" | "settled" | "dead" | "at" | "rows" | "forgotten"> {
  const seqs = batch.operations.map(seqOf);
  const lines = store.linesOf(batch.origin, Math.min(...seqs), Math.max(...seqs));
  // A dead letter that was taken after all has a second line: that is what it came to.
  const bySeq = new Map(lines.map((line) => [line.seq, line]));
  const versions: number[] = [];
  const settled: Settled[] = [];
  const dead: { seq: number; reason: string }[] = [];
  const joined = new Map<string, { readonly entity: string; readonly id: string; readonly lens: Lens | undefined }>();
  let [at, forgotten, bytes] = [0, false, 0];
  const fits = (told: unknown): boolean => {
    const size = jsonBytes(told);
    const isIn = bytes + size <= ANSWER_BYTES_MAX;
    if (isIn) bytes += size;
    else forgotten = true;
    return isIn;
  };
  for (const seq of seqs) {
    const line = bySeq.get(seq);
    // Of what lies in a gap there is no outcome: whoever still has it finds out by comparing.
    if (line === undefined || line.entity === GAP) {
      forgotten = true;
      versions.push(0);
      continue;
    }
    const operation = liftLine(readLine(store, line), known.lineLens?.(line.entity, line.hubSeq));
    const written = known.lensOf?.(operation.entity, operation.contract);
    const lens = known.newestLens === undefined ? written : known.newestLens(operation.entity);
    at = Math.max(at, line.hubSeq);
    if (seq <= before.through || line.joins.includes(line.unit))
      joined.set(`${operation.entity}\n${operation.id}`, { entity: operation.entity, id: operation.id, lens });
    const asSent = line.written === null && operation.held === undefined && lens === undefined && written === undefined;
    // A deletion is the same in all words.
    const plain = line.outcome === "applied" && (asSent || operation.op === "delete");
    versions.push(plain ? operation.version : 0);
    if (plain) continue;
    const { outcome, reason } = operation;
    if (outcome === "dead") dead.push({ seq, reason: reason ?? "dead" });
    const renamed = lens === undefined && written !== undefined;
    const { cell } = outcome === "applied" ? cellIn(operation, lens) : {};
    settled.push({
      seq,
      outcome,
      ...(renamed ? { attr: operation.attr } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(cell !== undefined && fits(cell) ? { cell } : {}),
    });
  }
  const rows = [...joined.values()].flatMap(({ entity, id, lens }) => {
    const row = store.readRow(entity, id);
    if (row === undefined || !row.units.includes(before.unit)) return [{ entity, id, at, record: NEVER_SEEN }];
    const told = { entity, id, at: row.at, record: lens === undefined ? row.record : recordThrough(lens, row.record, "down"), ...erasedOf(store, entity, id) };
    return fits(told.record) ? [told] : [];
  });
  return {
    versions,
    dead,
    at,
    ...(settled.length === 0 ? {} : { settled }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(forgotten ? { forgotten: true as const } : {}),
  };
}

/** A line in today's words. */
export function liftLine(operation: LoggedOperation, lens: Lens | undefined): LoggedOperation {
  if (lens === undefined || operation.op === "delete") return operation;
  const { value: _, held: __, ...rest } = operation;
  const { value, held } = cellThrough(lens, operation.attr, cellOfLine(operation), "up");
  return { ...rest, attr: attrThrough(lens, operation.attr, "up"), ...(value === undefined ? {} : { value }), ...(held === undefined ? {} : { held }) };
}

/** The attribute as this line left it. */
export function cellOfLine(operation: LoggedOperation): NonNullable<Settled["cell"]> {
  return {
    ...(operation.value === undefined ? {} : { value: operation.value }),
    hlc: operation.shown?.hlc ?? operation.hlc,
    origin: operation.shown?.origin ?? operation.origin,
    version: operation.version,
    ...(operation.epoch > 1 ? { epoch: operation.epoch } : {}),
    ...(operation.held === undefined ? {} : { held: operation.held }),
  };
}

function cellIn(operation: LoggedOperation, lens: Lens | undefined): Pick<Settled, "cell"> {
  if (operation.op === "delete") return {};
  const cell = cellOfLine(operation);
  return { cell: lens === undefined ? cell : cellThrough(lens, operation.attr, cell, "down") };
}

function seqOf(operation: unknown): number {
  const { seq } = operation as { readonly seq?: unknown };
  return typeof seq === "number" ? seq : 0;
}
