/**
 * A unit's own changes as operations: one for each attribute that differs, in the order of the decision, numbered without a gap per
 * stream. Pure: clocks and counters come in and go out. What travels for a counter is the increment, for a set what is new in it. What a
 * rule has no word for throws: the transaction is taken back, or the unit would hold what no other side will ever hear of.
 */
import { tick, type Hlc } from "../../contracts/delta/clock.ts";
import { diffEntity, type AttributeChange } from "../../contracts/delta/diff.ts";
import { canonical, type Json } from "../../contracts/delta/json.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { MergeRule, Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ReplicaStore } from "./store.ts";

/** One entity as it was and as it is. `base`: the hub's record of it, as far as it was heard. */
export type Written = {
  readonly entity: string;
  readonly id: string;
  readonly before: Attributes | undefined;
  readonly after: Attributes | null;
  readonly base: EntityRecord | undefined;
};
type Attributes = Readonly<Record<string, unknown>>;
export type Pen = { readonly origin: Origin; readonly hlc: Hlc; readonly last: Readonly<Partial<Record<StreamName, number>>> };
export type Why = { readonly txId: string; readonly actor: string; readonly reason: string; readonly now: Millis };

/** What is written under which contract. `streamOf` null: it does not leave the unit. `epochOf`: the hub's, as its records were heard. */
export type Grammar = {
  readonly streamOf: (entity: string) => StreamName | null;
  readonly contractOf: (entity: string) => string;
  readonly ruleOf: (entity: string, attr: string) => MergeRule;
  /** Null while the copy of the hub's records is in doubt: then each of its cells speaks for its own epoch only. */
  readonly epochOf: (stream: StreamName) => number | null;
};

const REASON_MAX = 200;

export function write(pen: Pen, changes: readonly Written[], grammar: Grammar, why: Why): { readonly pen: Pen; readonly operations: readonly Operation[] } {
  const last: Partial<Record<StreamName, number>> = { ...pen.last };
  const operations: Operation[] = [];
  let hlc = pen.hlc;
  for (const { entity, id, before, after, base } of changes) {
    const stream = grammar.streamOf(entity);
    if (stream === null) continue;
    const epoch = grammar.epochOf(stream);
    for (const cell of diffEntity(before, after)) {
      const said = asSaid(cell, before?.[cell.attr], cell.op === "delete" ? "lww" : grammar.ruleOf(entity, cell.attr));
      if (said === null) continue;
      if (said === "unsayable") throw new Error(`${entity} ${id}: ${grammar.ruleOf(entity, cell.attr)} has no word for this change of ${cell.attr}`);
      const seq = (last[stream] ?? 0) + 1;
      last[stream] = seq;
      hlc = tick(hlc, why.now);
      const stamp = seen(base, said.attr);
      const baseEpoch = epoch ?? stamp.epoch ?? 1;
      operations.push({
        origin: pen.origin,
        stream,
        seq,
        txId: why.txId,
        entity,
        id,
        attr: said.attr,
        op: said.op,
        ...(said.op === "set" ? { value: said.value } : {}),
        hlc,
        baseVersion: stamp.version,
        ...(baseEpoch > 1 ? { baseEpoch } : {}),
        actor: why.actor.slice(0, 64),
        reason: why.reason.slice(0, REASON_MAX),
        contract: grammar.contractOf(entity),
        at: why.now,
      });
    }
  }
  return { pen: { ...pen, hlc, last }, operations };
}

/** Null when it is the same set in another order. Unsayable: sets only grow and hold each member once; a counter counts downwards but does not go. */
function asSaid(change: AttributeChange, before: unknown, rule: MergeRule): AttributeChange | "unsayable" | null {
  if (change.op === "delete" || (rule !== "counter" && rule !== "set-add")) return change;
  if (change.op === "unset") return "unsayable";
  if (rule === "counter") return typeof change.value === "number" ? { ...change, value: change.value - (typeof before === "number" ? before : 0) } : change;
  if (!Array.isArray(change.value)) return change;
  const had = new Set(Array.isArray(before) ? before.map((member: unknown) => canonical(member)) : []);
  const has = new Set(change.value.map((member: Json) => canonical(member)));
  if (has.size < change.value.length || [...had].some((member) => !has.has(member))) return "unsayable";
  const added = change.value.filter((member: Json) => !had.has(canonical(member)));
  return added.length === 0 && Array.isArray(before) ? null : { ...change, value: added };
}

type Stamp = { readonly version: number; readonly epoch?: number | undefined };

/** What this unit saw last of the attribute: a write, or a deletion; for a deletion, of the entity. */
function seen(base: EntityRecord | undefined, attr: string): Stamp {
  if (base === undefined) return { version: 0 };
  if (attr === "") return { version: base.version, epoch: latestEpoch(base) };
  const cell = Object.hasOwn(base.cells, attr) ? base.cells[attr] : undefined;
  return cell ?? base.deleted ?? base.since ?? { version: 0 };
}

function latestEpoch({ cells, deleted, since }: EntityRecord): number {
  return [...Object.values(cells), deleted, since].reduce((latest, stamp) => Math.max(latest, stamp?.epoch ?? 1), 1);
}

/** Of what the hub lost: what is said again of it, over what it has now. */
type Lost = {
  readonly entity: string;
  readonly id: string;
  readonly attr: string;
  readonly op: "set" | "unset" | "delete";
  readonly value?: Json;
  readonly base?: EntityRecord;
};

/** What the hub lost and nobody else has, said again: plain writes, but for sets and extremes, which know by themselves; an increment can't be told from a sum. */
export function writeAgain(pen: Pen, lost: readonly Lost[], grammar: Grammar, why: Why): { readonly pen: Pen; readonly operations: readonly Operation[] } {
  const changes = lost
    .filter(({ entity, attr, op }) => op === "delete" || grammar.ruleOf(entity, attr) !== "counter")
    .map(({ entity, id, attr, op, value, base }): Written => {
      const before = op === "unset" ? { [attr]: null } : {};
      return { entity, id, before, after: op === "delete" ? null : op === "set" ? { [attr]: value } : {}, base };
    });
  return write(pen, changes, grammar, why);
}

/** The hub's epoch in which the copy of its records is known to be right; null while that is in doubt. */
export function epochHeard(store: Pick<ReplicaStore, "readInbox">, stream: StreamName): number | null {
  const inbox = store.readInbox(stream);
  return inbox === undefined || inbox.repair !== null ? null : Math.max(1, inbox.epoch);
}
