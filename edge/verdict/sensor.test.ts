import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Baseline } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { DeviceProfile } from "../../contracts/scenario.ts";
import { convert } from "../../contracts/uom.ts";
import { listRecordings, readRecording } from "../../devices/replay/recording.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { learnNormal } from "./commission.ts";
import { numbersOf } from "./fixtures/ask.ts";
import { believe } from "./sensor.ts";
import { UNIT_WINDOW_ROWS } from "./sensor-jump.ts";
import { STUCK_ROWS } from "./sensor-still.ts";
import { CLEAR_ROWS, DROP_OUT_MS, findingsOf, loadSensors, openSensors, saveSensors, type Sensors } from "./sensor-state.ts";
import { checkClock, clockFinding, openClock } from "./sensor-clock.ts";

const SKAB = fileURLToPath(new URL("../../../shared/data/skab", import.meta.url));
/** Normal level and spread of each channel, and the steps in which it is told (0: as fine as it gets). */
const CHANNELS = [
  { id: "vibration", uom: "mm/s", mean: 2.8, spread: 0.08, coarse: 0 },
  { id: "pressure", uom: "bar", mean: 4, spread: 0.05, coarse: 0 },
  { id: "temperature", uom: "Cel", mean: 60, spread: 0.4, coarse: 0.5 },
  { id: "flow", uom: "L/min", mean: 120, spread: 2, coarse: 0 },
];
const profile = DeviceProfile.parse({
  id: "pump",
  title: { en: "Pump", zh: "泵" },
  channels: CHANNELS.map(({ id, uom }) => ({ id, uom, title: { en: id, zh: id }, periodMs: 1_000, min: -20_000, max: 20_000, nulls: "gap" })),
  faultCodes: {},
  model: "shift",
});
const START = 1_763_750_000_000;
const LEARNT = 400;

type Row = (number | null)[];
type Seen = {
  readonly sensors: Sensors;
  readonly masked: readonly (readonly [row: number, channel: number])[];
  readonly begun: readonly (readonly [number, string])[];
};

/** Rows of a well machine, each as `bend` has it. Row 0 is the first after commissioning. */
function run(rows: number, bend: (values: Row, i: number) => Row, before = LEARNT): Seen {
  const sensors = openSensors(CHANNELS.length);
  const next = numbersOf(7);
  const normal = { mean: CHANNELS.map((one) => one.mean), scale: CHANNELS.map((one) => Math.max(one.spread, one.mean * 0.02)) };
  const baseline: Baseline = { ...normal, floor: CHANNELS.map(() => 1), rows: LEARNT, learntAt: START };
  const masked: (readonly [number, number])[] = [];
  const begun: (readonly [number, string])[] = [];
  for (let i = -before; i < rows; i++) {
    const well = CHANNELS.map(({ mean, spread, coarse }) => {
      const value = mean + spread * (next() + next() + next() - 1.5) * 2;
      return coarse === 0 ? value : Math.round(value / coarse) * coarse;
    });
    const values = Float32Array.from(i < 0 ? well : bend(well, i), (value) => value ?? Number.NaN);
    const given = values.slice();
    const out = believe(sensors, profile, START + i * 1_000, values, i < 0 ? null : baseline, (c) =>
      begun.push([i, `${profile.channels[c]?.id} ${findingsOf(sensors, profile).find((one) => one.channel === profile.channels[c]?.id)?.fault}`]),
    );
    expect(values).toEqual(given);
    for (let c = 0; c < CHANNELS.length; c++) if (Number.isNaN(out[c]) && !Number.isNaN(values[c])) masked.push([i, c]);
  }
  return { sensors, masked, begun };
}

/** `c` becomes what `to` makes of it, in rows `from` to `until`. */
const bend =
  (c: number, from: number, until: number, to: (value: number, i: number) => number | null) =>
  (values: Row, i: number): Row =>
    values.map((value, at) => (at === c && i >= from && i < until ? to(value ?? 0, i) : value));
const inUom = (from: string, to: string) => (value: number) => {
  const other = convert(value, from, to);
  if (isRefusal(other)) throw new Error(other.rule);
  return other;
};

test("VP1 a well machine has no finding, and every value is believed", () => {
  const { sensors, masked, begun } = run(10_000, (values) => values);
  expect([masked, begun, findingsOf(sensors, profile)]).toEqual([[], [], []]);
});

describe("VP2 a channel that repeats one value", () => {
  test("longer than it ever did is stuck, is a gap to the model from then on, and is believed again once it moves", () => {
    const { masked, begun, sensors } = run(
      300,
      bend(1, 50, 150, () => 4.02),
    );
    expect(begun).toEqual([[50 + STUCK_ROWS, "pressure stuck"]]);
    expect(masked[0]).toEqual([50 + STUCK_ROWS, 1]);
    expect(masked.at(-1)?.[0]).toBeLessThan(150 + CLEAR_ROWS);
    expect(masked.length).toBeGreaterThan(100 - STUCK_ROWS);
    expect(findingsOf(sensors, profile)).toEqual([]);
  });
  test("is not stuck where it is told in coarse steps, stands at zero, or was still when it was commissioned", () => {
    expect(
      run(
        400,
        bend(2, 0, 400, () => 60),
      ).begun,
    ).toEqual([]);
    expect(
      run(
        400,
        bend(3, 0, 400, () => 0),
      ).begun,
    ).toEqual([]);
    expect(
      run(
        4_000,
        bend(2, 0, 4_000, () => 60),
      ).begun,
    ).toEqual([[expect.any(Number), "temperature stuck"]]);
    expect(
      run(
        200,
        bend(1, 0, 200, () => 4.02),
        0,
      ).begun,
    ).toEqual([]);
  });
});

describe("VP3 a channel without a value", () => {
  test("while the others go on has dropped out, and is back after some values", () => {
    const { begun, masked, sensors } = run(
      200,
      bend(0, 20, 120, () => null),
    );
    expect(begun).toEqual([[20 + DROP_OUT_MS / 1_000, "vibration drop-out"]]);
    expect([masked, findingsOf(sensors, profile)]).toEqual([[], []]);
    const [standing] = findingsOf(
      run(
        120,
        bend(0, 20, 120, () => null),
      ).sensors,
      profile,
    );
    expect(standing).toMatchObject({ channel: "vibration", fault: "drop-out", since: START + 80_000, lastAt: START + 119_000, count: 40 });
  });
  test("as long as when it was commissioned, or when nothing came at all, has not", () => {
    expect(
      run(
        100,
        bend(0, 20, 70, () => null),
      ).begun,
    ).toEqual([]);
    const sensors = openSensors(4);
    const begun: number[] = [];
    const values = Float32Array.of(Number.NaN, 4, 60, 120);
    for (let i = 0; i < 300; i++) believe(sensors, profile, START + i * 1_000, values, null, (c) => begun.push(c));
    expect(begun).toEqual([]);
  });
});

describe("VP4 what loggers write for no value", () => {
  test.each([-9_999, 999.9, -999, 9_999, 32_767])("%d is a gap from its first row, and a finding from its second", (sentinel) => {
    const { begun, masked } = run(
      100,
      bend(0, 30, 40, () => sentinel),
    );
    expect(masked.slice(0, 10).map(([i]) => i)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
    expect(masked.length).toBe(10);
    expect(begun).toEqual([[31, "vibration sentinel"]]);
  });
  test("counts in commissioning too, and not where it is what the channel says", () => {
    const sensors = openSensors(4);
    const seen = Array.from(
      { length: 30 },
      (_, i) => believe(sensors, profile, START + i * 1_000, Float32Array.of(i === 25 ? -9_999 : 2 + i / 100, 4, 60, 1), null, () => {})[0],
    );
    expect(seen.flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([25]);
    const wide = run(
      100,
      bend(3, 0, 100, (value, i) => (i % 2 === 0 ? 120 : value)),
    );
    expect(wide.masked).toEqual([]);
  });
});

describe("VP5 another unit of measure", () => {
  test.each([
    [0, "mm/s", "[in_i]/s"],
    [0, "mm/s", "m/s"],
    [1, "bar", "[psi]"],
    [1, "bar", "kPa"],
    [2, "Cel", "[degF]"],
    [2, "Cel", "K"],
    [3, "L/min", "m3/h"],
    [3, "L/min", "[gal_us]/min"],
  ])("of channel %d, %s to %s, is noticed in one window, masked from its first row, and cleared when it is set back", (c, from, to) => {
    const { begun, masked, sensors } = run(200, bend(c, 50, 120, inUom(from, to)));
    expect(begun).toEqual([[50 + UNIT_WINDOW_ROWS - 1, `${CHANNELS[c]?.id} uom`]]);
    expect(masked.map(([i]) => i)).toEqual(Array.from({ length: 70 + CLEAR_ROWS - 1 }, (_, i) => 50 + i));
    expect(findingsOf(sensors, profile)).toEqual([]);
    const [standing] = findingsOf(run(100, bend(c, 50, 120, inUom(from, to))).sensors, profile);
    expect(standing).toMatchObject({ fault: "uom", rule: `values are in ${from}`, mend: expect.stringContaining(to), count: 50 });
  });
  test("is not what a machine does: a level that comes and stays by no unit's factor, or that goes there in steps, or with others", () => {
    expect(
      run(
        200,
        bend(3, 50, 200, (value) => value * 0.4),
      ).masked,
    ).toEqual([]);
    expect(
      run(
        300,
        bend(3, 50, 300, (value, i) => value * Math.max(0.264, 1 - (i - 50) / 40)),
      ).begun,
    ).toEqual([]);
    const stop = run(200, (values, i) => (i < 50 ? values : values.map((value, c) => (c === 3 ? (value ?? 0) * 0.264 : c === 1 ? (value ?? 0) * 0.6 : value))));
    expect([stop.begun, stop.masked]).toEqual([[], []]);
  });
  test("held back in doubt, a jump that does not last comes to the model within the window", () => {
    const { begun, masked } = run(100, bend(3, 50, 53, inUom("L/min", "m3/h")));
    expect(begun).toEqual([]);
    expect(masked.length).toBeLessThanOrEqual(UNIT_WINDOW_ROWS);
  });
});

test("VP5 a machine that jumps to another level, with more noise than before, is hardly ever taken for another unit, and seldom held back", () => {
  const begunOf = (seed: number, c: number, factor: number, noise: number): { readonly begun: number; readonly held: number } => {
    const sensors = openSensors(CHANNELS.length);
    const normal = { mean: CHANNELS.map((one) => one.mean), scale: CHANNELS.map((one) => Math.max(one.spread, one.mean * 0.02)) };
    const baseline: Baseline = { ...normal, floor: CHANNELS.map(() => 1), rows: LEARNT, learntAt: START };
    const next = numbersOf(seed);
    let [begun, held] = [0, 0];
    for (let i = 0; i < 120; i++) {
      const row = CHANNELS.map(({ mean, spread }, at) => {
        const by = spread * (next() + next() + next() - 1.5) * 2;
        return at === c && i >= 80 ? mean * factor + by * noise : mean + by;
      });
      const out = believe(sensors, profile, START + i * 1_000, Float32Array.from(row), baseline, () => begun++);
      if (Number.isNaN(out[c])) held++;
    }
    return { begun, held };
  };
  const all = [0, 1, 3].flatMap((c) =>
    [0.3, 0.5, 2, 3, 5, 8, 12].flatMap((factor) =>
      [3, 10, 30].flatMap((noise) => Array.from({ length: 6 }, (_, seed) => begunOf(1 + seed + 97 * c + 13 * noise, c, factor, noise))),
    ),
  );
  expect(all.filter(({ begun }) => begun > 0).length / all.length).toBeLessThan(0.01);
  expect(all.filter(({ held }) => held > 0).length / all.length).toBeLessThan(0.15);
});

test("VP5 another unit is noticed while the device is commissioned too: what is learnt is of one unit, and it clears when it is set back", () => {
  const sensors = openSensors(CHANNELS.length);
  const next = numbersOf(11);
  const told: number[] = [];
  const learnt: number[] = [];
  for (let i = 0; i < LEARNT; i++) {
    const row = CHANNELS.map(({ mean, spread }) => mean + spread * (next() + next() + next() - 1.5) * 2);
    if (i >= 200 && i < 380) row[1] = inUom("bar", "[psi]")(row[1] ?? 0);
    const out = believe(sensors, profile, START + i * 1_000, Float32Array.from(row), null, () => told.push(i));
    if (!Number.isNaN(out[1])) learnt.push(out[1] ?? 0);
  }
  expect(told).toEqual([200 + UNIT_WINDOW_ROWS - 1]);
  expect([learnt.length >= 200, Math.max(...learnt) < 5, findingsOf(sensors, profile)]).toEqual([true, true, []]);
});

test("VP5 of a channel about zero no jump is held back: its values are the same in every unit", () => {
  const sensors = openSensors(CHANNELS.length);
  const baseline: Baseline = { mean: CHANNELS.map(() => 0), scale: CHANNELS.map(() => 1), floor: CHANNELS.map(() => 1), rows: LEARNT, learntAt: START };
  for (let i = 0; i < 40; i++) {
    const row = Float32Array.from(CHANNELS, () => (i % 3) / 10 + (i < 5 ? 0 : 8));
    expect(believe(sensors, profile, START + i * 1_000, row, baseline, () => {})).toBe(row);
  }
});

test("VE1 a channel that said nothing while its device was commissioned is no alarm when it comes: it is a gap, told as not learnt, until somebody says what is normal", () => {
  const sensors = openSensors(CHANNELS.length);
  const next = numbersOf(3);
  const known = { floor: CHANNELS.map(() => 1), rows: LEARNT, learntAt: START };
  const learnt: Baseline = { ...known, mean: [2.8, 4, 0, 120], scale: [0.1, 0.1, 1, 2.5] };
  const whole: Baseline = { ...known, mean: [2.8, 4, 60, 120], scale: [0.1, 0.1, 1.2, 2.5] };
  const told: number[] = [];
  const row = (i: number, value: number, baseline: Baseline | null): Float32Array =>
    believe(sensors, profile, START + i * 1_000, Float32Array.of(2.8 + 0.1 * next(), 4 + 0.1 * next(), value, 120 + next()), baseline, (c) => told.push(c));
  // A logger that has no sensor there, or none at all: neither is a value.
  for (let i = 0; i < LEARNT; i++) row(i, i % 2 === 0 ? Number.NaN : 999.9, null);
  told.length = 0;
  for (let i = LEARNT; i < LEARNT + 50; i++) {
    const out = row(i, 60 + next(), learnt);
    expect([...out].map(Number.isNaN)).toEqual([false, false, true, false]);
  }
  expect([told, findingsOf(sensors, profile)]).toMatchObject([[2], [{ channel: "temperature", fault: "unlearnt", count: 50 }]]);
  for (let i = 450; i < 450 + CLEAR_ROWS; i++) expect(row(i, 60 + next(), whole).some(Number.isNaN)).toBe(false);
  expect(findingsOf(sensors, profile)).toEqual([]);
});

describe("VP6 a device's clock", () => {
  /** A reading a second; `at` says what the device's clock says. */
  const readings = (count: number, at: (i: number) => number, arrivedAt: (i: number) => number = (i) => START + i * 1_000): readonly (number | undefined)[] => {
    const clock = openClock();
    let last = -1;
    return Array.from({ length: count }, (_, i) => {
      const isBehind = at(i) <= last || at(i) < arrivedAt(i) - 60_000;
      last = Math.max(last, at(i));
      checkClock(clock, at(i), arrivedAt(i), isBehind);
      return clockFinding(clock)?.count;
    });
  };
  test("that is set back is noticed within half a minute, and is over when it is set right", () => {
    const seen = readings(200, (i) => START + i * 1_000 - (i >= 50 && i < 120 ? 3_600_000 : 0));
    expect(seen.findIndex((count) => count !== undefined)).toBeLessThan(80);
    expect([seen[49], seen[119] !== undefined, seen.at(-1)]).toEqual([undefined, true, undefined]);
  });
  test("that is behind all the time is noticed, and says by how much", () => {
    const clock = openClock();
    for (let i = 0; i < 60; i++) checkClock(clock, START + i * 1_000 - 600_000, START + i * 1_000, true);
    expect(clockFinding(clock)).toMatchObject({ fault: "clock", mend: "set the device's clock: it is 600 s behind" });
  });
  test("is right where a backlog comes in one go, and where stragglers come one by one", () => {
    const backlog = readings(
      400,
      (i) => START + i * 1_000,
      (i) => START + Math.max(i, 300) * 1_000 + (i % 300),
    );
    expect(backlog.every((count) => count === undefined)).toBe(true);
    const stragglers = readings(400, (i) => START + (i % 7 === 0 ? i - 90 : i) * 1_000);
    expect(stragglers.every((count) => count === undefined)).toBe(true);
  });
});

test("VP7 saved and loaded at any row, the checks go on as if nothing had been", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 599 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 599 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(-9_999, 0.1, 4.02, 14.5, null)), { maxLength: 200 }),
      (cut, bends) => {
        const rowOf = (i: number): Float32Array => {
          const next = numbersOf(i);
          const row = Float32Array.from(CHANNELS, ({ mean, spread }) => mean + spread * (next() - 0.5));
          for (const [at, c, value] of bends) if (i >= at && i < at + 40) row[c] = value ?? Number.NaN;
          return row;
        };
        const normal = learnNormal(Float32Array.from(CHANNELS.map(({ mean }) => mean)), 1, 4);
        const baseline: Baseline = { mean: [...normal.mean], scale: [...normal.scale], floor: [1, 1, 1, 1], rows: 1, learntAt: 0 };
        const follow = (sensors: Sensors, from: number, until: number): readonly Float32Array[] =>
          Array.from({ length: until - from }, (_, i) =>
            believe(sensors, profile, START + (from + i) * 1_000, rowOf(from + i), from + i < 100 ? null : baseline, () => {}),
          );
        const whole = openSensors(4);
        const all = follow(whole, 0, 600);
        const first = openSensors(4);
        const head = follow(first, 0, cut);
        const second = loadSensors(4, structuredClone(saveSensors(first)));
        expect([...head, ...follow(second, cut, 600)]).toEqual(all);
        expect(findingsOf(second, profile)).toEqual(findingsOf(whole, profile));
        expect(second).toEqual(whole);
      },
    ),
    { numRuns: 30 },
  );
});

describe.skipIf(!existsSync(SKAB))("recordings of a pump (skipped where they are not at hand)", () => {
  test("VP1 their faults are faults of the machine: no finding in any of them, and no more than a row in ten thousand is doubted", async () => {
    const [pump] = pumpVibration.profiles;
    if (pump === undefined) throw new Error("the template has a profile");
    let [rows, doubted] = [0, 0];
    for (const path of await listRecordings(SKAB)) {
      const recording = await readRecording(SKAB, path, pump.channels.length);
      if (isRefusal(recording)) throw new Error(recording.rule);
      const width = pump.channels.length;
      const learning = Float32Array.from(recording.rows.slice(0, LEARNT).flatMap((row) => row.values.map((value) => value ?? Number.NaN)));
      const normal = learnNormal(learning, LEARNT, width);
      const baseline: Baseline = { mean: [...normal.mean], scale: [...normal.scale], floor: pump.channels.map(() => 1), rows: LEARNT, learntAt: 0 };
      const sensors = openSensors(width);
      const begun: number[] = [];
      for (const [i, row] of recording.rows.entries()) {
        const values = Float32Array.from(row.values, (value) => value ?? Number.NaN);
        if (believe(sensors, pump, row.at, values, i < LEARNT ? null : baseline, (c) => begun.push(c)) !== values) doubted++;
        rows++;
      }
      expect([recording.series, begun]).toEqual([recording.series, []]);
    }
    expect(doubted / rows).toBeLessThan(1 / 5_000);
  });
});

test("VP5 another unit stays one while the machine is stopped, started and laden otherwise, until the values are usual again", () => {
  const [FLOW, PRESSURE] = [3, 1];
  const load = (i: number): number => (i < 200 ? 1 : i < 400 ? 0.05 : i < 700 ? 0.7 : 1);
  const { masked } = run(1_100, (values, i) =>
    values.map((value, c) => (c === FLOW && i >= 100 && i < 900 ? 0.06 : 1) * (c === FLOW || c === PRESSURE ? load(i) : 1) * (value ?? 0)),
  );
  const rows = masked.flatMap(([i, c]) => (c === FLOW ? [i] : []));
  expect(rows.filter((i) => i >= 100 && i < 900)).toHaveLength(800);
  expect(Math.max(...rows)).toBeLessThan(900 + CLEAR_ROWS);
});
