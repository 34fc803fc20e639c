/**
 * What dispatch knows when it decides, read from the unit once: who is there, where and until when, and what each of them has to do in which
 * order. Plain values, so that a question "what if" is the same facts with one of them changed.
 */
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { PartsFor, Route } from "../../contracts/plan.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Travel } from "../../contracts/travel.ts";
import { dutyOf, pausesOf, type Duty, type Pause } from "./duty.ts";
import { driven, travelOf } from "./travel.ts";
import { overtimeMinOf, weightsOf, type Weights } from "./weight.ts";

const MINUTE_MS = 60_000;
/** Work of a fault mode that the scenario no longer has. */
const WORK_UNKNOWN_MS = 3_600_000;
/**
 * Work whose time is nearly over, or is over, goes on for this share of it: durations that are spread by a third or more (log-normal) have about
 * so much left on average, however long they have been going on.
 */
const LEFT_SHARE = 0.35;
/** Whoever finished a job is still there for so long, and then somewhere else: at home, for all we know. */
const STAYS_MS = 8 * 3_600_000;
/** Ahead of a shift that never ends a plan is made for so long. */
export const PLAN_MS = 24 * 3_600_000;

/** A job in somebody's route. */
export type Stop = {
  readonly ticket: Ticket;
  readonly hold: "locked" | "accepted" | "promised";
  readonly as?: "helper";
  readonly site: Place;
  readonly workMs: Millis;
  /** Not begun before: it is paused until then, or the engineer says so. */
  readonly release?: Millis;
  /** When somebody was told that it would begin, and the engineer's own word for it. */
  readonly toldAt?: Millis;
  readonly saidAt?: Millis;
};

/** One engineer as a planner sees them. */
export type Worker = {
  readonly engineer: Engineer;
  readonly duty: Duty;
  readonly overtimeMs: Millis;
  /** Where they are when they can set out for the next job, and when that is. */
  readonly from: Place;
  readonly freeAt: Millis;
  /** Age of the position that `from` is; absent where it is home or the place of a job. */
  readonly positionAgeMs?: Millis;
  /** Under way and at work, with when each began or will, and when it ends. */
  readonly locked: readonly (Stop & { readonly startAt: Millis; readonly endAt: Millis; readonly leg: { readonly ms: Millis; readonly m: number } })[];
  readonly stops: readonly Stop[];
  readonly pauses: readonly Pause[];
  /** The offer that they have not answered. */
  readonly held?: Offer;
};

export type Facts = {
  readonly now: Millis;
  readonly timeZone: string;
  readonly weights: Weights;
  readonly travel: Travel;
  readonly partsFor: PartsFor;
  /** In order of id. */
  readonly workers: readonly Worker[];
};

const STATES = ["assigned", "travelling", "working", "paused"] as const;

/**
 * `without`: a ticket that is in nobody's route and nobody's offer, since it is the one in question. `isWanted`: whose route is read; of others,
 * whom something else keeps from the job, only who they are.
 */
export function readFacts(view: UnitView, now: Millis, without?: TicketId, isWanted: (engineer: Engineer) => boolean = () => true): Facts {
  const travel = travelOf(view);
  const routes = new Map(view.list("route").map((route) => [route.id, route]));
  const jobs = new Map<EngineerId, { readonly ticket: Ticket; readonly as?: "helper" }[]>();
  const give = (engineer: EngineerId, ticket: Ticket, as?: "helper"): void => {
    const list = jobs.get(engineer) ?? [];
    list.push({ ticket, ...(as === undefined ? {} : { as }) });
    jobs.set(engineer, list);
  };
  for (const state of STATES) {
    for (const ticket of view.list("ticket", { state })) {
      if (ticket.id === without || !("acceptedAt" in ticket)) continue;
      give(ticket.to, ticket);
      for (const { engineer } of ticket.helpers ?? []) give(engineer, ticket, "helper");
    }
  }
  const held = new Map<EngineerId, Offer>();
  for (const offer of view.list("offer", { state: "open" })) {
    if (offer.ticket === without && offer.as === undefined) continue;
    held.set(offer.engineer, offer);
    const ticket = view.get("ticket", offer.ticket);
    if (ticket !== undefined) give(offer.engineer, ticket, offer.as);
  }
  const workers = view.list("engineer").map((engineer) => {
    const own = isWanted(engineer) ? (jobs.get(engineer.id) ?? []) : [];
    return workerOf(view, engineer, { now, travel, route: routes.get(engineer.id), jobs: own, held: held.get(engineer.id) });
  });
  const { timeZone, dispatch } = view.scenario;
  return { now, timeZone, weights: weightsOf(dispatch), travel, partsFor: view.stockOf?.(view, travel, now) ?? (() => undefined), workers };
}

export function siteOf(view: UnitView, ticket: Ticket): Place {
  return view.get("asset", ticket.asset)?.position ?? view.scenario.site.place;
}

export function workMsOf(view: UnitView, ticket: Ticket): Millis {
  return view.scenario.faultModes.find((mode) => mode.id === ticket.faultMode)?.workMs ?? WORK_UNKNOWN_MS;
}

type Given = {
  readonly now: Millis;
  readonly travel: Travel;
  readonly route: Route | undefined;
  readonly jobs: readonly { readonly ticket: Ticket; readonly as?: "helper" }[];
  readonly held: Offer | undefined;
};

function workerOf(view: UnitView, engineer: Engineer, { now, travel, route, jobs, held }: Given): Worker {
  const { timeZone, dispatch } = view.scenario;
  const duty = dutyOf(engineer, now, timeZone);
  const position = engineer.locatable ? view.get("position", engineer.id) : undefined;
  const age = position === undefined ? Infinity : Math.max(0, now - position.at);
  const isKnown = position !== undefined && age <= dispatch.positionStaleMs;
  const stopOf = ({ ticket, as }: Given["jobs"][number], hold: Stop["hold"]): Stop => {
    const told = route?.stops.find((one) => one.ticket === ticket.id);
    const release = ticket.state === "paused" ? ticket.pause.until : ticket.state === "assigned" ? told?.said?.arriveAt : undefined;
    return {
      ticket,
      hold,
      ...(as === undefined ? {} : { as }),
      site: siteOf(view, ticket),
      workMs: workMsOf(view, ticket),
      ...(release === undefined ? {} : { release }),
      ...(told === undefined ? {} : { toldAt: told.toldAt }),
      ...(told?.said === undefined ? {} : { saidAt: told.said.arriveAt }),
    };
  };
  const last = route?.last !== undefined && now - route.last.at <= STAYS_MS ? view.get("asset", route.last.asset)?.position : undefined;
  let from = isKnown ? position.place : (last ?? engineer.home);
  let freeAt = duty.state === "on" ? now : Math.max(now, duty.backAt ?? now);
  let isMoved = false;
  const locked: Worker["locked"][number][] = [];
  for (const job of jobs.filter(({ ticket }) => ticket.state === "working" || ticket.state === "travelling").toSorted(byBegin)) {
    const stop = stopOf(job, "locked");
    const leg = job.ticket.state === "working" ? { ms: 0, m: 0 } : driven(travel.leg(from, stop.site));
    const leftAt = job.ticket.state === "travelling" ? job.ticket.leftAt : now;
    const times =
      job.ticket.state === "working" ? atWork(job.ticket.arrivedAt, stop.workMs, now) : onTheWay(stop, { now, since: isKnown ? now : leftAt, freeAt, leg });
    locked.push({ ...stop, ...times, leg });
    from = stop.site;
    freeAt = Math.max(freeAt, times.endAt);
    isMoved = true;
  }
  const order = new Map((route?.stops ?? []).map(({ ticket }, i) => [ticket as string, i]));
  const stops = jobs
    .filter(({ ticket }) => ticket.state === "assigned" || (ticket.state === "paused" && ticket.pause.until !== undefined))
    .toSorted(
      (a, b) => (order.get(a.ticket.id) ?? Infinity) - (order.get(b.ticket.id) ?? Infinity) || acceptedOf(a.ticket) - acceptedOf(b.ticket) || byId(a, b),
    )
    .map((job) => stopOf(job, "accepted"));
  const promised = held === undefined ? [] : jobs.filter(({ ticket, as }) => ticket.id === held.ticket && as === held.as).map((job) => stopOf(job, "promised"));
  const index = Math.min(stops.length, held?.because.index ?? stops.length);
  return {
    engineer,
    duty,
    overtimeMs: (engineer.overtimeMin ?? overtimeMinOf(dispatch)) * MINUTE_MS,
    from,
    freeAt,
    ...(isKnown && !isMoved ? { positionAgeMs: age } : {}),
    locked,
    stops: [...stops.slice(0, index), ...promised, ...stops.slice(index)],
    pauses: duty.state === "on" ? pausesOf(engineer, now, duty.endAt ?? now + PLAN_MS, timeZone) : [],
    ...(held === undefined ? {} : { held }),
  };
}

/** At work: what is left of it, and never less than a share of it. */
function atWork(arrivedAt: Millis, workMs: Millis, now: Millis): { readonly startAt: Millis; readonly endAt: Millis } {
  return { startAt: arrivedAt, endAt: Math.max(arrivedAt + workMs, now + Math.round(workMs * LEFT_SHARE)) };
}

/** On the way: as the engineer says; otherwise from where they are, or, when that is not known, from when they left. */
function onTheWay(
  { saidAt, workMs }: Stop,
  { now, since, freeAt, leg }: { readonly now: Millis; readonly since: Millis; readonly freeAt: Millis; readonly leg: { readonly ms: Millis } },
): { readonly startAt: Millis; readonly endAt: Millis } {
  const reckoned = (freeAt > now ? freeAt : since) + leg.ms;
  const startAt = Math.max(saidAt ?? reckoned, now);
  return { startAt, endAt: startAt + workMs };
}

function acceptedOf(ticket: Ticket): Millis {
  return "acceptedAt" in ticket ? ticket.acceptedAt : Infinity;
}

function byBegin(a: Given["jobs"][number], b: Given["jobs"][number]): number {
  return Number(a.ticket.state === "travelling") - Number(b.ticket.state === "travelling") || acceptedOf(a.ticket) - acceptedOf(b.ticket) || byId(a, b);
}

function byId(a: Given["jobs"][number], b: Given["jobs"][number]): number {
  return a.ticket.id < b.ticket.id ? -1 : 1;
}
