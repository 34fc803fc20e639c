/** A search under way: the plan as it stands, what is remembered of it, how to take a step back, and the best plan so far. */
import { HORIZON } from "./legs.ts";
import { startNode, type Model } from "./model.ts";
import { startNear, type Near } from "./near.ts";
import { chainOf, planCost, refresh, type Plan } from "./plan.ts";
import { isJob, type Step } from "./problem.ts";
import { startRandom, type Random } from "./random.ts";
import { emptySlots, SLOTS, type Slots } from "./slots.ts";

export type Search = {
  readonly model: Model;
  readonly plan: Plan;
  readonly random: Random;
  readonly near: Near;
  readonly keys: Keys;
  /** Best insertions by job and vehicle, and the version of the route they were worked out for. */
  readonly slots: Slots;
  readonly slotVersion: Int32Array;
  /** Jobs to be inserted; of pairs the first. */
  readonly removed: Int32Array;
  readonly order: Float64Array;
  /** Jobs in no route; of pairs the first. */
  readonly absent: Int32Array;
  /** Vehicles with a job, and of the empty ones the first of each kind. */
  readonly open: Int32Array;
  readonly kindMark: Int32Array;
  /** Jobs of one route that may be torn out, in order. */
  readonly line: Int32Array;
  readonly ruinMark: Int32Array;
  readonly undo: Undo;
  readonly best: Best;
  /** No insertion makes a plan cheaper, so that one which is too dear already only gets dearer. */
  readonly rising: boolean;
  readonly now: Now;
};

/** What changes from step to step. */
type Now = {
  cost: number;
  /** What the jobs that were taken out cost besides their routes: vehicles they had, or being left out. */
  lifted: number;
  iterations: number;
  /** A leg as they are in the first plan: what temperatures are measured by. */
  leg: number;
  heat: number;
  warmth: number;
  removed: number;
  absent: number;
  open: number;
  /** Names the iteration in marks. */
  mark: number;
  kindMark: number;
  /** Insertions until the next blink. */
  skip: number;
};

/** What jobs are sorted by before they are inserted. */
export type Keys = {
  readonly amount: Float64Array;
  readonly remote: Float64Array;
  readonly width: Float64Array;
  readonly opens: Float64Array;
  readonly closes: Float64Array;
  readonly choice: Float64Array;
  readonly worth: Float64Array;
  /** Whether these two tell jobs apart at all. */
  readonly choosy: boolean;
  readonly worthy: boolean;
};

/** Routes as they were before this iteration, one after the other. */
type Undo = {
  readonly touched: Int32Array;
  readonly mark: Int32Array;
  readonly first: Int32Array;
  readonly nodes: Int32Array;
  readonly version: Int32Array;
  readonly size: Int32Array;
  readonly amount: Float64Array;
  readonly cost: Float64Array;
  readonly absent: Int32Array;
  readonly count: { touched: number; nodes: number; absent: number };
};

/** By node what comes next; as of the version of each route. */
type Best = { readonly next: Int32Array; readonly version: Int32Array; cost: number };

export function startSearch(plan: Plan, seed: number): Search {
  const { model } = plan;
  const { jobs, vehicles, nodes, dims } = model;
  const whole = (count: number) => new Int32Array(count);
  const cells = jobs * vehicles;
  const paired = (model.problem.pairs ?? []).length > 0;
  const search: Search = {
    model,
    plan,
    random: startRandom(seed),
    near: startNear(model),
    keys: keysOf(model),
    slots: emptySlots(cells * SLOTS, paired),
    slotVersion: whole(cells),
    removed: whole(jobs),
    order: new Float64Array(jobs),
    absent: whole(jobs),
    open: whole(vehicles),
    kindMark: whole(model.kinds),
    line: whole(jobs),
    ruinMark: whole(vehicles),
    undo: {
      touched: whole(vehicles),
      mark: whole(vehicles),
      first: whole(vehicles + 1),
      nodes: whole(nodes),
      version: whole(vehicles),
      size: whole(vehicles),
      amount: new Float64Array(vehicles * dims),
      cost: new Float64Array(vehicles),
      absent: whole(jobs),
      count: { touched: 0, nodes: 0, absent: 0 },
    },
    best: { next: whole(nodes), version: whole(vehicles).fill(-1), cost: Infinity },
    rising: model.monotone && model.bias.every((bias) => bias >= 0),
    now: { cost: 0, lifted: 0, iterations: 0, leg: 0, heat: 1, warmth: 0, removed: 0, absent: 0, open: 0, mark: 0, kindMark: 0, skip: 0 },
  };
  for (let job = 0; job < jobs; job++) if (plan.route[job] === -1 && model.isSecond[job] === 0) search.absent[search.now.absent++] = job;
  search.now.cost = planCost(plan);
  return search;
}

/** Opens an iteration: whatever is touched from here on can be taken back. */
export function mark({ undo, absent, now }: Search): void {
  now.mark++;
  undo.count.touched = undo.count.nodes = 0;
  undo.count.absent = now.absent;
  for (let i = 0; i < now.absent; i++) undo.absent[i] = absent[i]!;
}

/** Before a route changes: remembers it, once in an iteration. */
export function touch({ undo, plan, model, now }: Search, vehicle: number): void {
  if (undo.mark[vehicle] === now.mark) return;
  undo.mark[vehicle] = now.mark;
  const at = undo.count.touched++;
  const { dims } = model;
  undo.touched[at] = vehicle;
  undo.first[at] = undo.count.nodes;
  undo.version[at] = plan.version[vehicle]!;
  undo.size[at] = plan.size[vehicle]!;
  undo.cost[at] = plan.cost[vehicle]!;
  for (let dim = 0; dim < dims; dim++) undo.amount[at * dims + dim] = plan.amount[vehicle * dims + dim]!;
  const last = startNode(model, vehicle) + 1;
  for (let node = plan.next[plan.anchor[vehicle]!]!; node !== last; node = plan.next[node]!) undo.nodes[undo.count.nodes++] = node;
}

/** Takes the iteration back: every route it touched is as it was, under its old version. */
export function takeBack({ undo, plan, model, absent, now }: Search): void {
  const { next, prev, route } = plan;
  const { dims } = model;
  undo.first[undo.count.touched] = undo.count.nodes;
  for (let i = 0; i < undo.count.touched; i++) {
    const vehicle = undo.touched[i]!;
    let node = plan.anchor[vehicle]!;
    for (let at = undo.first[i]!; at < undo.first[i + 1]!; at++) {
      const then = undo.nodes[at]!;
      next[node] = then;
      prev[then] = node;
      route[then] = vehicle;
      node = then;
    }
    const last = startNode(model, vehicle) + 1;
    next[node] = last;
    prev[last] = node;
    plan.size[vehicle] = undo.size[i]!;
    for (let dim = 0; dim < dims; dim++) plan.amount[vehicle * dims + dim] = undo.amount[i * dims + dim]!;
    refresh(plan, vehicle);
    plan.version[vehicle] = undo.version[i]!;
  }
  now.absent = undo.count.absent;
  for (let i = 0; i < now.absent; i++) {
    const job = undo.absent[i]!;
    absent[i] = job;
    route[job] = -1;
    if (model.mate[job] !== -1) route[model.mate[job]!] = -1;
  }
}

export function bestSteps({ best, model }: Search, vehicle: number): readonly Step[] {
  const steps = chainOf(model, best.next, vehicle).map(({ step }) => step);
  return steps.some(isJob) ? steps : [];
}

/** What it costs to leave a job out, and its pair with it. */
export function dropOf({ dropCost, mate }: Model, job: number): number {
  return mate[job] === -1 ? dropCost[job]! : dropCost[job]! + dropCost[mate[job]!]!;
}

/** What the routes that were touched cost more than before. */
export function change({ undo, plan }: Search): number {
  let sum = 0;
  for (let i = 0; i < undo.count.touched; i++) sum += plan.cost[undo.touched[i]!]! - undo.cost[i]!;
  return sum;
}

/** Remembers the plan as the best one: the routes that are not as they were when last remembered. */
export function keepBest({ best, plan, model, now }: Search): void {
  best.cost = now.cost;
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    if (best.version[vehicle] === plan.version[vehicle]) continue;
    best.version[vehicle] = plan.version[vehicle]!;
    for (let node = startNode(model, vehicle); node !== -1; node = plan.next[node]!) best.next[node] = plan.next[node]!;
  }
}

function keysOf(model: Model): Keys {
  const { jobs, vehicles, dims } = model;
  const real = () => new Float64Array(jobs);
  const keys = { amount: real(), remote: real(), width: real(), opens: real(), closes: real(), choice: real(), worth: real() };
  for (let job = 0; job < jobs; job++) {
    for (let dim = 0; dim < dims; dim++) keys.amount[job]! += model.delivery[job * dims + dim]! + model.pickup[job * dims + dim]!;
    const closes = model.lateCost[job]! > 0 ? Math.min(model.to[job]!, model.due[job]!) : model.to[job]!;
    keys.opens[job] = model.from[job]!;
    keys.closes[job] = closes;
    keys.width[job] = closes - model.from[job]!;
    keys.worth[job] = -model.dropCost[job]!;
    keys.remote[job] = HORIZON;
    for (let vehicle = 0; vehicle < vehicles; vehicle++) {
      if (model.allowed[job * vehicles + vehicle] === 0) continue;
      keys.choice[job]!++;
      const way = model.legs[vehicle]!.timeBack[job * model.nodes + startNode(model, vehicle)]!;
      if (way < keys.remote[job]!) keys.remote[job] = way;
    }
  }
  const differ = (values: Float64Array) => values.some((value) => value !== values[0]);
  return { ...keys, choosy: differ(keys.choice), worthy: differ(keys.worth) };
}
