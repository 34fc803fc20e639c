/** Where a pair fits into a route: for each position of the first job the route is followed, with it inside, and the second tried behind each step. */
import { startNode } from "./model.ts";
import type { Plan } from "./plan.ts";
import { fairCost, latestAfter, pushCost } from "./push.ts";
import { timeCost } from "./refresh.ts";
import { clear, keep, SLOTS, type Slots } from "./slots.ts";
import { earliestStart } from "./windows.ts";

/** Like `scan`, for the first job of a pair. */
export function scanPair(plan: Plan, first: number, vehicle: number, slots: Slots, slot: number): void {
  const { next, done, base, at, model } = plan;
  clear(slots, slot);
  const walk: Walk = { here: 0, done: 0, base: 0, cost: 0, price: 0, travel: 0, distance: 0, work: 0 };
  const last = startNode(model, vehicle) + 1;
  for (let node = plan.anchor[vehicle]!; node !== last; node = next[node]!) {
    if (done[node]! > model.to[first]!) break;
    walk.here = at[node]!;
    walk.done = done[node]!;
    walk.base = base[node]!;
    walk.cost = walk.price = walk.travel = walk.distance = walk.work = 0;
    if (!hasRoom(plan, first, vehicle, node) || !advance(plan, vehicle, walk, first)) continue;
    trySecond(plan, first, vehicle, slots, slot, walk, node);
  }
}

/** A vehicle on its way through a route with more in it than it has now: where it is, and what has been added so far. */
type Walk = { here: number; done: number; base: number; cost: number; price: number; travel: number; distance: number; work: number };

/** Goes on to `node`, a job or a break; false when that is too late. */
function advance(plan: Plan, vehicle: number, walk: Walk, node: number): boolean {
  const { model } = plan;
  if (model.isBreak[node] === 1) {
    const rests = earliestStart(model, node, walk.done);
    if (rests < 0) return false;
    walk.done = rests + model.service[node]!;
    walk.base += model.service[node]!;
    return true;
  }
  const begins = earliestStart(model, node, arrival(plan, vehicle, walk, node));
  if (begins < 0) return false;
  const effort = model.service[node]! + (model.placeOf[walk.here] === model.placeOf[node] ? 0 : model.setup[node]!);
  addLeg(plan, vehicle, walk, walk.here, node, 1);
  walk.work += effort;
  if (model.timed) walk.cost += timeCost(model, node, begins);
  walk.done = walk.base = begins + effort;
  walk.here = node;
  return true;
}

function arrival(plan: Plan, vehicle: number, walk: Walk, node: number): number {
  const arrives = walk.base + plan.model.legs[vehicle]!.time[walk.here * plan.model.nodes + node]!;
  return arrives > walk.done ? arrives : walk.done;
}

function addLeg(plan: Plan, vehicle: number, walk: Walk, from: number, to: number, sign: number): void {
  const { time, cost, distance } = plan.model.legs[vehicle]!;
  const cell = from * plan.model.nodes + to;
  walk.travel += sign * time[cell]!;
  walk.work += sign * time[cell]!;
  walk.price += sign * (cost.length > 0 ? cost[cell]! : time[cell]!);
  if (distance.length > 0) walk.distance += sign * distance[cell]!;
}

/** With the first job behind `node`: the second behind it, and behind each step that follows for as long as the first one's amount fits in. */
function trySecond(plan: Plan, first: number, vehicle: number, slots: Slots, slot: number, walk: Walk, node: number): void {
  const { next, at, start, model } = plan;
  const second = model.mate[first]!;
  const last = startNode(model, vehicle) + 1;
  const empty = plan.size[vehicle] === 0;
  let afterSecond = first;
  let behind = node;
  for (;;) {
    tryHere(plan, vehicle, slots, slot, { ...walk }, { second, afterFirst: node, afterSecond, ahead: next[behind]! });
    const then = next[behind]!;
    if (then === last || !advance(plan, vehicle, walk, then)) return;
    if (model.isBreak[then] === 0) {
      const was = at[behind]!;
      if (!empty) addLeg(plan, vehicle, walk, was, then, -1);
      walk.work -= model.service[then]! + (model.placeOf[was] === model.placeOf[then] ? 0 : model.setup[then]!);
      if (model.timed) walk.cost -= timeCost(model, then, start[then]!);
    }
    if (!hasRoom(plan, first, vehicle, then)) return;
    afterSecond = behind = then;
  }
}

type Place = { readonly second: number; readonly afterFirst: number; readonly afterSecond: number; readonly ahead: number };

function tryHere(plan: Plan, vehicle: number, slots: Slots, slot: number, walk: Walk, { second, afterFirst, afterSecond, ahead: next }: Place): void {
  const { model, at, prev } = plan;
  if (!advance(plan, vehicle, walk, second)) return;
  const place = model.placeOf[second]!;
  let ahead = next;
  while (model.isBreak[ahead] === 1) {
    if (!advance(plan, vehicle, walk, ahead)) return;
    ahead = plan.next[ahead]!;
  }
  const reaches = arrival(plan, vehicle, walk, ahead);
  if (reaches > (model.setups ? latestAfter(plan, ahead, place) : plan.latest[ahead]!)) return;
  addLeg(plan, vehicle, walk, second, ahead, 1);
  const was = at[prev[ahead]!]!;
  if (plan.size[vehicle]! > 0) addLeg(plan, vehicle, walk, was, ahead, -1);
  walk.work += (model.placeOf[ahead] === place ? 0 : model.setup[ahead]!) - (model.placeOf[ahead] === model.placeOf[was] ? 0 : model.setup[ahead]!);
  if (model.bounded && plan.travel[vehicle]! + walk.travel > model.travelMax[vehicle]!) return;
  if (model.bounded && plan.distance[vehicle]! + walk.distance > model.distanceMax[vehicle]!) return;
  let delta = walk.price + walk.cost;
  if (model.timed) delta += pushCost(plan, vehicle, place, ahead, reaches, slots.delta[slot + SLOTS - 1]! - delta);
  if (model.fairness > 0) delta += fairCost(plan, vehicle, walk.work);
  if (delta < slots.delta[slot + SLOTS - 1]!) keep(slots, slot, delta, afterFirst, afterSecond);
}

function hasRoom(plan: Plan, first: number, vehicle: number, node: number): boolean {
  const { dims, pickup, capacity } = plan.model;
  for (let dim = 0; dim < dims; dim++) {
    const amount = pickup[first * dims + dim]!;
    if (amount > 0 && plan.load[node * dims + dim]! + amount > capacity[vehicle * dims + dim]!) return false;
  }
  return true;
}
