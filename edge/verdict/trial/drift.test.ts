import { expect, test } from "vitest";
import { ModelHash, ProfileId } from "../../../contracts/ids.ts";
import { numbersOf } from "../fixtures/ask.ts";
import { addRow, type DriftWatch, openDrift } from "./drift.ts";

const DAY = 86_400_000;
const T0 = 1_760_000_000_000;
const MODEL = ModelHash.parse("a".repeat(64));

/** Ten days of two channels, a row a minute; `shift` says how many scales the second one has moved on a day. */
function days(count: number, shift: (day: number) => number, score: (day: number) => number = () => 0.1): readonly DriftWatch["drift"][] {
  const watch = openDrift(ProfileId.parse("pump"), ["flow", "vibration.a"], MODEL);
  const next = numbersOf(5);
  const normal = (): number => Array.from({ length: 12 }, next).reduce((sum, one) => sum + one, -6);
  return Array.from({ length: count }, (_, day) => {
    for (let i = 0; i < 1_440; i++) addRow(watch, T0 + day * DAY + i * 60_000, Float32Array.of(normal(), normal() + shift(day)), 0, score(day));
    return watch.drift;
  });
}

test("VL9 what stays as it was is no drift; a plant that swings every other day is none either", () => {
  expect(days(10, () => 0).every((one) => one === null)).toBe(true);
  expect(days(10, (day) => (day % 2) * 1.2).every((one) => one === null)).toBe(true);
});

test("VL9 two days in a row beyond the limit are drift, with the channel and since when; one is none", () => {
  const told = days(10, (day) => (day >= 6 ? 1.5 : 0));
  expect(told.slice(0, 8).every((one) => one === null)).toBe(true);
  expect(told[8]).toMatchObject({ of: "input", channel: "vibration.a", since: T0 + 6 * DAY });
  expect(told[8]?.index ?? 0).toBeGreaterThan(told[8]?.limit ?? 1);
  expect(days(10, (day) => (day === 6 ? 1.5 : 0)).every((one) => one === null)).toBe(true);
});

test("VL9 it ends with the first whole day within the limit", () => {
  const told = days(12, (day) => (day >= 5 && day < 9 ? 2 : 0));
  expect(told.map((one) => one !== null)).toEqual([false, false, false, false, false, false, false, true, true, true, false, false]);
});

test("VL9 scores that creep upwards below the threshold are drift of the score", () => {
  const told = days(
    9,
    () => 0,
    (day) => (day >= 5 ? 0.4 : 0.1),
  );
  expect(told.at(-1)).toMatchObject({ of: "score" });
});
