import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HLC_ZERO, Hlc, hear, read, tick } from "./clock.ts";

const wall = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const clock = fc
  .tuple(wall, fc.nat({ max: 2_000 }))
  .map(([now, ticks]) => Array.from({ length: ticks % 50 }).reduce<Hlc>((last) => tick(last, now), tick(HLC_ZERO, now)));

describe("the hybrid clock", () => {
  test("C1 each event is later than the last as text, whatever the wall clock does", () => {
    fc.assert(
      fc.property(fc.array(wall, { minLength: 2, maxLength: 50 }), (walls) => {
        const stamps = walls.reduce<readonly Hlc[]>((all, now) => [...all, tick(all.at(-1) ?? HLC_ZERO, now)], []);
        expect(stamps).toEqual([...new Set(stamps)].toSorted());
        for (const stamp of stamps) expect(Hlc.safeParse(stamp).success).toBe(true);
      }),
    );
  });

  test("C2 after hearing a remote clock, the next event is later than both and not behind the wall", () => {
    fc.assert(
      fc.property(clock, clock, wall, (mine, theirs, now) => {
        const next = hear(mine, theirs, now);
        expect(next > mine && next > theirs).toBe(true);
        expect(read(next).ms).toBeGreaterThanOrEqual(now);
      }),
    );
  });

  test("C3 a full counter moves on to the next millisecond", () => {
    const full = Hlc.parse(`${(1_000).toString(36).padStart(11, "0")}-zzzz`);
    expect(read(tick(full, 1_000))).toEqual({ ms: 1_001, counter: 0 });
  });
});
