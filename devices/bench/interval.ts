/** Intervals at 95 % of what was counted. */

/** Exact, of a rate: events in so much time (Garwood 1936), by bisection of the Poisson sum. */
export function poissonInterval(events: number, time: number): readonly [number, number] {
  const low = events === 0 ? 0 : solve((mean) => 1 - poissonUpTo(events - 1, mean) - TAIL, 0, events);
  const high = solve((mean) => TAIL - poissonUpTo(events, mean), events, events + 10 * Math.sqrt(events + 1) + 10);
  return [low / time, high / time];
}

/** Of a share (Wilson 1927). */
export function wilsonInterval(hits: number, of: number): readonly [number, number] {
  if (of === 0) return [0, 1];
  const [share, z] = [hits / of, 1.959964];
  const middle = share + z ** 2 / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

const TAIL = 0.025;

/** Chance of at most `events`. */
function poissonUpTo(events: number, mean: number): number {
  let [term, sum] = [Math.exp(-mean), Math.exp(-mean)];
  for (let k = 1; k <= events; k++) {
    term *= mean / k;
    sum += term;
  }
  return sum;
}

/** Where a rising function is 0. */
function solve(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
