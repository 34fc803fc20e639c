/**
 * A push, decided: which operations are new, what each one comes to, and what the log says of it. Pure; the object commits the result
 * in one transaction and acknowledges after it.
 *
 * ```
 * raw ─ identity ─ repeat? gap? ─ poison? ─ clock ─ merge by rule ─ log entry (applied, lost or dead) ─ hubSeq + 1
 * ```
 */
import { z } from "zod";
import { type Hlc, read, tick } from "../../contracts/delta/clock.ts";
import { JSON_DEPTH_MAX, type Json, deeperThan, jsonBytes } from "../../contracts/delta/json.ts";
import { type EntityRecord, type Merged, NEVER_SEEN, merge } from "../../contracts/delta/merge.ts";
import { type FeedItem, Operation, Origin, StreamName, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";
import { ruleOf } from "../../contracts/delta/rules.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { isFamily, poison } from "./check.ts";

/** A hybrid clock further ahead of the hub than this is re-stamped: otherwise it would win every conflict until then. */
export const CLOCK_AHEAD_MS = 60_000;
/** Attributes of one entity: at 32 KiB each they stay below the 2 MB of a row. The widest family has 20. */
export const ATTRS_MAX = 50;
/** Of what could not be read, this much is kept with the dead letter. */
const SAMPLE_CHARS = 1_024;

/** Where a stream stands. */
export type StreamState = { readonly epoch: number; readonly head: number; readonly clock: Hlc };
export type Sender = {
  readonly origin: Origin;
  readonly stream: StreamName;
  readonly through: number;
  readonly writes: Readonly<Record<string, readonly string[]>>;
};

/** One line of the log. `written`: what the operation brought, where that is not what the feed says of it. */
export type Entry = { readonly operation: FeedItem["operation"]; readonly written?: { readonly value?: Json; readonly hlc?: string; readonly raw?: string } };
export type Taken = {
  readonly through: number;
  readonly state: StreamState;
  readonly entries: readonly Entry[];
  readonly records: ReadonlyMap<string, EntityRecord>;
};

/** Key of `records` and of `recordOf`. A family holds no newline, so the first one divides. */
export function recordKey(entity: string, id: string): string {
  return `${entity}\n${id}`;
}

const Identity = z.looseObject({ origin: Origin, stream: StreamName, seq: z.number().int().min(1) });

/** Refuses `malformed` (no identity), `not-permitted` (somebody else's operation) and `gap` with the seq that is expected; then nothing is taken. */
export function take(
  raws: readonly unknown[],
  sender: Sender,
  start: StreamState,
  recordOf: (key: string) => EntityRecord | undefined,
  now: Millis,
): Taken | Refusal {
  let { through } = sender;
  let state = start;
  const entries: Entry[] = [];
  const records = new Map<string, EntityRecord>();
  for (const [i, raw] of raws.entries()) {
    const identity = Identity.safeParse(raw);
    if (!identity.success) return refuse("malformed", "an operation needs origin, stream and seq", "send each operation with its identity", `operations.${i}`);
    const { origin, stream, seq } = identity.data;
    if (origin !== sender.origin || stream !== sender.stream)
      return refuse(
        "not-permitted",
        "an operation of another origin or stream",
        "push each origin's and stream's operations by themselves",
        `operations.${i}.origin`,
      );
    if (seq <= through) continue;
    if (seq !== through + 1)
      return refuse(
        "gap",
        `expected seq ${sender.through + 1}, the batch breaks before ${seq}`,
        `send again from seq ${sender.through + 1}, without gaps`,
        `operations.${i}.seq`,
      );
    const known = (key: string): EntityRecord => records.get(key) ?? recordOf(key) ?? NEVER_SEEN;
    const done = settle(raw, identity.data, sender, state, known, now);
    entries.push(done.entry);
    if (done.changed !== undefined) records.set(done.changed.key, done.changed.record);
    state = done.state;
    through = seq;
  }
  return { through, state, entries, records };
}

type Settled = { readonly entry: Entry; readonly state: StreamState; readonly changed?: { readonly key: string; readonly record: EntityRecord } };

function settle(
  raw: unknown,
  identity: z.infer<typeof Identity>,
  sender: Sender,
  before: StreamState,
  known: (key: string) => EntityRecord,
  now: Millis,
): Settled {
  const hubSeq = before.head + 1;
  const deep = deeperThan(raw, JSON_DEPTH_MAX);
  const stamp = { hubSeq, epoch: before.epoch, appliedAt: now } as const;
  const bury = (operation: Operation, reason: string, version: number): Settled => {
    const { value: _, ...rest } = operation;
    return {
      state: { ...before, head: hubSeq },
      entry: { operation: { ...rest, ...stamp, version, outcome: "dead", reason }, written: { raw: deep ? "" : JSON.stringify(raw).slice(0, SAMPLE_CHARS) } },
    };
  };
  if (deep) return bury(legible({ origin: identity.origin, stream: identity.stream, seq: identity.seq }, before.clock, now), "malformed: nested too deep", 0);

  const parsed = Operation.safeParse(raw);
  if (!parsed.success) return bury(legible(identity, before.clock, now), `malformed: ${parsed.error.issues[0]?.path.map(String).join(".") ?? ""}`, 0);
  const operation = parsed.data;
  const { entity, id, attr } = operation;
  const fault = poison(operation, sender.writes);
  if (fault !== null || !isFamily(entity)) return bury(operation, fault ?? "unknown-entity", 0);

  const key = recordKey(entity, id);
  const record = known(key);
  if (!Object.hasOwn(record.cells, attr) && Object.keys(record.cells).length >= ATTRS_MAX) return bury(operation, "too-many-attributes", record.version);

  const ahead = read(operation.hlc).ms > now + CLOCK_AHEAD_MS;
  const hlc = ahead ? tick(before.clock, now) : operation.hlc;
  const merged = merge(record, { ...operation, hlc }, ruleOf(entity, attr));
  if (merged.outcome === "dead") return bury(operation, merged.reason ?? "unmergeable", record.version);
  // Only a set can grow by merging.
  if (Array.isArray(merged.value) && jsonBytes(merged.value) > VALUE_BYTES_MAX) return bury(operation, "too-large", record.version);
  return {
    state: { ...before, head: hubSeq, clock: hlc > before.clock ? hlc : before.clock },
    entry: entryOf(operation, merged, { ...stamp, hlc }, ahead),
    ...(merged.outcome === "applied" ? { changed: { key, record: merged.record } } : {}),
  };
}

function entryOf(
  operation: Operation,
  merged: Merged,
  stamp: { readonly hubSeq: number; readonly epoch: number; readonly appliedAt: Millis; readonly hlc: Hlc },
  ahead: boolean,
): Entry {
  const { value, ...rest } = operation;
  const reason = [ahead ? "clock-ahead" : "", merged.reason ?? ""].filter((part) => part !== "").join(", ");
  const logged: FeedItem["operation"] = {
    ...rest,
    ...stamp,
    version: merged.record.version,
    outcome: merged.outcome,
    ...(reason === "" ? {} : { reason }),
    ...(merged.value === undefined ? {} : { value: merged.value }),
  };
  const asWritten = !ahead && merged.outcome === "applied" && merged.reason === undefined;
  if (asWritten) return { operation: logged };
  return { operation: logged, written: { ...(value === undefined ? {} : { value }), ...(ahead ? { hlc: operation.hlc } : {}) } };
}

/** An operation that breaks its schema, with every field that can be read; so that the log and the feed can speak of it. */
function legible(identity: z.infer<typeof Identity>, clock: Hlc, now: Millis): Operation {
  const or = <S extends z.ZodType>(schema: S, name: string, otherwise: z.infer<S>): z.infer<S> => {
    const parsed = schema.safeParse(identity[name]);
    return parsed.success ? parsed.data : otherwise;
  };
  const { shape } = Operation;
  return {
    origin: identity.origin,
    stream: identity.stream,
    seq: identity.seq,
    txId: or(shape.txId, "txId", "unreadable"),
    entity: or(shape.entity, "entity", "unreadable"),
    id: or(shape.id, "id", "unreadable"),
    attr: or(shape.attr, "attr", ""),
    op: or(shape.op, "op", "set"),
    hlc: or(shape.hlc, "hlc", clock),
    baseVersion: or(shape.baseVersion, "baseVersion", 0),
    actor: or(shape.actor, "actor", ""),
    reason: "",
    contract: or(shape.contract, "contract", ""),
    at: or(shape.at, "at", now),
  };
}
