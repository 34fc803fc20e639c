/**
 * Whether what somebody was offered or has accepted may still be theirs, as they and the rules are now: people lose skills and shifts, go away or
 * are deleted, and parts are counted away, while an offer rings or a job waits.
 */
import type { Draft } from "../../contracts/effect.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { dutyOf, hardEndAt } from "./duty.ts";
import { hasSkills } from "./eligible.ts";
import { readFacts, siteOf, workMsOf } from "./facts.ts";
import { covers } from "./territory.ts";
import { overtimeMinOf } from "./weight.ts";

const MINUTE_MS = 60_000;
/** Instants of a plan are whole milliseconds, and sums of them. */
const ROUNDING_MS = 1_000;

export type Unfit = "gone" | "lacks-skill" | "outside-territory" | "absent" | "off-shift" | "shift-ends" | "lacks-part";
type Held = Extract<Ticket, { state: "assigned" | "travelling" | "working" | "paused" }>;
type Part = { readonly ticket: Ticket; readonly as?: "helper" };

/** What is in the way of a yes to an open offer; null where nothing is. Their hours are looked at as of when it was made. */
export function unfitForOffer(view: UnitView, offer: Offer, ticket: Ticket, now: Millis): Unfit | null {
  const engineer = view.get("engineer", offer.engineer);
  if (engineer === undefined) return "gone";
  const part: Part = { ticket, ...(offer.as === undefined ? {} : { as: offer.as }) };
  const arriveAt = offer.because.arriveAt ?? now;
  const why = unable(view, engineer, part, arriveAt) ?? (isAway(engineer, now, now + 1) ? "absent" : null);
  if (why !== null) return why;
  const duty = dutyOf(engineer, offer.madeAt, view.scenario.timeZone);
  if (duty.state !== "on") return duty.state === "off" ? "off-shift" : "absent";
  // Whoever is on call and was asked may say yes: that nobody else would have come in time is looked at when somebody is asked.
  const overtimeMs = (engineer.overtimeMin ?? overtimeMinOf(view.scenario.dispatch)) * MINUTE_MS;
  const endAt = arriveAt + workMsOf(view, ticket);
  const latest = hardEndAt(duty, overtimeMs);
  if (latest !== undefined && offer.because.arriveAt !== undefined && endAt > latest + ROUNDING_MS) return "shift-ends";
  if (offer.as === "helper") return null;
  const facts = readFacts(view, now, ticket.id, ({ id }) => id === engineer.id);
  const worker = facts.workers.find((one) => one.engineer.id === engineer.id);
  const lacks = worker === undefined ? undefined : facts.partsFor(worker, ticket, siteOf(view, ticket))?.missing;
  return lacks === undefined || lacks.length === 0 ? null : "lacks-part";
}

/** What is in the way of a job that they have and have not begun. `startAt`: when it is expected to begin. */
export function unfitForJob(view: UnitView, id: EngineerId, part: Part, startAt: Millis, now: Millis): Unfit | null {
  const engineer = view.get("engineer", id);
  if (engineer === undefined) return "gone";
  const why = unable(view, engineer, part, startAt);
  if (why !== null) return why;
  const duty = dutyOf(engineer, now, view.scenario.timeZone);
  return duty.state === "on" || duty.backAt !== undefined ? null : duty.state === "off" ? "off-shift" : "absent";
}

/** `jobs`: they hold; `help`: they come along. */
export type Unkept = {
  readonly offers: readonly { readonly offer: Offer; readonly ticket: Ticket; readonly why: Unfit }[];
  readonly jobs: readonly { readonly ticket: Held; readonly why: Unfit }[];
  readonly help: readonly { readonly ticket: Held; readonly why: Unfit }[];
  /** Begun or standing still, and they are away: for the desk. */
  readonly left: readonly Held[];
};

/** All that somebody can't keep. Of whoever is gone that is everything; of others what they have begun stays with them. */
export function unkeptOf({ view }: Draft, id: EngineerId, now: Millis): Unkept {
  const engineer = view.get("engineer", id);
  const toldAt = new Map((view.get("route", id)?.stops ?? []).map((stop) => [stop.ticket, stop.said?.arriveAt ?? stop.toldAt]));
  const offers = view.list("offer", { engineer: id, state: "open" }).flatMap((offer) => {
    const ticket = view.get("ticket", offer.ticket);
    const why = ticket === undefined ? null : unfitForOffer(view, offer, ticket, now);
    return ticket === undefined || why === null ? [] : [{ offer, ticket, why }];
  });
  const held = HELD.flatMap((state) => view.list("ticket", { state })).filter((ticket): ticket is Held => "acceptedAt" in ticket);
  const unfit = (ticket: Held, as?: "helper"): Unfit | null => {
    if (engineer === undefined) return "gone";
    const isBegun = as === undefined ? ticket.state !== "assigned" : ticket.helpers?.some((one) => one.engineer === id && one.arrivedAt !== undefined) === true;
    if (isBegun) return null;
    return unfitForJob(view, id, { ticket, ...(as === undefined ? {} : { as }) }, Math.max(now, toldAt.get(ticket.id) ?? now), now);
  };
  const find = (tickets: readonly Held[], as?: "helper"): Unkept["jobs"] =>
    tickets.flatMap((ticket) => {
      const why = unfit(ticket, as);
      return why === null ? [] : [{ ticket, why }];
    });
  const own = held.filter(({ to }) => to === id);
  const along = held.filter(({ helpers = [] }) => helpers.some((one) => one.engineer === id));
  const left = engineer !== undefined && isAway(engineer, now, now + 1) ? own.filter(({ state }) => state !== "assigned") : [];
  return { offers, jobs: find(own), help: find(along, "helper"), left };
}

const HELD = ["assigned", "travelling", "working", "paused"] as const;

export function isAway({ absences = [] }: Engineer, from: Millis, until: Millis): boolean {
  return absences.some((one) => one.from < until && from < one.until);
}

/** Whatever their hours are. */
function unable(view: UnitView, engineer: Engineer, { ticket, as }: Part, startAt: Millis): Unfit | null {
  if (as === undefined && !hasSkills(engineer, ticket)) return "lacks-skill";
  if (!covers(engineer, siteOf(view, ticket))) return "outside-territory";
  return isAway(engineer, startAt, startAt + workMsOf(view, ticket)) ? "absent" : null;
}
