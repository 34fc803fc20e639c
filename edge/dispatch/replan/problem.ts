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
import { schedule, type Schedule } from "../schedule.ts";
import type { Snapshot } from "./ask.ts";
import { waysOf } from "./ways.ts";

/**
 * Taking a job from whoever accepted it: their day is planned by it, and the customer was told a name. In ms of travel: a most urgent job moves
 * when it is reached the better part of an hour sooner, others to keep a promise, and none for the sake of driving.
 */
const REASSIGN_MS = 24 * 3_600_000;
/** Taking back an offer that is not answered: a phone has rung in vain. */
const WITHDRAW_MS = 30 * 60_000;
/**
 * No lateness of others is worth that nobody comes. In ms, by priority: a job that nobody has, one that somebody accepted, and one that a
 * customer waits for at an hour that was agreed. So an accepted visit that can wait makes room for a most urgent one, and for nothing less.
 */
const LEFT_MS = { p1: 4e10, p2: 2e10, p3: 1e10 } as const;
const LEFT_HELD_MS = { p1: 1e11, p2: 3e10, p3: 2.5e10 } as const;
const LEFT_AGREED_MS = 1e11;

/** Jobs whose engineers are looked for in one piece: a millisecond or two where there are sixty engineers. */
const JOBS_A_PIECE = 16;

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
  const windows = job.windows?.map(([from, to]) => [from, Math.max(to, (model.to[node] ?? 0) + model.origin)] as const);
  const told = {
    vehicle,
    reassignCost: stop.hold === "promised" ? WITHDRAW_MS : REASSIGN_MS,
    ...(job.told?.at === undefined ? {} : { at: job.told.at, moveCost: job.told.moveCost ?? 0 }),
  };
  const dropCost = stop.ticket.appointment === undefined ? LEFT_HELD_MS[stop.ticket.priority] : LEFT_AGREED_MS;
  return { ...job, ...(windows === undefined ? {} : { windows }), told, dropCost, only: [vehicle, ...othersFor(view, facts, unbound, stop, vehicle)] };
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
    dropCost: LEFT_MS[priority],
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
