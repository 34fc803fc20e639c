/**
 * Routes of some engineers as a problem of the optimiser's own model, so that one insertion and a whole day are reckoned by the same rules.
 * What people accepted is a fact: where it breaks a rule already, the rule is widened to what is so, and nothing may get worse.
 */
import type { Millis, Place } from "../../contracts/instant.ts";
import type { PartsWay } from "../../contracts/plan.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Leg } from "../../contracts/travel.ts";
import { hardEndAt } from "./duty.ts";
import type { Facts, Stop, Worker } from "./facts.ts";
import { scan } from "./route/insert.ts";
import { HORIZON, type Tables } from "./route/legs.ts";
import { compile, fillNode, startNode, type Model } from "./route/model.ts";
import { link, refresh, startPlan, type Plan } from "./route/plan.ts";
import type { Job, Vehicle } from "./route/problem.ts";
import { emptySlots, SLOTS, type Slots } from "./route/slots.ts";
import { driven } from "./travel.ts";

/** Nobody's route is planned further ahead. */
const AHEAD_MS = 3 * 86_400_000;

/** A job to be placed, and what it needs to be reckoned. */
export type Wanted = { readonly ticket: Ticket; readonly site: Place; readonly workMs: Millis };

export type Schedule = {
  readonly model: Model;
  readonly plan: Plan;
  readonly workers: readonly Worker[];
  /** By node, those of the wanted job left out. */
  readonly stops: readonly Stop[];
  /** By worker its first node; the nodes of its stops follow one another. */
  readonly firstStop: readonly number[];
  /** Node of the wanted job; −1 without one. */
  readonly job: number;
  readonly slots: Slots;
  /** Between places, as the worker travels them: to the wanted job by way of the depots that have its parts. */
  leg(from: number, to: number, worker: number): Leg;
};

/** `tables`: of a schedule before, which is of no use any more. */
export function schedule(facts: Facts, workers: readonly Worker[], wanted: Wanted | null, tables?: Tables): Schedule {
  const stops = workers.flatMap((worker) => worker.stops);
  const firstStop: number[] = [];
  const places: Place[] = stops.map(({ site }) => site);
  const jobs: Job[] = [];
  for (const { stops: own, freeAt } of workers) for (const stop of own) jobs.push(jobOf(facts, stop, jobs.length, freeAt));
  const vehicles: Vehicle[] = [];
  const job = wanted === null ? -1 : jobs.length;
  const soonest = workers.reduce((least, { freeAt }) => Math.min(least, freeAt), Infinity);
  if (wanted !== null) {
    places.push(wanted.site);
    jobs.push(jobOf(facts, wanted, job, soonest));
  }
  const ways = waysTo(facts, workers, wanted);
  let stop = 0;
  for (const [i, worker] of workers.entries()) {
    firstStop.push(stop);
    stop += worker.stops.length;
    places.push(worker.from);
    const shiftEnd = endOf(worker);
    vehicles.push({
      start: places.length - 1,
      window: [worker.freeAt, hardEndOf(facts, worker)],
      breaks: worker.pauses.map(({ from, to, ms }) => ({ service: ms, windows: [[from, Math.max(to, worker.freeAt)]] })),
      ...(shiftEnd === undefined ? {} : { overtimeFrom: Math.max(shiftEnd, worker.freeAt), overtimeCost: facts.weights.overtime }),
      ...(ways.of[i] === 0 ? {} : { profile: ways.of[i] ?? 0 }),
    });
  }
  const placeOf = (index: number): Place => places[index] ?? NOWHERE;
  const kept = workers.flatMap((worker) => worker.stops.map((one) => wayToOwn(facts, worker, one)));
  const leg = (from: number, to: number, way: Way): Leg => {
    if (to === job && way !== PLAIN) return legBy(facts, placeOf(from), placeOf(to), way);
    const own = kept[to];
    if (own !== undefined && own !== PLAIN) return driven(legBy(facts, placeOf(from), placeOf(to), own));
    const one = facts.travel.leg(placeOf(from), placeOf(to));
    return from === job || to === job ? one : driven(one);
  };
  const profiles = ways.all.map((way) => ({ time: (from: number, to: number): number => leg(from, to, way).ms }));
  const model = compile(
    { places: places.length, profiles, jobs, vehicles, fairness: facts.weights.fairness },
    { sparse: true, ...(tables === undefined ? {} : { tables }) },
  );
  const plan = startPlan(model);
  const made: Schedule = {
    model,
    plan,
    workers,
    stops,
    firstStop,
    job,
    slots: emptySlots(SLOTS, true),
    leg: (from, to, worker) => leg(from, to, ways.all[ways.of[worker] ?? 0] ?? PLAIN),
  };
  const bounds = model.to.slice();
  for (let vehicle = 0; vehicle < workers.length; vehicle++) lay(made, vehicle, bounds);
  if (wanted !== null) {
    fillNode(model, job);
    // The model knows no window that is over when its first route begins: that nobody can keep it is what is to be found out.
    if (isAhead(wanted.ticket, facts.now)) model.to[job] = Math.min(HORIZON, wanted.ticket.appointment.to - model.origin);
  }
  return made;
}

const NOWHERE: Place = { lat: 0, lon: 0 };

/** How a worker comes to the wanted job: by which stops. */
type Way = { readonly stops: PartsWay["stops"] };
const PLAIN: Way = { stops: [] };

/** The ways that there are, the plain one first, and which of them each worker takes. */
function waysTo(facts: Facts, workers: readonly Worker[], wanted: Wanted | null): { readonly all: readonly Way[]; readonly of: readonly number[] } {
  const all: Way[] = [PLAIN];
  const known = new Map([[keyOf(PLAIN), 0]]);
  const of = workers.map((worker) => {
    const stops = wanted === null ? [] : (facts.partsFor(worker, wanted.ticket, wanted.site)?.stops ?? []);
    const way: Way = { stops };
    const index = known.get(keyOf(way)) ?? all.push(way) - 1;
    known.set(keyOf(way), index);
    return index;
  });
  return { all, of };
}

/** To a job that they have: whoever comes along brings nothing. */
function wayToOwn(facts: Facts, worker: Worker, { ticket, site, as }: Stop): Way {
  const stops = as === undefined && ticket.state !== "paused" ? (facts.partsFor(worker, ticket, site)?.stops ?? []) : [];
  return stops.length === 0 ? PLAIN : { stops };
}

function keyOf({ stops }: Way): string {
  return stops.flatMap(({ place, ms }) => [place.lat, place.lon, ms]).join(" ");
}

/** With what is lost at each stop; the last leg says who reckoned it. */
function legBy({ travel }: Facts, from: Place, to: Place, { stops }: Way): Leg {
  let [place, ms, m] = [from, 0, 0];
  for (const stop of stops) {
    const leg = travel.leg(place, stop.place);
    [place, ms, m] = [stop.place, ms + leg.ms + stop.ms, m + leg.m];
  }
  const last = travel.leg(place, to);
  return { ...last, ms: ms + last.ms, m: m + last.m };
}

export function endOf({ duty }: Worker): Millis | undefined {
  return duty.state === "on" ? duty.endAt : undefined;
}

/** When all work must have ended: the shift and what may be worked beyond it, or an absence. */
export function hardEndOf({ now }: Facts, { duty, overtimeMs, freeAt }: Worker): Millis {
  const end = hardEndAt(duty, overtimeMs);
  return end === undefined ? now + AHEAD_MS : Math.max(end, freeAt);
}

export function nodesOf({ firstStop, workers }: Schedule, vehicle: number): number[] {
  const first = firstStop[vehicle] ?? 0;
  return Array.from({ length: workers[vehicle]?.stops.length ?? 0 }, (_, i) => first + i);
}

/** The node behind which the wanted job costs least; −1 when it fits nowhere. */
export function bestPlace({ plan, job, slots }: Schedule, vehicle: number): number {
  scan(plan, job, vehicle, slots, 0);
  return slots.after[0] ?? -1;
}

/** Jobs of a route as they follow one another, the wanted one where it was put. */
export function nodesOfRoute({ plan, model }: Schedule, vehicle: number): number[] {
  const nodes: number[] = [];
  for (let node = plan.next[startNode(model, vehicle)] ?? -1; node !== -1; node = plan.next[node] ?? -1) if (node < model.jobs) nodes.push(node);
  return nodes;
}

/** When a node begins, as an instant. */
export function startOf({ plan, model }: Schedule, node: number): Millis {
  return (plan.start[node] ?? 0) + model.origin;
}

export function doneOf({ plan, model }: Schedule, node: number): Millis {
  return (plan.done[node] ?? 0) + model.origin;
}

/** An appointment that is over binds nobody any more: whoever comes is late, and comes as soon as they can. */
function isAhead(ticket: Ticket, now: Millis): ticket is Ticket & { readonly appointment: NonNullable<Ticket["appointment"]> } {
  return ticket.appointment !== undefined && ticket.appointment.to >= now;
}

/** `freeAt`: nobody begins before. A window that can't be kept by then is a fact, and is widened to it. */
function jobOf({ weights, now }: Facts, { ticket, workMs, release, toldAt }: Omit<Stop, "site" | "hold">, place: number, freeAt: Millis): Job {
  const { priority, respondBy } = ticket;
  return {
    place,
    service: workMs,
    ...(isAhead(ticket, now) ? { windows: [[ticket.appointment.from, Math.max(ticket.appointment.to, freeAt, release ?? 0)]] } : {}),
    ...(release === undefined ? {} : { release }),
    due: respondBy,
    lateCost: weights.lateness[priority],
    waitCost: weights.response[priority],
    ...(toldAt === undefined ? {} : { told: { vehicle: 0, at: toldAt, moveCost: weights.stability } }),
  };
}

/** The engineer's stops in their order, with the breaks where they fit. What is late already is no reason for anything. `bounds`: of all nodes. */
function lay(made: Schedule, vehicle: number, bounds: Int32Array): void {
  const { model, plan } = made;
  const pauses = model.breakNodes[vehicle] ?? [];
  const end = startNode(model, vehicle) + 1;
  const first = made.firstStop[vehicle] ?? 0;
  const count = made.workers[vehicle]?.stops.length ?? 0;
  const before = pauses.length === 0 || count === 0 ? [] : pausesBefore(made, vehicle, nodesOf(made, vehicle));
  let last = end - 1;
  let taken = 0;
  for (let i = 0; i < count; i++) {
    // The plan begins with its breaks, one after the other: a job behind one of them goes there.
    for (let n = before[i] ?? 0; n > 0; n--) last = pauses[taken++] ?? last;
    link(plan, first + i, last);
    last = first + i;
  }
  // Whoever has nothing to do and no break keeps their shift.
  if (count === 0 && pauses.length === 0) return;
  for (let node = plan.next[end - 1] ?? -1; node !== -1; node = plan.next[node] ?? -1) model.to[node] = HORIZON;
  refresh(plan, vehicle);
  for (let node = plan.next[end - 1] ?? -1; node !== -1; node = plan.next[node] ?? -1) {
    model.to[node] = Math.max(bounds[node] ?? 0, plan.start[node] ?? 0);
  }
  refresh(plan, vehicle);
}

/** By stop, how many breaks are taken right before it: those whose time has come, and those that would be too late behind it. */
function pausesBefore(made: Schedule, vehicle: number, nodes: readonly number[]): number[] {
  const worker = made.workers[vehicle];
  if (worker === undefined) return [];
  const { pauses } = worker;
  let waiting = 0;
  let clock = worker.freeAt;
  let place = made.model.placeOf[startNode(made.model, vehicle)] ?? 0;
  return nodes.map((node) => {
    const stop = made.stops[node];
    const travelMs = made.leg(place, node, vehicle).ms;
    const begins = Math.max(stop?.ticket.appointment?.from ?? 0, stop?.release ?? 0);
    const ends = (): Millis => Math.max(clock + travelMs, begins) + (stop?.workMs ?? 0);
    let count = 0;
    for (let next = pauses[waiting]; next !== undefined && (clock >= next.from || ends() > next.to); next = pauses[waiting]) {
      clock = Math.max(clock, next.from) + next.ms;
      waiting++;
      count++;
    }
    clock = ends();
    place = node;
    return count;
  });
}
