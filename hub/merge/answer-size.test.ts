/** Legal values of any size get through: answers are cut by bytes, and what is cut off comes with the next ones. */
import { beforeAll, expect, test } from "vitest";
import { cutFrame, frameReader } from "../../contracts/delta/frame.ts";
import { jsonBytes } from "../../contracts/delta/json.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type Operation, RECORD_BYTES_MAX, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";
import { ANSWER_BYTES_MAX, type LoadReply, PULL_LINES_MAX, ROWS_MAX, type RowsAsk } from "../../contracts/delta/sync.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import { replicaOf } from "../sim/fixture/replica.ts";
import { readBatch } from "./batch.ts";
import { KEY, operationOf, originOf } from "./fixture/unit.ts";
import { type MemoryStream, memoryStream } from "./memory-store.ts";
import { digest, load, pull, rows } from "./pull.ts";
import { push } from "./push.ts";
import type { KnownOrigin } from "./store.ts";

const NOW = 2_000_000_000_000;
const noLens = () => undefined;
const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
/** Our families, with room for whatever is said. */
const roomy = (entity: string): Meaning | undefined => {
  const meaning = meaningOf(entity);
  return meaning === undefined
    ? undefined
    : { ...meaning, knows: () => true, fits: () => true, writersOf: () => "any", ruleOf: (attr) => (attr === "notes" ? "manual" : "lww") };
};
/** 29 KB that deflate makes no shorter than three quarters. */
const BIG = Array.from(random(22_000), (byte) => String.fromCharCode(33 + (byte % 90)))
  .join("")
  .padEnd(29_000, "x");

/** Over frames, as a unit elsewhere hears it; throws for what nobody could take. */
const throughFrames = <T>(reply: T): T => {
  const pieces = cutFrame({ call: 1, reply });
  if (isRefusal(pieces)) throw new Error(pieces.rule);
  const read = frameReader();
  return (pieces.map((piece) => read(piece)).at(-1) as { readonly reply: T }).reply;
};

type Hub = Pick<HubForUnit, "register" | "push" | "pull" | "load" | "digest" | "rows"> & { readonly stream: MemoryStream; readonly largest: () => number };
function newHub(): Hub {
  const stream = memoryStream();
  let largest = 0;
  const at = async <T>(origin: string, body: (known: KnownOrigin) => T | Refusal): Promise<T | Refusal> => {
    const known = stream.readOrigin(origin);
    if (known === undefined) return { refused: "unknown-origin", rule: "r", mend: "m" };
    const answer = stream.transact(() => body(known));
    largest = Math.max(largest, jsonBytes(answer));
    return throughFrames(answer);
  };
  return {
    stream,
    largest: () => largest,
    register: async ({ unit, incarnation }) => {
      stream.writeOrigin({ origin: originOf(unit, incarnation), unit, through: 0, stable: 0, dead: 0, admitted: "[]", keyHash: KEY });
      return { epoch: stream.readState().epoch };
    },
    push: (batch) => {
      const read = readBatch(batch);
      if (isRefusal(read)) throw new Error(read.rule);
      return at(batch.origin, (known) => push(stream, read, known, { meaningOf: roomy }, 500, NOW, random));
    },
    pull: (ask) => at(ask.origin, (known) => pull(stream, ask, known, noLens, NOW)),
    load: (ask) => at(ask.origin, (known) => load(stream, ask, known, noLens)),
    digest: (ask) => at(ask.origin, (known) => digest(stream, ask, known, noLens)),
    rows: (ask) => at(ask.origin, (known) => rows(stream, ask, known, noLens)),
  };
}
const must = <T>(reply: T | Refusal): T => {
  if (isRefusal(reply)) throw new Error(reply.rule);
  return reply;
};
const KITS = 60;
const kit = (n: number): string => `k-${String(n).padStart(3, "0")}`;
const head = { origin: originOf("a"), stream: "tickets", key: KEY } as const;
let full: Hub;
/** Unit `a`: 60 kits with a value of 29 KB each. */
beforeAll(async () => {
  full = newHub();
  for (const unit of ["a", "b"]) await full.register({ tenant: "default", unit, incarnation: "1", key: KEY, contracts: [] });
  for (let n = 1; n <= KITS; n++)
    must(await full.push({ ...head, operations: [operationOf("a", n, { entity: "kit", id: kit(n), attr: "depot", value: BIG })] }));
});

test("D20 pages of a load end before the limit in bytes, and together they are everything", async () => {
  const seen: string[] = [];
  for (let after: string | null = ""; after !== null;) {
    const page: LoadReply = must(await full.load({ ...head, limit: ROWS_MAX, ...(after === "" ? {} : { after }) }));
    expect(jsonBytes(page)).toBeLessThan(ANSWER_BYTES_MAX + 1_000);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  }
  expect(seen).toEqual(Array.from({ length: KITS }, (_, i) => kit(i + 1)));
});

test("D20 rows that were asked for are told as far as they fit, in the order of the question", async () => {
  let left: RowsAsk["rows"] = Array.from({ length: KITS }, (_, i) => ({ entity: "kit", id: kit(i + 1), have: {} }));
  for (let turns = 0; left.length > 0; turns++) {
    const reply = must(await full.rows({ ...head, rows: left }));
    expect([jsonBytes(reply) < ANSWER_BYTES_MAX + 1_000, reply.rows.length > 0, turns < 6]).toEqual([true, true, true]);
    expect(reply.rows.map(({ id }) => id)).toEqual(left.slice(0, reply.rows.length).map(({ id }) => id));
    left = left.slice(reply.rows.length);
  }
});

test("D20 D8 lines are told as far as they fit, each once, and the cursor stands behind the last", async () => {
  const hub = newHub();
  const [a, b] = [replicaOf("a"), replicaOf("b")];
  for (let n = 1; n <= KITS; n++) a.commit("customer", `c-${n}`, { id: `c-${n}`, name: "small" });
  await a.talk(hub, ["customers"]);
  for (let n = 1; n <= KITS; n++) b.commit("customer", `c-${n}`, { id: `c-${n}`, name: "of b", address: BIG });
  await b.talk(hub, ["customers"]);
  await a.talk(hub, ["customers"]);
  expect(hub.largest()).toBeLessThan(ANSWER_BYTES_MAX + 20_000);
  expect(a.heard("customer", `c-${KITS}`)).toMatchObject({ address: BIG });
  expect(a.digests("customers")).toEqual(b.digests("customers"));
  const reply = must(
    await hub.pull({
      origin: a.origin,
      stream: "customers",
      key: KEY,
      after: must(await hub.load({ origin: a.origin, stream: "customers", key: KEY, limit: 1 })).start,
      limit: PULL_LINES_MAX,
    }),
  );
  expect([reply.lines, reply.more]).toEqual([[], false]);
});

test("D20 an answer to a push that would tell too much of what others wrote leaves it out, and the unit finds it by digests", async () => {
  const hub = newHub();
  const [a, b] = [replicaOf("a"), replicaOf("b")];
  for (let n = 1; n <= KITS; n++) a.commit("customer", `c-${n}`, { id: `c-${n}`, name: "of a", address: BIG });
  await a.talk(hub, ["customers"]);
  // One push on 60 entities that b never saw: whole, they are 1.7 MB.
  for (let n = 1; n <= KITS; n++) b.commit("customer", `c-${n}`, { id: `c-${n}`, name: "of b" });
  await b.talk(hub, ["customers"]);
  expect(hub.largest()).toBeLessThan(ANSWER_BYTES_MAX + 50_000);
  expect(b.digests("customers")).toEqual(must(await hub.digest({ origin: b.origin, stream: "customers", key: KEY })).digests);
  expect(b.heard("customer", `c-${KITS}`)).toMatchObject({ address: BIG });
});

test("D20 D1 an entity does not outgrow a row of the store: what would make it is a dead letter, with the values that are held beside others", async () => {
  const hub = newHub();
  const units = ["a", "b", "c", "d", "e", "f", "g"];
  for (const unit of units) await hub.register({ tenant: "default", unit, incarnation: "1", key: KEY, contracts: [] });
  const value = "v".repeat(VALUE_BYTES_MAX - 2);
  const pushed = async (unit: string, list: readonly Operation[]) => must(await hub.push({ ...head, origin: originOf(unit), operations: [...list] }));
  for (let n = 1; n <= 57; n++) expect((await pushed("a", [operationOf("a", n, { entity: "kit", id: "k", attr: `a${n}`, value })])).dead).toEqual([]);
  expect((await pushed("a", [operationOf("a", 58, { entity: "kit", id: "k", attr: "a58", value })])).dead).toEqual([
    { seq: 58, reason: "too-large: the whole entity" },
  ]);
  const dead: number[] = [];
  for (const unit of units.slice(1))
    dead.push((await pushed(unit, [operationOf(unit, 1, { entity: "kit", id: "k", attr: "notes", value, baseVersion: 0 })])).dead.length);
  expect(dead).toEqual([1, 1, 1, 1, 1, 1]);
  expect(jsonBytes(hub.stream.readRow("kit", "k")?.record)).toBeLessThanOrEqual(RECORD_BYTES_MAX);
  // What stays small goes on.
  expect((await pushed("b", [operationOf("b", 2, { entity: "kit", id: "other", attr: "depot", value: "x" })])).dead).toEqual([]);
});

test("D20 D1 one operation beyond every bound is buried, and its dead letter fits into a row", async () => {
  const hub = newHub();
  await hub.register({ tenant: "default", unit: "a", incarnation: "1", key: KEY, contracts: [] });
  const reply = must(await hub.push({ ...head, operations: [operationOf("a", 1, { entity: "kit", id: "k", attr: "depot", value: "x".repeat(3_000_000) })] }));
  expect([reply.through, reply.dead]).toEqual([1, [{ seq: 1, reason: "too-large" }]]);
  expect(hub.stream.listDead().map(({ text }) => text.length < 10_000)).toEqual([true]);
});
