/**
 * Where a job fits into a route, and what that costs: each position in constant time by the earliest starts from the front and the latest from
 * the back; where lateness, waiting or overtime cost something, what is pushed back is followed for as long as it moves.
 */
import { startNode, type Model } from "./model.ts";
import { scanPair } from "./insert-pair.ts";
import { NEVER } from "./legs.ts";
import { link, refresh, tourOf, unlink, type Plan } from "./plan.ts";
import type { Tour } from "./problem.ts";
import { fairCost, latestAfter, pushCost } from "./push.ts";
import { timeCost } from "./refresh.ts";
import { clear, emptySlots, keep, SLOTS, type Slots } from "./slots.ts";
import { earliestStart } from "./windows.ts";

export type Insertion = { readonly vehicle: number; readonly delta: number; readonly after: number; readonly afterSecond: number };

/** The best positions for `job` in the vehicle's route, from `slot` on. Without what depends on the vehicle alone: see `flatCost`. */
export function scan(plan: Plan, job: number, vehicle: number, slots: Slots, slot: number): void {
  const { model } = plan;
  if (!model.rich) scanPlain(plan, job, vehicle, slots, slot);
  else if (model.mate[job] !== -1) scanPair(plan, job, vehicle, slots, slot);
  else scanRich(plan, job, vehicle, slots, slot);
}

/** What the vehicle costs the job wherever it stands in the route. */
export function flatCost(plan: Plan, job: number, vehicle: number): number {
  const { bias, vehicles, fixedCost } = plan.model;
  const opens = plan.size[vehicle] === 0 ? fixedCost[vehicle]! : 0;
  return bias.length === 0
    ? opens
    : opens + bias[job * vehicles + vehicle]! + (plan.model.mate[job] === -1 ? 0 : bias[plan.model.mate[job]! * vehicles + vehicle]!);
}

/** Whether the vehicle may have one more job, and this one. */
export function mayTake(plan: Plan, job: number, vehicle: number): boolean {
  const { model } = plan;
  const mate = model.mate[job]!;
  if (model.allowed[job * model.vehicles + vehicle] === 0) return false;
  if (mate !== -1 && model.allowed[mate * model.vehicles + vehicle] === 0) return false;
  return plan.size[vehicle]! + (mate === -1 ? 1 : 2) <= model.jobsMax[vehicle]!;
}

/** The cheapest insertion of the job (of a pair: its first) into one route; null when it does not fit. */
export function bestInsertion(plan: Plan, job: number, vehicle: number): Insertion | null {
  if (!mayTake(plan, job, vehicle)) return null;
  const slots = emptySlots(SLOTS, true);
  scan(plan, job, vehicle, slots, 0);
  if (slots.after[0] === -1) return null;
  return { vehicle, delta: slots.delta[0]! + flatCost(plan, job, vehicle), after: slots.after[0]!, afterSecond: slots.afterSecond[0]! };
}

/** The cheapest insertion into each route it fits into, cheapest first, of equals the vehicle that is named first. In sparse models after `fillNode`. */
export function insertions(plan: Plan, job: number): Insertion[] {
  const found = Array.from({ length: plan.model.vehicles }, (_, vehicle) => bestInsertion(plan, job, vehicle));
  return found.filter((one) => one !== null).sort((a, b) => a.delta - b.delta || a.vehicle - b.vehicle);
}

/** What people would be told if it were inserted so: when each step of that route begins. The plan stays as it is. */
export function preview(plan: Plan, job: number, insertion: Omit<Insertion, "delta">): Tour {
  insert(plan, job, insertion);
  const tour = tourOf(plan, insertion.vehicle);
  for (const one of [job, plan.model.mate[job]!]) if (one !== -1) unlink(plan, one);
  refresh(plan, insertion.vehicle);
  return tour;
}

export function insert(plan: Plan, job: number, { vehicle, after, afterSecond }: Omit<Insertion, "delta">): void {
  link(plan, job, after);
  const mate = plan.model.mate[job]!;
  if (mate !== -1) link(plan, mate, afterSecond);
  refresh(plan, vehicle);
}

/** Whether stock and room suffice wherever the job stands; amounts of one direction only. */
function fits(plan: Plan, job: number, vehicle: number): boolean {
  const { dims, delivery, pickup, capacity } = plan.model;
  for (let dim = 0; dim < dims; dim++) {
    const amount = delivery[job * dims + dim]! + pickup[job * dims + dim]!;
    if (amount > 0 && plan.amount[vehicle * dims + dim]! + amount > capacity[vehicle * dims + dim]!) return false;
  }
  return true;
}

function scanPlain(plan: Plan, job: number, vehicle: number, slots: Slots, slot: number): void {
  const { next, done, latest, way, model } = plan;
  const { time, timeBack } = model.legs[vehicle]!;
  const { symmetric } = model;
  const from = model.from[job]!;
  const to = model.to[job]!;
  const service = model.service[job]!;
  const row = job * model.nodes;
  // Whole numbers throughout: a delta of NEVER is none.
  let best = NEVER;
  let second = NEVER;
  let third = NEVER;
  let after = -1;
  let afterSecond = -1;
  let afterThird = -1;
  if (fits(plan, job, vehicle)) {
    const last = startNode(model, vehicle) + 1;
    const empty = plan.size[vehicle] === 0;
    let node = plan.anchor[vehicle]!;
    let then = next[node]!;
    while (node !== last && latest[then]! < from) {
      node = then;
      if (node !== last) then = next[node]!;
    }
    let into = timeBack[row + node]!;
    while (node !== last) {
      const leaves = done[node]!;
      if (leaves > to) break;
      const out = time[row + then]!;
      const delta = empty ? into + out : into + out - way[then]!;
      if (delta < third) {
        let begins = leaves + into;
        if (begins <= to) {
          if (begins < from) begins = from;
          if (begins + service + out <= latest[then]!) {
            if (delta < second) {
              third = second;
              afterThird = afterSecond;
              if (delta < best) {
                second = best;
                afterSecond = after;
                best = delta;
                after = node;
              } else {
                second = delta;
                afterSecond = node;
              }
            } else {
              third = delta;
              afterThird = node;
            }
          }
        }
      }
      node = then;
      if (node === last) break;
      then = next[node]!;
      into = symmetric ? out : timeBack[row + node]!;
    }
  }
  slots.delta[slot] = after === -1 ? Infinity : best;
  slots.delta[slot + 1] = afterSecond === -1 ? Infinity : second;
  slots.delta[slot + 2] = afterThird === -1 ? Infinity : third;
  slots.after[slot] = after;
  slots.after[slot + 1] = afterSecond;
  slots.after[slot + 2] = afterThird;
}

function scanRich(plan: Plan, job: number, vehicle: number, slots: Slots, slot: number): void {
  const { next, done, base, at, latest, hop, model } = plan;
  const { nodes, placeOf, isBreak, setups, timed, mixed, bounded, monotone, fairness } = model;
  clear(slots, slot);
  if (!mixed && !fits(plan, job, vehicle)) return;
  const legs = model.legs[vehicle]!;
  const { time, timeBack } = legs;
  const [price, priceBack] = legs.cost.length > 0 ? [legs.cost, legs.costBack] : [time, timeBack];
  const [from, to, service, setup] = [model.from[job]!, model.to[job]!, model.service[job]!, model.setup[job]!];
  const [row, place] = [job * nodes, placeOf[job]!];
  const last = startNode(model, vehicle) + 1;
  const empty = plan.size[vehicle] === 0;
  const third = slot + SLOTS - 1;
  for (let node = plan.anchor[vehicle]!; node !== last; node = next[node]!) {
    const leaves = done[node]!;
    if (leaves > to) break;
    const then = next[node]!;
    // Where the setup of the next one falls away beside it, that may begin later than it may now.
    if (!setups && latest[then]! < from) continue;
    const here = at[node]!;
    let ahead = then;
    while (isBreak[ahead] === 1) ahead = next[ahead]!;
    let delta = priceBack[row + here]! + price[row + ahead]! - (empty ? 0 : hop[ahead]!);
    // Most positions are too far away already, whatever the time.
    if (monotone && delta >= slots.delta[third]!) continue;
    const into = timeBack[row + here]!;
    let arrives = base[node]! + into;
    if (leaves > arrives) arrives = leaves;
    const begins = earliestStart(model, job, arrives);
    if (begins < 0) continue;
    if (timed) delta += timeCost(model, job, begins);
    if (monotone && delta >= slots.delta[third]!) continue;
    const effort = service + (setups && placeOf[here] !== place ? setup : 0);
    const ends = begins + effort;
    let free = ends;
    let pause = 0;
    for (let rest = then; rest !== ahead && free >= 0; rest = next[rest]!) {
      const rests = earliestStart(model, rest, free);
      free = rests < 0 ? -1 : rests + model.service[rest]!;
      pause += model.service[rest]!;
    }
    if (free < 0) continue;
    const out = time[row + ahead]!;
    let reaches = ends + pause + out;
    if (free > reaches) reaches = free;
    if (reaches > (setups ? latestAfter(plan, ahead, place) : latest[ahead]!)) continue;
    if (mixed && !boards(plan, job, vehicle, node)) continue;
    const leg = empty ? 0 : time[here * nodes + ahead]!;
    if (bounded && exceeds(plan, vehicle, here, job, ahead, into + out - leg)) continue;
    if (timed) delta += pushCost(plan, vehicle, place, ahead, reaches, slots.delta[third]! - delta);
    if (fairness > 0) {
      const change = setups ? setupChange(model, here, job, ahead) : 0;
      delta += fairCost(plan, vehicle, into + out - leg + effort + change);
    }
    if (delta < slots.delta[third]!) keep(slots, slot, delta, node, -1);
  }
}

/** Mixed amounts: until here there is more on board by what is delivered, from here on by what is picked up. */
function boards(plan: Plan, job: number, vehicle: number, node: number): boolean {
  const { dims, delivery, pickup, capacity } = plan.model;
  for (let dim = 0; dim < dims; dim++) {
    const room = capacity[vehicle * dims + dim]!;
    const [brings, takes] = [delivery[job * dims + dim]!, pickup[job * dims + dim]!];
    if (brings > 0 && plan.mostBefore[node * dims + dim]! + brings > room) return false;
    if (takes > 0 && plan.mostAfter[node * dims + dim]! + takes > room) return false;
  }
  return true;
}

function exceeds(plan: Plan, vehicle: number, here: number, job: number, ahead: number, longer: number): boolean {
  const { model } = plan;
  if (plan.travel[vehicle]! + longer > model.travelMax[vehicle]!) return true;
  const { distance, distanceBack } = model.legs[vehicle]!;
  if (distance.length === 0) return false;
  const before = plan.size[vehicle] === 0 ? 0 : distance[here * model.nodes + ahead]!;
  return plan.distance[vehicle]! + distanceBack[job * model.nodes + here]! + distance[job * model.nodes + ahead]! - before > model.distanceMax[vehicle]!;
}

/** By how much the setup of `ahead` changes when `job` comes before it. */
function setupChange(model: Model, here: number, job: number, ahead: number): number {
  const { placeOf, setup } = model;
  const [place, before] = [placeOf[ahead]!, placeOf[here]!];
  return (placeOf[job] === place ? 0 : setup[ahead]!) - (before === place ? 0 : setup[ahead]!);
}
