import fc from "fast-check";
import { expect, test } from "vitest";
import type { Area, Engineer } from "../../contracts/engineer.ts";
import type { Calibration } from "../../contracts/travel.ts";
import { engineer, PLACE } from "../sim/cast.ts";
import { dutyOf, pausesOf } from "./duty.ts";
import { covers, metresTo } from "./territory.ts";
import { greatCircle, learn, TRIP_MS_MIN } from "./travel.ts";

const MINUTE_MS = 60_000;
const ZONE = "Asia/Shanghai";
const at = (text: string) => Date.parse(text);

const drive = (ratios: readonly number[]): Calibration | undefined =>
  ratios.reduce<Calibration | undefined>((known, ratio, i) => learn(known, { plainMs: 20 * MINUTE_MS, tookMs: 20 * MINUTE_MS * ratio }, i), undefined);

test("P18 the factor is learnt slowly, stands against odd trips, and is bounded", () => {
  expect(drive([2])?.factor).toBeCloseTo(2 ** (1 / 6), 2);
  expect(drive(Array.from({ length: 60 }, () => 1.4))?.factor).toBeCloseTo(1.4, 1);
  const odd = Array.from({ length: 40 }, (_, i) => (i % 5 === 0 ? 4.9 : 1.2));
  expect(drive(odd)?.factor).toBeLessThan(1.25);
  expect(drive(Array.from({ length: 200 }, () => 4.9))).toMatchObject({ factor: 3, trips: 200 });
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), { maxLength: 80 }), (ratios) => {
      const { factor = 1, ratios: kept = [] } = drive(ratios) ?? {};
      expect(factor).toBeGreaterThanOrEqual(0.4);
      expect(factor).toBeLessThanOrEqual(3);
      expect(kept.length).toBeLessThanOrEqual(60);
    }),
  );
});

test("P18 a trip that tells nothing changes nothing: too short, a tap that came late, a clock that was wrong", () => {
  const known = drive([1.2, 1.3]);
  for (const [plainMs, tookMs] of [
    [TRIP_MS_MIN - 1, TRIP_MS_MIN],
    [20 * MINUTE_MS, 20 * MINUTE_MS * 6],
    [20 * MINUTE_MS, 0],
    [20 * MINUTE_MS, -5],
    [20 * MINUTE_MS, Number.NaN],
  ] as const)
    expect(learn(known, { plainMs, tookMs }, 9)).toBe(known);
});

test("P18 the factor lengthens the time and not the way", () => {
  const [a, b] = [PLACE, { lat: PLACE.lat + 0.1, lon: PLACE.lon }];
  const [plain, slow] = [1, 1.5].map((factor) => greatCircle({ speedKmh: 40, detour: 1.3 }, factor).leg(a, b));
  expect(slow?.m).toBe(plain?.m);
  expect((slow?.ms ?? 0) / (plain?.ms ?? 1)).toBeCloseTo(1.5, 4);
  expect(plain).toMatchObject({ source: "great-circle" });
});

test("P1 a territory is circles and rings: inside any of them is inside", () => {
  const ring: Area = {
    ring: [PLACE, { lat: PLACE.lat, lon: PLACE.lon + 1 }, { lat: PLACE.lat + 1, lon: PLACE.lon + 1 }, { lat: PLACE.lat + 1, lon: PLACE.lon }],
  };
  const circle: Area = { center: { lat: 0, lon: 0 }, radiusM: 10_000 };
  const of = (...territory: Area[]): Engineer => engineer("a", 1, { territory });
  const inside = { lat: PLACE.lat + 0.5, lon: PLACE.lon + 0.5 };
  const outside = { lat: PLACE.lat + 0.5, lon: PLACE.lon + 1.5 };
  expect([covers(of(ring), inside), covers(of(ring), outside), covers(of(circle), { lat: 0.05, lon: 0 }), covers(of(circle, ring), inside)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect(covers(engineer("a", 1), outside)).toBe(true);
  expect(metresTo(of(circle), { lat: 1, lon: 0 })).toBeCloseTo(101_195, -2);
});

test("P17 away is away whatever the shift says; back is the first moment of a shift that is not another absence", () => {
  const day = (from: string, until: string) => ({ from: at(from), until: at(until) });
  const one = engineer("a", 1, {
    shifts: [{ days: [1, 2, 3, 4, 5], from: 480, to: 1020 }],
    absences: [day("2025-11-24T10:00:00+08:00", "2025-11-24T12:00:00+08:00"), day("2025-11-25T00:00:00+08:00", "2025-11-26T09:00:00+08:00")],
  });
  expect(dutyOf(one, at("2025-11-24T09:00:00+08:00"), ZONE)).toEqual({
    state: "on",
    endAt: at("2025-11-24T10:00:00+08:00"),
    away: { at: at("2025-11-24T10:00:00+08:00"), backAt: at("2025-11-24T12:00:00+08:00") },
  });
  expect(dutyOf(one, at("2025-11-24T11:00:00+08:00"), ZONE)).toEqual({ state: "absent", backAt: at("2025-11-24T12:00:00+08:00") });
  expect(dutyOf(one, at("2025-11-24T18:00:00+08:00"), ZONE)).toEqual({ state: "off", backAt: at("2025-11-26T09:00:00+08:00") });
  expect(dutyOf(engineer("a", 1, { shifts: [] }), 0, ZONE)).toEqual({ state: "off", backAt: undefined });
});

test("P11 breaks are those of the local day that are still to be begun", () => {
  const one = engineer("a", 1, {
    breaks: [
      { from: 720, to: 780, minutes: 45 },
      { from: 1410, to: 30, minutes: 30 },
    ],
  });
  const noon = { from: at("2025-11-24T12:00:00+08:00"), to: at("2025-11-24T13:00:00+08:00"), ms: 45 * MINUTE_MS };
  const midnight = { from: at("2025-11-24T23:30:00+08:00"), to: at("2025-11-25T00:30:00+08:00"), ms: 30 * MINUTE_MS };
  expect(pausesOf(one, at("2025-11-24T08:00:00+08:00"), at("2025-11-24T17:00:00+08:00"), ZONE)).toEqual([noon]);
  expect(pausesOf(one, at("2025-11-24T13:00:00+08:00"), at("2025-11-25T04:00:00+08:00"), ZONE)).toEqual([midnight]);
});
