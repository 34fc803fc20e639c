/**
 * How long the same piece of work takes on this machine, again and again, in a thread that does nothing else: what it takes beyond its usual time is the
 * machine's, which gave the processor to somebody else.
 */
import { Worker } from "node:worker_threads";

/** About as long as a slice of the planner is to be. */
const SPIN_MS = 1.5;
/** One core is had for a fortieth of the time. */
const EVERY_MS = 60;

/** Milliseconds of each spin, by the clock on the wall. */
export type Spins = { readonly stop: () => readonly number[] };

export function startSpins(): Spins {
  const shared = new Float64Array(new SharedArrayBuffer(8 * (1 + SPINS_MAX)));
  const worker = new Worker(SPIN, { eval: true, workerData: { shared, spinMs: SPIN_MS, everyMs: EVERY_MS, most: SPINS_MAX } });
  return {
    stop() {
      const spun = Array.from(shared.subarray(1, 1 + (shared[0] ?? 0)));
      void worker.terminate();
      return spun;
    },
  };
}

/** An hour of them. */
const SPINS_MAX = 60_000;

/** The count is found once, as what is done most often in the time; then it is the same each time. */
const SPIN = `
const { workerData: { shared, spinMs, everyMs, most } } = require("node:worker_threads");
const work = (count) => { let sum = 0; for (let i = 0; i < count; i++) sum += Math.sqrt(i); return sum; };
const timed = (count) => { const begun = performance.now(); work(count); return performance.now() - begun; };
for (let i = 0; i < 20; i++) work(1e5);
let quickest = Infinity;
for (let i = 0; i < 50; i++) quickest = Math.min(quickest, timed(1e5));
const count = Math.round((1e5 * spinMs) / quickest);
setInterval(() => { if (shared[0] < most) { shared[1 + shared[0]] = timed(count); shared[0]++; } }, everyMs);
`;
