/**
 * Inserts what waits, one job after the other where it is cheapest; now and then it blinks and does not see the best position. What was worked
 * out for a job and a route is remembered for as long as that route's version is the same.
 */
import { flatCost, mayTake, scan } from "./insert.ts";
import type { Pieces } from "./pieces.ts";
import { link, refresh } from "./plan.ts";
import { refreshAround } from "./refresh.ts";
import { draw } from "./random.ts";
import { dropOf, touch, type Search } from "./search.ts";
import { SLOTS } from "./slots.ts";

/** How often a better position is overlooked: the paper's. */
const BLINK = 0.01;
const LOG_SEEING = Math.log(1 - BLINK);
/**
 * How often a kind of vehicle that has no job is overlooked in an iteration, where vehicles differ. Opening one costs its way from home and back
 * again, whatever it may take on later, so that always the same ones would be opened for the first job of a neighbourhood.
 */
const STAYS_HOME = 0.2;
/** Jobs placed in one piece of a first plan: each looks at every route, and all of it for the first time. */
const PIECE_JOBS = 4;

/**
 * Empties `removed` into routes, or into `absent` where nothing takes a job or leaving it out is cheaper. `cost` is what the plan costs without
 * them; returns what it costs with them, or Infinity as soon as that is `limit` or more.
 */
export function recreate(search: Search, cost: number, limit: number): number {
  const { model, removed, absent, now } = search;
  sort(search);
  openRoutes(search, model.kinds > 1 ? STAYS_HOME : 0);
  let sum = cost;
  for (let i = 0; i < now.removed; i++) {
    sum += place(search, removed[i]!, true);
    if (search.rising && sum >= limit) {
      // The rest is in no route; whoever gives up takes all of it back.
      while (++i < now.removed) absent[now.absent++] = removed[i]!;
      return Infinity;
    }
  }
  return sum;
}

/** As `recreate`, in pieces, whatever it costs and without blinking: for a first plan. */
export function* recreateInPieces(search: Search): Pieces<void> {
  const { removed, now } = search;
  sort(search);
  openRoutes(search, 0);
  for (let i = 0; i < now.removed; i++) {
    place(search, removed[i]!, false);
    if (i % PIECE_JOBS === PIECE_JOBS - 1) yield;
  }
}

/** Puts one job where it is cheapest, and says what that costs. */
function place(search: Search, job: number, blink: boolean): number {
  const { model, plan, absent, now } = search;
  const mate = model.mate[job]!;
  const drop = dropOf(model, job);
  find(search, job, drop, blink);
  const { slot, vehicle, delta } = found;
  if (slot === -1) {
    absent[now.absent++] = job;
    return drop;
  }
  touch(search, vehicle);
  const empty = plan.size[vehicle] === 0;
  link(plan, job, search.slots.after[slot]!);
  if (mate !== -1) link(plan, mate, search.slots.afterSecond[slot]!);
  if (model.rich) refresh(plan, vehicle);
  else refreshAround(plan, vehicle, job, model.bias.length === 0 ? delta : delta - model.bias[job * model.vehicles + vehicle]!);
  if (empty) openNext(search, vehicle);
  return delta;
}

/** The answer of `find`, in one place so that nothing is allocated. */
const found = { slot: -1, vehicle: -1, delta: 0 };

function find(search: Search, job: number, drop: number, blink: boolean): void {
  const { model, plan, slots, slotVersion, open, now, random } = search;
  const { vehicles } = model;
  const { simple, allowed } = model;
  let best = drop;
  let slot = -1;
  let on = -1;
  const rowCell = job * vehicles;
  for (let i = 0; i < now.open; i++) {
    const vehicle = open[i]!;
    const cell = rowCell + vehicle;
    if (simple ? allowed[cell] === 0 : !mayTake(plan, job, vehicle)) continue;
    if (slotVersion[cell] !== plan.version[vehicle]) {
      scan(plan, job, vehicle, slots, cell * SLOTS);
      slotVersion[cell] = plan.version[vehicle]!;
    }
    const flat = simple ? 0 : flatCost(plan, job, vehicle);
    let at = cell * SLOTS;
    if (slots.delta[at]! + flat >= best) continue;
    // A blink for each time that something better is seen; twice in a row is too rare to matter beyond the slots that are kept.
    while (blink && at < cell * SLOTS + SLOTS - 1 && --now.skip < 0) {
      now.skip = Math.floor(Math.log(draw(random) + 1e-12) / LOG_SEEING);
      at++;
    }
    const delta = slots.delta[at]! + flat;
    if (delta < best) {
      best = delta;
      slot = at;
      on = vehicle;
    }
  }
  found.slot = slot;
  found.vehicle = on;
  found.delta = best;
}

/** Vehicles that are looked at: all with a job, and of empty ones one of each kind, since the others would say the same; some kinds stay at home. */
function openRoutes({ model, plan, open, kindMark, now, random }: Search, staysHome: number): void {
  now.open = 0;
  now.kindMark++;
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    if (plan.size[vehicle] === 0) {
      const kind = model.kind[vehicle]!;
      if (kindMark[kind] === now.kindMark) continue;
      kindMark[kind] = now.kindMark;
      if (staysHome > 0 && draw(random) < staysHome) continue;
    }
    open[now.open++] = vehicle;
  }
}

/** An empty vehicle has its first job: the next empty one of its kind comes into view. */
function openNext({ model, plan, open, now }: Search, used: number): void {
  for (let vehicle = used + 1; vehicle < model.vehicles; vehicle++) {
    if (plan.size[vehicle] !== 0 || model.kind[vehicle] !== model.kind[used]) continue;
    open[now.open++] = vehicle;
    return;
  }
}

/** In one of several orders, by chance: mostly at random, else what is hard to place comes first. */
function sort({ keys, removed, order, random, now }: Search): void {
  const { key, sign } = orderOf(keys, draw(random));
  for (let i = 0; i < now.removed; i++) order[i] = key === null ? draw(random) : sign * key[removed[i]!]!;
  for (let i = 1; i < now.removed; i++) {
    const job = removed[i]!;
    const by = order[i]!;
    let at = i - 1;
    while (at >= 0 && order[at]! > by) {
      order[at + 1] = order[at]!;
      removed[at + 1] = removed[at]!;
      at--;
    }
    order[at + 1] = by;
    removed[at + 1] = job;
  }
}

type Order = { readonly key: Float64Array | null; readonly sign: number };

/** Weights: the paper's, and one each for the windows, for jobs that few may do and for jobs that cost most to leave out. */
function orderOf(keys: Search["keys"], chance: number): Order {
  const weights = 11 + (keys.choosy ? 2 : 0) + (keys.worthy ? 2 : 0);
  const at = chance * weights;
  if (at < 4) return BY_CHANCE;
  if (at < 6) return { key: keys.amount, sign: -1 };
  if (at < 8) return { key: keys.remote, sign: -1 };
  if (at < 9) return { key: keys.remote, sign: 1 };
  if (at < 10) return { key: keys.width, sign: 1 };
  if (at < 10.5) return { key: keys.opens, sign: 1 };
  if (at < 11) return { key: keys.closes, sign: 1 };
  return { key: keys.choosy && at < 13 ? keys.choice : keys.worth, sign: 1 };
}

const BY_CHANCE: Order = { key: null, sign: 1 };
