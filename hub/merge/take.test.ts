import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLOCK_AHEAD_MS, HLC_ZERO, tick } from "../../contracts/delta/clock.ts";
import type { Meaning, Meanings } from "../../contracts/delta/meaning.ts";
import { type EntityRecord, entityOf } from "../../contracts/delta/merge.ts";
import { FeedItem, type Operation, PUSH_BYTES_MAX, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBatch } from "./batch.ts";
import { type Sketch, batchOf, operationOf, operations, originOf } from "./fixture/unit.ts";
import { FIRST_STATE } from "./memory-store.ts";
import { type StreamState, rowKey } from "./store.ts";
import { ATTRS_MAX, type Entry, type Taken, type TakenRow, take } from "./take.ts";

const OURS: Meanings = (entity) => meaningOf(entity);
const NOW = 2_000_000;

/** As `meaning`, with attributes that only the unit knows. */
const knowing = (meaning: Meaning | undefined, names: readonly string[]): Meaning | undefined =>
  meaning === undefined
    ? undefined
    : { ...meaning, knows: (attr) => names.includes(attr) || meaning.knows(attr), fits: (attr, value) => names.includes(attr) || meaning.fits(attr, value) };

/** The stream as an object would keep it. */
class Stream {
  state: StreamState = FIRST_STATE;
  readonly log: Entry[] = [];
  readonly rows = new Map<string, TakenRow>();
  readonly throughs = new Map<string, number>();

  push(unit: string, raws: readonly unknown[], meanings: Meanings = OURS): Taken | ReturnType<typeof take> {
    const sender = { origin: originOf(unit), unit, stream: "tickets", through: this.throughs.get(unit) ?? 0, meaningOf: meanings } as const;
    const waitsFor = (entity: string, id: string): number | undefined =>
      this.log.find(({ blocks, operation }) => blocks === true && operation.origin === sender.origin && operation.entity === entity && operation.id === id)
        ?.operation.seq;
    const look = { row: (entity: string, id: string) => this.rows.get(rowKey(entity, id)), waitsFor, isErased: () => false };
    const taken = take(raws, sender, this.state, look, NOW);
    if (isRefusal(taken)) return taken;
    this.state = taken.state;
    this.log.push(...taken.entries);
    for (const [key, row] of taken.rows) this.rows.set(key, row);
    this.throughs.set(unit, taken.through);
    return taken;
  }

  record(entity: string, id: string): EntityRecord | undefined {
    return this.rows.get(rowKey(entity, id))?.record;
  }
}

describe("take", () => {
  test("D1 D3 D4 however pushes are cut, repeated and mixed, the log has each operation once, in order, gapless, versions rising by one", () => {
    const values = fc.constantFrom<Sketch>(
      { attr: "attempts", value: 3 },
      { attr: "attempts", value: 9 },
      { attr: "depot", value: "east" },
      { attr: "depot", op: "unset" },
      { attr: "", op: "delete" },
      { attr: "depot", value: 7 },
      { entity: "spaceship" },
    );
    const step = fc.record({ unit: fc.constantFrom("a", "b", "c"), from: fc.nat({ max: 6 }), count: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 30, maxLength: 30 }),
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.constantFrom("k1", "k2"), { minLength: 30, maxLength: 30 }),
        (sketches, steps, ids) => {
          const stream = new Stream();
          const listOf = (unit: string): readonly Operation[] =>
            sketches.map((sketch, i) => strip(operationOf(unit, i + 1, { entity: "kit", id: ids[i] ?? "k1", ...sketch })));
          for (const { unit, from, count } of steps) {
            const through = stream.throughs.get(unit) ?? 0;
            const raws = listOf(unit).slice(Math.max(0, through - from), Math.max(0, through - from) + count);
            if (raws.length > 0) expect(isRefusal(stream.push(unit, raws))).toBe(false);
          }
          expect(stream.log.map((entry) => entry.operation.hubSeq)).toEqual(stream.log.map((_, i) => i + 1));
          const versions = new Map<string, number>();
          for (const { operation } of stream.log) {
            FeedItem.shape.operation.parse(operation);
            const before = versions.get(operation.id) ?? 0;
            if (operation.outcome === "applied") versions.set(operation.id, before + 1);
            if (operation.outcome !== "dead") expect(operation.version).toBe(versions.get(operation.id) ?? 0);
          }
          for (const unit of ["a", "b", "c"]) {
            const seqs = stream.log.filter((entry) => entry.operation.origin === originOf(unit)).map((entry) => entry.operation.seq);
            expect(seqs).toEqual(seqs.map((_, i) => i + 1));
            expect(stream.throughs.get(unit) ?? 0).toBe(seqs.length);
          }
          for (const { id, record } of stream.rows.values()) expect(record.version).toBe(versions.get(id));
        },
      ),
    );
  });

  test("D5 replaying the log's resulting values rebuilds every entity", () => {
    const op = fc.record({
      unit: fc.constantFrom("a", "b"),
      attr: fc.constantFrom("depot", "reservation", "attempts"),
      value: fc.nat({ max: 9 }),
      unset: fc.boolean(),
      ms: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
        const stream = new Stream();
        for (const { unit, attr, value, unset, ms } of ops) {
          const seq = (stream.throughs.get(unit) ?? 0) + 1;
          const sketch = unset ? { op: "unset" as const } : { value: attr === "attempts" ? value : String(value) };
          stream.push(unit, [strip({ ...operationOf(unit, seq, { entity: "kit", id: "k", attr, ...sketch }), hlc: tick(HLC_ZERO, 1_000 + ms) })]);
        }
        const rebuilt: Record<string, unknown> = {};
        for (const { operation } of stream.log) {
          if (operation.outcome !== "applied") continue;
          if (operation.value === undefined) delete rebuilt[operation.attr];
          else rebuilt[operation.attr] = operation.value;
        }
        const record = stream.record("kit", "k");
        expect(rebuilt).toEqual(record === undefined ? {} : entityOf(record));
      }),
    );
  });

  test("D3 a gap, a stranger's operation and one without identity refuse the whole push", () => {
    const stream = new Stream();
    expect(stream.push("a", operations("a", 2, 3))).toMatchObject({
      refused: "gap",
      rule: expect.stringContaining("expected seq 1") as string,
      field: "operations.0.seq",
    });
    expect(stream.push("a", [...operations("a", 1, 2), operationOf("b", 3)])).toMatchObject({ refused: "not-permitted", field: "operations.2.origin" });
    expect(stream.push("a", [operationOf("a", 1), operationOf("a", 2, { stream: "assets" })])).toMatchObject({ refused: "not-permitted" });
    expect(stream.push("a", [operationOf("a", 1), { hello: "hub" }])).toMatchObject({ refused: "malformed", field: "operations.1" });
    expect(stream.log).toEqual([]);
  });

  test("D6 a clock exactly at the bound is kept, one beyond is re-stamped so that it wins nothing", () => {
    const stream = new Stream();
    const at = (seq: number, unit: string, ms: number): Operation =>
      operationOf(unit, seq, { entity: "kit", id: `k-${unit}`, attr: "depot", value: `${unit}${seq}` }, ms);
    stream.push("a", [at(1, "a", NOW + CLOCK_AHEAD_MS)]);
    expect(stream.log[0]?.operation.reason).toBe("test");
    stream.push("b", [at(1, "b", NOW + 10 * CLOCK_AHEAD_MS)]);
    expect(stream.log[1]).toMatchObject({ operation: { reason: "clock-ahead" }, written: { hlc: tick(HLC_ZERO, NOW + 10 * CLOCK_AHEAD_MS) } });
    expect((stream.log[1]?.operation.hlc ?? "z") < tick(HLC_ZERO, NOW + 2 * CLOCK_AHEAD_MS)).toBe(true);
  });

  test("D1 whatever is thrown at it as an operation of its own origin is applied or dead with a reason, and the stream goes on", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(
            fc.constantFrom("entity", "id", "attr", "op", "value", "hlc", "baseVersion", "at", "actor", "contract", "txId", "__proto__", "extra"),
            fc.jsonValue(),
          ),
          { minLength: 1, maxLength: 5 },
        ),
        (junk) => {
          const stream = new Stream();
          const raws = junk.map((fields, i) => ({ ...operationOf("a", i + 1), ...fields, origin: originOf("a"), stream: "tickets", seq: i + 1 }));
          expect(isRefusal(stream.push("a", raws))).toBe(false);
          expect(stream.throughs.get("a")).toBe(raws.length);
          for (const { operation } of stream.log) {
            FeedItem.shape.operation.parse(operation);
            if (operation.outcome === "dead") expect(operation.reason).toMatch(/^[a-z-]+/);
          }
        },
      ),
    );
  });

  test("D1 a value nested without end is buried unread", () => {
    const stream = new Stream();
    const deep: unknown = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`);
    const raws = [{ ...operationOf("a", 1), value: deep }, operationOf("a", 2)];
    expect(isRefusal(readBatch({ ...batchOf("a", []), operations: raws }))).toBe(false);
    stream.push("a", raws);
    expect(stream.log.map(({ operation }) => [operation.outcome, operation.reason])).toEqual([
      ["dead", "malformed: nested too deep"],
      ["applied", "test"],
    ]);
  });

  test("D9 an attribute that was not registered is dead; one that only the unit knows is carried", () => {
    const stream = new Stream();
    stream.push("a", [operationOf("a", 1, { attr: "colour", value: "red" })]);
    stream.push("b", [operationOf("b", 1, { attr: "colour", value: "red" })], (entity) => knowing(OURS(entity, ""), ["colour"]));
    stream.push("c", [operationOf("c", 1)], (entity) => (entity === "kit" ? OURS(entity, "") : undefined));
    expect(stream.log.map(({ operation }) => [operation.outcome, operation.reason])).toEqual([
      ["dead", "unknown-field: colour"],
      ["applied", "test"],
      ["dead", "not-registered"],
    ]);
  });

  test("D12 a deletion by the side that does not write the key is dead with its reason; the other side's holds", () => {
    const ruled =
      (writers: "unit" | "hub"): Meanings =>
      (entity) => {
        const ours = OURS(entity, "");
        return ours === undefined ? undefined : { ...ours, writersOf: (attr) => (attr === "" ? writers : ours.writersOf(attr)) };
      };
    const removal = operationOf("a", 2, { attr: "", op: "delete", baseVersion: 1 });
    for (const [writers, outcome] of [
      ["hub", ["dead", "not-writer"]],
      ["unit", ["applied", "test"]],
    ] as const) {
      const stream = new Stream();
      stream.push("a", [operationOf("a", 1), removal], ruled(writers));
      expect(stream.log.map(({ operation }) => [operation.outcome, operation.reason])).toEqual([["applied", "test"], outcome]);
    }
  });

  test("D9 an entity does not grow beyond its bound", () => {
    const stream = new Stream();
    const names = Array.from({ length: ATTRS_MAX + 1 }, (_, i) => `a${i}`);
    stream.push(
      "a",
      names.map((attr, i) => operationOf("a", i + 1, { attr, value: "x" })),
      (entity) => knowing(OURS(entity, ""), names),
    );
    expect(stream.log.map((entry) => entry.operation.outcome)).toEqual([...Array.from({ length: ATTRS_MAX }, () => "applied"), "dead"]);
  });
});

describe("the envelope of a push", () => {
  test("D1 limits are those of the unit's cuts; one operation alone always comes in", () => {
    const big = (seq: number, size: number): Operation => operationOf("a", seq, { value: "x".repeat(size) });
    expect(
      isRefusal(
        readBatch(
          batchOf(
            "a",
            Array.from({ length: 7 }, (_, i) => big(i + 1, VALUE_BYTES_MAX)),
          ),
        ),
      ),
    ).toBe(false);
    expect(
      readBatch(
        batchOf(
          "a",
          Array.from({ length: 9 }, (_, i) => big(i + 1, VALUE_BYTES_MAX)),
        ),
      ),
    ).toMatchObject({ refused: "too-large" });
    expect(isRefusal(readBatch(batchOf("a", [big(1, 2 * PUSH_BYTES_MAX)])))).toBe(false);
    expect(isRefusal(readBatch(batchOf("a", operations("a", 1, 500))))).toBe(false);
    expect(readBatch(batchOf("a", operations("a", 1, 501)))).toMatchObject({ refused: "too-many" });
  });
});

/** What travels has no `undefined` in it; a `delete` and an `unset` carry no value. */
function strip(operation: Operation): Operation {
  const { value, ...rest } = operation;
  return operation.op === "set" && value !== undefined ? operation : rest;
}
