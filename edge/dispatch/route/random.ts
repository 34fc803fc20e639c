/** Chance from a seed, for loops that ask for it millions of times: sfc32 (Doty-Humphrey, PractRand), its state in one small array of whole numbers. */
export type Random = Int32Array;

/** Rounds after which the seed has reached every bit. */
const WARM_UP = 15;

export function startRandom(seed: number): Random {
  const random = Int32Array.of(0x9e3779b9, 0x243f6a88, seed, 1);
  for (let i = 0; i < WARM_UP; i++) draw(random);
  return random;
}

/** In [0, 1). */
export function draw(random: Random): number {
  const b = random[1]!;
  const c = random[2]!;
  const d = random[3]!;
  const sum = (random[0]! + b + d) | 0;
  random[0] = b ^ (b >>> 9);
  random[1] = (c + (c << 3)) | 0;
  random[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
  random[3] = (d + 1) | 0;
  return (sum >>> 0) / 4_294_967_296;
}

/** A whole number below `count`. */
export function below(random: Random, count: number): number {
  return Math.floor(draw(random) * count);
}
