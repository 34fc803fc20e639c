/**
 * A push, decided: which operations are new, what each one comes to, and what the log says of it. Pure; the object commits the result
 * in one transaction and acknowledges after it.
 *
 * ```
 * raw ─ identity ─ repeat? gap? ─ poison? waits? ─ lens ─ clock ─ merge by rule ─ log entry (applied, lost or dead) ─ hubSeq + 1
 * ```
 */
import { z } from "zod";
import { CLOCK_AHEAD_MS, type Hlc, read, tick } from "../../contracts/delta/clock.ts";
import { JSON_DEPTH_MAX, type Json, deeperThan, jsonBytes, sameJson } from "../../contracts/delta/json.ts";
import { type Lens, liftOperation } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type EntityRecord, HUB_ORIGIN, type Merged, NEVER_SEEN, merge } from "../../contracts/delta/merge.ts";
import { Operation, Origin, RECORD_BYTES_MAX, StreamName, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { poison } from "./check.ts";
import { isTrusted } from "./epoch.ts";
import { type LoggedOperation, type StreamState, rowKey } from "./store.ts";

/** Attributes of one entity. The widest family has 20. */
export const ATTRS_MAX = 60;
/** Units that see one entity. A customer of every site of a large organisation; more belong into a tenant's own system. */
export const UNITS_MAX = 1_000;
/** Values up to this are not weighed against `RECORD_BYTES_MAX`: all attributes with all held values of this length are 35 KB. */
const LIGHT_BYTES = 64;
/** Characters of a dead letter that is kept to be tried again: sealed, in three bytes each, they are just below the 2 MB of a row. Longer ones are said to have been there. */
const BURIED_CHARS_MAX = 300_000;
/** Of what could not be read, this much is kept with the dead letter. */
const SAMPLE_CHARS = 1_024;

/** The hub's own writes see nothing. No unit may have this name. */
export const HUB_UNIT = "hub";

/** The entity belongs to another unit, or is the tenant's and this one has not joined it. Nothing is told of it. */
const NOT_YOURS = "not-yours";
/** It says that it saw what this epoch never had: it is taken as having seen nothing. */
const NEVER_GIVEN = "version-never-given";

export type Sender = {
  readonly origin: Origin;
  readonly unit: string;
  readonly stream: StreamName;
  readonly through: number;
  /** The hub's meaning of an entity written under a contract; undefined when the sender did not register it. */
  readonly meaningOf: (entity: string, contract: string) => Meaning | undefined;
  /** From the sender's major to the hub's; absent where they are the same. */
  readonly lensOf?: (entity: string, contract: string) => Lens | undefined;
};

/** What a decision may look at. */
export type Look = {
  readonly row: (entity: string, id: string) => { readonly record: EntityRecord; readonly units: readonly string[]; readonly at: number } | undefined;
  /** The seq of the first open dead letter of this origin on the entity. */
  readonly waitsFor: (entity: string, id: string) => number | undefined;
  /** Whether the subject's personal values were erased. */
  readonly isErased: (entity: string, id: string) => boolean;
};

export type Written = { readonly value?: Json; readonly hlc?: string; readonly raw?: string };
/** One line in the making. `written`: what the operation brought, where that is not what the feed says of it. `audience`: units that must hear of it. */
export type Entry = {
  readonly operation: LoggedOperation;
  readonly written?: Written;
  readonly joins: readonly string[];
  readonly audience: readonly string[];
  readonly meaning: Meaning | undefined;
  /** For a dead one: the operation as it came, to be tried again. */
  readonly buried?: string;
  /** Later operations of its origin on its entity wait for it. A field that nobody knows is in quarantine by itself and holds up nothing. */
  readonly blocks?: boolean;
};
export type TakenRow = { readonly entity: string; readonly id: string; readonly record: EntityRecord; readonly units: readonly string[]; readonly at: number };
export type Taken = {
  readonly through: number;
  /** The latest clock of its operations, as they were sent; absent: none was. */
  readonly latest?: string;
  readonly state: StreamState;
  readonly entries: readonly Entry[];
  readonly rows: ReadonlyMap<string, TakenRow>;
};

const Identity = z.looseObject({ origin: Origin, stream: StreamName, seq: z.number().int().min(1) });
type Identity = z.infer<typeof Identity>;

/** Refuses `malformed` (no identity), `not-permitted` (somebody else's operation) and `gap` with the seq that is expected; then nothing is taken. */
export function take(raws: readonly unknown[], sender: Sender, start: StreamState, look: Look, now: Millis): Taken | Refusal {
  let { through } = sender;
  let state = start;
  let latest: string | undefined;
  const entries: Entry[] = [];
  const rows = new Map<string, TakenRow>();
  const waits = new Map<string, number>();
  const inner: Look = {
    ...look,
    row: (entity, id) => rows.get(rowKey(entity, id)) ?? look.row(entity, id),
    waitsFor: (entity, id) => waits.get(rowKey(entity, id)) ?? look.waitsFor(entity, id),
  };
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
    const done = settle(raw, identity.data, sender, state, inner, now);
    entries.push(done.entry);
    const { entity, id } = done.entry.operation;
    if (done.row !== undefined) rows.set(rowKey(entity, id), done.row);
    if (done.entry.blocks === true && inner.waitsFor(entity, id) === undefined) waits.set(rowKey(entity, id), seq);
    state = done.state;
    through = seq;
    const hlc = done.entry.written?.hlc ?? done.entry.operation.hlc;
    if (latest === undefined || hlc > latest) latest = hlc;
  }
  return { through, state, entries, rows, ...(latest === undefined ? {} : { latest }) };
}

export type SettledOperation = { readonly entry: Entry; readonly state: StreamState; readonly row?: TakenRow };

/** One operation. `again`: a dead letter that is tried once more, which waits for nothing. */
export function settle(raw: unknown, identity: Identity, sender: Sender, before: StreamState, look: Look, now: Millis, again = false): SettledOperation {
  const hubSeq = before.head + 1;
  const deep = deeperThan(raw, JSON_DEPTH_MAX);
  const stamp = { hubSeq, epoch: before.epoch, appliedAt: now, ...(again ? { redelivered: true as const } : {}) } as const;
  const bury = (operation: Operation, reason: string, version: number, meaning?: Meaning): SettledOperation => {
    const { value: _, ...rest } = operation;
    const text = deep ? "" : JSON.stringify(raw);
    return {
      state: { ...before, head: hubSeq },
      entry: {
        operation: { ...rest, ...stamp, version, outcome: "dead", reason },
        written: { raw: text.slice(0, SAMPLE_CHARS) },
        joins: [],
        audience: [],
        meaning,
        buried: text.length > BURIED_CHARS_MAX ? "" : text,
        blocks: !reason.startsWith("unknown-field"),
      },
    };
  };
  if (deep) return bury(legible({ origin: identity.origin, stream: identity.stream, seq: identity.seq }, before.clock, now), "malformed: nested too deep", 0);

  const parsed = Operation.safeParse(raw);
  if (!parsed.success) return bury(legible(identity, before.clock, now), `malformed: ${parsed.error.issues[0]?.path.map(String).join(".") ?? ""}`, 0);
  const sent = parsed.data;
  const meaning = sender.meaningOf(sent.entity, sent.contract);
  const operation = liftOperation(sent, sender.lensOf?.(sent.entity, sent.contract));
  if (operation === null) return bury(sent, `no-counterpart: ${sent.attr}`, 0, meaning);
  const { entity, id, attr } = operation;
  const fault = poison(operation, meaning, operation.origin.startsWith(HUB_ORIGIN) ? "hub" : "unit");
  if (fault !== null || meaning === undefined) return bury(operation, fault ?? "not-registered", 0, meaning);
  const first = again ? undefined : look.waitsFor(entity, id);
  if (first !== undefined) return bury(operation, `waits: for seq ${first}`, 0, meaning);

  const known = look.row(entity, id);
  const isNew = known !== undefined && !known.units.includes(sender.unit) && sender.unit !== HUB_UNIT;
  if (isNew && !mayJoin(operation, meaning)) return bury(operation, NOT_YOURS, 0, meaning);
  if (isNew && known.units.length >= UNITS_MAX) return bury(operation, "too-many-units", 0, meaning);
  const record = known?.record ?? NEVER_SEEN;
  if (!Object.hasOwn(record.cells, attr) && Object.keys(record.cells).length >= ATTRS_MAX)
    return bury(operation, "too-many-attributes", record.version, meaning);

  const ahead = read(operation.hlc).ms > now + CLOCK_AHEAD_MS;
  const forged = isForged(operation, record, before);
  const hlc = ahead ? tick(before.clock, now) : operation.hlc;
  const merged = mergeUnlessGone(record, { ...operation, hlc, ...(forged ? { baseVersion: 0 } : {}) }, meaning, look, before);
  if (merged.outcome === "dead") return bury(operation, merged.reason ?? "unmergeable", record.version, meaning);
  const spoilt = faultOf(merged, meaning, attr);
  if (spoilt !== null) return bury(operation, spoilt, record.version, meaning);
  if (merged.outcome === "applied" && isHeavy(operation.value) && jsonBytes(merged.record) > RECORD_BYTES_MAX)
    return bury(operation, "too-large: the whole entity", record.version, meaning);
  // Whoever joins sees what he lost against.
  const units = isNew || (known === undefined && sender.unit !== HUB_UNIT) ? [...(known?.units ?? []), sender.unit] : (known?.units ?? []);
  const at = merged.outcome === "applied" ? hubSeq : (known?.at ?? hubSeq);
  return {
    state: { ...before, head: hubSeq, clock: hlc > before.clock ? hlc : before.clock },
    entry: {
      ...entryOf(operation, merged, { ...stamp, hlc }, ahead, forged),
      joins: isNew ? [sender.unit] : [],
      // The answer to a push tells its sender; a dead letter that is taken later has no such answer.
      audience: merged.outcome === "applied" ? units.filter((unit) => unit !== sender.unit || again) : again && isNew ? [sender.unit] : [],
      meaning,
    },
    ...(merged.outcome === "applied" || isNew ? { row: { entity, id, record: merged.record, units, at } } : {}),
  };
}

function isHeavy(value: Json | undefined): boolean {
  return (typeof value === "string" && value.length > LIGHT_BYTES / 3) || (typeof value === "object" && value !== null && jsonBytes(value) > LIGHT_BYTES);
}

/** Whom an entity belongs to its contract says. What is a unit's nobody else touches; what is the tenant's is joined by saying something of it. */
function mayJoin({ op }: Operation, meaning: Meaning): boolean {
  return meaning.belongsTo !== "unit" && op === "set";
}

/** Within an epoch nobody can have seen a version that was not given out. What was collected is another matter. */
function isForged({ baseVersion, baseEpoch = 1 }: Operation, record: EntityRecord, state: StreamState): boolean {
  return baseEpoch === state.epoch && record.version > 0 && baseVersion > record.version;
}

/** What a counter or a set has come to is held against the contract, too: each part of it may be fine. Null: it stands. */
function faultOf(merged: Merged, meaning: Meaning, attr: string): string | null {
  const rule = meaning.ruleOf(attr);
  if (merged.outcome !== "applied" || merged.value === undefined || (rule !== "counter" && rule !== "set-add")) return null;
  if (jsonBytes(merged.value) > VALUE_BYTES_MAX) return "too-large";
  return meaning.fits(attr, merged.value) ? null : `breaks-contract: ${attr} as merged`;
}

/** What was deleted long ago is remembered by whoever saw it: his write to it is late, not new. What was erased does not come back. */
function mergeUnlessGone(record: EntityRecord, operation: Operation, meaning: Meaning, look: Look, state: StreamState): Merged {
  const { entity, id, attr, op, baseEpoch = 1 } = operation;
  const collected = record.version === 0 && operation.baseVersion > 0 && baseEpoch === state.epoch;
  if (collected && op !== "delete") return { record, outcome: "lost", reason: "deleted" };
  if (op === "set" && meaning.isPersonal(attr) && look.isErased(entity, id)) return { record, outcome: "lost", reason: "erased" };
  // Versions of an entity that was collected are not given out again: whoever remembers them must not be taken for having seen these.
  const start = record.version === 0 && op !== "delete" && state.collected > 0 ? { version: state.head, cells: {} } : record;
  const write = isTrusted(state, baseEpoch) ? operation : { ...operation, baseVersion: 0 };
  const merged = merge(start, write, meaning.ruleOf(attr), state.epoch);
  return merged.outcome === "applied" ? merged : { ...merged, record };
}

function entryOf(
  operation: Operation,
  merged: Merged,
  stamp: { readonly hubSeq: number; readonly epoch: number; readonly appliedAt: Millis; readonly hlc: Hlc },
  ahead: boolean,
  forged: boolean,
): Pick<Entry, "operation" | "written"> {
  const { value, ...rest } = operation;
  const reason = [ahead ? "clock-ahead" : "", forged ? NEVER_GIVEN : "", merged.reason ?? ""].filter((part) => part !== "").join(", ");
  const cell = merged.record.cells[operation.attr];
  const held = cell?.held;
  const others = merged.outcome === "applied" && cell !== undefined && (cell.hlc !== stamp.hlc || cell.origin !== operation.origin);
  const logged: LoggedOperation = {
    ...rest,
    ...stamp,
    version: merged.record.version,
    outcome: merged.outcome,
    ...(reason === "" ? {} : { reason }),
    ...(merged.value === undefined ? {} : { value: merged.value }),
    ...(held === undefined || merged.outcome !== "applied" ? {} : { held }),
    ...(others ? { shown: { hlc: cell.hlc, origin: cell.origin } } : {}),
  };
  // What a counter or a set comes to is not what was brought to it.
  const asWritten = !ahead && merged.outcome === "applied" && merged.reason === undefined && sameJson(value ?? null, merged.value ?? null);
  if (asWritten) return { operation: logged };
  return { operation: logged, written: { ...(value === undefined ? {} : { value }), ...(ahead ? { hlc: operation.hlc } : {}) } };
}

/** An operation that breaks its schema, with every field that can be read; so that the log and the feed can speak of it. */
function legible(identity: Identity, clock: Hlc, now: Millis): Operation {
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
