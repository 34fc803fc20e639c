/** Works a route out: earliest starts from the front, latest from the back, loads and costs. */
import { HORIZON } from "./legs.ts";
import { startNode, type Model } from "./model.ts";
import type { Plan } from "./plan.ts";
import { earliestStart, latestStart } from "./windows.ts";

/** Of plain models: one window, and travel time is all that costs. */
export function refreshPlain(plan: Plan, vehicle: number): void {
  const { next, prev, start, done, latest, way, model } = plan;
  const { service, from, to, nodes } = model;
  const { time } = model.legs[vehicle]!;
  const first = startNode(model, vehicle);
  const last = first + 1;
  let node = first;
  let clock = from[first]!;
  let cost = 0;
  start[first] = done[first] = clock;
  while (node !== last) {
    const then = next[node]!;
    const leg = time[node * nodes + then]!;
    way[then] = leg;
    clock += leg;
    cost += leg;
    if (clock > HORIZON) clock = HORIZON;
    if (clock < from[then]!) clock = from[then]!;
    start[then] = clock;
    clock += service[then]!;
    done[then] = clock;
    node = then;
  }
  clock = latest[last] = to[last]!;
  while (node !== first) {
    const before = prev[node]!;
    clock -= way[node]! + service[before]!;
    if (clock > to[before]!) clock = to[before]!;
    // Where nothing begins early enough, nothing before it does.
    if (clock < from[before]!) clock = -HORIZON;
    latest[before] = clock;
    node = before;
  }
  plan.cost[vehicle] = plan.size[vehicle]! > 0 ? cost + model.fixedCost[vehicle]! : 0;
}

/**
 * After `job` came into a route that holds: as `refresh`, but only what it moved. `delta` is what it costs. Of plain models only.
 */
export function refreshAround(plan: Plan, vehicle: number, job: number, delta: number): void {
  const { next, prev, start, done, latest, way, model } = plan;
  const { service, from, to, nodes } = model;
  const { time } = model.legs[vehicle]!;
  const first = startNode(model, vehicle);
  const ahead = next[job]!;
  way[job] = time[prev[job]! * nodes + job]!;
  way[ahead] = time[job * nodes + ahead]!;
  let node = job;
  let clock = done[prev[job]!]! + way[job];
  for (;;) {
    if (clock < from[node]!) clock = from[node]!;
    if (node !== job && start[node] === clock) break;
    start[node] = clock;
    clock += service[node]!;
    done[node] = clock;
    if (node === first + 1) break;
    node = next[node]!;
    clock += way[node]!;
  }
  node = ahead;
  clock = latest[ahead]!;
  while (node !== first) {
    const before = prev[node]!;
    clock -= way[node]! + service[before]!;
    if (clock > to[before]!) clock = to[before]!;
    if (before !== job && latest[before] === clock) break;
    latest[before] = clock;
    node = before;
  }
  plan.cost[vehicle]! += delta;
  plan.version[vehicle] = ++plan.count.versions;
}

/** With breaks, setups, several windows, soft costs. */
export function refreshRich(plan: Plan, vehicle: number): void {
  const { next, start, done, base, at, hop, model } = plan;
  const { service, setup, placeOf, isBreak, nodes, timed, setups } = model;
  const legs = model.legs[vehicle]!;
  const first = startNode(model, vehicle);
  const last = first + 1;
  const used = plan.size[vehicle]! > 0;
  let [cost, priced, travel, distance, work] = [0, 0, 0, 0, 0];
  let here = first;
  let node = first;
  start[first] = done[first] = base[first] = model.from[first]!;
  at[first] = first;
  while (node !== last) {
    const then = next[node]!;
    if (isBreak[then] === 1) {
      const begins = earliestStart(model, then, done[node]!);
      start[then] = begins < 0 ? HORIZON : begins;
      done[then] = Math.min(HORIZON, start[then] + service[then]!);
      base[then] = Math.min(HORIZON, base[node]! + service[then]!);
      at[then] = here;
      node = then;
      continue;
    }
    const cell = here * nodes + then;
    const leg = legs.time[cell]!;
    const price = legs.cost.length > 0 ? legs.cost[cell]! : leg;
    let arrives = base[node]! + leg;
    if (done[node]! > arrives) arrives = done[node]!;
    const begins = earliestStart(model, then, Math.min(HORIZON, arrives));
    start[then] = begins < 0 ? HORIZON : begins;
    const effort = service[then]! + (setups && placeOf[here] !== placeOf[then] ? setup[then]! : 0);
    done[then] = base[then] = Math.min(HORIZON, start[then] + effort);
    at[then] = then;
    hop[then] = price;
    cost += price;
    priced += price;
    travel += leg;
    work += leg + effort;
    if (legs.distance.length > 0) distance += legs.distance[cell]!;
    if (timed && then !== last) cost += timeCost(model, then, start[then]);
    here = node = then;
  }
  if (timed) cost += overtime(model, vehicle, start[last]!);
  if (model.fairness > 0) cost += (model.fairness * work * work) / model.shift[vehicle]!;
  plan.legs[vehicle] = used ? priced : 0;
  plan.travel[vehicle] = used ? travel : 0;
  plan.distance[vehicle] = used ? distance : 0;
  plan.work[vehicle] = used ? work : 0;
  plan.cost[vehicle] = used ? cost + model.fixedCost[vehicle]! : 0;
  refreshLatest(plan, vehicle);
  if (model.mixed) refreshLoads(plan, vehicle);
}

function refreshLatest(plan: Plan, vehicle: number): void {
  const { prev, at, latest, model } = plan;
  const { service, setup, placeOf, isBreak, nodes, setups } = model;
  const { time } = model.legs[vehicle]!;
  const first = startNode(model, vehicle);
  const last = first + 1;
  let node = last;
  /** Where the legs before `node` lead, by when, and the breaks between. */
  let ahead = last;
  let pause = 0;
  latest[last] = model.to[last]!;
  if (setups) plan.latestNear[last] = plan.latestFar[last] = latest[last]!;
  while (node !== first) {
    const before = prev[node]!;
    if (isBreak[before] === 1) {
      latest[before] = latestStart(model, before, latest[node]! - service[before]!);
      pause += service[before]!;
    } else {
      let by = latest[ahead]! - pause - time[before * nodes + ahead]!;
      if (latest[node]! < by) by = latest[node]!;
      if (setups) {
        const far = before === first ? 0 : setup[before]!;
        plan.latestNear[before] = latestStart(model, before, by - service[before]!);
        plan.latestFar[before] = latestStart(model, before, by - service[before]! - far);
        const here = before === first ? first : at[prev[before]!]!;
        latest[before] = placeOf[here] === placeOf[before] ? plan.latestNear[before] : plan.latestFar[before];
      } else latest[before] = latestStart(model, before, by - service[before]!);
      ahead = before;
      pause = 0;
    }
    node = before;
  }
}

function refreshLoads(plan: Plan, vehicle: number): void {
  const { next, prev, load, mostBefore, mostAfter, model } = plan;
  const { dims, delivery, pickup, mate, isSecond, jobs } = model;
  const first = startNode(model, vehicle);
  for (let dim = 0; dim < dims; dim++) {
    let onBoard = 0;
    for (let node = next[first]!; node !== first + 1; node = next[node]!) if (node < jobs && mate[node] === -1) onBoard += delivery[node * dims + dim]!;
    let most = onBoard;
    load[first * dims + dim] = mostBefore[first * dims + dim] = onBoard;
    for (let node = next[first]!; node !== -1; node = next[node]!) {
      if (node < jobs) {
        if (mate[node] === -1) onBoard += pickup[node * dims + dim]! - delivery[node * dims + dim]!;
        else if (isSecond[node] === 1) onBoard -= pickup[mate[node]! * dims + dim]!;
        else onBoard += pickup[node * dims + dim]!;
      }
      if (onBoard > most) most = onBoard;
      load[node * dims + dim] = onBoard;
      mostBefore[node * dims + dim] = most;
    }
    most = onBoard;
    for (let node = first + 1; node !== -1; node = prev[node]!) {
      if (load[node * dims + dim]! > most) most = load[node * dims + dim]!;
      mostAfter[node * dims + dim] = most;
    }
  }
}

/** What it costs that a job begins at `start`. */
export function timeCost(model: Model, job: number, start: number): number {
  let cost = 0;
  if (model.lateCost[job]! !== 0 && start > model.due[job]!) cost += model.lateCost[job]! * (start - model.due[job]!);
  if (model.waitCost[job]! !== 0) cost += model.waitCost[job]! * (start - model.since[job]!);
  if (model.moveCost[job]! !== 0) cost += model.moveCost[job]! * Math.abs(start - model.toldAt[job]!);
  return cost;
}

export function overtime(model: Model, vehicle: number, end: number): number {
  const over = end - model.overtimeFrom[vehicle]!;
  return over > 0 ? over * model.overtimeCost[vehicle]! : 0;
}
