import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { type Field, documentOf, fieldsOf } from "../../quality/field.ts";
import { DAYS_KEPT, DAY_MS, WEEKS_KEPT, dayOf, weekOf } from "../../quality/period.ts";
import { readSketch, writeSketch } from "../../quality/sketch-json.ts";
import { emptySketch, observe } from "../../quality/sketch.ts";
import { type Counts, NOTHING } from "../../quality/usable.ts";
import { readBaselines, readHistory, setBaseline } from "./baseline-tables.ts";
import { type Contracts, type Quality, type TakenOperation, UNKNOWN, flush, isDue, observeTaken, openQuality } from "./counting.ts";
import { type Db, addKept, readKept, readSubjects, rollUp } from "./period-tables.ts";
import { driftsOf, headlineOf, profilesOf, takeBaselines } from "./reading.ts";

const NOW = Date.UTC(2026, 2, 25, 12);
const DOCUMENT = {
  type: "object",
  "x-quality": { freshnessMs: 60_000, completeness: 0.9, validity: 0.9 },
  properties: {
    state: { type: "string", enum: ["open", "closed"] },
    temperature: { type: "number", "x-uom": "Cel" },
    contact: { type: "object", "x-class": "personal", properties: { phone: { type: "string" } } },
    place: { type: "object", properties: { lat: { type: "number" } } },
  },
  required: ["state"],
};
const FIELDS: ReadonlyMap<string, Field> = fieldsOf(DOCUMENT);
const CONTRACTS: Contracts = {
  fieldsOf: (subject) => (subject === "pump" ? FIELDS : undefined),
  freshnessMs: () => 60_000,
  mapped: (_, __, value) => value !== "closed",
};
const set = (attr: string, value: unknown, more: Partial<TakenOperation> = {}): TakenOperation => ({
  entity: "pump",
  attr,
  op: "set",
  value,
  at: NOW,
  outcome: "applied",
  ...more,
});

let objects = 0;
/** A database of its own, in a real object. */
async function inDatabase(body: (db: Db) => void): Promise<void> {
  const stub = env.HUB_OBJECT.getByName(`quality/${(objects += 1)}`);
  await runInDurableObject(stub, (_, state) => {
    body(drizzle(state.storage));
  });
}
const countsOf = (db: Db, path: string): Counts => readKept(db, "pump", 0, path).at(-1)?.counts ?? NOTHING;
const taken = (db: Db, operations: readonly TakenOperation[], now = NOW, quality: Quality = openQuality(CONTRACTS)): void => {
  observeTaken(quality, operations, now);
  flush(db, quality, now);
};

describe("counting", () => {
  test("Q17 each operation is counted once, under its field and reason, and what lies in a value has a sketch of its own", () =>
    inDatabase((db) => {
      taken(db, [
        set("state", "open"),
        set("state", "closed"),
        set("state", "broken"),
        set("state", "open", { at: NOW - 60_001 }),
        set("state", "open", { outcome: "dead" }),
        set("state", "open", { outcome: "lost" }),
        set("state", "open", { op: "unset" }),
        set("", undefined, { op: "delete" }),
        set("place", { lat: 28.2, invented: 3 }),
        set("invented", 1),
        set("state", "open", { entity: "stranger" }),
      ]);
      expect(countsOf(db, "state")).toEqual({
        received: 7,
        usable: 2,
        owed: 7,
        late: 1,
        ageMaxMs: 60_001,
        reasons: { rejected: 1, missing: 1, "unknown-value": 1, unmapped: 1, stale: 1 },
      });
      expect(countsOf(db, UNKNOWN)).toMatchObject({ received: 1, usable: 0, reasons: { "unknown-field": 1 } });
      expect(readSubjects(db)).toEqual([UNKNOWN, "pump"]);
      const [state] = readKept(db, "pump", 0, "state");
      expect([state?.sketch?.count, state?.sketch?.unset, [...(state?.sketch?.texts.counts ?? [])].toSorted()]).toEqual([
        6,
        1,
        [
          ["broken", 1],
          ["closed", 1],
          ["open", 3],
        ],
      ]);
      expect(readKept(db, "pump", 0).map(({ path }) => path)).toEqual([UNKNOWN, "place", "place.lat", "state"]);
      expect(readKept(db, "pump", 0, "place.lat")[0]).toMatchObject({ period: dayOf(NOW), sketch: { numbers: { min: 28.2, max: 28.2 } } });
      expect(readKept(db, "pump", 0, "place.lat")[0]?.counts).toBeUndefined();
    }));

  test("Q4 a personal value leaves nothing in the tables but that it was there, sealed or not", () =>
    inDatabase((db) => {
      taken(db, [set("contact", { phone: "13812345678" }), set("contact", { $sealed: "ab12" }), set("state", { $sealed: "cd34" })]);
      const rows = JSON.stringify(readKept(db, "pump", 0).map(({ path, sketch, counts }) => [path, sketch?.types, counts]));
      expect(rows).not.toContain("138");
      expect(readKept(db, "pump", 0).map(({ path }) => path)).toEqual(["contact", "state"]);
      expect(countsOf(db, "contact")).toMatchObject({ received: 2, usable: 2 });
      expect(countsOf(db, "state")).toMatchObject({ received: 1, usable: 1 });
    }));

  test("Q17 flushed in one go, or after each operation by an object that remembers nothing: the same", () =>
    inDatabase((db) => {
      const later = 7 * DAY_MS;
      const operations = Array.from({ length: 200 }, (_, i) => set("temperature", 60 + (i % 17) / 8, { at: NOW - i * 600 }));
      taken(db, operations);
      for (const operation of operations) taken(db, [{ ...operation, at: operation.at + later }], NOW + later);
      const [once, often] = readKept(db, "pump", 0, "temperature");
      expect(often?.counts).toEqual(once?.counts);
      expect(once?.counts).toMatchObject({ received: 200, usable: 101, late: 99 });
      expect(writeSketch(often?.sketch ?? emptySketch())).toBe(writeSketch(once?.sketch ?? emptySketch()));
      expect(once?.sketch?.numbers.count).toBe(200);
    }));

  test("Q17 it waits for thousands of operations or a minute, and then no longer", () => {
    const quality = openQuality(CONTRACTS);
    expect(isDue(quality, NOW)).toBe(false);
    observeTaken(quality, [], NOW);
    expect(isDue(quality, NOW + 10 * 60_000)).toBe(false);
    observeTaken(quality, [set("state", "open")], NOW);
    expect([isDue(quality, NOW + 59_999), isDue(quality, NOW + 60_000)]).toEqual([false, true]);
    observeTaken(
      quality,
      Array.from({ length: 4_998 }, () => set("state", "open")),
      NOW,
    );
    expect(isDue(quality, NOW)).toBe(false);
    observeTaken(quality, [set("state", "open")], NOW);
    expect(isDue(quality, NOW)).toBe(true);
    expect(quality.waiting.size).toBe(1);
  });

  test("Q18 invented names of fields and subjects take no room", () => {
    const quality = openQuality(CONTRACTS);
    observeTaken(
      quality,
      Array.from({ length: 500 }, (_, i) => set(`f${i}`, i, { entity: i % 2 === 0 ? "pump" : `subject-${i}` })),
      NOW,
    );
    observeTaken(quality, [set("place", Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, i])))], NOW);
    expect([...quality.waiting.values()].map(({ subject, path }) => [subject, path])).toEqual([
      ["pump", UNKNOWN],
      [UNKNOWN, UNKNOWN],
      ["pump", "place"],
    ]);
  });
});

test("Q17 many fields are laid down in several calls, each once, and it is due until all are", () =>
  inDatabase((db) => {
    const wide = fieldsOf({ type: "object", properties: Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`f${i}`, { type: "number" }])) });
    const quality = openQuality({ ...CONTRACTS, fieldsOf: () => wide });
    observeTaken(
      quality,
      Array.from({ length: 240 }, (_, i) => set(`f${i % 120}`, i)),
      NOW,
    );
    const later = NOW + 60_000;
    const calls = [0, 1, 2].map(() => {
      flush(db, quality, later);
      return [readKept(db, "pump", 0).length, isDue(quality, later)];
    });
    expect(calls).toEqual([
      [50, true],
      [100, true],
      [120, false],
    ]);
    expect(readKept(db, "pump", 0).every(({ counts, sketch }) => counts?.received === 2 && sketch?.count === 2)).toBe(true);
  }));

describe("periods", () => {
  test("Q18 old days become weeks and old weeks are forgotten; the totals stay while anything is kept", () =>
    inDatabase((db) => {
      const days = Array.from({ length: 60 }, (_, i) => NOW - i * DAY_MS);
      for (const day of days) taken(db, [set("temperature", 60, { at: day }), set("temperature", 61, { at: day })], day, openQuality(CONTRACTS));
      const before = readKept(db, "pump", 0, "temperature");
      expect(before.reduce((sum, { counts }) => sum + (counts?.received ?? 0), 0)).toBe(120);
      while (rollUp(db, NOW) > 0);
      const after = readKept(db, "pump", 0, "temperature");
      expect(after.reduce((sum, { counts, sketch }) => sum + Math.min(counts?.received ?? 0, sketch?.numbers.count ?? 0), 0)).toBe(120);
      const spans = new Set(after.map(({ period }) => period.span));
      expect([...spans].toSorted()).toEqual(["day", "week"]);
      const oldestDay = Math.min(...after.filter(({ period }) => period.span === "day").map(({ period }) => period.fromAt));
      expect(oldestDay).toBe(weekOf(oldestDay).fromAt);
      expect(oldestDay).toBeGreaterThan(NOW - (DAYS_KEPT + 8) * DAY_MS);
      expect(rollUp(db, NOW)).toBe(0);
      rollUp(db, NOW + (WEEKS_KEPT + 20) * 7 * DAY_MS);
      expect(readKept(db, "pump", 0, "temperature")).toEqual([]);
    }));

  test("Q18 rolling up goes on with the next flush until nothing is left, and rests until the next day", () =>
    inDatabase((db) => {
      const old = NOW - 100 * DAY_MS;
      for (let i = 0; i < 80; i++) addKept(db, { subject: "pump", path: `p${i}`, period: dayOf(old), counts: { ...NOTHING, received: 1 } });
      const left = (): number => readKept(db, "pump", 0).filter(({ period }) => period.span === "day").length;
      const quality = openQuality(CONTRACTS);
      flush(db, quality, NOW);
      expect([left(), quality.rolledAt]).toEqual([30, 0]);
      flush(db, quality, NOW);
      expect([left(), quality.rolledAt]).toEqual([0, 0]);
      flush(db, quality, NOW);
      expect(quality.rolledAt).toBe(dayOf(NOW).fromAt);
      addKept(db, { subject: "pump", path: "p", period: dayOf(old), counts: NOTHING });
      flush(db, quality, NOW);
      expect(left()).toBe(1);
      flush(db, quality, NOW + DAY_MS);
      expect(left()).toBe(0);
    }));
});

describe("baselines and drifts", () => {
  test("Q19 a baseline says who set it and when; the last five are kept, the last one holds", () =>
    inDatabase((db) => {
      for (let i = 0; i < 8; i++) {
        const sketch = emptySketch();
        observe(sketch, i, FIELDS.get("temperature") as Field);
        setBaseline(db, "pump", "temperature", sketch, { setBy: `person-${i}`, setAt: NOW + i, why: `reason ${i}` }, 0.1);
      }
      expect(readHistory(db, "pump", "temperature").map(({ setBy }) => setBy)).toEqual(["person-7", "person-6", "person-5", "person-4", "person-3"]);
      expect(readBaselines(db, "pump").get("temperature")).toMatchObject({
        setBy: "person-7",
        setAt: NOW + 7,
        why: "reason 7",
        ordinary: 0.1,
        sketch: { numbers: { min: 7 } },
      });
      expect(readBaselines(db, "other").size).toBe(0);
    }));

  test("Q19 what arrives is laid beside the baseline, and a drift says since which day", () =>
    inDatabase((db) => {
      const day = (i: number, hot: boolean): void => {
        const at = NOW + i * DAY_MS;
        const cel = (j: number): number => 60 + 8 * Math.sin(j * 12.9898) + (j % 7);
        taken(
          db,
          Array.from({ length: 400 }, (_, j) => set("temperature", hot ? cel(j) * 1.8 + 32 : cel(j), { at })),
          at,
        );
      };
      for (let i = 0; i < 10; i++) day(i, false);
      const setAt = NOW + 10 * DAY_MS - 1;
      expect(takeBaselines(db, "pump", { setBy: "li-wei", setAt, why: "a quiet month" }, 28)).toBe(1);
      for (let i = 10; i < 13; i++) day(i, false);
      expect(driftsOf(db, "pump", FIELDS, NOW + 13 * DAY_MS)).toEqual([]);
      for (let i = 13; i < 18; i++) day(i, true);
      const [found, ...more] = driftsOf(db, "pump", FIELDS, NOW + 17 * DAY_MS);
      expect(more).toEqual([]);
      expect(found).toMatchObject({ kind: "uom", subject: "pump", params: { path: "temperature", uom: "[degF]" }, since: dayOf(NOW + 13 * DAY_MS).fromAt });
      // Who finds the new values right sets them as the baseline: what was before it is looked at no more.
      expect(takeBaselines(db, "pump", { setBy: "li-wei", setAt: NOW + 17 * DAY_MS, why: "the new pump" }, 5)).toBe(1);
      expect(driftsOf(db, "pump", FIELDS, NOW + 17 * DAY_MS)).toEqual([]);
    }));
});

test("Q8 the headline is the share of what arrived in the days asked for, by subject, with the promises of each", () =>
  inDatabase((db) => {
    taken(
      db,
      Array.from({ length: 10 }, () => set("state", "broken", { at: NOW - 3 * DAY_MS })),
      NOW - 3 * DAY_MS,
    );
    taken(db, [...Array.from({ length: 8 }, () => set("state", "open")), set("state", "broken"), set("state", "closed")]);
    const qualityOf = (subject: string) => (subject === "pump" ? documentOf(DOCUMENT)["x-quality"] : undefined);
    const { usable, subjects, fromAt } = headlineOf(db, qualityOf, 3, NOW);
    expect(fromAt).toBe(dayOf(NOW - 2 * DAY_MS).fromAt);
    expect(usable).toEqual({ received: 10, usable: 0.8, invalid: 0.1, unmapped: 0.1, stale: 0 });
    expect(subjects).toMatchObject([
      {
        subject: "pump",
        promises: [
          { promise: "freshness", kept: true },
          { promise: "completeness", kept: true },
          { promise: "validity", kept: true, measured: 0.9 },
        ],
      },
    ]);
    expect(headlineOf(db, qualityOf, 4, NOW).usable).toMatchObject({ received: 20, usable: 0.4 });
    expect(headlineOf(db, qualityOf, 1, NOW + 9 * DAY_MS).usable).toBeNull();
  }));

test("Q17 a scan gets each field's profile, with the last day on which it had a value", () =>
  inDatabase((db) => {
    taken(db, [set("temperature", 60)], NOW);
    taken(db, [set("temperature", undefined, { op: "unset" })], NOW + 2 * DAY_MS);
    const [profile] = profilesOf(db, "pump", 0);
    expect(profile).toMatchObject({ path: "temperature", present: 1, lastSetAt: dayOf(NOW).fromAt });
    const sketch = readSketch(profile?.sketch ?? "");
    expect(isRefusal(sketch) ? sketch : [sketch.count, sketch.unset]).toEqual([2, 1]);
  }));
