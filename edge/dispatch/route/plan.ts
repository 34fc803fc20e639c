/**
 * A plan in the making: routes as doubly linked nodes of a model. For each node the earliest start from the front and the latest start from the
 * back, so that whether a job fits between two nodes is one comparison (Savelsbergh 1992). Every content of a route carries a version of its
 * own, which comes back with it: what was worked out for a version holds as long as that version does.
 *
 *   start ─▶ job ─▶ job ─▶ break ─▶ job ─▶ end          start ▷▷▷      ◁◁◁ latest
 */
import { fillLeg } from "./legs.ts";
import { startNode, type Model } from "./model.ts";
import { isJob, type Routes, type Step, type Timetable, type Tour } from "./problem.ts";
import { refreshPlain, refreshRich } from "./refresh.ts";

export type Plan = {
  readonly model: Model;
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** By node the vehicle; −1 for a job in no route. */
  readonly route: Int32Array;
  readonly start: Int32Array;
  /** When the node is done with, and when it would be without waiting for the breaks before it. */
  readonly done: Int32Array;
  readonly base: Int32Array;
  /** The node itself, or the last one before a break. */
  readonly at: Int32Array;
  readonly latest: Int32Array;
  /** Latest starts if the node's setup is, or is not, needed. */
  readonly latestFar: Int32Array;
  readonly latestNear: Int32Array;
  /** Time, and in rich models cost, of the leg that leads to the node. */
  readonly way: Int32Array;
  readonly hop: Float64Array;
  /** From which node the leg to this one was worked out last; of sparse models. */
  readonly filledFrom: Int32Array;
  /** The most on board up to the leg behind the node, and from there on. `[node * dims + dim]`; of mixed models. */
  readonly load: Float64Array;
  readonly mostBefore: Float64Array;
  readonly mostAfter: Float64Array;
  /** By vehicle: jobs, sum of amounts, cost, time on the road, distance, end of all work. */
  readonly size: Int32Array;
  readonly amount: Float64Array;
  readonly cost: Float64Array;
  readonly travel: Float64Array;
  readonly distance: Float64Array;
  readonly work: Float64Array;
  /** What its legs cost; of rich models. */
  readonly legs: Float64Array;
  readonly version: Int32Array;
  /** By vehicle: the last node that may not move; its start when all may. */
  readonly anchor: Int32Array;
  /** Versions given so far. */
  readonly count: { versions: number };
};

/** Nothing but what is pinned. */
export function startPlan(model: Model): Plan {
  const { nodes, vehicles, dims, mixed } = model;
  const whole = (count: number) => new Int32Array(count);
  const loads = mixed ? nodes * dims : 0;
  const plan: Plan = {
    model,
    next: whole(nodes).fill(-1),
    prev: whole(nodes).fill(-1),
    route: whole(nodes).fill(-1),
    start: whole(nodes),
    done: whole(nodes),
    base: whole(nodes),
    at: whole(nodes),
    latest: whole(nodes),
    latestFar: whole(model.setups ? nodes : 0),
    latestNear: whole(model.setups ? nodes : 0),
    way: whole(nodes),
    hop: new Float64Array(model.rich ? nodes : 0),
    filledFrom: whole(model.sparse ? nodes : 0).fill(-1),
    load: new Float64Array(loads),
    mostBefore: new Float64Array(loads),
    mostAfter: new Float64Array(loads),
    size: whole(vehicles),
    amount: new Float64Array(vehicles * dims),
    cost: new Float64Array(vehicles),
    travel: new Float64Array(vehicles),
    distance: new Float64Array(vehicles),
    work: new Float64Array(vehicles),
    legs: new Float64Array(vehicles),
    version: whole(vehicles),
    anchor: whole(vehicles),
    count: { versions: 0 },
  };
  for (let vehicle = 0; vehicle < vehicles; vehicle++) {
    const first = startNode(model, vehicle);
    plan.route[first] = plan.route[first + 1] = vehicle;
    plan.next[first] = first + 1;
    plan.prev[first + 1] = first;
    plan.anchor[vehicle] = first;
    let last = first;
    for (const job of model.problem.vehicles[vehicle]?.pinned ?? []) {
      link(plan, job, last);
      plan.anchor[vehicle] = last = job;
    }
    for (const node of model.breakNodes[vehicle] ?? []) {
      linkNode(plan, node, last);
      last = node;
    }
    refresh(plan, vehicle);
  }
  return plan;
}

/**
 * Lays routes into a plan that has only what is pinned, as far as they hold: of a route that breaks a rule each job is laid that does not, one
 * after the other, and of a pair both or none.
 */
export function layRoutes(plan: Plan, routes: Routes): void {
  const { model } = plan;
  for (const [vehicle, steps] of routes.entries()) {
    if (vehicle >= model.vehicles) break;
    const laid = layAll(plan, vehicle, steps);
    if (laid.length > 0 && !holds(plan, vehicle)) {
      removeAll(plan, vehicle, laid);
      for (const step of steps) {
        const before = isJob(step) && plan.route[step.job] === -1;
        if (before && layAll(plan, vehicle, upTo(plan, vehicle, steps, step)).length > 0 && !holds(plan, vehicle)) removeAll(plan, vehicle, [step.job]);
      }
    }
  }
  for (const [first, second] of model.problem.pairs ?? []) {
    if (plan.route[first] !== -1 && plan.route[first] === plan.route[second] && comesBefore(plan, first, second)) continue;
    for (const job of [first, second]) if (plan.route[job] !== -1 && model.pinned[job] === 0) removeAll(plan, plan.route[job]!, [job]);
  }
}

/** The steps until this one, without the jobs that were left out before it. */
function upTo(plan: Plan, vehicle: number, steps: readonly Step[], step: Step): Step[] {
  return steps.slice(0, steps.indexOf(step) + 1).filter((one) => one === step || !isJob(one) || plan.route[one.job] === vehicle);
}

/** Jobs that are in a route already only say where the next one goes. */
function layAll(plan: Plan, vehicle: number, steps: readonly Step[]): number[] {
  const { model } = plan;
  const laid: number[] = [];
  let last = plan.anchor[vehicle]!;
  for (const step of steps) {
    if (!isJob(step)) {
      last = model.breakNodes[vehicle]?.[step.break] ?? last;
      continue;
    }
    const { job } = step;
    if (plan.route[job] === vehicle && model.pinned[job] === 0) last = job;
    if (plan.route[job] !== -1 || model.allowed[job * model.vehicles + vehicle] === 0 || plan.size[vehicle]! >= model.jobsMax[vehicle]!) continue;
    link(plan, job, last);
    laid.push(job);
    last = job;
  }
  if (laid.length > 0) refresh(plan, vehicle);
  return laid;
}

function removeAll(plan: Plan, vehicle: number, jobs: readonly number[]): void {
  for (const job of jobs) unlink(plan, job);
  refresh(plan, vehicle);
}

function comesBefore(plan: Plan, first: number, second: number): boolean {
  for (let node = second; node !== -1; node = plan.prev[node]!) if (node === first) return true;
  return false;
}

/** Whether every hard rule of the route is kept. */
export function holds(plan: Plan, vehicle: number): boolean {
  const { model } = plan;
  const first = startNode(model, vehicle);
  if (!isInTime(plan, vehicle)) return false;
  if (plan.travel[vehicle]! > model.travelMax[vehicle]! || plan.distance[vehicle]! > model.distanceMax[vehicle]!) return false;
  for (let dim = 0; dim < model.dims; dim++) {
    const most = model.mixed ? plan.mostAfter[first * model.dims + dim]! : plan.amount[vehicle * model.dims + dim]!;
    if (most > model.capacity[vehicle * model.dims + dim]!) return false;
  }
  return true;
}

/** Whether everything begins in its windows and before the shift is over: the latest start of what comes before all that may move knows it. */
export function isInTime({ anchor, start, latest }: Plan, vehicle: number): boolean {
  const node = anchor[vehicle]!;
  return start[node]! <= latest[node]!;
}

export function link(plan: Plan, job: number, after: number): void {
  linkNode(plan, job, after);
  count(plan, job, 1);
}

export function unlink(plan: Plan, job: number): void {
  count(plan, job, -1);
  const [before, behind] = [plan.prev[job]!, plan.next[job]!];
  plan.next[before] = behind;
  plan.prev[behind] = before;
  plan.route[job] = -1;
}

function linkNode(plan: Plan, node: number, after: number): void {
  const { next, prev, route } = plan;
  const behind = next[after]!;
  next[after] = node;
  prev[node] = after;
  next[node] = behind;
  prev[behind] = node;
  route[node] = route[after]!;
}

function count(plan: Plan, job: number, sign: number): void {
  const { dims, delivery, pickup } = plan.model;
  const vehicle = plan.route[job]!;
  plan.size[vehicle]! += sign;
  for (let dim = 0; dim < dims; dim++) plan.amount[vehicle * dims + dim]! += sign * (delivery[job * dims + dim]! + pickup[job * dims + dim]!);
}

/** Works a route out anew after its content changed. */
export function refresh(plan: Plan, vehicle: number): void {
  if (plan.model.sparse) fillRoute(plan, vehicle);
  if (plan.model.rich) refreshRich(plan, vehicle);
  else refreshPlain(plan, vehicle);
  plan.version[vehicle] = ++plan.count.versions;
}

function fillRoute(plan: Plan, vehicle: number): void {
  const { model, next, filledFrom } = plan;
  const legs = model.legs[vehicle]!;
  let here = startNode(model, vehicle);
  for (let node = next[here]!; node !== -1; node = next[node]!) {
    if (model.isBreak[node] === 1) continue;
    if (filledFrom[node] !== here) fillLeg(legs, model.nodes, model.placeOf, here, node);
    filledFrom[node] = here;
    here = node;
  }
}

/** Whole cost: routes, what vehicles cost jobs, and jobs left out. */
export function planCost(plan: Plan): number {
  const { model, route } = plan;
  let sum = 0;
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) sum += plan.cost[vehicle]!;
  for (let job = 0; job < model.jobs; job++) {
    if (route[job] === -1) sum += model.dropCost[job]!;
    else if (model.bias.length > 0) sum += model.bias[job * model.vehicles + route[job]!]!;
  }
  return sum;
}

export function routesOf(plan: Plan): Routes {
  return Array.from({ length: plan.model.vehicles }, (_, vehicle) => stepsOf(plan, vehicle).map(({ step }) => step));
}

/** The plan as people are told it. */
export function timetableOf(plan: Plan): Timetable {
  const { vehicles, jobs } = plan.model;
  const tours = Array.from({ length: vehicles }, (_, vehicle) => tourOf(plan, vehicle)).filter(({ stops }) => stops.length > 0);
  return { tours, left: Array.from({ length: jobs }, (_, job) => job).filter((job) => plan.route[job] === -1) };
}

export function tourOf(plan: Plan, vehicle: number): Tour {
  const { model, start, done } = plan;
  const { origin } = model;
  const first = startNode(model, vehicle);
  const stops = stepsOf(plan, vehicle).map(({ node, step }) => ({ ...step, startAt: start[node]! + origin, endAt: done[node]! + origin }));
  return { vehicle, leaveAt: start[first]! + origin, stops, endAt: start[first + 1]! + origin };
}

function stepsOf({ model, next, size }: Plan, vehicle: number): { readonly node: number; readonly step: Step }[] {
  if (size[vehicle] === 0) return [];
  return chainOf(model, next, vehicle);
}

/** A route as `next` has it, whether there is a job in it or not. */
export function chainOf(model: Model, next: Int32Array, vehicle: number): { readonly node: number; readonly step: Step }[] {
  const first = startNode(model, vehicle);
  const list: { readonly node: number; readonly step: Step }[] = [];
  for (let node = next[first]!; node !== first + 1; node = next[node]!) {
    const pause = model.breakNodes[vehicle]?.indexOf(node) ?? -1;
    list.push({ node, step: pause === -1 ? { job: node } : { break: pause } });
  }
  return list;
}
