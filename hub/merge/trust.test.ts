/** What the hub believes of a unit's word, and what a unit that lives twice, is put back or lies can't do to the others. */
import { describe, expect, test } from "vitest";
import { CLOCK_AHEAD_MS, read } from "../../contracts/delta/clock.ts";
import { merge, NEVER_SEEN } from "../../contracts/delta/merge.ts";
import type { Operation, StreamName } from "../../contracts/delta/operation.ts";
import type { PushBatch, PushReply } from "../../contracts/delta/sync.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { EXPEL_MS, collect } from "./collect.ts";
import { RESTORES_MAX, SILENT_EPOCHS_MAX, beginEpoch, isTrusted, notice } from "./epoch.ts";
import { type Living, NOW, answerOf, livingUnit, random, register } from "./fixture/lives.ts";
import { type Sketch, operationOf, originOf } from "./fixture/unit.ts";
import { appendEntries, isChained } from "./log.ts";
import { FIRST_STATE, type MemoryStream, memoryStream } from "./memory-store.ts";
import { writeOwn } from "./own.ts";
import { LIVES_BELIEVED_MAX, supersededBy } from "./pull.ts";
import { spentOf } from "./spent.ts";
import type { LoggedOperation } from "./store.ts";
import { settle } from "./take.ts";

const ticket = meaningOf("ticket");
const customer = meaningOf("customer");
if (ticket === undefined || customer === undefined) throw new Error("no families");

const say = (hub: MemoryStream, unit: string, list: readonly Operation[], more: Partial<PushBatch> = {}): PushReply => {
  register(hub, unit, originOf(unit));
  const stream: StreamName = list[0]?.stream ?? "tickets";
  const reply = answerOf(hub, { ask: "push", with: { origin: originOf(unit), stream, operations: [...list], ...more } });
  if (isRefusal(reply)) throw new Error(`${reply.refused}: ${reply.rule}`);
  return reply as PushReply;
};
const crm = (hub: MemoryStream, id: string, priority: string): unknown =>
  hub.transact(() =>
    writeOwn(hub, { key: `w-${id}`, stream: "tickets", entity: "ticket", id, changes: { priority }, actor: "crm", reason: "r" }, ticket, NOW, random),
  );
const cellOf = (hub: MemoryStream, entity: string, id: string, attr: string) => hub.readRow(entity, id)?.record.cells[attr];
/** SHA-256 of 64 zeros, a line break and {"op":"set"}. */
const OLD_HASH = "5738de9420ab42f2fe1ae14c79ba80867317d4f99e7653b48f89c667ca8756d1";
const T: Sketch = { entity: "ticket", id: "t", attr: "priority", value: "p3" };
const C: Sketch = { entity: "customer", id: "c", stream: "customers", attr: "name", value: "Works" };

describe("whose an entity is", () => {
  test("D13 a unit's job is touched by no other unit: not set, not unset, not deleted; the dead letter tells nothing of it", () => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1, T)]);
    const before = hub.readRow("ticket", "t");
    const spoken = [operationOf("spy", 1, { ...T, value: "p1", baseVersion: 1 }), operationOf("spy", 2, { ...T, attr: "", op: "delete", baseVersion: 1 })];
    const reply = say(hub, "spy", spoken);
    expect(reply.settled?.map(({ outcome, reason, cell }) => [outcome, reason, cell])).toEqual([
      ["dead", "not-yours", undefined],
      ["dead", "waits: for seq 1", undefined],
    ]);
    expect([reply.rows, reply.versions, hub.readRow("ticket", "t")]).toEqual([undefined, [0, 0], before]);
    // Neither line names its version.
    expect(hub.linesOf(originOf("spy"), 1, 2).map(({ text }) => (JSON.parse(text) as LoggedOperation).version)).toEqual([0, 0]);
    for (const [i, family] of ["alarm", "offer", "assignment", "kit", "repair", "device"].entries())
      expect([family, meaningOf(family)?.belongsTo, i]).toEqual([family, "unit", i]);
  });

  test("D13 what is the tenant's is joined by a set, winning or losing, and by nothing else; who creates sees", () => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1, C, NOW)]);
    expect(say(hub, "b", [operationOf("b", 1, { ...C, attr: "", op: "delete" }, NOW)]).settled).toMatchObject([{ outcome: "dead", reason: "not-yours" }]);
    expect(say(hub, "c", [operationOf("c", 1, { ...C, op: "unset" }, NOW)]).rows).toBeUndefined();
    expect(hub.readRow("customer", "c")?.units).toEqual(["a"]);
    const lost = say(hub, "d", [operationOf("d", 1, { ...C, value: "Elsewhere" }, NOW - 1)]);
    expect([lost.settled?.[0]?.outcome, lost.rows?.[0]?.record.cells["name"]?.value]).toEqual(["lost", "Works"]);
    expect(hub.readRow("customer", "c")?.units).toEqual(["a", "d"]);
    expect(say(hub, "d", [operationOf("d", 2, { ...C, attr: "", op: "delete" }, NOW)]).versions).toEqual([2]);
  });
});

describe("what a unit says that it saw", () => {
  test("D15 a version that this epoch never gave out counts as none, and is flagged", () => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1, T)]);
    crm(hub, "t", "p1");
    say(hub, "a", [operationOf("a", 2, { ...T, value: "p2", baseVersion: Number.MAX_SAFE_INTEGER })]);
    expect(cellOf(hub, "ticket", "t", "priority")?.value).toBe("p1");
    expect(JSON.parse(hub.linesOf(originOf("a"), 2, 2)[0]?.text ?? "")).toMatchObject({ outcome: "lost", reason: "version-never-given, other-side-wins" });
    // One that is true is believed.
    say(hub, "a", [operationOf("a", 3, { ...T, value: "p3", baseVersion: 2 })]);
    expect(cellOf(hub, "ticket", "t", "priority")?.value).toBe("p3");
  });

  test("D15 places that no hub told begin a few epochs and no more; after an operator's word a few again; restores are bounded", () => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1)]);
    const forge = (unit: string): boolean => {
      const { epoch, head } = hub.readState();
      const origin = hub.readOrigin(originOf(unit));
      if (origin === undefined) throw new Error("not registered");
      return !isRefusal(hub.transact(() => notice(hub, { epoch, seen: `${head + 999}.deadbeef` }, origin)));
    };
    expect(Array.from({ length: 100 }, () => forge("a")).filter(Boolean)).toHaveLength(SILENT_EPOCHS_MAX);
    expect(hub.readState().epoch).toBe(1 + SILENT_EPOCHS_MAX);
    expect(() => say(hub, "a", [], { epoch: hub.readState().epoch, seen: "999999999999.deadbeef" })).toThrow("not-permitted");
    // Others are heard on, and so is this one when it speaks the truth.
    register(hub, "b", originOf("b"));
    expect(forge("b")).toBe(true);
    expect(say(hub, "a", [operationOf("a", 2)]).through).toBe(2);
    beginEpoch(hub);
    expect(forge("a")).toBe(true);
    for (let i = 0; i < 2 * RESTORES_MAX; i++) beginEpoch(hub);
    const { restores, epoch } = hub.readState();
    expect([restores.length, restores.at(-1)?.epoch, restores[0]?.silent]).toEqual([RESTORES_MAX, epoch, true]);
    expect(isTrusted(hub.readState(), 1)).toBe(false);
  });

  test("D15 versions of an epoch that was lost in silence are not believed, those of an announced one are", () => {
    const since = (...restores: typeof FIRST_STATE.restores) => isTrusted({ ...FIRST_STATE, epoch: 3, restores }, 1);
    expect([since({ epoch: 3, point: 4 }), since({ epoch: 2, point: 0, silent: true }, { epoch: 3, point: 4 })]).toEqual([true, false]);
    expect(isTrusted({ ...FIRST_STATE, epoch: 3, restores: [{ epoch: 3, point: 4 }] }, 2)).toBe(false);
  });

  test("D15 a unit that was last told the very horizon is no reason for an epoch, though its line is gone", () => {
    const hub = memoryStream();
    for (let i = 1; i <= 4; i++) say(hub, "a", [operationOf("a", i)]);
    hub.writeState({ ...hub.readState(), horizon: 2 });
    const trimmed: MemoryStream = { ...hub, lineAt: (hubSeq) => (hubSeq <= 2 ? undefined : hub.lineAt(hubSeq)) };
    const told = notice(trimmed, { epoch: 1, seen: "2.0123abcd" }, { through: 4, unit: "a" });
    expect([told, hub.readState().epoch]).toEqual([hub.readState(), 1]);
    // But what was acknowledged and never came is of a log that was lost.
    expect(notice(trimmed, { epoch: 1, seen: "2.0123abcd", acknowledged: 5 }, { through: 4, unit: "a" })).toMatchObject({
      epoch: 2,
      restores: [{ silent: true }],
    });
    hub.writeState({ ...hub.readState(), epoch: 1, restores: [] });
    expect(notice(trimmed, { epoch: 1, seen: "3.ffffffff" }, { through: 4, unit: "a" })).toMatchObject({ epoch: 2 });
  });
});

describe("lives of a unit", () => {
  /** As upkeep trims: of lines up to the horizon nothing is left here. */
  const trim = (hub: MemoryStream): MemoryStream => {
    const horizon = hub.readState().head - 5;
    hub.writeState({ ...hub.readState(), horizon });
    return {
      ...hub,
      lineAt: (at) => (at <= horizon ? undefined : hub.lineAt(at)),
      linesOf: (origin, from, to) => hub.linesOf(origin, from, to).filter(({ hubSeq }) => hubSeq > horizon),
    };
  };

  test("D14 a unit put back in silence loses nothing that it wrote since, even where the log has none of its numbers any more", () => {
    const hub = memoryStream();
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "0" });
    unit.talk(hub);
    unit.talk(hub);
    const restored = unit.copy();
    for (let i = 1; i < 60; i++) {
      unit.commit("kit", "k", { depot: String(i) }, NOW + i);
      unit.talk(hub, NOW + i);
    }
    const late = trim(hub);
    restored.commit("kit", "new-1", { depot: "east" }, NOW + 1_000);
    restored.commit("kit", "new-2", { depot: "west" }, NOW + 1_001);
    for (let i = 0; i < 3; i++) restored.talk(late, NOW + 2_000);
    expect([cellOf(hub, "kit", "new-1", "depot")?.value, cellOf(hub, "kit", "new-2", "depot")?.value]).toEqual(["east", "west"]);
    expect([restored.sees("kit", "new-1"), restored.sees("kit", "k")]).toEqual([{ depot: "east" }, { depot: "59" }]);
    expect(hub.readRow("kit", "new-1")?.record.version).toBe(1);
  });

  test("D14 what was taken with a clock ahead is offered again much later, and is the same, even where its line is gone", () => {
    const hub = memoryStream();
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "0" }, NOW + 10 * CLOCK_AHEAD_MS);
    const put = unit.copy();
    unit.talk(hub);
    for (let at = 1; at <= hub.readState().head; at++) hub.drop([at]);
    hub.writeState({ ...hub.readState(), horizon: hub.readState().head });
    expect(put.talk(hub, NOW + 20 * CLOCK_AHEAD_MS).filter((said) => said.includes("stale-version"))).toEqual([]);
    expect([hub.readState().head, put.sees("kit", "k")]).toEqual([1, { depot: "0" }]);
  });

  test("D14 a number that is used twice is found out by its tag, whatever the clock says, and the same is the same", () => {
    const hub = memoryStream();
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "0" }, NOW);
    const same = unit.copy();
    unit.talk(hub);
    const older = unit.copy();
    expect(unit.commit("kit", "k", { depot: "1" }, NOW + CLOCK_AHEAD_MS)).toHaveLength(1);
    unit.talk(hub);
    for (let at = 1; at <= hub.readState().head; at++) {
      const line = hub.lineAt(at);
      const { txId, at: when } = JSON.parse(line?.text ?? "{}") as { txId: string; at: number };
      const spent = line === undefined ? null : spentOf({ ...line, txId, at: when });
      if (spent !== null) hub.writeSpent(spent);
      hub.drop([at]);
    }
    hub.writeState({ ...hub.readState(), horizon: hub.readState().head });
    // Its clock is behind the one that the number was used with before.
    older.commit("kit", "new", { depot: "east" }, NOW + 1);
    for (let i = 0; i < 2; i++) older.talk(hub, NOW + 2);
    expect(cellOf(hub, "kit", "new", "depot")?.value).toBe("east");
    const { head } = hub.readState();
    expect(same.talk(hub, NOW + 3).filter((said) => said.includes("stale-version"))).toEqual([]);
    expect(hub.readState().head).toBe(head);
  });

  test("D14 where one of a transaction's numbers was used before, all of them are offered under others", () => {
    const hub = memoryStream();
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "0" }, NOW + CLOCK_AHEAD_MS);
    const put = unit.copy();
    unit.commit("kit", "k", { depot: "1", state: "reserved" }, NOW + CLOCK_AHEAD_MS);
    unit.talk(hub);
    // Its clock is behind what it was, and the line of the first number is gone.
    put.commit("kit", "new", { depot: "east", state: "short" }, NOW);
    hub.drop([2]);
    put.talk(hub, NOW + 1);
    put.talk(hub, NOW + 2);
    expect([cellOf(hub, "kit", "new", "depot")?.value, cellOf(hub, "kit", "new", "state")?.value]).toEqual(["east", "short"]);
  });

  test("D14 two living copies of a unit settle: the later life goes on, the earlier one hears why it is told nothing more, and nothing is lost", () => {
    const hub = memoryStream();
    const first = livingUnit("a", "tickets");
    first.commit("kit", "k", { depot: "x" });
    for (let i = 0; i < 2; i++) first.talk(hub);
    const second = first.copy();
    const rounds = (count: number): readonly string[] =>
      Array.from({ length: count }, (_, i) => i).flatMap((i) =>
        [first, second].flatMap((unit) => {
          unit.commit("kit", `${unit === first ? "one" : "two"}-${i % 7}`, { depot: String(i) });
          return [...unit.talk(hub), ...unit.talk(hub)];
        }),
      );
    rounds(40);
    const lives = hub.listOrigins("a").length;
    expect(lives).toBeLessThanOrEqual(2 * LIVES_BELIEVED_MAX);
    const said = rounds(20);
    expect(hub.listOrigins("a")).toHaveLength(lives);
    const refused = new Set(said.filter((one) => one.includes(":")));
    expect([...refused]).toEqual(["pull: not-permitted"]);
    const [earlier, later] = [first, second].toSorted((a, b) => (a.origin() < b.origin() ? -1 : 1));
    expect(supersededBy(hub, earlier?.origin() ?? "", "a").superseded).toBe(hub.listOrigins("a").at(-1)?.origin);
    expect(later?.talk(hub).filter((one) => one.includes(":"))).toEqual([]);
    // What the earlier writes arrives all the same.
    for (const name of ["one", "two"]) expect(cellOf(hub, "kit", `${name}-5`, "depot")?.value).toBe("19");
    expect(hub.listDead()).toEqual([]);
  });

  test("D14 a life behind which a later one began is told to begin anew when its storage lacks what it had acknowledged", () => {
    const hub = memoryStream();
    const unit: Living = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "x" });
    unit.talk(hub);
    register(hub, "a", originOf("a", "9"));
    const before = unit.origin();
    expect(unit.talk(hub)).toContain("pull: stale-version");
    expect(unit.origin()).not.toBe(before);
    expect(unit.origin() > originOf("a", "0002")).toBe(true);
  });
});

describe("tombstones", () => {
  const dig = (hub: MemoryStream, unit: string, count: number): void => {
    const list = Array.from({ length: 2 * count }, (_, i) =>
      operationOf(unit, i + 1, {
        entity: "kit",
        id: `k-${unit}-${i >> 1}`,
        attr: i % 2 === 0 ? "depot" : "",
        ...(i % 2 === 0 ? { value: "x" } : { op: "delete" as const }),
      }),
    );
    for (let at = 0; at < list.length; at += 500) say(hub, unit, list.slice(at, at + 500));
  };

  test("D16 those of a unit that never pulls hold up nobody else's, and go when it is expelled", () => {
    const hub = memoryStream();
    dig(hub, "mute", 450);
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "mine", { depot: "x" });
    unit.commit("kit", "mine", null);
    for (let i = 0; i < 3; i++) unit.talk(hub);
    expect([collect(hub, NOW), hub.readRow("kit", "mine")]).toEqual([1, undefined]);
    expect(hub.readRow("kit", "k-mute-0")?.record.deleted).toBeDefined();
    expect(collect(hub, NOW + EXPEL_MS - 1)).toBe(0);
    let gone = 0;
    for (let turn = 0; turn < 4; turn++) gone += collect(hub, NOW + EXPEL_MS);
    expect([gone, hub.tombstones(hub.readState().head, 9)]).toEqual([450, []]);
  });

  test("D16 one that was expelled is back when it asks from where it was told to go on, not before: a lost answer tells nothing", () => {
    const hub = memoryStream();
    const from = (after: string) => {
      const reply = answerOf(hub, { ask: "pull", with: { origin: originOf("b"), stream: "customers", after, limit: 9 } });
      if (isRefusal(reply) || !("lines" in reply)) throw new Error("it pulls");
      return reply;
    };
    say(hub, "b", [operationOf("b", 1, C, NOW)]);
    say(hub, "a", [operationOf("a", 1, C, NOW)]);
    const start = answerOf(hub, { ask: "load", with: { origin: originOf("b"), stream: "customers", limit: 9 } });
    if (isRefusal(start) || !("start" in start)) throw new Error("it loads");
    expect([from(start.start).lost, hub.readReplica("b")?.expelled]).toEqual([undefined, false]);
    say(hub, "a", [operationOf("a", 2, { ...C, value: "Moved" }, NOW + 1)]);
    collect(hub, NOW + EXPEL_MS);
    expect(hub.readReplica("b")?.expelled).toBe(true);
    // The first answer is lost, so it asks from the same place: what was collected meanwhile is not in lines.
    expect([from(start.start).lost, from(start.start).lost, hub.readReplica("b")?.expelled]).toEqual(["expired", "expired", true]);
    const told = from(start.start).next;
    say(hub, "a", [operationOf("a", 3, { ...C, value: "Elsewhere" }, NOW + 2)]);
    const back = from(told);
    expect([back.lost, back.lines.length, hub.readReplica("b")?.expelled]).toEqual([undefined, 1, false]);
    // A deletion of which it was never told, collected while it was away, sends it to compare again.
    collect(hub, NOW + 2 * EXPEL_MS);
    const again = from(back.next).next;
    say(hub, "a", [operationOf("a", 4, { ...C, attr: "", op: "delete", baseVersion: 4 }, NOW + 3)]);
    hub.writeReplica({ unit: "a", applied: hub.readState().head, at: NOW + 2 * EXPEL_MS, expelled: false });
    expect([collect(hub, NOW + 2 * EXPEL_MS), from(again).lost, from(again).lost]).toEqual([1, "expired", "expired"]);
  });

  test("D16 what came too late for an entity whose tombstone has gone tells a unit that joined by it nothing", () => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1, C, NOW)]);
    register(hub, "b", originOf("b"));
    const start = answerOf(hub, { ask: "load", with: { origin: originOf("b"), stream: "customers", limit: 9 } });
    if (isRefusal(start) || !("start" in start)) throw new Error("it loads");
    say(hub, "a", [operationOf("a", 2, { ...C, attr: "", op: "delete", baseVersion: 1 }, NOW + 5)]);
    const [line] = hub.linesOf(originOf("a"), 2, 2);
    if (line === undefined) throw new Error("written above");
    const late = { ...(JSON.parse(line.text) as LoggedOperation), op: "set", attr: "name", outcome: "lost", seq: 3, hubSeq: line.hubSeq + 1 };
    hub.appendLine({ ...line, hubSeq: line.hubSeq + 1, seq: 3, outcome: "lost", joins: ["b"], text: JSON.stringify(late) }, ["b"]);
    hub.writeState({ ...hub.readState(), head: line.hubSeq + 1 });
    hub.writeRow("customer", "c", null);
    const reply = answerOf(hub, { ask: "pull", with: { origin: originOf("b"), stream: "customers", after: start.start, limit: 9 } });
    if (isRefusal(reply) || !("lines" in reply)) throw new Error("it pulls");
    expect(reply.lines.map(({ entity, id, row, cell }) => [entity, id, row, cell])).toEqual([["customer", "c", NEVER_SEEN, undefined]]);
  });

  test("D16 a unit keeps what was deleted until every unit has applied it", () => {
    const hub = memoryStream();
    const unit = livingUnit("a", "tickets");
    unit.commit("kit", "k", { depot: "x" });
    unit.commit("kit", "k", null);
    unit.talk(hub);
    unit.talk(hub);
    expect(unit.store.readBase("kit", "k")?.record.deleted).toBeDefined();
    collect(hub, NOW);
    unit.talk(hub);
    expect(unit.store.readBase("kit", "k")).toBeUndefined();
  });
});

describe("what comes of merging", () => {
  test("D17 a counter that leaves the numbers, and one or a set that leaves its contract, is a dead letter; the record stays", () => {
    const write = { origin: originOf("a"), attr: "n", op: "set", value: 1.7e308, hlc: operationOf("a", 1).hlc, baseVersion: 0 } as const;
    const once = merge(NEVER_SEEN, write, "counter").record;
    expect(merge(once, write, "counter")).toEqual({ record: once, outcome: "dead", reason: "beyond-all-numbers", value: 1.7e308 });
    const meaning = {
      ...ticket,
      knows: () => true,
      ruleOf: () => "counter" as const,
      fits: (_: string, value: unknown) => typeof value === "number" && value <= 10,
    } as const;
    const row = { record: merge(NEVER_SEEN, { ...write, attr: "round", value: 8 }, "counter").record, units: ["a"], at: 1 };
    const sender = { origin: originOf("a"), unit: "a", stream: "tickets", through: 0, meaningOf: () => meaning } as const;
    const look = { row: () => row, waitsFor: () => undefined, isErased: () => false };
    const [fits, spills] = [2, 3].map((value) => {
      const raw = operationOf("a", 1, { entity: "ticket", id: "t", attr: "round", value });
      return settle(raw, raw, sender, FIRST_STATE, look, NOW).entry.operation;
    });
    expect([fits?.outcome, fits?.value, spills?.outcome, spills?.reason]).toEqual(["applied", 10, "dead", "breaks-contract: round as merged"]);
  });
});

describe("clocks", () => {
  test("D18 a unit whose clock was far ahead is true again with the next answer: a later write of another wins by its time", () => {
    const hub = memoryStream();
    const [unit, other] = [livingUnit("a", "customers"), livingUnit("b", "customers")];
    unit.commit("customer", "c", { id: "c", name: "1" }, NOW + 365 * 86_400_000);
    unit.talk(hub);
    expect(read(unit.store.readClock()).ms).toBeLessThanOrEqual(NOW + CLOCK_AHEAD_MS);
    const [later] = unit.commit("customer", "c", { id: "c", name: "2" }, NOW + 2 * CLOCK_AHEAD_MS);
    expect(read(later?.hlc ?? operationOf("a", 1).hlc).ms).toBe(NOW + 2 * CLOCK_AHEAD_MS);
    unit.talk(hub, NOW + 2 * CLOCK_AHEAD_MS);
    expect(JSON.parse(hub.lineAt(hub.readState().head)?.text ?? "")).toMatchObject({ value: "2", reason: "test" });
    // What it had written meanwhile does not win because it arrives late.
    const offline = NOW + 3 * CLOCK_AHEAD_MS;
    unit.commit("customer", "c", { id: "c", name: "offline" }, offline);
    other.commit("customer", "c", { id: "c", name: "newer" }, offline + 1_000);
    other.talk(hub, offline + 1_000);
    unit.talk(hub, offline + 5_000);
    expect(cellOf(hub, "customer", "c", "name")?.value).toBe("newer");
  });

  test("D18 a unit whose wall clock is behind writes later than what it heard", () => {
    const hub = memoryStream();
    const [unit, other] = [livingUnit("a", "customers"), livingUnit("b", "customers")];
    unit.commit("customer", "c", { id: "c", name: "1" }, NOW);
    unit.talk(hub);
    other.commit("customer", "c", { id: "c", name: "2" }, NOW + 50_000);
    other.talk(hub, NOW + 50_000);
    unit.talk(hub, NOW + 50_000);
    const heard = cellOf(hub, "customer", "c", "name");
    const [own] = unit.commit("customer", "c", { id: "c", name: "3" }, NOW + 1_000);
    expect([heard?.origin, (own?.hlc ?? "") > (heard?.hlc ?? "z")]).toEqual([other.origin(), true]);
  });
});

describe("the audit chain", () => {
  const changes: readonly (readonly [string, Partial<Parameters<typeof isChained>[1]>])[] = [
    ["written", { written: JSON.stringify({ value: "p9" }) }],
    ["no written", { written: null }],
    ["outcome", { outcome: "applied" }],
    ["unit", { unit: "b" }],
    ["origin", { origin: "b@1" }],
    ["id", { id: "u" }],
    ["joins", { joins: ["b"] }],
    ["text", { text: "{}" }],
  ];
  test.each(changes)("D10 a line is covered whole: another %s is found", (_, change) => {
    const hub = memoryStream();
    say(hub, "a", [operationOf("a", 1, T)]);
    crm(hub, "t", "p1");
    say(hub, "a", [operationOf("a", 2, { ...T, value: "p2" })]);
    const [before, line] = [hub.lineAt(2), hub.lineAt(3)];
    if (before === undefined || line === undefined) throw new Error("no lines");
    expect([line.outcome, line.written, isChained(before.hash, line)]).toEqual(["lost", JSON.stringify({ value: "p2" }), true]);
    expect(isChained(before.hash, { ...line, ...change })).toBe(false);
  });

  test("D10 lines of before the whole was covered verify as they did", () => {
    const line = {
      hubSeq: 1,
      origin: "a@1",
      seq: 1,
      unit: "a",
      entity: "kit",
      id: "k",
      outcome: "applied",
      text: '{"op":"set"}',
      written: null,
      joins: [],
    } as const;
    const hash = "7a3f7b1c";
    expect(isChained("0".repeat(64), { ...line, hash })).toBe(false);
    expect(isChained("0".repeat(64), { ...line, hash: OLD_HASH })).toBe(true);
    expect(isChained("0".repeat(64), { ...line, hash: OLD_HASH, text: '{"op":"unset"}' })).toBe(false);
  });

  test("F16 neither what was brought nor what is held beside it is written in the clear", () => {
    const hub = memoryStream();
    const contact = { person: "Mr Deng" };
    const sent = operationOf("a", 1, { ...C, attr: "contact", value: contact });
    const operation: LoggedOperation = {
      ...sent,
      hubSeq: 1,
      epoch: 1,
      version: 1,
      outcome: "applied",
      appliedAt: NOW,
      held: [{ value: contact, hlc: sent.hlc, origin: sent.origin }],
    };
    appendEntries(
      hub,
      [{ operation, written: { value: contact, raw: JSON.stringify(contact) }, joins: [], audience: [], meaning: customer }],
      "a",
      FIRST_STATE.hash,
      random,
    );
    expect(JSON.stringify(hub.lineAt(1))).not.toContain("Deng");
    expect(hub.lineAt(1)?.text).toContain("$sealed");
  });
});
