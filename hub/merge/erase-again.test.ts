/** Units, each a replica in memory, and one stream in memory that is put back to before an erasure without a word. */
import { beforeEach, describe, expect, test } from "vitest";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import type { Question, Reply } from "../../edge/delta/exchange.ts";
import { erasedBy } from "../../edge/delta/forget.ts";
import { type Replica, replicaOf } from "../sim/fixture/replica.ts";
import { readBatch } from "./batch.ts";
import { eraseAsTold } from "./erase-again.ts";
import { notice } from "./epoch.ts";
import { KEY, operationOf, originOf } from "./fixture/unit.ts";
import { readLine } from "./log.ts";
import { memoryStream, type MemoryStream } from "./memory-store.ts";
import { erase } from "./own.ts";
import { digest, load, pull, rows } from "./pull.ts";
import { type Known, push } from "./push.ts";
import type { KnownOrigin } from "./store.ts";

const NOW = 2_000_000_000_000;
const KNOWN: Known = { meaningOf: (entity) => meaningOf(entity) };
const noLens = () => undefined;
const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
const customer = meaningOf("customer");
if (customer === undefined) throw new Error("no customers");

type Hub = Pick<HubForUnit, "register" | "push" | "pull" | "load" | "digest" | "rows"> & {
  put(stream: MemoryStream): void;
  now(): MemoryStream;
  deafen(): void;
};
function hubOver(first: MemoryStream): Hub {
  let [stream, deaf] = [first, false];
  const at = async <T>(origin: string, body: (known: KnownOrigin) => T): Promise<T | Refusal> =>
    stream.transact(() => {
      const known = stream.readOrigin(origin);
      return known === undefined ? { refused: "unknown-origin", rule: "r", mend: "m" } : body(known);
    });
  return {
    put: (other) => void (stream = other),
    deafen: () => void (deaf = true),
    now: () => stream,
    register: async ({ unit, incarnation, erased = [] }) =>
      stream.transact(() => {
        const origin = originOf(unit, incarnation);
        stream.writeOrigin({ through: 0, stable: 0, dead: 0, admitted: "[]", keyHash: KEY, ...stream.readOrigin(origin), origin, unit });
        for (const subject of deaf ? [] : erased) eraseAsTold(stream, unit, subject, meaningOf(subject.entity), NOW, random);
        return { epoch: stream.readState().epoch };
      }),
    push: (batch) => {
      const read = readBatch(batch);
      if (isRefusal(read)) throw new Error(read.rule);
      return at(batch.origin, (known) => push(stream, read, known, KNOWN, 500, NOW, random));
    },
    pull: (ask) => at(ask.origin, (known) => pull(stream, ask, known, noLens, NOW)),
    load: (ask) => at(ask.origin, (known) => load(stream, ask, known, noLens)),
    digest: (ask) => at(ask.origin, (known) => digest(stream, ask, known, noLens)),
    rows: (ask) => at(ask.origin, (known) => rows(stream, ask, known, noLens)),
  };
}

const PERSON = "Ms Zhou";
const contact = { person: PERSON, phone: "+86 731 5555 0199" };
let [hub, north, south] = [hubOver(memoryStream()), replicaOf("north"), replicaOf("south")];
const talk = async (...units: readonly Replica[]): Promise<void> => {
  for (const unit of units) await unit.talk(hub, ["customers"]);
};
const eraseNow = (): unknown => {
  const stream = hub.now();
  return stream.transact(() => erase(stream, "customer", "c", customer, "lin", "e", NOW, random));
};
/** All that can still be read of the log and of the entities. */
const heldAtHub = (): string => {
  const stream = hub.now();
  const lines = Array.from({ length: stream.readState().head }, (_, i) => stream.lineAt(i + 1)).filter((line) => line !== undefined);
  return JSON.stringify([lines.map((line) => readLine(stream, line)), stream.rowsAfter(null, null, "", 100)]);
};
const nowhere = (...units: readonly Replica[]): void => {
  expect(heldAtHub()).not.toContain(PERSON);
  for (const unit of units) expect([unit.name, unit.kept("customers").includes(PERSON)]).toEqual([unit.name, false]);
};
const equal = async (...units: readonly Replica[]): Promise<void> => {
  for (const unit of units) {
    const theirs = await hub.digest({ origin: unit.origin, stream: "customers", key: KEY });
    expect([unit.name, unit.pending(), unit.digests("customers")]).toEqual([unit.name, 0, isRefusal(theirs) ? theirs : theirs.digests]);
  }
};

beforeEach(async () => {
  [hub, north, south] = [hubOver(memoryStream()), replicaOf("north"), replicaOf("south")];
  north.commit("customer", "c", { id: "c", name: "Works", contact });
  south.commit("customer", "c", { id: "c", name: "Works" });
  await talk(north, south, north);
  expect(south.heard("customer", "c")).toEqual({ id: "c", name: "Works", contact });
});

describe("F20 nothing of an erased subject comes back, though the stream was put back to before the erasure without a word", () => {
  test.each([
    ["both have heard of it", ["north", "south"], ["north", "south"]],
    ["the one that wrote the values has, and comes first", ["north"], ["north", "south"]],
    ["the one that wrote the values has not, and comes first", ["south"], ["north", "south"]],
    ["the one that wrote the values has, and comes last", ["north"], ["south", "north"]],
  ])("%s", async (_, told, order) => {
    const unit = (name: string): Replica => (name === "north" ? north : south);
    const copy = hub.now().copy();
    south.commit("customer", "other", { id: "other", name: "Dam" });
    await talk(south);
    eraseNow();
    for (const name of told) await talk(unit(name));
    nowhere(...told.map(unit));
    hub.put(copy);
    expect(heldAtHub()).toContain(PERSON);
    for (const name of [...order, ...order, ...order]) await talk(unit(name));
    nowhere(north, south);
    await equal(north, south);
    expect(north.heard("customer", "c")).toEqual({ id: "c", name: "Works" });
    expect(south.heard("customer", "other")).toEqual({ id: "other", name: "Dam" });
  });

  test("nor when the copy is of before the subject was there, and somebody who has not heard offers what he wrote", async () => {
    const west = replicaOf("west");
    const empty = memoryStream();
    west.commit("customer", "c", { id: "c", contact: { person: PERSON, phone: "1" } });
    await talk(west);
    eraseNow();
    await talk(north, south);
    hub.put(empty);
    await talk(north, west, south, north, west, south, north, west, south, north);
    nowhere(north, south, west);
    await equal(north, south, west);
  });
});

test("F20 a unit says nothing more of an erased subject, and keeps nothing that is written of it afterwards", async () => {
  eraseNow();
  await talk(north);
  north.commit("customer", "c", { id: "c", name: "Works", contact: { person: PERSON, phone: "2" } });
  expect(north.kept("customers")).not.toContain(PERSON);
  await talk(north, south);
  nowhere(north, south);
  await equal(north, south);
});

test("F20 who has not heard the lines of an erasure hears of it in answer to what he offers", () => {
  const [first, second] = [operationOf("north", 7, { entity: "customer", id: "c" }), operationOf("north", 8, { entity: "customer", id: "d" })];
  const question: Question = { ask: "push", with: { origin: originOf("north"), stream: "customers", operations: [first, second] } };
  const answer = (reason: string): Reply => ({
    ask: "push",
    reply: { epoch: 1, through: 8, stable: 0, receivedAt: NOW, dead: [], settled: [{ seq: 8, outcome: "lost", reason }] },
  });
  expect(erasedBy(question, answer("erased")).map(({ id }) => id)).toEqual(["d"]);
  expect(erasedBy(question, answer("clock-ahead, erased")).map(({ id }) => id)).toEqual(["d"]);
  expect(erasedBy(question, answer("older"))).toEqual([]);
});

test("F20 a unit keeps none of an erased subject's values, even of a hub that does not erase them again", async () => {
  const copy = hub.now().copy();
  eraseNow();
  await talk(north, south);
  hub.put(copy);
  hub.deafen();
  await talk(south);
  expect(south.heard("customer", "c")).toEqual({ id: "c", name: "Works" });
  expect([heldAtHub().includes(PERSON), south.kept("customers").includes(PERSON)]).toEqual([true, false]);
});

test("F20 what a unit does not see it can't have erased, and what is erased is erased once", () => {
  const stream = hub.now();
  const told = (unit: string): number =>
    stream.transact(() => (eraseAsTold(stream, unit, { entity: "customer", id: "c" }, customer, NOW, random), stream.readState().head));
  const { head } = stream.readState();
  expect(told("stranger")).toBe(head);
  expect(stream.readKey("customer/c")).toEqual(expect.any(String));
  const once = told("north");
  expect([once > head, stream.readKey("customer/c"), told("north")]).toEqual([true, null, once]);
  expect(notice(stream, {}, { through: 0, unit: "north" })).toEqual(stream.readState());
});
