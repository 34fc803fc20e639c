import { expect, test } from "vitest";
import { fingerprint } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import { type Lens, recordThrough } from "../../contracts/delta/lens.ts";
import { NEVER_SEEN, entityOf, merge } from "../../contracts/delta/merge.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { FRESH_SESSION, type Question, type Reply, type Session, nextQuestion, takeAnswer, wake } from "../../edge/delta/exchange.ts";
import { openOutboxes } from "../../edge/delta/incarnation.ts";
import { memoryReplica } from "../../edge/delta/memory-store.ts";
import { putOperations, readPen } from "../../edge/delta/outbox.ts";
import { ownDigests } from "../../edge/delta/repair.ts";
import { upgradeReplica } from "../../edge/delta/upgrade.ts";
import { type Grammar, write } from "../../edge/delta/write.ts";
import { asOf, recordOf } from "../master/as-of.ts";
import { type Forms, type PublishedForm, ownMeaning, readAdmitted, speechOf, withAdmitted } from "./admission.ts";
import { originOf } from "./fixture/unit.ts";
import { CHAIN_START, isChained, readLine } from "./log.ts";
import { meaningOfContract } from "./meaning.ts";
import { type MemoryStream, memoryStream } from "./memory-store.ts";
import { writeOwn } from "./own.ts";
import { digest, load, pull, rows } from "./pull.ts";
import { push } from "./push.ts";
import type { LoggedOperation } from "./store.ts";
import { upgradeTurn } from "./upgrade.ts";
import { type Upgrade, upgradeFrom } from "./words.ts";

const NOW = 5_000_000;
const dice = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i + 1);

const document = (properties: Readonly<Record<string, Json>>, rules: Readonly<Record<string, string>>): Json => ({
  "x-stream": "customers",
  "x-key": { attr: "id", format: "text", namespace: "visit" },
  "x-merge": { "*": "lww", ...rules },
  type: "object",
  properties: {
    id: { type: "string" },
    crew: { type: "array", items: { type: "string" } },
    who: { type: "string", "x-class": "personal", "x-purpose": ["a visit"] },
    ...properties,
  },
});
const OLDER = document(
  { name: { type: "string" }, state: { enum: ["open", "shut"] }, heat: { type: "number" }, note: { type: "string" } },
  { crew: "set-add", heat: "max", note: "manual", state: "hub-wins" },
);
const NEWER = document(
  { title: { type: "string" }, phase: { enum: ["planned", "done"] }, heat: { type: "number" }, remark: { type: "string" }, fee: { type: "number" } },
  { crew: "set-add", heat: "max", remark: "manual", phase: "hub-wins" },
);
const LENS: Lens = [
  { step: "rename", from: "name", to: "title" },
  { step: "rename", from: "state", to: "phase" },
  {
    step: "map",
    attr: "phase",
    pairs: [
      { older: "open", newer: "planned" },
      { older: "shut", newer: "done" },
    ],
  },
  { step: "scale", attr: "heat", factor: 2, offset: 32 },
  { step: "rename", from: "note", to: "remark" },
  { step: "add", attr: "fee" },
];
const FORMS: Readonly<Record<number, PublishedForm>> = {
  1: { subject: "visit", major: 1, fingerprint: fingerprint(OLDER), document: OLDER },
  2: { subject: "visit", major: 2, fingerprint: fingerprint(NEWER), document: NEWER, lens: LENS },
};

type Hub = ReturnType<typeof openHub>;
function openHub(store: MemoryStream = memoryStream(), taught = 1, kept: readonly Upgrade[] = []) {
  let newest = taught;
  const upgrades = new Map<number, Upgrade>(kept.map((one) => [one.major, one]));
  const forms: Forms = {
    form: (_, major, print) => (FORMS[major]?.fingerprint === print ? FORMS[major] : undefined),
    published: () => [1, 2].flatMap((major) => (major <= newest && FORMS[major] !== undefined ? [FORMS[major]] : [])),
    upgrades: () => [...upgrades.values()],
  };
  const tables = { list: () => [...upgrades.values()], write: (upgrade: Upgrade) => void upgrades.set(upgrade.major, upgrade) };
  const lines = (): readonly LoggedOperation[] =>
    Array.from({ length: store.readState().head }, (_, i) => store.lineAt(i + 1)).flatMap((line) => (line === undefined ? [] : [readLine(store, line)]));
  return {
    store,
    lines,
    upgrades,
    register(unit: string, major: number): void {
      const known = store.readOrigin(originOf(unit));
      const admitted = JSON.stringify(withAdmitted(readAdmitted(known?.admitted ?? ""), FORMS[major] === undefined ? [] : [FORMS[major]]));
      store.writeOrigin({ through: 0, stable: 0, dead: 0, ...known, origin: originOf(unit), unit, keyHash: "", admitted });
    },
    publish(): void {
      newest = 2;
      const begun = upgradeFrom("visit", 1, 2, store.readState().head);
      if (begun !== null) tables.write(begun);
    },
    turn: (limit?: number): boolean => store.transact(() => upgradeTurn(store, forms, tables, NOW, dice, limit)),
    own(id: string, changes: Readonly<Record<string, Json>>, key: string): void {
      const meaning = ownMeaning("visit", forms);
      if (meaning === undefined) throw new Error("nothing is published");
      const written = writeOwn(store, { key, stream: "customers", entity: "visit", id, changes, actor: "crm", reason: "test" }, meaning, NOW, dice);
      if (isRefusal(written)) throw new Error(written.rule);
    },
    answer(question: Question): Reply["reply"] | Refusal {
      const origin = store.readOrigin(question.with.origin);
      if (origin === undefined) throw new Error("not registered");
      const speech = speechOf(readAdmitted(origin.admitted), forms);
      return store.transact((): Reply["reply"] | Refusal => {
        switch (question.ask) {
          case "push":
            return push(store, { ...question.with, key: "k" }, origin, speech, 500, NOW, dice);
          case "pull":
            return pull(store, { ...question.with, key: "k" }, origin, speech.newestLens, NOW, speech.lineLens);
          case "load":
            return load(store, { ...question.with, key: "k" }, origin, speech.newestLens);
          case "digest":
            return digest(store, { ...question.with, key: "k" }, origin, speech.newestLens);
          case "rows":
            return rows(store, { ...question.with, key: "k" }, origin, speech.newestLens);
        }
      });
    },
  };
}

type Attributes = Readonly<Record<string, Json>>;
type Unit = ReturnType<typeof openUnit>;
function openUnit(name: string, started: number) {
  const store = memoryReplica();
  const origin: Origin = originOf(name);
  let [major, session, step, clock]: [number, Session, number, number] = [started, FRESH_SESSION, 0, 1_000_000];
  openOutboxes(store, origin, ["customers"]);
  const ruleOf = (attr: string) => meaningOfContract("visit", major, FORMS[major]?.document ?? null)?.ruleOf(attr) ?? "lww";
  const heard = (id: string): Attributes | null => entityOf(store.readBase("visit", id)?.record ?? NEVER_SEEN);
  return {
    name,
    heard,
    store,
    major: () => major,
    commit(id: string, changes: Attributes, at?: number): void {
      clock = at ?? clock + 1_000;
      const grammar: Grammar = { streamOf: () => "customers", contractOf: () => `visit@${major}`, ruleOf: (_, attr) => ruleOf(attr), epochOf: () => 1 };
      const before = heard(id) ?? {};
      const written = { entity: "visit", id, before, after: { ...before, ...changes }, base: store.readBase("visit", id)?.record };
      step += 1;
      const { pen, operations } = write(readPen(store, origin), [written], grammar, { txId: `${name}-${step}`, actor: name, reason: "test", now: clock });
      store.transact(() => putOperations(store, pen, operations));
    },
    talk(hub: Hub): void {
      session = wake(session);
      for (let calls = 0; calls < 100; calls++) {
        const question = nextQuestion(store, origin, "customers", session);
        if (question === null) return;
        if (question.ask === "pull") session = { ...session, nudged: false };
        const reply = hub.answer(question);
        if (isRefusal(reply)) throw new Error(`${question.ask}: ${reply.rule}`);
        session = store.transact(() => takeAnswer(store, origin, question, { ask: question.ask, reply } as Reply, session, NOW).session);
      }
      throw new Error("it never ends");
    },
    upgrade(hub: Hub): void {
      major = 2;
      hub.register(name, 2);
      store.transact(() => upgradeReplica(store, "customers", () => LENS));
      session = FRESH_SESSION;
    },
    digests: (hub: Hub): readonly unknown[] => {
      const reply = hub.answer({ ask: "digest", with: { origin, stream: "customers" } });
      return [Object.fromEntries(ownDigests(store, "customers")), isRefusal(reply) ? reply : "digests" in reply && reply.digests];
    },
  };
}

/** Both sides hold the same, by their digests, before anything is repaired. */
function expectEqual(hub: Hub, ...units: readonly Unit[]): void {
  for (const unit of units) {
    const [ours, theirs] = unit.digests(hub);
    expect([unit.name, ours]).toEqual([unit.name, theirs]);
  }
}

/** As a consumer rebuilds it from the feed. */
function folded(lines: readonly LoggedOperation[], id: string, upTo = Number.MAX_SAFE_INTEGER): Attributes | undefined {
  return recordOf(
    asOf(
      id,
      lines.filter((line) => line.id === id && line.hubSeq <= upTo),
    ),
  )?.attributes;
}

const V_1 = { id: "v1", name: "Pump", state: "open", heat: 20, crew: ["ann"], who: "Li", note: "north's" };

/** Two units at major 1 that both see v1, and the hub that wrote its state. */
function scene(): { readonly hub: Hub; readonly north: Unit; readonly south: Unit } {
  const hub = openHub();
  const [north, south] = [openUnit("north", 1), openUnit("south", 1)];
  for (const unit of [north, south]) hub.register(unit.name, 1);
  north.commit("v1", V_1);
  north.talk(hub);
  south.commit("v1", { note: "south's" });
  south.talk(hub);
  hub.own("v1", { state: "shut" }, "k1");
  north.talk(hub);
  south.talk(hub);
  expectEqual(hub, north, south);
  return { hub, north, south };
}

test("D11 what a stream holds is in the words of a new major: the very cells, in versions, clocks and writers, and units at the older major notice nothing", () => {
  const { hub, north, south } = scene();
  const before = hub.store.readRow("visit", "v1")?.record ?? NEVER_SEEN;
  const head = hub.store.readState().head;
  hub.publish();
  expect(hub.turn()).toBe(false);
  const row = hub.store.readRow("visit", "v1");
  expect(row?.record).toEqual(recordThrough(LENS, before, "up"));
  expect(entityOf(row?.record ?? NEVER_SEEN)).toMatchObject({ title: "Pump", phase: "done", heat: 72, crew: ["ann"], who: "Li" });
  expect(row?.record.version).toBe(before.version);
  expect(row?.at).toBe(hub.store.readState().head);
  expectEqual(hub, north, south);
  for (const unit of [north, south]) {
    unit.talk(hub);
    expect(unit.heard("v1")).toMatchObject({ name: "Pump", state: "shut", heat: 20 });
  }
  expectEqual(hub, north, south);
  // A line for each cell that is called or written otherwise, and none for those that are not.
  const lines = hub.lines().filter((line) => line.hubSeq > head);
  expect(lines.map(({ op, attr }) => `${op} ${attr}`).toSorted()).toEqual(
    ["set heat", "set phase", "set remark", "set title", "unset name", "unset note", "unset state"].toSorted(),
  );
  expect(lines.every(({ reworded, version, origin }) => reworded === true && version === before.version && origin === "hub@1")).toBe(true);
  // Once.
  expect([hub.turn(), hub.lines().length]).toEqual([false, head + lines.length]);
});

test("D11 units at major 1 and 2 exchange both ways before, across and after; what one had seen is no conflict by that", () => {
  const { hub, north, south } = scene();
  // Seen by north before, written while away: the hub's own word was seen, so this is no conflict with it.
  north.commit("v1", { state: "open", name: "Pump 2" });
  // South has not heard of what was written last in the older words.
  hub.own("v1", { name: "from the hub" }, "k2");
  hub.own("v1", { name: "from the CRM", heat: 21 }, "k3");
  hub.publish();
  hub.turn();
  south.talk(hub);
  expect(south.heard("v1")).toMatchObject({ name: "from the CRM", heat: 21 });
  expectEqual(hub, south);
  const west = openUnit("west", 2);
  hub.register("west", 2);
  west.commit("v1", { fee: 7 });
  west.talk(hub);
  expect(west.heard("v1")).toMatchObject({ title: "from the CRM", phase: "done", heat: 74, fee: 7 });
  north.talk(hub);
  expect(hub.lines().find((line) => line.txId === "north-2" && line.attr === "phase")).toMatchObject({ outcome: "applied", value: "planned" });
  west.talk(hub);
  west.commit("v1", { title: "from the west", heat: 100, crew: ["ann", "bo"] });
  west.talk(hub);
  south.talk(hub);
  expect(south.heard("v1")).toMatchObject({ name: "from the west", state: "open", heat: 34, crew: ["ann", "bo"] });
  south.commit("v1", { name: "from the south", heat: 35 });
  south.talk(hub);
  for (const unit of [north, west, south]) unit.talk(hub);
  expect(west.heard("v1")).toMatchObject({ title: "from the south", heat: 102 });
  expectEqual(hub, north, south, west);
  // A unit that goes over to the newer major has what the hub has, without asking.
  south.upgrade(hub);
  expect(south.heard("v1")).toEqual(west.heard("v1"));
  expectEqual(hub, south);
  south.commit("v1", { phase: "done" });
  for (const unit of [south, west, north]) unit.talk(hub);
  expectEqual(hub, north, south, west);
  expect(north.heard("v1")).toMatchObject({ state: "shut" });
});

test("D11 a unit that goes over to the newer major hears what it missed of the older one's time in its new words", () => {
  const { hub, north, south } = scene();
  hub.own("v1", { name: "from the hub", state: "open", heat: 22 }, "k2");
  hub.publish();
  hub.turn();
  south.upgrade(hub);
  for (const unit of [south, north]) unit.talk(hub);
  expect(south.heard("v1")).toMatchObject({ title: "from the hub", phase: "planned", heat: 76 });
  expect(south.heard("v1")).not.toHaveProperty("name");
  expectEqual(hub, north, south);
});

test("D11 a push that is repeated after the change is answered in the words of its sender", () => {
  const { hub, north } = scene();
  north.commit("v1", { name: "Pump 3", heat: 40 });
  const question = nextQuestion(north.store, originOf("north"), "customers", { ...FRESH_SESSION, settled: [originOf("north")] });
  if (question?.ask !== "push") throw new Error("nothing to push");
  hub.answer(question);
  hub.publish();
  hub.turn();
  const again = hub.answer(question);
  if (isRefusal(again) || !("settled" in again)) throw new Error("no outcome");
  expect(again.settled?.map(({ cell }) => cell?.value)).toEqual([40, "Pump 3"]);
  north.talk(hub);
  expectEqual(hub, north);
});

test("D10 F15 the chain holds; a consumer comes to what the hub holds; what was known then is told in the words of then", () => {
  const { hub, north } = scene();
  const head = hub.store.readState().head;
  hub.publish();
  hub.turn();
  north.commit("v1", { name: "Pump 4" });
  north.talk(hub);
  const lines = hub.lines();
  expect(folded(lines, "v1")).toEqual(entityOf(hub.store.readRow("visit", "v1")?.record ?? NEVER_SEEN));
  expect(folded(lines, "v1", head)).toMatchObject({ name: "Pump", state: "shut", heat: 20 });
  expect(folded(lines, "v1", head)).not.toHaveProperty("title");
  let hash = CHAIN_START;
  for (let at = 1; at <= hub.store.readState().head; at++) {
    const line = hub.store.lineAt(at);
    if (line === undefined) throw new Error(`line ${at} is missing`);
    expect(isChained(hash, line)).toBe(true);
    hash = line.hash;
  }
  // Personal values are sealed again, those of others are not held twice.
  const sealed = Array.from({ length: hub.store.readState().head }, (_, i) => hub.store.lineAt(i + 1)?.text ?? "");
  expect(sealed.filter((text) => text.includes('"Li"'))).toEqual([]);
});

test("D11 a large stream is upgraded a turn at a time, each once, wherever it stops; tombstones stay what they are", () => {
  const hub = openHub();
  const north = openUnit("north", 1);
  hub.register("north", 1);
  for (let i = 0; i < 25; i++) north.commit(`v${String(i).padStart(2, "0")}`, { name: `n${i}`, heat: i });
  north.talk(hub);
  const record: EntityRecord = hub.store.readRow("visit", "v07")?.record ?? NEVER_SEEN;
  const gone = merge(record, { origin: originOf("north"), attr: "", op: "delete", hlc: record.cells["name"]?.hlc as never, baseVersion: 9 }, "lww").record;
  hub.store.writeRow("visit", "v07", { record: gone, units: ["north"], at: 1, digest: "" });
  const head = hub.store.readState().head;
  hub.publish();
  expect([hub.turn(10), hub.turn(10)]).toEqual([true, true]);
  // Another object takes over.
  const later = openHub(hub.store.copy(), 2, [...hub.upgrades.values()]);
  expect([later.turn(10), later.turn(10)]).toEqual([false, false]);
  const lines = later.lines().filter((line) => line.hubSeq > head);
  expect(lines).toHaveLength(24 * 3);
  expect(new Set(lines.map(({ seq }) => seq)).size).toBe(lines.length);
  for (const i of [0, 9, 10, 24])
    expect(entityOf(later.store.readRow("visit", `v${String(i).padStart(2, "0")}`)?.record ?? NEVER_SEEN)).toEqual({ title: `n${i}`, heat: i * 2 + 32 });
  expect(later.store.readRow("visit", "v07")?.record).toEqual(gone);
});
