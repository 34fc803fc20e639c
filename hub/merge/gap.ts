/** Gaps: seqs of an origin that will never come, told as a line of their own, so that nobody waits for them and everybody sees that they are missing. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { RandomBytes } from "../../contracts/delta/seal.ts";
import type { PushBatch } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { appendEntries } from "./log.ts";
import type { KnownOrigin, LoggedOperation, StreamStore } from "./store.ts";

/** The entity under which a gap is told. */
export const GAP = "gap";

/** The origin behind the gap. Refuses `gap` when it does not begin where the origin stands. */
export function declareGap(
  store: StreamStore,
  origin: KnownOrigin,
  stream: StreamName,
  gap: NonNullable<PushBatch["gap"]>,
  now: Millis,
  random: RandomBytes,
): KnownOrigin | Refusal {
  if (gap.to <= origin.through) return origin;
  if (gap.from > gap.to || gap.from > origin.through + 1)
    return refuse("gap", `expected a gap from seq ${origin.through + 1}`, "say which seqs will never come", "gap.from");
  const state = store.readState();
  const hubSeq = state.head + 1;
  const reason = `gap: seq ${origin.through + 1} to ${gap.to}: ${gap.reason}`;
  const operation: LoggedOperation = {
    origin: origin.origin,
    stream,
    seq: gap.to,
    txId: "gap",
    entity: GAP,
    id: origin.origin,
    attr: "",
    op: "unset",
    hlc: state.clock,
    baseVersion: 0,
    actor: origin.unit,
    contract: "",
    at: now,
    hubSeq,
    epoch: state.epoch,
    version: 0,
    outcome: "dead",
    reason,
    appliedAt: now,
  };
  const hash = appendEntries(store, [{ operation, joins: [], audience: [], meaning: undefined }], origin.unit, state.hash, random);
  store.writeState({ ...state, head: hubSeq, hash });
  store.writeDead({ hubSeq, origin: origin.origin, seq: gap.to, entity: GAP, id: origin.origin, reason, text: "null", state: "open", blocks: false, at: now });
  const behind = { ...origin, through: gap.to, dead: origin.dead + 1 };
  store.writeOrigin(behind);
  return behind;
}
