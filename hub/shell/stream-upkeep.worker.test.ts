/** What a stream forgets, and what it must not: over a store in SQLite of its own, with the real merge. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../contracts/delta/operation.ts";
import type { PushReply } from "../../contracts/delta/sync.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { readBatch } from "../merge/batch.ts";
import { expel } from "../merge/collect.ts";
import { batchOf, operationOf, originOf } from "../merge/fixture/unit.ts";
import { NOWHERE, lostAt } from "../merge/place.ts";
import { load, pull } from "../merge/pull.ts";
import { type OwnWritten, writeOwn } from "../merge/own.ts";
import { push } from "../merge/push.ts";
import type { KnownOrigin } from "../merge/store.ts";
import { mayWrite } from "../merge/writer.ts";
import { confirm } from "./consumer-tables.ts";
import { type SqliteStream, sqliteStream } from "./stream-store.ts";
import { type Db, foldLines, linesAbout, readLog, walkChain } from "./stream-tables.ts";
import { beginHold, endHold, keepUp, touchHold } from "./stream-upkeep.ts";
import { entityAt, snapshotRows } from "./stream-views.ts";

const NOW = 3_000_000_000_000;
const HOUR_MS = 3_600_000;

type Stream = {
  readonly db: Db;
  readonly store: SqliteStream;
  readonly storage: SqlStorage;
  push(unit: string, list: readonly Operation[]): PushReply;
  pull(unit: string): void;
  keepUp(keep: number, now?: number): number;
};
/** In an object of its own. */
const inStream = (body: (stream: Stream) => void): Promise<void> =>
  runInDurableObject(env.HUB_OBJECT.getByName(`case/hub/${crypto.randomUUID()}`), (_, { storage }) => {
    const db: Db = drizzle(storage);
    const store = sqliteStream(db, storage.sql);
    const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
    const known = (unit: string): KnownOrigin =>
      store.readOrigin(originOf(unit)) ?? { origin: originOf(unit), unit, keyHash: "", admitted: "[]", through: 0, stable: 0, dead: 0 };
    const must = <T>(answer: T | Refusal): T => {
      if (isRefusal(answer)) throw new Error(answer.rule);
      return answer;
    };
    body({
      db,
      store,
      storage: storage.sql,
      push: (unit, list) => must(store.transact(() => push(store, must(readBatch(batchOf(unit, list))), known(unit), { meaningOf }, 500, NOW, random))),
      pull(unit) {
        const ask = { origin: originOf(unit), stream: "tickets", key: "k", limit: 500 } as const;
        const after = must(load(store, { ...ask, limit: 1 }, known(unit), () => undefined)).start;
        store.transact(() => must(pull(store, { ...ask, after }, known(unit), () => undefined, NOW)));
      },
      keepUp: (keep, now = NOW) => store.transact(() => keepUp(db, store, now, keep)),
    });
  });
const kit = (unit: string, seq: number, n: number, attr: string, value: string | number | null): Operation =>
  operationOf(unit, seq, { entity: "kit", id: `k-${n}`, attr, ...(value === null ? { op: "unset" as const } : { value }) });
/** Each attribute of ten kits, again and again. */
const busy = (unit: string, from: number, to: number): readonly Operation[] =>
  Array.from({ length: to - from + 1 }, (_, i) => kit(unit, from + i, (from + i) % 10, (from + i) % 3 === 0 ? "depot" : "reservation", `v${from + i}`));

describe("a log that is too long", () => {
  test("F17 is trimmed as far as everybody has read; what stands is still worked out from it, and the chain goes on from its horizon", () =>
    inStream(({ db, store, storage, push, keepUp }) => {
      push("a", busy("a", 1, 300));
      const rows = store.rowsAfter(null, null, "", 100);
      expect(keepUp(50)).toBeGreaterThan(NOW);
      const { horizon, head } = store.readState();
      expect([horizon, head]).toEqual([250, 300]);
      // Of two hundred and fifty lines those stay that say what an attribute was.
      const { kept } = storage.exec("SELECT count(*) AS kept FROM log WHERE hub_seq <= 250").one();
      expect(Number(kept)).toBe(20);
      expect(store.rowsAfter(null, null, "", 100)).toEqual(rows);
      for (const { id, record } of rows) expect(foldLines(linesAbout(storage, store, "kit", id, head))).toEqual(record);
      // What their numbers stood for is known of all of them.
      expect(store.spentTags(originOf("a"), 1, 300).size).toBe(250);
      expect(() => push("a", busy("a", 9, 9))).not.toThrow();
      expect(() => push("a", [{ ...kit("a", 9, 1, "depot", "another"), txId: "another" }])).toThrow("seq 9 was used for another operation");
      // As of any place that is still there.
      for (const position of [250, 263, 299]) {
        const then = new Map<string, unknown>();
        for (let seq = 1; seq <= position; seq++) then.set(`k-${seq % 10}/${seq % 3 === 0 ? "depot" : "reservation"}`, `v${seq}`);
        const { rows: shown } = snapshotRows({ db, store, storage }, position, undefined, undefined, "", 100);
        const values = shown.flatMap(({ id, attributes }) => Object.entries(attributes).map(([attr, value]) => [`${id}/${attr}`, value] as const));
        expect(new Map(values)).toEqual(then);
      }
      expect(walkChain(db, store.readState(), null, 1_000)).toMatchObject({ done: true, lines: 50, position: 300 });
      expect(walkChain(db, store.readState(), null, 1_000)).not.toHaveProperty("brokenAt");
      expect(entityAt({ db, store, storage }, "kit", "k-1", { hubSeq: 249 }, undefined)).toMatchObject({ refused: "too-late" });
      expect(entityAt({ db, store, storage }, "kit", "k-1", { hubSeq: 250 }, undefined)).toContain('"v241"');
      // Who comes from before is told so; who comes from there goes on.
      const state = store.readState();
      expect([lostAt(store, state, NOWHERE), lostAt(store, state, { epoch: 1, position: 250, tag: "" })]).toEqual(["expired", null]);
      expect(readLog(db, store, state, 250, 500, undefined).operations).toHaveLength(50);
      // Trimmed again, nothing is kept twice.
      push("a", busy("a", 301, 400));
      keepUp(50);
      expect(store.readState().horizon).toBe(350);
      expect(Number(storage.exec("SELECT count(*) AS kept FROM log WHERE hub_seq <= 350").one()["kept"])).toBe(20);
    }));

  test("F17 a consumer, a replica or a reader of the past that is behind keeps its lines; silent and expelled ones do not", () =>
    inStream(({ db, store, push, pull, keepUp }) => {
      push("a", busy("a", 1, 50));
      pull("a");
      db.transaction(() => confirm(db, { token: "crm" }, 30, NOW));
      expect(beginHold(db, "snapshot", 40, NOW)).toBeNull();
      push("a", busy("a", 51, 100));
      keepUp(10);
      expect(store.readState().horizon).toBe(30);
      db.transaction(() => confirm(db, { token: "crm" }, 100, NOW));
      keepUp(10);
      expect(store.readState().horizon).toBe(40);
      expect(touchHold(db, "snapshot", NOW + 1)).toBe(40);
      endHold(db, "snapshot");
      keepUp(10);
      expect(store.readState().horizon).toBe(50);
      store.transact(() => expel(store, "a", NOW));
      keepUp(10);
      expect(store.readState().horizon).toBe(90);
      // A snapshot that nobody reads any more, and a consumer that has not asked for a month.
      beginHold(db, "given-up", 90, NOW);
      db.transaction(() => confirm(db, { token: "gone" }, 90, NOW));
      push("a", busy("a", 101, 200));
      keepUp(10, NOW + HOUR_MS);
      expect(store.readState().horizon).toBe(90);
      expect(touchHold(db, "given-up", NOW + HOUR_MS)).toBeNull();
      keepUp(10, NOW + 31 * 24 * HOUR_MS);
      expect(store.readState().horizon).toBe(190);
    }));

  test("F17 a long way is trimmed in turns", () =>
    inStream(({ store, push, keepUp }) => {
      for (let from = 1; from <= 4_500; from += 500) push("a", busy("a", from, from + 499));
      expect(keepUp(100)).toBe(NOW + 1_000);
      expect(store.readState().horizon).toBe(2_000);
      expect([keepUp(100), keepUp(100) - NOW]).toEqual([NOW + 1_000, HOUR_MS]);
      expect(store.readState().horizon).toBe(4_400);
    }));

  test("F17 what was deleted and collected leaves no line behind the horizon", () =>
    inStream(({ store, storage, push, pull, keepUp }) => {
      push("a", busy("a", 1, 30));
      push("a", [operationOf("a", 31, { entity: "kit", id: "k-1", attr: "", op: "delete" }), ...busy("a", 32, 60)]);
      push("a", [operationOf("a", 61, { entity: "kit", id: "k-2", attr: "", op: "delete" }), kit("a", 62, 2, "depot", "again")]);
      push("a", [operationOf("a", 63, { entity: "kit", id: "k-3", attr: "", op: "delete" })]);
      pull("a");
      keepUp(0);
      expect(store.readState().horizon).toBe(63);
      expect(store.readRow("kit", "k-3")).toBeUndefined();
      expect(Number(storage.exec("SELECT count(*) AS n FROM log WHERE id = 'k-3'").one()["n"])).toBe(0);
      expect(foldLines(linesAbout(storage, store, "kit", "k-2", 63))).toEqual(store.readRow("kit", "k-2")?.record);
      expect(foldLines(linesAbout(storage, store, "kit", "k-1", 63))).toEqual(store.readRow("kit", "k-1")?.record);
    }));
});

test("F12 a fold of its lines is the record, whatever was written", () =>
  inStream(({ store, storage, push }) => {
    const writes = (seq: number): Operation => {
      const [unit, n, attr] = [seq % 2 === 0 ? "a" : "b", seq % 3, seq % 5];
      const own = Math.ceil(seq / 2);
      if (attr === 0) return operationOf(unit, own, { entity: "kit", id: `k-${n}`, attr: "", op: "delete" });
      if (attr === 1) return kit(unit, own, n, "attempts", (seq * 7) % 11);
      if (attr === 2) return kit(unit, own, n, "depot", null);
      return kit(unit, own, n, attr === 3 ? "depot" : "reservation", `v${seq}`);
    };
    for (let seq = 1; seq <= 120; seq++) push(seq % 2 === 0 ? "a" : "b", [writes(seq)]);
    for (const n of [0, 1, 2]) expect(foldLines(linesAbout(storage, store, "kit", `k-${n}`, 120))).toEqual(store.readRow("kit", `k-${n}`)?.record);
  }));

describe("keys of writes in the hub's name", () => {
  const DAY_MS = 24 * HOUR_MS;
  const write = ({ store }: Stream, key: string, id: string, at: number): OwnWritten | Refusal => {
    const meaning = meaningOf("kit");
    if (meaning === undefined) throw new Error("no kits");
    const own = { key, stream: "tickets", entity: "kit", id, changes: { depot: `of ${key} ${at}` }, units: ["a"], actor: "crm", reason: "test" } as const;
    const random = (count: number): Uint8Array => new Uint8Array(count);
    return store.transact(() => mayWrite(store, own, undefined) ?? writeOwn(store, own, { ...meaning, writersOf: () => "any" }, at, random));
  };
  const headOf = ({ store }: Stream): number => store.readState().head;

  test("F13 a key is known for 30 days though its line is gone, for its own entity only; then it is a new one", () =>
    inStream((stream) => {
      write(stream, "k", "k-1", NOW);
      for (const n of [2, 3, 4]) write(stream, `other-${n}`, "k-1", NOW);
      stream.keepUp(0, NOW + HOUR_MS);
      expect([stream.store.readState().horizon, stream.store.lineAt(1), headOf(stream)]).toEqual([4, undefined, 4]);
      expect(write(stream, "k", "k-1", NOW + 29 * DAY_MS)).toEqual({ epoch: 1, position: 1, results: [] });
      expect(write(stream, "k", "k-2", NOW + 29 * DAY_MS)).toMatchObject({ refused: "stale-version", field: "key" });
      stream.keepUp(0, NOW + 29 * DAY_MS);
      expect([write(stream, "k", "k-1", NOW + 30 * DAY_MS), headOf(stream)]).toMatchObject([{ position: 1 }, 4]);
      stream.keepUp(0, NOW + 30 * DAY_MS + 1);
      expect(write(stream, "k", "k-1", NOW + 31 * DAY_MS)).toMatchObject({ position: 5, results: [{ outcome: "applied" }] });
    }));

  test("F13 while its line is there a key is known for ever; of more than there is room for the oldest go", () =>
    inStream((stream) => {
      for (const n of [1, 2, 3, 4, 5]) write(stream, `k-${n}`, "k-1", NOW + n);
      stream.keepUp(5, NOW + 400 * DAY_MS);
      expect([write(stream, "k-1", "k-1", NOW + 400 * DAY_MS), headOf(stream)]).toMatchObject([{ position: 1 }, 5]);
      // Two lines stay, and of the three that are gone two keys.
      stream.store.transact(() => keepUp(stream.db, stream.store, NOW + DAY_MS, 2, 2));
      expect([1, 2, 3, 4, 5].map((n) => stream.store.readTaken(`k-${n}`)?.hubSeq)).toEqual([undefined, 2, 3, 4, 5]);
    }));
});
