/** Chance from a seed: the same seed, the same run. Generator: sfc32 (Doty-Humphrey, PractRand). */

export type Random = {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [from, to]. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
};

/** Rounds after which the seed has reached every bit of the state. */
const WARM_UP = 15;

export function startRandom(seed: number): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, seed ^ 0xdeadbeef];
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(list: readonly T[]): T => {
    const [one] = list.slice(between(0, list.length - 1));
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  };
  return { next, between, chance: (probability) => next() < probability, pick };
}
