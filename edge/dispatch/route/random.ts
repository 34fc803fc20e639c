/** Chance from a seed, for loops that ask for it millions of times: xorshift128+ on 32-bit halves (Vigna), the state in one small array. */
export type Random = Int32Array;

/** Rounds after which the seed has reached every bit. */
const WARM_UP = 16;

export function startRandom(seed: number): Random {
  const random = Int32Array.of(Math.imul(seed, 0x9e3779b1) | 1, seed ^ 0x7f4a7c15);
  for (let i = 0; i < WARM_UP; i++) draw(random);
  return random;
}

/** In [0, 1). */
export function draw(random: Random): number {
  let a = random[0]!;
  const b = random[1]!;
  random[0] = b;
  a ^= a << 23;
  a ^= a >>> 17;
  a ^= b ^ (b >>> 26);
  random[1] = a;
  return ((a + b) >>> 0) / 4_294_967_296;
}
