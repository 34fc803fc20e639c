import { expect, test } from "vitest";
import { randomOf } from "../simulator/random.ts";
import { ratioOf, type Pair } from "./ratio.ts";

/** Phases of which some are slow as a whole, as on a machine that others use. */
function phases(times: number, seed: number): Pair[] {
  const random = randomOf(seed, "phases");
  return Array.from({ length: 12 }, () => {
    const busy = random() < 0.3 ? 3 : 1;
    const some = (by: number): number[] => Array.from({ length: 60 }, () => busy * by * (5 + 5 * random()));
    return { with: some(times), without: some(1) };
  });
}

test("AC4 phases that took turns tell a load's part from the machine's: none is none, and twice as long is twice as long", () => {
  const random = randomOf(1, "draws");
  for (const share of [0.5, 0.95]) {
    const same = ratioOf(phases(1, 1), share, random);
    expect(same.low).toBeLessThanOrEqual(1);
    expect(same.high).toBeGreaterThanOrEqual(1);
    const twice = ratioOf(phases(2, 2), share, random);
    expect(twice.low).toBeGreaterThan(1.3);
    expect(twice.ratio).toBeGreaterThanOrEqual(twice.low);
    expect(twice.ratio).toBeLessThanOrEqual(twice.high);
    expect(twice.low).toBeLessThanOrEqual(2);
    expect(twice.high).toBeGreaterThanOrEqual(2);
  }
});
