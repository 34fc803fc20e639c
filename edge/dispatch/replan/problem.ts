/**
 * Everybody's routes and the tickets that nobody has as one problem for the optimiser. What is under way is no part of it: routes begin behind.
 * What people accepted is a fact: where it breaks a window, a break or a shift by now, that rule gives way as far as it is broken, so that the
 * plan as it is can always be proposed again.
 */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis, Place } from "../../../contracts/instant.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { askedOf, keptBy, type Asked } from "../eligible.ts";
import { siteOf, workMsOf, type Facts, type Stop, type Worker } from "../facts.ts";
import { APPOINTMENT_LEAD_MS } from "../offer.ts";
import { versionOf } from "../plan.ts";
import { startNode } from "../route/model.ts";
import { whole, type Pieces } from "../route/pieces.ts";
import { routesOf } from "../route/plan.ts";
import type { Job, Vehicle } from "../route/problem.ts";
import { schedule, startOf, type Schedule } from "../schedule.ts";
import type { Snapshot } from "./ask.ts";
import { waysOf } from "./ways.ts";

/**
 * Taking a job from whoever accepted it: their day is planned by it, and the customer was told a name. In ms of travel: it moves to keep a promise,
 * and never for the sake of driving. A most urgent one moves, too, when it is reached much sooner so.
 */
export const REASSIGN_MS = { p1: 4 * 3_600_000, p2: 24 * 3_600_000, p3: 24 * 3_600_000 } as const;
/**
 * A job that this many have accepted stays with the last of them: on a day that is full all of it is late in every plan, and each plan would hand
 * on the same jobs again.
 */
const HANDS_MAX = 2;
/** Taking back an offer that is not answered: a phone has rung in vain. */
const WITHDRAW_MS = 30 * 60_000;
/** A job that is in nobody's route today is late by so much more: it is somebody's tomorrow. */
const LEFT_MS = 24 * 3_600_000;
/** Where a customer waits at an hour that was agreed, no lateness of others is worth that nobody comes. In ms; one that somebody accepted goes first. */
const LEFT_AGREED_MS = 5e10;
const LEFT_AGREED_HELD_MS = 1e11;
/** Of what leaving a most urgent job costs: leaving one that was accepted and can wait. */
const LEFT_HELD_SHARE = 0.75;

/** Jobs whose engineers are looked for in one piece: a few milliseconds where there are sixty engineers, none of whom has the parts with them. */
const JOBS_A_PIECE = 4;

/** `view` and `facts` are of one instant. */
export function snapshotOf(view: UnitView, facts: Facts): Snapshot {
  return whole(snapshotInPieces(view, facts, versionOf(view, facts)));
}

/** The same with pauses in between, in which others have their turn. `version`: of the plan that `facts` were read from. */
export function* snapshotInPieces(view: UnitView, facts: Facts, version: string): Pieces<Snapshot> {
  const workers = facts.workers.filter(({ duty }) => duty.state === "on");
  const made = schedule(facts, workers, null);
  const routes = routesOf(made.plan);
  const vehicles = made.model.problem.vehicles.map((vehicle, i) => widened(made, vehicle, i));
  const waiting = waitingOf(view, facts.now);
  const places: Place[] = [...made.stops.map(({ site }) => site), ...workers.map(({ from }) => from), ...waiting.map((ticket) => siteOf(view, ticket))];
  yield;
  // An offer that an engineer holds for something else is no reason against a job: it may go too.
  const unbound = workers.map(({ held: _held, ...worker }): Worker => worker);
  const jobs: Job[] = [];
  for (const [node, stop] of made.stops.entries()) {
    jobs.push(heldJob(view, facts, made, { stop, node, unbound }));
    if (jobs.length % JOBS_A_PIECE === 0) yield;
  }
  for (const ticket of waiting) {
    const place = workers.length + jobs.length;
    jobs.push(freeJob(view, facts, unbound, { ticket, place, site: places[place] ?? siteOf(view, ticket) }));
    if (jobs.length % JOBS_A_PIECE === 0) yield;
  }
  const { fairness } = made.model.problem;
  return {
    version,
    at: facts.now,
    problem: { jobs, vehicles, ...(fairness === undefined ? {} : { fairness }) },
    tickets: [...made.stops, ...waiting.map((ticket) => ({ ticket }))].map(({ ticket }) => ticket.id),
    engineers: workers.map(({ engineer }) => engineer.id),
    places,
    ways: yield* waysOf(view, facts, places),
    routes,
  };
}

/** Whom nobody has and nobody is being asked for, and who is to be sent now. */
export function waitingOf(view: UnitView, now: Millis): readonly Ticket[] {
  return [...view.list("ticket", { state: "open" }), ...view.list("ticket", { state: "reopened" })].filter(
    (ticket) =>
      !("needsPerson" in ticket && ticket.needsPerson === true) &&
      (ticket.hold === undefined || (ticket.hold.until !== undefined && ticket.hold.until <= now)) &&
      (ticket.appointment === undefined || ticket.appointment.from - APPOINTMENT_LEAD_MS <= now),
  );
}

type Held = { readonly stop: Stop; readonly node: number; readonly unbound: readonly Worker[] };

function heldJob(view: UnitView, facts: Facts, made: Schedule, { stop, node, unbound }: Held): Job {
  const { model } = made;
  const vehicle = vehicleOf(made, node);
  const job = model.problem.jobs[node];
  if (job === undefined) throw new RangeError(`no job ${node}`);
  const isSettled = stop.hold === "accepted" && isHandedOn(view, stop.ticket);
  const windows = job.windows?.map(([from, to]) => [from, Math.max(to, (model.to[node] ?? 0) + model.origin)] as const);
  const told = {
    vehicle,
    reassignCost: stop.hold === "promised" ? WITHDRAW_MS : reassignCost(facts, stop.ticket, startOf(made, node)),
    ...(job.told?.at === undefined ? {} : { at: job.told.at, moveCost: job.told.moveCost ?? 0 }),
  };
  return {
    ...job,
    ...(windows === undefined ? {} : { windows }),
    told,
    dropCost: leftHeldCost(facts, stop.ticket, isSettled),
    only: [vehicle, ...(isSettled ? [] : othersFor(view, facts, unbound, stop, vehicle))],
  };
}

/** In ms. One that is late as it is moves for no less time than one that is not, though each minute of it weighs more. */
function reassignCost({ weights: { response, lateness } }: Facts, { priority, respondBy }: Ticket, startAt: Millis): number {
  const isLate = priority === "p1" && startAt > respondBy && response.p1 > 0;
  return REASSIGN_MS[priority] * (isLate ? (response.p1 + lateness.p1) / response.p1 : 1);
}

function isHandedOn(view: UnitView, { id, asked, round }: Ticket): boolean {
  // Whoever was asked first has it: there is nothing to count.
  return (asked.length > 0 || round > 0) && view.list("offer", { ticket: id, state: "accepted" }).length >= HANDS_MAX;
}

/** In ms. */
function leftCost({ weights: { lateness } }: Facts, { priority, appointment }: Ticket): number {
  return appointment === undefined ? LEFT_MS * Math.max(1, lateness[priority]) : LEFT_AGREED_MS;
}

/** In ms. What somebody accepted makes room for a most urgent job that nobody could have otherwise; not for one that would only be late, or can wait. */
function leftHeldCost({ weights: { lateness } }: Facts, { priority, appointment }: Ticket, isSettled: boolean): number {
  if (appointment !== undefined || isSettled) return LEFT_AGREED_HELD_MS;
  return LEFT_MS * Math.max(1, lateness.p1) * (priority === "p1" ? 2 : LEFT_HELD_SHARE);
}

type Free = { readonly ticket: Ticket; readonly place: number; readonly site: Place };

function freeJob(view: UnitView, facts: Facts, unbound: readonly Worker[], { ticket, place, site }: Free): Job {
  const { weights } = facts;
  const { appointment, priority, respondBy, openedAt } = ticket;
  const asked = askedOf(view, ticket);
  const only = unbound.flatMap((worker, i) => (mayHave(facts, worker, { ticket, site }, asked) ? [i] : []));
  return {
    place,
    service: workMsOf(view, ticket),
    // One that is over binds nobody any more: whoever comes is late.
    ...(appointment === undefined || appointment.to < facts.now ? {} : { windows: [[appointment.from, appointment.to]] }),
    release: Math.min(openedAt, facts.now),
    due: respondBy,
    lateCost: weights.lateness[priority],
    waitCost: weights.response[priority],
    dropCost: leftCost(facts, ticket),
    only,
  };
}

/** Who else may have a job that somebody has: nobody, where somebody comes along or it stands still half done. */
function othersFor(view: UnitView, facts: Facts, unbound: readonly Worker[], { ticket, hold, as, site }: Stop, vehicle: number): number[] {
  const mayMove = as === undefined && (ticket.helpers ?? []).length === 0 && (hold === "promised" || ticket.state === "assigned");
  if (!mayMove) return [];
  const waiting = { ...ticket, state: "open" } as Ticket;
  const asked = askedOf(view, ticket);
  return unbound.flatMap((worker, i) => (i !== vehicle && mayHave(facts, worker, { ticket: waiting, site }, asked) ? [i] : []));
}

/** Hard rules but those of the route. Asked for each pair of a job and an engineer: nothing is read here. */
function mayHave(facts: Facts, worker: Worker, { ticket, site }: { readonly ticket: Ticket; readonly site: Place }, asked: Asked): boolean {
  return keptBy(facts, { ticket, site, workMs: 0 }, worker, asked) === null;
}

function widened({ model }: Schedule, vehicle: Vehicle, index: number): Vehicle {
  const [from, to] = vehicle.window ?? [0, 0];
  const end = startNode(model, index) + 1;
  const breaks = vehicle.breaks?.map((rest, i) => {
    const node = model.breakNodes[index]?.[i] ?? 0;
    return { ...rest, windows: rest.windows.map(([opens, closes]) => [opens, Math.max(closes, (model.to[node] ?? 0) + model.origin)] as const) };
  });
  return { ...vehicle, window: [from, Math.max(to, (model.to[end] ?? 0) + model.origin)], ...(breaks === undefined ? {} : { breaks }) };
}

function vehicleOf({ firstStop }: Schedule, node: number): number {
  let vehicle = 0;
  for (const [i, first] of firstStop.entries()) if (first <= node) vehicle = i;
  return vehicle;
}
