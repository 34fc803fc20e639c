/** For each job the others, nearest first: what is torn out of a plan together is near each other. */
import { HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";

/** Neighbours remembered for each job. A ruin reaches about ten routes, and these hold far more. */
const NEAR_MAX = 200;

export type Near = { readonly list: Int32Array; readonly count: number };

/** `list[job * count + i]`; each job is its own nearest. */
export function nearJobs(model: Model): Near {
  const { jobs, nodes } = model;
  const legs = model.legs[0];
  const count = Math.min(jobs, NEAR_MAX);
  const list = new Int32Array(jobs * count);
  if (legs === undefined) return { list, count };
  const { time, timeBack } = legs;
  // Distance and job in one number, so that plain numbers are sorted, which is many times faster than by a function.
  const keys = new Float64Array(jobs);
  for (let job = 0; job < jobs; job++) {
    for (let other = 0; other < jobs; other++) {
      const far = Math.min(HORIZON, time[job * nodes + other]!) + Math.min(HORIZON, timeBack[job * nodes + other]!);
      keys[other] = (other === job ? 0 : 1 + far) * jobs + other;
    }
    keys.sort();
    for (let i = 0; i < count; i++) list[job * count + i] = keys[i]! % jobs;
  }
  return { list, count };
}
