import { expect, test } from "vitest";
import { COURSE_S, MACHINE_FAULTS, straight, WINDING_MAX_C, ZONE_D_MMS } from "../simulator/asset/fault.ts";
import { isOver, nextMessage, startLife, type Life } from "../simulator/asset/life.ts";
import { CHANNEL_COUNT, CHANNEL_IDS } from "../simulator/asset/machine.ts";
import { pumpDuty } from "../../hub/catalogue/pump-duty.ts";
import { doPiece } from "./asset-days-work.ts";
import { poissonInterval, wilsonInterval } from "./interval.ts";

function endOf({ fault }: Life): number {
  return (fault?.onset ?? 0) + (fault?.lengthS ?? 0);
}

/** Whole hours, a row every second; the rows that were told. */
function watch(life: Life, hours: number, look: (values: Float64Array) => void = () => undefined): number {
  let rows = 0;
  for (let h = 0; h < hours * 6 && !isOver(life); h++)
    nextMessage(life, 600, (_ts, values) => {
      rows++;
      look(values);
    });
  return rows;
}

test("VF13 a simulated asset speaks the template's channels, lives the same life for the same seed, and another for another", () => {
  expect(pumpDuty.profiles[0]?.channels.map(({ id }) => id)).toEqual([...CHANNEL_IDS]);
  const message = (seed: number) => nextMessage(startLife("healthy", seed, 0, 1), 60, () => undefined);
  expect(message(1)).toBe(message(1));
  expect(message(1)).not.toBe(message(2));
});

test("VF13 healthy machines stay far from failure while they step, stop and start, and their lines drop out", () => {
  for (let i = 0; i < 2; i++) {
    const life = startLife("healthy", 1, i, 1);
    let [gaps, worst, hottest] = [0, 0, 0];
    const rows = watch(life, 24, (values) => {
      if (values.some((value) => Number.isNaN(value))) gaps++;
      if (life.machine.runS > 30) worst = Math.max(worst, life.machine.velocityMms);
      hottest = Math.max(hottest, life.machine.windingC);
    });
    expect(rows).toBeGreaterThan(0.7 * 86_400);
    expect(gaps).toBeLessThan(0.2 * rows);
    expect(worst).toBeLessThan(ZONE_D_MMS / 2);
    expect(hottest).toBeLessThan(WINDING_MAX_C - 15);
    expect(life.bend).toEqual(straight());
  }
});

test("VF13 each fault leads to failure by its measure, no sooner than its shortest course", () => {
  for (const [i, kind] of MACHINE_FAULTS.entries()) {
    const lives = Array.from({ length: 20 }, (_, n) => startLife("fault", 5, i + n * MACHINE_FAULTS.length, 0));
    const [life] = lives.toSorted((a, b) => endOf(a) - endOf(b));
    if (life?.fault === undefined || life.fault === null) throw new Error("a fault was asked for");
    expect(life.fault.kind).toBe(kind);
    watch(life, 72);
    expect(life.failedAt - life.fault.onset).toBeGreaterThan(COURSE_S[kind][0] / 4);
  }
});

test("VF13 a quarter of an hour of two machines through the journey and the unit's stages: every row scored but those of commissioning, no job", async () => {
  const { lives, rows, scored } = await doPiece({ kind: "healthy", seed: 1, from: 0, count: 2, days: 1 / 96, peers: false });
  expect(lives.map(({ tickets }) => Object.values(tickets))).toEqual([[[]], [[]]]);
  expect(rows).toBeGreaterThan(1_500);
  expect(scored).toBeGreaterThan(rows - 2 * pumpDuty.commissioningRows - 20);
});

test("VF14 intervals are those of the tables: Garwood's for rates, Wilson's for shares", () => {
  expect(poissonInterval(0, 1)[0]).toBe(0);
  expect(poissonInterval(0, 1)[1]).toBeCloseTo(3.689, 3);
  expect(poissonInterval(5, 1).map((one) => Math.round(one * 1_000) / 1_000)).toEqual([1.623, 11.668]);
  expect(poissonInterval(5, 10)[1]).toBeCloseTo(1.1668, 3);
  expect(wilsonInterval(95, 100).map((one) => Math.round(one * 1_000) / 1_000)).toEqual([0.888, 0.978]);
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

test("VF13 a row has a value for each channel or none", () => {
  const life = startLife("sensor", 1, 2, 0);
  watch(life, 1, (values) => expect(values.length).toBe(CHANNEL_COUNT));
});
