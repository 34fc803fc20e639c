/** Chance from a seed: the same seed, the same roster. Generator: sfc32 (Doty-Humphrey, PractRand), its state in one small array. */
export type Chance = Uint32Array;

/** Rounds after which the seed has reached every bit. */
const WARM_UP = 15;

export function startChance(seed: number): Chance {
  const chance = Uint32Array.of(0x9e3779b9, 0x243f6a88, seed, 1);
  for (let round = 0; round < WARM_UP; round++) draw(chance);
  return chance;
}

/** In [0, 1). */
export function draw(chance: Chance): number {
  const sum = (chance[0]! + chance[1]! + chance[3]!) >>> 0;
  const third = chance[2]!;
  chance[3]! += 1;
  chance[0] = chance[1]! ^ (chance[1]! >>> 9);
  chance[1] = third + (third << 3);
  chance[2] = ((third << 21) | (third >>> 11)) + sum;
  return sum / 2 ** 32;
}

/** A whole number below `count`. */
export function below(chance: Chance, count: number): number {
  return Math.floor(draw(chance) * count);
}
