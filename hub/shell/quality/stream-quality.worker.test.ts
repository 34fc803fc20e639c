import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { expect, test } from "vitest";
import { contractOf } from "../../../contracts/contract.ts";
import { NOTES_MAX, type Note } from "../../../contracts/note.ts";
import type { LoggedOperation } from "../../merge/store.ts";
import type { Entry } from "../../merge/take.ts";
import { fieldsOf } from "../../quality/field.ts";
import { type Db, readSubjects } from "./period-tables.ts";
import type { Standard } from "./standard.ts";
import { type StreamQuality, streamQuality } from "./stream-quality.ts";
import { takenOf, unknownIn } from "./taken.ts";

const entryOf = (operation: Partial<LoggedOperation>, more: Partial<Entry> = {}): Entry => ({
  operation: { origin: "plant@1", entity: "kit", id: "k", attr: "attempts", op: "set", value: 1, at: 0, outcome: "applied", ...operation } as LoggedOperation,
  joins: [],
  audience: [],
  meaning: undefined,
  ...more,
});
const unknown = (attr: string, value: unknown = 1): Entry => {
  const { value: _, ...rest } = entryOf({ attr, outcome: "dead", reason: `unknown-field: ${attr}` }).operation;
  return { ...entryOf({}), operation: rest, buried: JSON.stringify({ attr, value }), blocks: false };
};

const KIT = fieldsOf(contractOf("kit").schema);
const STANDARD: Standard = { fieldsOf: () => KIT, qualityOf: () => undefined, freshnessMs: () => undefined, mapped: () => true, forget: () => undefined };

type Bench = {
  readonly db: Db;
  readonly sql: SqlStorage;
  readonly quality: StreamQuality;
  readonly noted: [string, readonly Note[]][];
  /** Delays of the timers that wait. */
  readonly timers: () => readonly number[];
  /** Time goes on; what is due runs. */
  readonly pass: (ms: number) => Promise<void>;
  away: boolean;
};

let objects = 0;
async function inStream(body: (bench: Bench) => Promise<void>): Promise<void> {
  await runInDurableObject(env.HUB_OBJECT.getByName(`stream-quality/${(objects += 1)}`), async (_, state) => {
    const db = drizzle(state.storage);
    const waiting: { at: number; body: () => void | Promise<void> }[] = [];
    let clock = 1_000_000;
    const bench: Bench = {
      db,
      sql: state.storage.sql,
      noted: [],
      away: false,
      timers: () => waiting.map(({ at }) => at - clock),
      quality: streamQuality({
        db,
        standard: STANDARD,
        now: () => clock,
        later: (ms, run) => void waiting.push({ at: clock + ms, body: run }),
        note: async (unit, notes) => {
          if (bench.away) throw new Error("the registry is away");
          bench.noted.push([unit, notes]);
        },
      }),
      async pass(ms) {
        clock += ms;
        for (;;) {
          const i = waiting.findIndex(({ at }) => at <= clock);
          if (i < 0) return;
          await waiting.splice(i, 1)[0]?.body();
        }
      },
    };
    await body(bench);
  });
}

test("Q21 a stream that is quiet for a second lays down what it has, a busy one when it is due, a part at a time", () =>
  inStream(async ({ db, sql, quality, timers, pass }) => {
    const rows = (): number => Number(sql.exec("SELECT count(*) AS n FROM quality_period").one()["n"]);
    quality.committed([entryOf({})]);
    expect([timers(), readSubjects(db)]).toEqual([[1_000], []]);
    await pass(600);
    quality.committed([entryOf({})]);
    await pass(600);
    expect([timers(), readSubjects(db)]).toEqual([[400], []]);
    await pass(400);
    expect([timers(), readSubjects(db)]).toEqual([[], ["kit"]]);
    // Never quiet: a minute after the first.
    for (let i = 0; i < 61; i++) {
      quality.committed([entryOf({ entity: "busy" })]);
      await pass(999);
    }
    expect(readSubjects(db)).toContain("busy");
    const before = rows();
    quality.committed(Array.from({ length: 120 }, (_, i) => entryOf({ entity: `s-${i}` })));
    await pass(1_000);
    expect(rows() - before).toBe(120);
  }));

test("Q21 what can't be laid down is laid down with the next push", () =>
  inStream(async ({ db, sql, quality, pass }) => {
    sql.exec("ALTER TABLE quality_period RENAME TO hidden");
    quality.committed([entryOf({})]);
    await pass(1_000);
    sql.exec("ALTER TABLE hidden RENAME TO quality_period");
    expect(readSubjects(db)).toEqual([]);
    quality.committed([entryOf({})]);
    await pass(1_000);
    expect(readSubjects(db)).toEqual(["kit"]);
    expect(Number(sql.exec("SELECT json_extract(counts, '$.received') AS n FROM quality_period").one()["n"])).toBe(2);
    expect(quality.uncounted()).toBe(0);
  }));

test("Q23 unknown fields are told in batches by unit, each once with its count, at most as many as a call holds; what fails goes along with the next", () =>
  inStream(async (bench) => {
    const { quality, noted, pass } = bench;
    quality.committed([unknown("noise", 41.5), unknown("noise", 2), unknown("colour", "red"), entryOf({})]);
    quality.committed([{ ...unknown("noise"), operation: { ...unknown("noise").operation, origin: "other@1" as never } }]);
    expect(noted).toEqual([]);
    await pass(1_000);
    expect(noted.splice(0)).toEqual([
      [
        "plant",
        [
          { subject: "kit", field: "noise", count: 2, sample: 41.5 },
          { subject: "kit", field: "colour", count: 1, sample: "red" },
        ],
      ],
      ["other", [{ subject: "kit", field: "noise", count: 1, sample: 1 }]],
    ]);
    bench.away = true;
    quality.committed([unknown("noise")]);
    await pass(1_000);
    bench.away = false;
    await pass(60_000);
    expect(noted).toEqual([]);
    quality.committed(Array.from({ length: NOTES_MAX + 50 }, (_, i) => unknown(`f${i}`)));
    await pass(1_000);
    expect(noted.map(([unit, notes]) => [unit, notes.length, notes[0]?.field])).toEqual([["plant", NOTES_MAX, "noise"]]);
  }));

test("Q20 a value is counted as it was brought; one whose name nobody knows as such; one that is tried again not at all", () => {
  expect(
    takenOf([
      entryOf({ value: 5 }),
      // A counter comes to 9, what was brought is 2.
      entryOf({ value: 9 }, { written: { value: 2 } }),
      entryOf({ outcome: "lost", value: 5 }, { written: { value: 7 } }),
      entryOf({ op: "unset", outcome: "lost", value: 5 }, { written: {} }),
      unknown("noise"),
      entryOf({ redelivered: true }),
    ]).map(({ attr, value, outcome }) => [attr, value, outcome]),
  ).toEqual([
    ["attempts", 5, "applied"],
    ["attempts", 2, "applied"],
    ["attempts", 7, "lost"],
    ["attempts", undefined, "lost"],
    ["noise", undefined, "unnamed"],
  ]);
});

test("Q23 of a large value the outline is told", () => {
  const sampleOf = (value: unknown): unknown => unknownIn([unknown("f", value)])[0]?.note.sample;
  expect(sampleOf("x".repeat(30_000))).toHaveLength(2_000);
  expect(sampleOf(Array.from({ length: 5_000 }, () => "word"))).toEqual(["word"]);
  expect(sampleOf(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`name-${i}`, "Li Wei"])))).toEqual({
    "name-0": null,
    "name-1": null,
    "name-2": null,
  });
  expect(sampleOf({ a: 1 })).toEqual({ a: 1 });
  expect(unknownIn([entryOf({}), { ...unknown("f"), operation: { ...unknown("f").operation, redelivered: true } }])).toEqual([]);
});
