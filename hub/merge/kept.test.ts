/** What a unit keeps of what was acknowledged, and what comes of it when the hub is put back: with all of it, and with a gap in it. */
import { expect, test } from "vitest";
import { KEPT_MAX } from "../../contracts/delta/operation.ts";
import type { PushReply } from "../../contracts/delta/sync.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { beginIncarnation, moveOperations } from "../../edge/delta/incarnation.ts";
import { memoryReplica } from "../../edge/delta/memory-store.ts";
import { nextPush, operationsFrom, takePush } from "../../edge/delta/push.ts";
import type { Outbox, ReplicaStore } from "../../edge/delta/store.ts";
import { beginEpoch } from "./epoch.ts";
import { type Living, NOW, livingUnit, random } from "./fixture/lives.ts";
import { operationOf, originOf } from "./fixture/unit.ts";
import { keptOf } from "./kept.ts";
import { type MemoryStream, memoryStream } from "./memory-store.ts";
import { writeOwn } from "./own.ts";

const A = originOf("a");
const outboxOf = (store: ReplicaStore): Outbox => {
  const outbox = store.readOutbox(A, "tickets");
  if (outbox === undefined) throw new Error("no outbox");
  return outbox;
};
const replyTo = (through: number, more: Partial<PushReply> = {}): PushReply => ({ epoch: 1, through, stable: 0, receivedAt: NOW, dead: [], ...more });
const filled = (last: number, through: number) => {
  const store = memoryReplica();
  for (let seq = 1; seq <= last; seq++) store.appendOperation(operationOf("a", seq));
  store.writeOutbox({ origin: A, stream: "tickets", from: 1, last, through, stable: 0 });
  return store;
};

test("D2 what was acknowledged is kept, however much, until a backup of the hub holds it", () => {
  const last = 30_000;
  const store = filled(last, last - 1);
  const batch = { origin: A, stream: "tickets" as const, operations: [operationOf("a", last)], acknowledged: last - 1 };
  takePush(store, batch, replyTo(last, { versions: [1] }), A, false, NOW);
  expect([outboxOf(store), store.operationsAfter(A, "tickets", 0, 1)]).toMatchObject([{ from: 1, through: last, stable: 0 }, [{ seq: 1 }]]);
  expect(KEPT_MAX).toBeGreaterThanOrEqual(1_000_000);
  const empty = { ...batch, operations: [], acknowledged: last };
  takePush(store, empty, replyTo(last, { stable: last - 2 }), A, false, NOW);
  expect([outboxOf(store).from, store.operationsAfter(A, "tickets", 0, 9).map(({ seq }) => seq)]).toEqual([last - 1, []]);
  expect(store.operationsAfter(A, "tickets", last - 2, 9).map(({ seq }) => seq)).toEqual([last - 1, last]);
});

test("D2 what is kept is read a page at a time: after a restore, and when it moves to another life", () => {
  const filledStore = filled(2_300, 2_300);
  let [largest, calls] = [0, 0];
  const store: ReplicaStore = {
    ...filledStore,
    operationsAfter(...ask) {
      const page = filledStore.operationsAfter(...ask);
      [largest, calls] = [Math.max(largest, page.length), calls + 1];
      return page;
    },
  };
  const list = operationsFrom(store, outboxOf(store), 0);
  expect([list.next().value, calls]).toMatchObject([{ seq: 1 }, 1]);
  const batch = { origin: A, stream: "tickets" as const, operations: [], acknowledged: 2_300 };
  const { changed, restored } = takePush(store, batch, { ...replyTo(100), epoch: 2 }, A, true, NOW);
  expect([changed, restored, outboxOf(store).through]).toEqual([[{ entity: "assignment", id: "ticket-a" }], true, 100]);
  beginIncarnation(store, originOf("a", "2"), ["tickets"]);
  moveOperations(store, A, "tickets", 201);
  const moved = store.listOutboxes().find(({ origin }) => origin.startsWith("a@1-"));
  expect([outboxOf(store).last, moved]).toMatchObject([200, { from: 1, last: 2_100, through: 0 }]);
  const there = [...operationsFrom(store, moved ?? outboxOf(store), 0)].map(({ seq, txId }) => `${seq} ${txId}`);
  expect([there.length, there[0], there.at(-1), largest]).toEqual([2_100, "1 tx-201", "2100 tx-2300", 500]);
  expect(store.operationsAfter(A, "tickets", 200, 1)).toEqual([]);
});

test("D2 a unit says with its first question what it knows its last acknowledged operation as; where the hub knows another, all that is kept is offered again", () => {
  const store = filled(5, 4);
  expect(nextPush(store, outboxOf(store), 500, true)).toMatchObject({ acknowledged: 4, prior: "tx-4" });
  expect(nextPush(store, outboxOf(store), 500, false)).not.toHaveProperty("prior");
  const batch = { origin: A, stream: "tickets" as const, operations: [operationOf("a", 5)], acknowledged: 4 };
  takePush(store, batch, replyTo(4, { last: "tx-of-another-life" }), A, false, NOW);
  expect(outboxOf(store).through).toBe(0);
});

test("D2 a hub that was put back in silence to a history in which the numbers meant something else takes nothing before that is found out", () => {
  const hub = memoryStream();
  const unit = livingUnit("a", "tickets");
  unit.commit("kit", "k", { depot: "0" });
  unit.talk(hub);
  // Two histories of one length: the one that the unit remembers was lost with its hub.
  const other = unit.copy();
  const lost = hub.copy();
  other.commit("kit", "k", { depot: "never heard of again" });
  other.talk(hub);
  unit.commit("kit", "k", { depot: "1" });
  unit.talk(lost);
  const fresh = unit.copy();
  fresh.commit("kit", "k", { depot: "2" });
  for (let i = 0; i < 4; i++) fresh.talk(hub);
  expect(hub.readRow("kit", "k")?.record.cells["depot"]?.value).toBe("2");
  expect(hub.linesOf(fresh.store.listOutboxes().at(-1)?.origin ?? "", 1, 9).length + hub.linesOf(originOf("a", "0001"), 1, 9).length).toBeGreaterThan(2);
});

const CONTACT = { person: "Mr Deng", phone: "555" };

/** As if so much had been acknowledged since the last backup that the oldest of it had to go. */
const forget = (unit: Living, upTo: number): void => {
  const outbox = unit.store.readOutbox(unit.origin(), "customers");
  if (outbox === undefined) throw new Error("no outbox");
  unit.store.prune(unit.origin(), "customers", upTo);
  unit.store.writeOutbox({ ...outbox, from: upTo + 1 });
};
const cell = (hub: MemoryStream, id: string, attr: string) => hub.readRow("customer", id)?.record.cells[attr]?.value;

test("D2 what lay in a gap is written again: what the hub lacks, and what it has as it was before; what others wrote since stands", () => {
  const hub = memoryStream();
  const unit = livingUnit("a", "customers");
  const put = (id: string, more: object = {}): number => unit.commit("customer", id, { id, name: `${id} of before`, ...more }).at(-1)?.seq ?? 0;
  for (const id of ["changed", "taken", "removed", "deleted"]) put(id, { contact: CONTACT });
  unit.talk(hub);
  const backup = hub.copy();
  unit.commit("customer", "changed", { id: "changed", name: "changed since", contact: CONTACT });
  unit.commit("customer", "taken", { id: "taken", name: "taken since", contact: CONTACT });
  unit.commit("customer", "removed", { id: "removed", name: "removed of before" });
  unit.commit("customer", "deleted", null);
  const gap = put("new");
  unit.talk(hub);
  put("later");
  unit.talk(hub);
  expect([cell(hub, "changed", "name"), hub.readRow("customer", "deleted")?.record.deleted !== undefined]).toEqual(["changed since", true]);
  forget(unit, gap);

  backup.transact(() => beginEpoch(backup, 1));
  const customer = meaningOf("customer");
  if (customer === undefined) throw new Error("no customers");
  const write = { key: "w", stream: "customers", entity: "customer", id: "taken", changes: { name: "by the CRM" }, actor: "crm", reason: "r" } as const;
  backup.transact(() => writeOwn(backup, write, customer, NOW, random));
  for (let i = 0; i < 3; i++) unit.talk(backup, NOW + 1_000);
  expect(backup.listDead().map(({ reason }) => reason)).toEqual([expect.stringMatching(/^gap: seq \d+ to \d+: /)]);
  const names = ["changed", "taken", "new", "later"].map((id) => cell(backup, id, "name"));
  expect(names).toEqual(["changed since", "by the CRM", "new of before", "later of before"]);
  expect([cell(backup, "removed", "contact"), cell(backup, "removed", "name")]).toEqual([undefined, "removed of before"]);
  expect(backup.readRow("customer", "deleted")?.record.deleted).toBeDefined();
  expect([unit.sees("customer", "changed"), unit.sees("customer", "deleted")]).toMatchObject([{ name: "changed since" }, null]);
  // Once: with nothing to mend nothing is written.
  const { head } = backup.readState();
  unit.talk(backup, NOW + 2_000);
  expect(backup.readState().head).toBe(head);
});

test("D2 how much a unit keeps for want of a backup is shown, with how much it can, before the oldest goes", () => {
  const of = (count: number) => keptOf({ through: count + 7, stable: 7 });
  expect(of(10)).toEqual({ state: "ok", operations: 10, max: KEPT_MAX });
  expect([of(KEPT_MAX / 2).state, of(KEPT_MAX / 2 + 1).state, of(KEPT_MAX).state, of(KEPT_MAX + 1).state]).toEqual(["ok", "tight", "tight", "beyond"]);
  expect([of(KEPT_MAX).reason, of(KEPT_MAX + 5).reason]).toEqual([
    "no confirmed backup since seq 7: the unit keeps what came after",
    "no confirmed backup since seq 7: the unit has forgotten the first 5 that came after, and would have to write again what they left",
  ]);
});
