import { expect, test } from "vitest";
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { baselineFor, isBetter, ofProfile } from "./baseline.ts";

const [profile] = pumpVibration.profiles;
if (profile === undefined) throw new Error("the template has a profile");
const numbers = (from: number) => profile.channels.map((_, c) => from + c);
const learnt: Baseline = { mean: numbers(10), scale: numbers(1), floor: numbers(2), rows: 400, learntAt: 1_000, of: ofProfile(profile) };
const { of: _of, ...older } = learnt;
const withUom = (id: string, uom: string): DeviceProfile => ({
  ...profile,
  channels: profile.channels.map((channel) => (channel.id === id ? { ...channel, uom } : channel)),
});
const at = (id: string) => profile.channels.findIndex((channel) => channel.id === id);

test("VE3 a baseline goes with its channels into another order, and into other units by the table of units; a floor has no unit", () => {
  const turned: DeviceProfile = { ...profile, channels: profile.channels.toReversed() };
  expect(baselineFor(learnt, turned)).toEqual({
    ...learnt,
    mean: learnt.mean.toReversed(),
    scale: learnt.scale.toReversed(),
    floor: learnt.floor.toReversed(),
    of: ofProfile(turned),
  });
  const c = at("temperature.motor");
  const warm = baselineFor(learnt, withUom("temperature.motor", "[degF]"));
  expect(warm?.mean[c]).toBeCloseTo((learnt.mean[c] ?? 0) * 1.8 + 32, 9);
  expect(warm?.scale[c]).toBeCloseTo((learnt.scale[c] ?? 0) * 1.8, 9);
  expect(warm?.floor).toEqual(learnt.floor);
  expect(warm?.mean.toSpliced(c, 1)).toEqual(learnt.mean.toSpliced(c, 1));
  expect(baselineFor(learnt, profile)).toBe(learnt);
});

test("VE3 what was learnt of nothing is of nothing in any unit", () => {
  const c = at("temperature.motor");
  const gap: Baseline = { ...learnt, mean: learnt.mean.with(c, 0), scale: learnt.scale.with(c, 1) };
  const other = baselineFor(gap, withUom("temperature.motor", "[degF]"));
  expect([other?.mean[c], other?.scale[c]]).toEqual([0, 1]);
});

test("VE3 a baseline of other channels, or in units that don't convert, is none; one that does not say what it is of is of the profile that it was learnt with", () => {
  const renamed: DeviceProfile = {
    ...profile,
    channels: profile.channels.map((one) => (one.id === "flow" ? { ...one, id: "pressure.out" as typeof one.id } : one)),
  };
  expect(baselineFor(learnt, renamed)).toBeNull();
  expect(baselineFor(learnt, withUom("flow", "Cel"))).toBeNull();
  expect(baselineFor(older, profile)).toEqual(learnt);
  expect(baselineFor(older, renamed, profile)).toBeNull();
  expect(isBetter(learnt, { ...learnt, learntAt: 2_000 }, profile)).toBe(false);
  expect(isBetter(learnt, { ...learnt, learntAt: 2_000, of: ofProfile(renamed) }, renamed)).toBe(true);
  expect(isBetter(older, { ...learnt, learntAt: 2_000 }, profile)).toBe(true);
});
