/** What leaving a job out costs where its problem does not say. */
import { HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";

/** Leaving a job out costs more than all travel and lateness there can be, so that jobs come first, and among them the priorities. */
export function setDropCosts(model: Model): void {
  const { problem, dropCost, jobs } = model;
  let most = 1 + jobs * 2 * dearestLeg(model);
  const lastAt = model.to.reduce((a, b) => Math.max(a, b), 0);
  for (const cost of model.fixedCost) most += cost;
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    const shift = model.shift[vehicle] ?? 0;
    most += (model.overtimeCost[vehicle] ?? 0) * shift + model.fairness * shift;
  }
  for (let job = 0; job < jobs; job++) {
    const wait = (model.lateCost[job] ?? 0) * Math.max(0, lastAt - (model.due[job] ?? 0)) + (model.waitCost[job] ?? 0) * lastAt;
    most += Math.max(0, wait) + (model.moveCost[job] ?? 0) * lastAt;
    for (let cell = job * model.vehicles; cell < (job + 1) * model.vehicles && model.bias.length > 0; cell++) most += Math.abs(model.bias[cell] ?? 0);
  }
  for (const [job, { dropCost: given, priority = 0 }] of problem.jobs.entries()) dropCost[job] = given ?? most * (1 + priority * (jobs + 1));
}

/** More than any leg costs that can be travelled; where travel is not worked out yet, than any leg that is likely. */
function dearestLeg({ legs, sparse, rich }: Model): number {
  if (sparse) return HORIZON;
  let dearest = 0;
  for (const { time, cost } of new Set(legs)) {
    for (let cell = 0; cell < time.length; cell++) {
      const leg = rich && cost.length > 0 ? cost[cell]! : time[cell]!;
      if (time[cell]! < HORIZON && leg > dearest) dearest = leg;
    }
  }
  return dearest;
}
