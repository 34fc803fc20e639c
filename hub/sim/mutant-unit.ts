/** Bugs planted in the unit's side of the protocol. */
import type { Mutant } from "./mutant.ts";

export const UNIT_MUTANTS: readonly Mutant[] = [
  {
    name: "cursor before apply",
    file: "edge/delta/pull.ts",
    plants: "the cursor is moved first, and lines that a crash prevents from being applied are never heard again",
    from: `  const heard: Heard[] = [];
  for (const line of reply.lines) {
    if (lay(store, stream, line))
      heard.push({ entity: line.entity, id: line.id, attr: line.attr, actor: line.actor, reason: line.reason, erased: line.erased === true });
  }`,
    to: `  const heard: Heard[] = [];
  store.writeInbox({ ...inbox, cursor: reply.next });
  try {
    for (const line of reply.lines)
      if (lay(store, stream, line)) heard.push({ entity: line.entity, id: line.id, attr: line.attr, actor: line.actor, reason: line.reason, erased: false });
  } catch {
    return { heard, lost: false };
  }`,
    seed: 17,
  },
  {
    name: "no epoch check",
    file: "edge/delta/exchange.ts",
    plants: "an answer of a hub that was restored is taken for one of the hub that was known",
    from: "const isOther = known.epoch !== 0 && known.epoch !== epoch;",
    to: "const isOther = false;",
    seed: 3,
  },
  {
    name: "prune at ack",
    file: "edge/delta/push.ts",
    plants: "what is acknowledged is forgotten before a backup holds it",
    from: "const from = Math.max(outbox.from, stable + 1, through - KEPT_MAX + 1);",
    to: "const from = Math.max(outbox.from, through + 1);",
    seed: 3,
  },
  {
    name: "no re-offer",
    file: "edge/delta/push.ts",
    plants: "a hub that was restored is not offered again what it lost",
    from: "const through = Math.min(outbox.through, isSame(store, outbox, reply, batch.acknowledged) ? reply.through : outbox.from - 1);",
    to: "const through = outbox.through;",
    seed: 9,
  },
  {
    name: "outcome not heard",
    file: "edge/delta/push.ts",
    plants: "operations count as acknowledged of which the answer does not tell the outcome",
    from: "const through = Math.max(outbox.through, Math.min(reply.through, told, outbox.last));",
    to: "const through = Math.max(outbox.through, Math.min(reply.through, outbox.last));",
    seed: 37,
  },
  {
    name: "counter value",
    file: "edge/delta/write.ts",
    plants: "the value of a counter travels, not the increment",
    from: '? { ...change, value: change.value - (typeof before === "number" ? before : 0) } : change;',
    to: "? change : change;",
    seed: 3,
  },
  {
    name: "nothing was seen",
    file: "edge/delta/write.ts",
    plants: "an operation does not say what its writer had seen",
    from: "baseVersion: stamp.version,",
    to: "baseVersion: 0,",
    seed: 4,
  },
  {
    name: "no overlay",
    file: "edge/delta/overlay.ts",
    plants: "a unit does not see its own writes until the hub has answered them",
    from: "if (said !== null) record = merge(record, said, meaning.ruleOf(said.attr), epoch).record;",
    to: "if (said !== null) merge(record, said, meaning.ruleOf(said.attr), epoch);",
    seed: 3,
  },
  {
    name: "clock not heard",
    file: "edge/delta/push.ts",
    plants: "a unit's clock stays behind what it has seen",
    from: "if (latest > before) store.writeClock(hear(before, latest, now));",
    to: "if (latest > before) hear(before, latest, now);",
    seed: 5,
  },
  {
    name: "number not kept",
    file: "edge/delta/outbox.ts",
    plants: "an outbox does not remember the last number that it gave out",
    from: "if (outbox !== undefined) store.writeOutbox({ ...outbox, last: lastOf(pen, stream) });",
    to: "if (outbox !== undefined) store.writeOutbox({ ...outbox, last: Math.max(outbox.last, lastOf(pen, stream) - 1) });",
    seed: 3,
  },
  {
    name: "moved operations dropped",
    file: "edge/delta/incarnation.ts",
    plants: "what was written under numbers that mean something else is withdrawn and not offered under others",
    from: "store.appendOperation({ ...operation, origin: to, seq: count });",
    to: "if (count > 1) store.appendOperation({ ...operation, origin: to, seq: count - 1 });",
    seed: 4,
  },
  {
    name: "repair ends early",
    file: "edge/delta/repair.ts",
    plants: "a comparison leaves out the last bucket that differs",
    from: "buckets: [...search.buckets, ...apart.map((name) => ({ entity, bucket: Number(name) }))],",
    to: "buckets: [...search.buckets, ...apart.slice(1).map((name) => ({ entity, bucket: Number(name) }))],",
    seed: 3,
  },
  {
    name: "deletion not asked for",
    file: "edge/delta/repair.ts",
    plants: "rows that the hub does not have any more stay in the copy",
    from: "if (row.absent === true) store.writeBase(stream, row.entity, row.id, null);",
    to: "if (row.absent === true) continue;",
    seed: 3,
  },
  {
    name: "nothing asked before it is said",
    file: "edge/delta/exchange.ts",
    plants: "a unit does not ask where the hub stands",
    from: "!session.settled.includes(outbox.origin)",
    to: "false",
    seed: 4,
  },
];
