/**
 * Vectors of length 1 → groups of what is alike: average linkage over cosines, joined from the most alike down to a least likeness
 * (Sokal and Michener 1958). No number of groups is given; the same vectors give the same groups whatever else was asked before.
 */

/** Vectors in one clustering: the square of it is kept while it runs (360 KB), and 300 take some 20 ms. */
export const CLUSTERED_MAX = 300;

/** Indices of the vectors, each group rising, the largest group first. Vectors beyond CLUSTERED_MAX are left out; those of zeros stay alone. */
export function clusterOf(vectors: readonly Float32Array[], likenessMin: number): readonly (readonly number[])[] {
  const size = Math.min(vectors.length, CLUSTERED_MAX);
  const likeness = likenessesOf(vectors, size);
  const members: (number[] | null)[] = Array.from({ length: size }, (_, i) => [i]);
  // The likest of each group: one join changes few of them.
  const likest = new Int32Array(size);
  const find = (group: number): void => {
    let best = -1;
    for (let other = 0; other < size; other++)
      if (other !== group && members[other] !== null && (best < 0 || likeness[group * size + other]! > likeness[group * size + best]!)) best = other;
    likest[group] = best;
  };
  for (let i = 0; i < size; i++) find(i);
  for (;;) {
    let from = -1;
    for (let i = 0; i < size; i++)
      if (members[i] !== null && likest[i]! >= 0 && (from < 0 || likeness[i * size + likest[i]!]! > likeness[from * size + likest[from]!]!)) from = i;
    const to = from < 0 ? -1 : likest[from]!;
    const [one, other] = [members[from], members[to]];
    if (one === undefined || one === null || other === undefined || other === null || likeness[from * size + to]! < likenessMin) break;
    for (let k = 0; k < size; k++) {
      if (members[k] === null || k === from || k === to) continue;
      const mean = (likeness[from * size + k]! * one.length + likeness[to * size + k]! * other.length) / (one.length + other.length);
      likeness[from * size + k] = mean;
      likeness[k * size + from] = mean;
    }
    one.push(...other);
    members[to] = null;
    find(from);
    for (let k = 0; k < size; k++) if (members[k] !== null && (likest[k] === from || likest[k] === to)) find(k);
    // Whoever is now liker to the joined group than to its own likest can't be: a mean is no more than its larger part.
  }
  return members
    .flatMap((group) => (group === null ? [] : [group.toSorted((a, b) => a - b)]))
    .toSorted((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

/** Cosine of two vectors of length 1. */
export function likenessOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function likenessesOf(vectors: readonly Float32Array[], size: number): Float32Array {
  const likeness = new Float32Array(size * size);
  for (const [i, a] of vectors.slice(0, size).entries())
    for (let j = 0; j < i; j++) {
      const b = vectors[j];
      if (b === undefined) continue;
      likeness[i * size + j] = likenessOf(a, b);
      likeness[j * size + i] = likeness[i * size + j]!;
    }
  return likeness;
}
