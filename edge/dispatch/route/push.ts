/** What an insertion does to the rest of its route: starts pushed back, overtime, an uneven load. */
import { startNode } from "./model.ts";
import type { Plan } from "./plan.ts";
import { overtime, timeCost } from "./refresh.ts";
import { earliestStart } from "./windows.ts";

/** The latest start of a node if what comes before it is at `place`. */
export function latestAfter(plan: Plan, node: number, place: number): number {
  return plan.model.placeOf[node] === place ? plan.latestNear[node]! : plan.latestFar[node]!;
}

export function fairCost(plan: Plan, vehicle: number, more: number): number {
  const { fairness, shift } = plan.model;
  const work = plan.work[vehicle]!;
  return (fairness * more * (2 * work + more)) / shift[vehicle]!;
}

/**
 * What it costs that `node` is reached at `arrives`, coming from `place`, and all that follows with it. Where a later start never costs less, it is
 * followed only until it costs `limit`.
 */
export function pushCost(plan: Plan, vehicle: number, place: number, node: number, arrives: number, limit: number): number {
  const { next, start, done, model } = plan;
  const { placeOf, isBreak, nodes, setups, monotone, due, lateCost, waitCost } = model;
  const { time } = model.legs[vehicle]!;
  const last = startNode(model, vehicle) + 1;
  let cost = 0;
  for (;;) {
    const begins = earliestStart(model, node, arrives);
    if (node === last) return cost + overtime(model, vehicle, begins) - (plan.size[vehicle] === 0 ? 0 : overtime(model, vehicle, start[last]!));
    const before = start[node]!;
    if (!monotone) cost += timeCost(model, node, begins) - timeCost(model, node, before);
    else if (begins !== before) {
      cost += waitCost[node]! * (begins - before);
      const by = due[node]!;
      if (lateCost[node]! !== 0 && (begins > by || before > by)) cost += lateCost[node]! * ((begins > by ? begins : by) - (before > by ? before : by));
      if (cost >= limit && begins > before) return cost;
    }
    const ends = begins + model.service[node]! + (setups && place !== placeOf[node] ? model.setup[node]! : 0);
    if (ends === done[node]) return cost;
    let ahead = next[node]!;
    let free = ends;
    let pause = 0;
    while (isBreak[ahead] === 1) {
      free = earliestStart(model, ahead, free) + model.service[ahead]!;
      pause += model.service[ahead]!;
      ahead = next[ahead]!;
    }
    place = placeOf[node]!;
    arrives = ends + pause + time[node * nodes + ahead]!;
    if (free > arrives) arrives = free;
    node = ahead;
  }
}
