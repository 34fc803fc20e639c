/**
 * How alike two texts are, by the measures that record linkage has settled on. All are symmetric, in [0, 1] and 1 for equal texts; they
 * count code points, so that a Chinese character is one letter. Small libraries for this exist but are no longer looked after.
 */

/** Winkler's scale: how much each of the first letters in common lifts the measure, and how many of them count. */
const PREFIX_WEIGHT = 0.1;
const PREFIX_MAX = 4;
/** A token that begins another one stands for it ("manuf" for "manufacturing"); shorter beginnings say nothing. */
const ABBREVIATION_MIN = 3;
const ABBREVIATION_LIKENESS = 0.95;
const HAN = /\p{Script=Han}/u;
/** A token of one letter for one that begins with it: an initial. */
const INITIAL_LIKENESS = 0.9;

/** Jaro–Winkler (Winkler, "String Comparator Metrics and Enhanced Decision Rules", 1990): made for names, forgives transpositions. */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const [x, y] = [[...a], [...b]];
  const jaro = jaroOf(x, y);
  let prefix = 0;
  while (prefix < PREFIX_MAX && prefix < x.length && x[prefix] === y[prefix]) prefix++;
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro);
}

function jaroOf(x: readonly string[], y: readonly string[]): number {
  if (x.length === 0 || y.length === 0) return 0;
  const reach = Math.max(0, Math.floor(Math.max(x.length, y.length) / 2) - 1);
  const taken = new Set<number>();
  const mine: string[] = [];
  for (const [i, letter] of x.entries()) {
    for (let j = Math.max(0, i - reach); j <= Math.min(y.length - 1, i + reach); j++) {
      if (y[j] !== letter || taken.has(j)) continue;
      taken.add(j);
      mine.push(letter);
      break;
    }
  }
  if (mine.length === 0) return 0;
  const theirs = y.filter((_, j) => taken.has(j));
  const displaced = mine.filter((letter, k) => letter !== theirs[k]).length / 2;
  const matches = mine.length;
  return (matches / x.length + matches / y.length + (matches - displaced) / matches) / 3;
}

/**
 * Letters to insert, delete, replace or swap with their neighbour (Damerau 1964, optimal string alignment); more than `max` is told as `max + 1`.
 * Only the band of `max` beside the diagonal is filled (Ukkonen 1985).
 */
export function edits(a: string, b: string, max: number): number {
  if (a === b) return 0;
  const [x, y] = cutCommon([...a], [...b]);
  if (Math.abs(x.length - y.length) > max) return max + 1;
  if (x.length === 0 || y.length === 0) return Math.max(x.length, y.length);
  // Between two that begin and end differently, one edit is one letter or one swap: most comparisons end here.
  if (max === 1) return x.length === 1 && y.length === 1 ? 1 : x.length === 2 && x[0] === y[1] && x[1] === y[0] && y.length === 2 ? 1 : 2;
  let before = new Uint16Array(0);
  let last = Uint16Array.from([...y.keys(), y.length]);
  for (let i = 0; i < x.length; i++) {
    const letter = x[i];
    const row = new Uint16Array(y.length + 1).fill(max + 1);
    row[0] = i + 1;
    let least = max + 1;
    for (let j = Math.max(0, i - max); j < Math.min(y.length, i + max + 1); j++) {
      let cost = Math.min((last[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1, (last[j] ?? 0) + (letter === y[j] ? 0 : 1));
      if (i > 0 && j > 0 && letter === y[j - 1] && x[i - 1] === y[j]) cost = Math.min(cost, (before[j - 1] ?? 0) + 1);
      row[j + 1] = cost;
      least = Math.min(least, cost);
    }
    if (least > max) return max + 1;
    [before, last] = [last, row];
  }
  return Math.min(last[y.length] ?? 0, max + 1);
}

/** What both begin or end with costs nothing. */
function cutCommon(x: readonly string[], y: readonly string[]): readonly [readonly string[], readonly string[]] {
  let from = 0;
  while (from < x.length && from < y.length && x[from] === y[from]) from++;
  let behind = 0;
  while (behind < Math.min(x.length, y.length) - from && x[x.length - 1 - behind] === y[y.length - 1 - behind]) behind++;
  return [x.slice(from, x.length - behind), y.slice(from, y.length - behind)];
}

/** Share of members in common (Jaccard 1901). Two empty sets are equal. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((member) => b.has(member)).length;
  const all = a.size + b.size - common;
  return all === 0 ? 1 : common / all;
}

/** Two words: Jaro–Winkler, and what stands for a longer word. */
export function tokenLikeness(a: string, b: string): number {
  if (a === b) return 1;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (long.startsWith(short)) {
    if (short.length >= ABBREVIATION_MIN) return ABBREVIATION_LIKENESS;
    if (short.length === 1) return INITIAL_LIKENESS;
  }
  if (isSkeleton(short, long)) return ABBREVIATION_LIKENESS;
  // Chinese words have two letters: one that differs is another word, and a name without blanks is many of them.
  if (HAN.test(a) || HAN.test(b)) return edits(a, b, 1) <= 1 && short.length > 2 ? 0.9 : 0;
  return jaroWinkler(a, b);
}

/** "mfg" for "manufacturing": the first letter and others in their order, a half of them at most. */
function isSkeleton(short: string, long: string): boolean {
  if (short.length < ABBREVIATION_MIN || short.length * 2 > long.length || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}
