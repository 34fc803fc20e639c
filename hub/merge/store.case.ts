/** How a stream's store behaves: one suite, run on the memory side in Node and on SQLite in the Hub object. */
import { expect } from "vitest";
import { contractsOfUnit } from "../../contracts/contract.ts";
import { HLC_ZERO, tick } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBatch } from "./batch.ts";
import { redeliver } from "./dead.ts";
import { batchOf, operationOf, operations, originOf } from "./fixture/unit.ts";
import { meaningOfContract } from "./meaning.ts";
import { FIRST_STATE } from "./memory-store.ts";
import { type Known, push } from "./push.ts";
import type { DeadLetter, KnownOrigin, Line, Row, StreamState, StreamStore } from "./store.ts";

export type Opened = { readonly store: StreamStore; readonly transact: <T>(body: () => T) => T };

const NOW = 2_000_000;
/** Chance that is none, so that two sides write the same. */
const dice = (): ((count: number) => Uint8Array) => {
  let thrown = 0;
  return (count) => Uint8Array.from({ length: count }, () => (thrown += 7) % 251);
};

const recordOf = (version: number, deleted = false): EntityRecord => ({
  version,
  ...(deleted ? { deleted: { hlc: HLC_ZERO, origin: originOf("a"), version } } : {}),
  cells: deleted ? {} : { depot: { value: `v${version}`, hlc: HLC_ZERO, origin: originOf("a"), version } },
});
const rowOf = (units: readonly string[], at: number, deleted = false): Row => {
  const record = recordOf(at, deleted);
  return { record, units, at, digest: recordDigest(record) };
};
const lineOf = (hubSeq: number, over: Partial<Line> = {}): Line => ({
  hubSeq,
  origin: originOf("a"),
  seq: hubSeq,
  unit: "a",
  entity: "kit",
  id: "k",
  outcome: "applied",
  text: `{"hubSeq":${hubSeq}}`,
  written: null,
  hash: `h${hubSeq}`,
  joins: [],
  ...over,
});
const originRow = (unit: string, over: Partial<KnownOrigin> = {}): KnownOrigin => ({
  origin: originOf(unit),
  unit,
  keyHash: "hash",
  admitted: "[]",
  through: 0,
  stable: 0,
  dead: 0,
  ...over,
});
const letterOf = (hubSeq: number, over: Partial<DeadLetter> = {}): DeadLetter => ({
  hubSeq,
  origin: originOf("a"),
  seq: hubSeq,
  entity: "kit",
  id: "k",
  reason: "malformed",
  text: '"x"',
  state: "open",
  blocks: true,
  at: NOW,
  ...over,
});
const keysOf = (rows: readonly { readonly entity: string; readonly id: string }[]): readonly string[] => rows.map(({ entity, id }) => `${entity}/${id}`);

const CONTRACTS = contractsOfUnit().flatMap(({ subject, version, schema }) => meaningOfContract(subject, version, schema) ?? []);
const KNOWN: Known = { meaningOf: (entity, contract) => CONTRACTS.find(({ subject, major }) => subject === entity && contract === `${subject}@${major}`) };

export const STORE_CASES: Readonly<Record<string, (opened: Opened) => void>> = {
  "an empty store knows nothing"({ store }) {
    expect(store.readState()).toEqual(FIRST_STATE);
    expect([store.readOrigin("a@1"), store.readRow("kit", "k"), store.lineAt(1), store.readReplica("a"), store.readKey("kit/k"), store.readTaken("x")]).toEqual(
      [undefined, undefined, undefined, undefined, undefined, undefined],
    );
    expect([store.listOrigins(), store.listReplicas(), store.listDead(), store.linesFor("a", 0, 9), [...store.digests(null, null)]]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
  },

  "the state is what was written last"({ store, transact }) {
    const state: StreamState = {
      epoch: 3,
      head: 70,
      clock: tick(HLC_ZERO, 5),
      hash: "f".repeat(64),
      horizon: 4,
      stable: 60,
      collected: 12,
      restores: [
        { epoch: 2, point: 30 },
        { epoch: 3, point: 50 },
      ],
    };
    transact(() => store.writeState({ ...state, head: 69 }));
    transact(() => store.writeState(state));
    expect(store.readState()).toEqual(state);
  },

  "an origin is one row, written again as a whole"({ store, transact }) {
    transact(() =>
      [
        originRow("a", { latest: "1" }),
        originRow("b", { dead: 2 }),
        originRow("a", { through: 9, stable: 4, latest: "2", admitted: '[{"subject":"kit"}]' }),
      ].forEach(store.writeOrigin),
    );
    expect(store.readOrigin("a@1")).toEqual(originRow("a", { through: 9, stable: 4, latest: "2", admitted: '[{"subject":"kit"}]' }));
    expect([store.listOrigins("b"), store.listOrigins("c")]).toEqual([[originRow("b", { dead: 2 })], []]);
    expect(store.listOrigins().map(({ origin, dead }) => [origin, dead])).toEqual([
      ["a@1", 0],
      ["b@1", 2],
    ]);
  },

  "what numbers stood for is told by origin and range"({ store, transact }) {
    transact(() => {
      store.writeSpent({ hubSeq: 4, origin: "a@1", seq: 1, tag: 4_294_967_295 });
      store.writeSpent({ hubSeq: 5, origin: "b@1", seq: 1, tag: 7 });
      store.writeSpent({ hubSeq: 6, origin: "a@1", seq: 2, tag: 0 });
      store.writeSpent({ hubSeq: 6, origin: "a@1", seq: 2, tag: 9 });
    });
    expect([...store.spentTags("a@1", 1, 2)].toSorted()).toEqual([
      [1, 4_294_967_295],
      [2, 9],
    ]);
    expect([[...store.spentTags("a@1", 2, 8)], [...store.spentTags("b@1", 2, 8)], [...store.spentTags("c@1", 1, 8)]]).toEqual([[[2, 9]], [], []]);
  },

  "rows come in order of their key, those of a unit by themselves, tombstones among them"({ store, transact }) {
    transact(() => {
      store.writeRow("ticket", "t-1", rowOf(["a"], 1));
      store.writeRow("kit", "k-2", rowOf(["a", "b"], 2));
      store.writeRow("kit", "k-10", rowOf(["b"], 3));
      store.writeRow("kit-line", "x", rowOf(["a"], 4, true));
    });
    const all = ["kit/k-10", "kit/k-2", "kit-line/x", "ticket/t-1"];
    expect(keysOf(store.rowsAfter(null, null, "", 9))).toEqual(all);
    expect(keysOf(store.rowsAfter(null, null, "kit\nk-10", 2))).toEqual(all.slice(1, 3));
    expect(keysOf(store.rowsAfter("a", null, "", 9))).toEqual(["kit/k-2", "kit-line/x", "ticket/t-1"]);
    expect(keysOf(store.rowsAfter("a", null, "kit\nk-2", 1))).toEqual(["kit-line/x"]);
    expect(keysOf(store.rowsAfter("b", "kit", "", 9))).toEqual(["kit/k-10", "kit/k-2"]);
    expect(keysOf(store.rowsAfter(null, "kit", "kit\nk-10", 9))).toEqual(["kit/k-2"]);
    expect(store.rowsAfter(null, "ticket", "", 9)).toEqual([{ ...rowOf(["a"], 1), entity: "ticket", id: "t-1" }]);
    expect(keysOf(store.rowsAfter("c", null, "", 9))).toEqual([]);
  },

  "a row that is written again has its new units, and one that is removed has none"({ store, transact }) {
    transact(() => store.writeRow("kit", "k", rowOf(["a"], 1)));
    transact(() => {
      const row = store.readRow("kit", "k");
      store.writeRow("kit", "k", { ...rowOf(["a", "b"], 2), units: [...(row?.units ?? []), "b"] });
    });
    expect(store.readRow("kit", "k")).toEqual(rowOf(["a", "b"], 2));
    expect([keysOf(store.rowsAfter("a", null, "", 9)), keysOf(store.rowsAfter("b", null, "", 9))]).toEqual([["kit/k"], ["kit/k"]]);
    transact(() => store.writeRow("kit", "k", null));
    expect([store.readRow("kit", "k"), keysOf(store.rowsAfter("a", null, "", 9)), keysOf(store.rowsAfter("b", null, "", 9))]).toEqual([undefined, [], []]);
    transact(() => store.writeRow("kit", "k", rowOf(["b"], 3)));
    expect([keysOf(store.rowsAfter("a", null, "", 9)), keysOf(store.rowsAfter("b", null, "", 9))]).toEqual([[], ["kit/k"]]);
  },

  "digests are those of the living"({ store, transact }) {
    transact(() => {
      store.writeRow("ticket", "t", rowOf(["a"], 1));
      store.writeRow("kit", "k", rowOf(["a", "b"], 2));
      store.writeRow("kit", "gone", rowOf(["a"], 3, true));
    });
    const found = (unit: string | null, entity: string | null): readonly string[] =>
      [...store.digests(unit, entity)].map(({ entity: of, id, digest }) => `${of}/${id} ${digest}`).toSorted();
    const [kit, ticket] = [`kit/k ${recordDigest(recordOf(2))}`, `ticket/t ${recordDigest(recordOf(1))}`];
    expect([found(null, null), found("a", null), found("b", null), found("a", "ticket"), found(null, "kit")]).toEqual([
      [kit, ticket],
      [kit, ticket],
      [kit],
      [ticket],
      [kit],
    ]);
  },

  "lines are found by their number, by their origin's, and by who must hear of them"({ store, transact }) {
    transact(() => {
      store.appendLine(lineOf(1), []);
      store.appendLine(lineOf(2, { origin: originOf("b"), unit: "b", seq: 1, joins: ["b", "c"], outcome: "lost", written: '{"value":1}' }), ["a"]);
      store.appendLine(lineOf(3, { seq: 2, outcome: "dead" }), []);
      store.appendLine(lineOf(4, { seq: 3 }), ["b", "c"]);
      // Taken after all: its number comes again.
      store.appendLine(lineOf(5, { seq: 2 }), ["a", "b"]);
    });
    expect(store.lineAt(2)).toEqual(lineOf(2, { origin: originOf("b"), unit: "b", seq: 1, joins: ["b", "c"], outcome: "lost", written: '{"value":1}' }));
    const seqs = (lines: readonly Line[]): readonly number[] => lines.map(({ hubSeq }) => hubSeq);
    expect([seqs(store.linesOf("a@1", 1, 9)), seqs(store.linesOf("a@1", 2, 2)), seqs(store.linesOf("b@1", 1, 9)), seqs(store.linesOf("c@1", 1, 9))]).toEqual([
      [1, 3, 4, 5],
      [3, 5],
      [2],
      [],
    ]);
    expect([seqs(store.linesFor("a", 0, 9)), seqs(store.linesFor("b", 4, 9)), seqs(store.linesFor("b", 0, 1)), seqs(store.linesFor("d", 0, 9))]).toEqual([
      [2, 5],
      [5],
      [4],
      [],
    ]);
  },

  "replicas, keys and taken writes are what was written last"({ store, transact }) {
    transact(() => {
      store.writeReplica({ unit: "a", applied: 3, at: NOW, expelled: false });
      store.writeReplica({ unit: "b", applied: 1, at: NOW, expelled: true });
      store.writeReplica({ unit: "a", applied: 7, at: NOW + 1, expelled: false });
      store.writeKey("customer/c", "k1");
      store.writeKey("customer/d", "k2");
      store.writeKey("customer/d", null);
      store.writeTaken("w", { hubSeq: 4, at: NOW, about: "kit/k" });
    });
    expect(store.readReplica("a")).toEqual({ unit: "a", applied: 7, at: NOW + 1, expelled: false });
    expect(store.listReplicas().map(({ unit, expelled }) => [unit, expelled])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect([store.readKey("customer/c"), store.readKey("customer/d"), store.readKey("customer/e")]).toEqual(["k1", null, undefined]);
    expect([store.readTaken("w"), store.readTaken("v")]).toEqual([{ hubSeq: 4, at: NOW, about: "kit/k" }, undefined]);
  },

  "open dead letters are listed in order, of an origin or an entity; closed ones are not"({ store, transact }) {
    transact(() => {
      store.writeDead(letterOf(5));
      store.writeDead(letterOf(2, { id: "other", blocks: false }));
      store.writeDead(letterOf(3, { origin: originOf("b"), entity: "ticket" }));
      store.writeDead(letterOf(4));
      store.writeDead(letterOf(4, { state: "redelivered" }));
    });
    const seqs = (...where: Parameters<StreamStore["listDead"]>): readonly number[] => store.listDead(...where).map(({ hubSeq }) => hubSeq);
    expect([seqs(), seqs("a@1"), seqs("a@1", "kit", "k"), seqs(undefined, "ticket"), seqs("b@1", "kit", "k")]).toEqual([[2, 3, 5], [2, 5], [5], [3], []]);
    expect(store.listDead("a@1", "kit", "other")).toEqual([letterOf(2, { id: "other", blocks: false })]);
  },

  "tombstones are found up to a position"({ store, transact }) {
    transact(() => {
      store.writeRow("kit", "a", rowOf(["a"], 1, true));
      store.writeRow("kit", "b", rowOf(["a"], 2));
      store.writeRow("kit", "c", rowOf(["a"], 3, true));
      store.writeRow("kit", "d", rowOf(["a"], 4, true));
      // It was there again, and is not gone.
      store.writeRow("kit", "d", rowOf(["a"], 5));
    });
    expect([keysOf(store.tombstones(9, 9)), keysOf(store.tombstones(2, 9)), store.tombstones(9, 1).length]).toEqual([["kit/a", "kit/c"], ["kit/a"], 1]);
    expect([keysOf(store.tombstones(9, 9, 1)), keysOf(store.tombstones(9, 9, 3))]).toEqual([["kit/c"], []]);
    expect(store.tombstones(1, 9)).toEqual([{ ...rowOf(["a"], 1, true), entity: "kit", id: "a" }]);
  },

  "a transaction that throws leaves nothing of itself"({ store, transact }) {
    const filled = (): void => {
      store.writeState({ ...FIRST_STATE, head: 1, hash: "h1" });
      store.writeOrigin(originRow("a", { through: 1 }));
      store.writeRow("kit", "k", rowOf(["a"], 1));
      store.appendLine(lineOf(1), ["b"]);
      store.writeReplica({ unit: "a", applied: 1, at: NOW, expelled: false });
      store.writeDead(letterOf(1));
      store.writeKey("kit/k", "key");
      store.writeTaken("w", { hubSeq: 1, at: NOW, about: "" });
    };
    transact(filled);
    const before = dump(store);
    const thrown = new Error("a crash between two writes");
    const cut = (): unknown =>
      transact(() => {
        store.writeState({ ...store.readState(), head: 2, hash: "h2" });
        store.writeOrigin(originRow("a", { through: 2 }));
        store.writeOrigin(originRow("b"));
        store.writeRow("kit", "k", { ...rowOf(["a", "b"], 2), units: ["a", "b"] });
        store.writeRow("kit", "new", rowOf(["b"], 2));
        store.appendLine(lineOf(2), ["a", "b"]);
        store.writeReplica({ unit: "a", applied: 2, at: NOW, expelled: true });
        store.writeDead(letterOf(1, { state: "discarded" }));
        store.writeKey("kit/k", null);
        store.writeTaken("v", { hubSeq: 2, at: NOW, about: "" });
        throw thrown;
      });
    expect(cut).toThrow(thrown);
    expect(dump(store)).toEqual(before);
    // And what comes next finds the old place.
    transact(() => store.writeRow("kit", "k", { ...rowOf(["a", "c"], 2), units: [...(store.readRow("kit", "k")?.units ?? []), "c"] }));
    expect([keysOf(store.rowsAfter("b", null, "", 9)), keysOf(store.rowsAfter("c", null, "", 9))]).toEqual([[], ["kit/k"]]);
  },

  "a push is taken, repeated, buried and taken after all, over this store as over any"({ store, transact }) {
    const random = dice();
    transact(() => store.writeOrigin(originRow("a")));
    const pushed = (from: number, to: number, over: readonly unknown[] = []): unknown => {
      const batch = readBatch({ ...batchOf("a", operations("a", from, to)), operations: [...operations("a", from, to), ...over] });
      if (isRefusal(batch)) return batch;
      return transact(() => push(store, batch, store.readOrigin("a@1") ?? originRow("a"), KNOWN, 500, NOW, random));
    };
    expect(pushed(1, 3)).toMatchObject({ through: 3, versions: [1, 2, 3], dead: [], at: 3 });
    expect(pushed(2, 4)).toMatchObject({ through: 4, versions: [2, 3, 4], at: 4 });
    const poison = { ...operationOf("a", 5), value: 7 };
    expect(pushed(1, 0, [poison, operationOf("a", 6)])).toMatchObject({ through: 6, dead: [{ seq: 5 }, { seq: 6, reason: "waits: for seq 5" }] });
    expect(store.readOrigin("a@1")).toMatchObject({ through: 6, dead: 2 });
    expect(store.listDead("a@1", "assignment", "ticket-a").map(({ seq }) => seq)).toEqual([5, 6]);
    const lenient: Known = {
      meaningOf: (entity, contract) => {
        const meaning = KNOWN.meaningOf(entity, contract);
        return meaning === undefined ? undefined : { ...meaning, fits: () => true };
      },
    };
    const origin = store.readOrigin("a@1") ?? originRow("a");
    expect(transact(() => redeliver(store, origin, "assignment", "ticket-a", lenient, NOW, random))).toEqual({ redelivered: 2, left: 0 });
    expect(store.readRow("assignment", "ticket-a")?.record).toMatchObject({ version: 6, cells: { engineer: { value: "engineer-6" } } });
    expect([store.readState().head, store.readOrigin("a@1")?.dead, store.linesOf("a@1", 5, 6).length]).toEqual([8, 0, 4]);
  },
};

/** Everything that the port shows. */
export function dump(store: StreamStore): unknown {
  const { head } = store.readState();
  const lines = Array.from({ length: head + 2 }, (_, i) => store.lineAt(i + 1)).filter((line) => line !== undefined);
  const units = [...new Set([...store.listReplicas().map(({ unit }) => unit), ...lines.map(({ unit }) => unit), "a", "b", "c"])].toSorted();
  const rows = store.rowsAfter(null, null, "", 100_000);
  return {
    state: store.readState(),
    origins: store.listOrigins().toSorted((a, b) => (a.origin < b.origin ? -1 : 1)),
    rows,
    lines,
    heard: units.map((unit) => [unit, store.linesFor(unit, 0, 100_000).map(({ hubSeq }) => hubSeq), keysOf(store.rowsAfter(unit, null, "", 100_000))]),
    replicas: store.listReplicas().toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
    dead: store.listDead(),
    keys: rows.map(({ entity, id }) => store.readKey(`${entity}/${id}`)),
    taken: ["v", "w"].map((key) => store.readTaken(key)?.hubSeq),
    digests: [...store.digests(null, null)].map(({ entity, id, digest }) => `${entity}/${id} ${digest}`).toSorted(),
  };
}
