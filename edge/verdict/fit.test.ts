import { beforeAll, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { DeviceProfile } from "../../contracts/scenario.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { type FleetFit, fitFleet, joinFloors, type NormalRows, normalTail, withFloor } from "./fit.ts";
import { numbersOf } from "./fixtures/ask.ts";
import type { Scorer } from "./scorer.ts";

const ROWS = 300;
const FIRST = 200;
const [profile] = pumpVibration.profiles;
if (profile === undefined) throw new Error("the template has a profile");
const WIDTH = profile.channels.length;

let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("baseline"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

/** Channel c wanders `restless` times as much as it is noisy; the third is missing in every fourth row. */
function pump(seed: number, restless = 1, count = ROWS): NormalRows {
  const next = numbersOf(seed);
  const rows = Float32Array.from({ length: count * WIDTH }, (_, k) => {
    const [i, c] = [Math.floor(k / WIDTH), k % WIDTH];
    if (c === 2 && i % 4 === 0) return Number.NaN;
    return 10 * (c + 1) + (next() - 0.5) + restless * (c === 0 ? 2 : 0.2) * Math.sin(i / 40 + seed);
  });
  return { device: `p-${seed}`, rows, count };
}

async function fit(heard: readonly NormalRows[]): Promise<FleetFit> {
  const fitted = await fitFleet(scorer, profile as DeviceProfile, heard, FIRST, 7);
  if (isRefusal(fitted)) throw new Error(fitted.rule);
  return fitted;
}

test("VM12 a fleet's floor is the level that 95 % of its normal rows stay below, in the unit and without Python", async () => {
  const fleet = [1, 2, 3, 4].map((seed) => pump(seed));
  const { floor, baselines, leftOut, rows } = await fit(fleet);
  expect([floor.length, baselines.size, leftOut, rows]).toEqual([WIDTH, 4, [], 4 * ROWS]);
  expect(floor.every((one) => one > 0)).toBe(true);
  // The first channel wanders, the others are noise that the model smooths away.
  expect(floor[0]).toBeGreaterThan(2 * (floor[1] ?? 0));
  expect(baselines.get("p-1")).toMatchObject({ rows: FIRST, learntAt: 7 });
  expect((await fit(fleet)).floor).toEqual(floor);
});

test("VM12 each device weighs the same, however long it was listened to, and one that stands out takes no part", async () => {
  const fleet = [1, 2, 3, 4, 5, 6].map((seed) => pump(seed));
  const usual = (await fit(fleet)).floor;
  const wild = pump(7);
  for (let i = 0; i < ROWS; i++) wild.rows[i * WIDTH + 4] = 50 + (i > FIRST ? 40 : 0);
  const fitted = await fit([...fleet, wild]);
  expect(fitted.leftOut).toEqual(["p-7"]);
  expect(fitted.floor).toEqual(usual);
  const three = fleet.slice(0, 3);
  const [short, long] = [await fit([...three, pump(8, 3)]), await fit([...three, pump(8, 3, 6 * ROWS)])];
  expect(Math.abs((long.floor[1] ?? 0) / (short.floor[1] ?? 1) - 1)).toBeLessThan(0.15);
});

test("VM12 the floor goes into the profile, which stays a profile; two devices are no fleet", async () => {
  const { floor } = await fit([1, 2, 3].map((seed) => pump(seed)));
  const raised = withFloor(profile, floor);
  expect(DeviceProfile.parse(raised)).toEqual(raised);
  expect(raised.channels.map((channel) => channel.floor)).toEqual(floor.map((one) => Number(one.toPrecision(4))));
  expect(await fitFleet(scorer, profile, [pump(1), pump(2), pump(3, 1, FIRST - 1)], FIRST, 7)).toMatchObject({ refused: "incomplete", mend: "2 have as many" });
});

test("VP22 what is normal of a machine is what came after its last alarm, in the regime that it was in most", () => {
  const columns = [
    [1, 2, 3, 4, 5, 6],
    [0.1, 0.5, null, 0.2, 0.2, 0.1],
    ...Array.from({ length: WIDTH }, (_, c) => [1, 2, 3, c === 2 ? null : 4, 5, 6].map((v) => v)),
  ];
  const tail = normalTail("p", profile, columns, 0.5);
  expect([tail.count, Array.from(tail.rows.subarray(0, 3)), tail.rows[WIDTH + 2]]).toEqual([4, [3, 3, 3], Number.NaN]);
  const bands = [
    { id: "slow", title: profile.title, from: 0 },
    { id: "fast", title: profile.title, from: 4 },
  ];
  const [first] = profile.channels;
  const regime = { channel: first?.id ?? ("" as never), bands, settleMs: 0 };
  expect(normalTail("p", { ...profile, regime }, columns, 0.5).count).toBe(3);
  expect(
    joinFloors([
      { floor: [1, 2], devices: 3 },
      { floor: [2, 2], devices: 9 },
    ]),
  ).toEqual([1.75, 2]);
});
