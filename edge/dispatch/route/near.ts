/** For each job the others, nearest first: what is torn out of a plan together is near each other. Worked out for a job when it is asked for. */
import { HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";

/** Neighbours remembered for each job. A ruin reaches about ten routes, and these hold far more. */
const NEAR_MAX = 200;

export type Near = { readonly list: Int32Array; readonly count: number; readonly isKnown: Uint8Array; readonly keys: Float64Array };

export function startNear({ jobs }: Model): Near {
  const count = Math.min(jobs, NEAR_MAX);
  return { list: new Int32Array(jobs * count), count, isKnown: new Uint8Array(jobs), keys: new Float64Array(jobs) };
}

/** From where in `list` on the neighbours of `job` stand; each job is its own nearest. */
export function nearFrom({ list, count, isKnown, keys }: Near, { jobs, nodes, legs }: Model, job: number): number {
  const first = job * count;
  if (isKnown[job] === 1) return first;
  isKnown[job] = 1;
  const { time, timeBack } = legs[0]!;
  // Distance and job in one number, so that plain numbers are sorted, which is many times faster than by a function.
  for (let other = 0; other < jobs; other++) {
    const far = Math.min(HORIZON, time[job * nodes + other]!) + Math.min(HORIZON, timeBack[job * nodes + other]!);
    keys[other] = (other === job ? 0 : 1 + far) * jobs + other;
  }
  keys.sort();
  for (let i = 0; i < count; i++) list[first + i] = keys[i]! % jobs;
  return first;
}
