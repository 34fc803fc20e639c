/**
 * One input, one transaction: entities, operations, outbox, timers, asks and decision records together, or none of them.
 * The caller holds the transaction; whatever is to be performed afterwards is returned.
 */
import type { Decision } from "../../contracts/decision.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { Decided } from "../../contracts/effect.ts";
import type { Change, Entity } from "../../contracts/entity.ts";
import type { NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Naming, namingOf, unitOf } from "../delta/naming.ts";
import { putOperations, readPen } from "../delta/outbox.ts";
import type { ReplicaStore } from "../delta/store.ts";
import { write, type Written } from "../delta/write.ts";
import type { Entities } from "./entities.ts";
import { grammarOf } from "./grammar.ts";
import { addAsks, appendDecisions, applyTimers, type Db } from "./unit-tables.ts";

export type Ledger = {
  readonly db: Db;
  readonly entities: Entities;
  readonly replica: ReplicaStore;
  /** Of the incarnation that is alive. */
  readonly origin: () => Origin;
  /** A sandbox writes no operations: it has nobody to send them to. */
  readonly syncs: boolean;
  /** Hash of the scenario whose rules were applied. */
  readonly rules: string;
  readonly decisionsMax: number;
  readonly newId: NewId;
};

/** A change and what stood there before it, for those who watch. */
export type Committed = Change & { readonly before?: Entity | undefined };

export type Cause = { readonly actor: string; readonly reason: string; readonly now: Millis; readonly hubCalls: number };

/** Writes what a stage decided. Returns the changes, for those who watch. */
export function commit(ledger: Ledger, decided: Decided, cause: Cause): readonly Committed[] {
  const naming = namingOf(unitOf(ledger.origin()), ledger.replica, (family, id) => ledger.entities.get(family, id) !== undefined);
  const changes = decided.changes.map((change): Committed => {
    const before = ledger.entities.get(change.family, change.id);
    ledger.entities.put(change);
    return { ...change, before };
  });
  if (ledger.syncs) {
    const written = changes.map((change) => asWritten(ledger, naming, change));
    const why = { txId: ledger.newId(), actor: cause.actor, reason: cause.reason, now: cause.now };
    const { pen, operations } = write(readPen(ledger.replica, ledger.origin()), written, grammarOf(ledger.replica), why);
    putOperations(ledger.replica, pen, operations);
  }
  applyTimers(ledger.db, decided.timers);
  addAsks(ledger.db, decided.asks, cause.now);
  const decisions: readonly Decision[] = decided.because.map((because) => ({
    ...because,
    id: because.id ?? (ledger.newId() as Decision["id"]),
    rules: ledger.rules,
    hubCalls: cause.hubCalls,
  }));
  appendDecisions(ledger.db, decisions, ledger.decisionsMax);
  return changes;
}

/** In the hub's names. */
function asWritten({ replica }: Ledger, { outward, outwardAttrs }: Naming, { family, id, after, before }: Committed): Written {
  const key = outward(family, id);
  return {
    entity: family,
    id: key,
    before: before === undefined ? undefined : outwardAttrs(family, before),
    after: after === null ? null : outwardAttrs(family, after),
    base: replica.readBase(family, key)?.record,
  };
}
