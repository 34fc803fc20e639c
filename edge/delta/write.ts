/**
 * A unit's own changes as operations: one for each attribute that differs, in the order of the decision, numbered without a gap per
 * stream. Pure: clocks and counters come in and go out.
 */
import { tick, type Hlc } from "../../contracts/delta/clock.ts";
import { diffEntity } from "../../contracts/delta/diff.ts";
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import { STREAM_OF, type Entity, type Family } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";

export type Written = { readonly family: Family; readonly id: string; readonly before: Entity | undefined; readonly after: Entity | null };
export type Pen = { readonly origin: Origin; readonly hlc: Hlc; readonly last: Readonly<Partial<Record<StreamName, number>>> };
export type Why = { readonly txId: string; readonly actor: string; readonly reason: string; readonly now: Millis };

/** Contract versions are per entity and begin at 1. */
const CONTRACT_MAJOR = 1;
const REASON_MAX = 200;

export function write(pen: Pen, changes: readonly Written[], why: Why): { readonly pen: Pen; readonly operations: readonly Operation[] } {
  const last: Partial<Record<StreamName, number>> = { ...pen.last };
  const operations: Operation[] = [];
  let hlc = pen.hlc;
  for (const change of changes) {
    const stream = STREAM_OF[change.family];
    if (stream === null) continue;
    for (const cell of diffEntity(change.before, change.after)) {
      const seq = (last[stream] ?? 0) + 1;
      last[stream] = seq;
      hlc = tick(hlc, why.now);
      operations.push({
        origin: pen.origin,
        stream,
        seq,
        txId: why.txId,
        entity: change.family,
        id: change.id,
        attr: cell.attr,
        op: cell.op,
        ...(cell.op === "set" ? { value: cell.value } : {}),
        hlc,
        baseVersion: 0,
        actor: why.actor.slice(0, 64),
        reason: why.reason.slice(0, REASON_MAX),
        contract: `${change.family}@${CONTRACT_MAJOR}`,
        at: why.now,
      });
    }
  }
  return { pen: { ...pen, hlc, last }, operations };
}
