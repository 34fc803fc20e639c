/** Chance that can be repeated: a seed, a name for what it is used for, and a stream of numbers in [0, 1). */

export type Random = () => number;

/** Streams of one seed with different names do not touch each other: a longer story of one machine changes nothing in the next. */
export function randomOf(seed: number, name: string): Random {
  let a = (hash(name) ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  let b = Math.imul(a ^ 0x85ebca6b, 0xc2b2ae35) >>> 0;
  let c = (b ^ hash(`${name}/${seed}`)) >>> 0;
  let counter = 1;
  // sfc32 (PractRand); the first rounds mix the seed.
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** Roughly normal with deviation 1, and never beyond ±3.5: sensors have no miracles. Sum of uniforms (Irwin–Hall). */
export function noise(random: Random): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += random();
  return (sum - 2) * Math.sqrt(3);
}

export function between(random: Random, from: number, to: number): number {
  return from + (to - from) * random();
}

/** Fisher–Yates, into a new array. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(Math.floor(random() * left.length), 1));
  return out;
}

/** FNV-1a. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
