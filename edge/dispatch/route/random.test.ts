import { expect, test } from "vitest";
import { draw, startRandom } from "./random.ts";

test("RT5 chance goes on without repeating itself, and no part of it comes more often than another", () => {
  const DRAWS = 100_000;
  for (const seed of [-5, 0, 1, 42]) {
    const random = startRandom(seed);
    const shares = Array.from({ length: 10 }, () => 0);
    const seen = new Set<number>();
    for (let i = 0; i < DRAWS; i++) {
      const value = draw(random);
      seen.add(value);
      shares[Math.floor(value * 10)]! += 1;
    }
    // Of 2³² values some two come twice.
    expect(DRAWS - seen.size).toBeLessThan(20);
    for (const share of shares) expect(Math.abs(share / DRAWS - 0.1)).toBeLessThan(0.005);
  }
});
