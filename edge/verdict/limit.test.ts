import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Channel, DeviceProfile } from "../../contracts/scenario.ts";
import { type LimitSign, holdLimits, LIMIT_MS, type Limits, openLimits, SILENT_MS, ZONE_MS, zoneNow, zoneOf } from "./limit.ts";

const channel = { title: { en: "x", zh: "x" }, periodMs: 1_000, min: -1_000, max: 1_000, nulls: "gap" };
const profileOf = (...channels: object[]): DeviceProfile =>
  DeviceProfile.parse({ id: "p", title: { en: "P", zh: "P" }, faultCodes: {}, model: "shift", channels: channels.map((one) => ({ ...channel, ...one })) });

/** A sample a second. */
function follow(profile: DeviceProfile, rows: readonly (readonly number[])[], limits: Limits = openLimits(profile)): readonly (LimitSign | null)[] {
  return rows.map((row, i) => holdLimits(limits, profile, i * 1_000, Float32Array.from(row)));
}
const severities = (signs: readonly (LimitSign | null)[]): readonly (string | null)[] => signs.map((sign) => sign?.severity ?? null);
const hold = (n: number, ...values: number[]): readonly (readonly number[])[] => Array.from({ length: n }, () => values);

const bounded = profileOf({ id: "pressure", uom: "bar", limits: { tripLow: 0, warnLow: 1, warnHigh: 8, tripHigh: 10, hysteresis: 0.5 } });

describe("VP11 fixed limits", () => {
  test("hold from the first sample: warn is a warning, trip is a danger, each after it lasted", () => {
    expect(severities(follow(bounded, hold(5, 8.5)))).toEqual([null, null, null, "medium", "medium"]);
    expect(severities(follow(bounded, hold(5, 11)))).toEqual([null, null, null, "critical", "critical"]);
    expect(severities(follow(bounded, hold(5, 0.5))).at(-1)).toBe("medium");
    expect(severities(follow(bounded, hold(5, -1))).at(-1)).toBe("critical");
    expect(follow(bounded, hold(5, 11)).at(-1)).toEqual({ score: 1, severity: "critical", rule: "limit", evidence: [{ channel: "pressure", share: 1 }] });
  });
  test("a value that is out for less than that, or in two samples only, is no break", () => {
    expect(follow(bounded, [...hold(3, 4), ...hold(3, 11), ...hold(5, 4)]).every((sign) => sign === null)).toBe(true);
    const limits = openLimits(bounded);
    expect([0, 60_000].map((ts) => holdLimits(limits, bounded, ts, Float32Array.of(11)))).toEqual([null, null]);
  });
  test("are over when the value is back by the hysteresis for as long, and not before", () => {
    const seen = severities(follow(bounded, [...hold(5, 8.2), ...hold(10, 7.8), ...hold(5, 7.4)]));
    expect(seen[14]).toBe("medium");
    expect(seen.indexOf(null, 4)).toBe(15 + LIMIT_MS / 1_000);
  });
  test("a rise that goes from warn to trip stands as warn until the trip itself has lasted; a fall from trip rests at warn", () => {
    const seen = severities(follow(bounded, [...hold(2, 8.5), ...hold(6, 11), ...hold(6, 8.8), ...hold(6, 4)]));
    expect(seen.map((one) => one?.[0] ?? "-").join("")).toBe("---mmccccccmmmmmm---");
  });
  test("VE8 a break does not go on across a silence that is too long; what stands stays, and its fall begins anew too", () => {
    const said = (limits: Limits, rows: readonly (readonly [number, number])[]) =>
      severities(rows.map(([ts, value]) => holdLimits(limits, bounded, ts, Float32Array.of(value))));
    const late = 10_000 + SILENT_MS;
    const silent: readonly (readonly [number, number])[] = [0, 1_000, 2_000, late, late + 1_000, late + 2_000, late + 3_000].map((ts) => [ts, 11]);
    expect(said(openLimits(bounded), silent)).toEqual([null, null, null, null, null, null, "critical"]);
    expect(
      said(
        openLimits(bounded),
        [0, 1_000, SILENT_MS].map((ts) => [ts, 11]),
      ),
    ).toEqual([null, null, "critical"]);
    const limits = openLimits(bounded);
    said(
      limits,
      [0, 1_000, 2_000, 3_000].map((ts) => [ts, 11]),
    );
    const older = openLimits(bounded, limits.numbers.slice(0, -1));
    for (const one of [limits, older])
      expect(
        said(
          one,
          [5_000, 6_000, late, late + 1_000, late + 2_000, late + 3_000].map((ts) => [ts, 4]),
        ),
      ).toEqual([...Array.from({ length: 5 }, () => "critical"), null]);
    const slow = profileOf({ id: "a", uom: "bar", periodMs: SILENT_MS, limits: { tripHigh: 5 } });
    const seen = openLimits(slow);
    expect(severities([0, 1, 2].map((i) => holdLimits(seen, slow, i * 2 * SILENT_MS, Float32Array.of(6))))).toEqual([null, null, "critical"]);
  });
  test("a gap changes nothing, and several channels that break the same are all named", () => {
    const two = profileOf({ id: "a", uom: "bar", limits: { tripHigh: 5 } }, { id: "b", uom: "Cel", limits: { tripHigh: 90 } });
    const limits = openLimits(two);
    expect(follow(two, [...hold(5, 6, 95), ...hold(20, Number.NaN, Number.NaN)], limits).at(-1)?.evidence).toEqual([
      { channel: "a", share: 0.5 },
      { channel: "b", share: 0.5 },
    ]);
  });
  test("that are not in order, and zones of what is no velocity, are refused with their field", () => {
    const issue = (one: object): string | undefined => Channel.safeParse({ ...channel, id: "a", uom: "bar", ...one }).error?.issues[0]?.path.join(".");
    expect([issue({ limits: { warnHigh: 9, tripHigh: 8 } }), issue({ zones: { group: "large", foundation: "rigid" } })]).toEqual(["limits", "zones"]);
    expect(issue({ uom: "mm/s", zones: { group: "large", foundation: "rigid", boundaries: { ab: 3, bc: 2, cd: 5 } } })).toBe("zones.boundaries");
    expect(issue({ uom: "mm/s", zones: { group: "large", foundation: "rigid" } })).toBeUndefined();
  });
});

describe("VP12 zones of vibration velocity", () => {
  test.each([
    ["large", "rigid", [2.3, 4.5, 7.1]],
    ["large", "flexible", [3.5, 7.1, 11]],
    ["medium", "rigid", [1.4, 2.8, 4.5]],
    ["medium", "flexible", [2.3, 4.5, 7.1]],
  ] as const)("of a %s machine on a %s foundation begin where ISO 20816-3 says", (group, foundation, boundaries) => {
    const zones = { group, foundation };
    for (const [i, boundary] of boundaries.entries())
      expect([zoneOf(zones, boundary - 0.01), zoneOf(zones, boundary)]).toEqual(
        [
          ["A", "B"],
          ["B", "C"],
          ["C", "D"],
        ][i],
      );
  });
  test("C is a warning and D wants somebody at once, in any unit of velocity, with boundaries of one's own too", () => {
    const rms = { id: "v", uom: "mm/s", zones: { group: "medium", foundation: "rigid" } };
    const steps = ZONE_MS / 1_000 + 1;
    for (const [one, factor] of [
      [rms, 1],
      [{ ...rms, uom: "[in_i]/s" }, 1 / 25.4],
      [{ ...rms, zones: { ...rms.zones, boundaries: { ab: 3, bc: 5.6, cd: 9 } } }, 2],
    ] as const) {
      const profile = profileOf(one);
      expect(severities(follow(profile, hold(steps, 2.7 * factor))).at(-1)).toBe(null);
      expect(follow(profile, hold(steps, 3 * factor)).at(-1)).toMatchObject({ severity: "medium", rule: "zone" });
      expect(follow(profile, hold(steps, 4.6 * factor)).at(-1)).toMatchObject({ severity: "high", rule: "zone" });
    }
    const limits = openLimits(profileOf(rms));
    expect(zoneNow(limits, profileOf(rms))).toBe(null);
    const profile = profileOf(rms);
    const seen = openLimits(profile);
    follow(profile, hold(1, 3), seen);
    expect(zoneNow(seen, profile)).toBe("C");
  });
});

test("VP11 saved and loaded at any sample, limits go on as if nothing had been", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(-1, 0.5, 4, 7.8, 8.5, 11, Number.NaN), { minLength: 1, maxLength: 80 }), fc.nat(80), (values, at) => {
      const rows = values.map((value) => [value]);
      const cut = Math.min(at, rows.length);
      const first = openLimits(bounded);
      const head = follow(bounded, rows.slice(0, cut), first);
      const second = openLimits(bounded, structuredClone(first.numbers));
      const tail = rows.slice(cut).map((row, i) => holdLimits(second, bounded, (cut + i) * 1_000, Float32Array.from(row)));
      expect([...head, ...tail]).toEqual(follow(bounded, rows));
    }),
  );
});
