/**
 * What must hold of every offer and every job after every input, read from what was committed by rules of its own: whoever is asked has the skills,
 * is at work or called, goes there, brings the parts and holds no other offer; nobody is asked for a job on hold; what nobody has is looked at again;
 * parts are kept for whoever goes. Each breach is a sentence.
 */
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId, OfferId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOnShift, shiftEndAt } from "../dispatch/shift.ts";
import { greatCircleM } from "../dispatch/travel.ts";
import { preflightFor } from "../journey/preflight.ts";

const HELD = ["assigned", "travelling", "working", "paused"] as const;
/** Instants of a plan are whole milliseconds. */
const ROUNDING_MS = 1_000;

export type HardRules = (now: Millis, input: string) => void;

/** `breach` hears each rule that is broken, after each commit. `waits`: whether a timer of that key is set. */
export function watchHardRules(view: UnitView, waits: (key: string) => boolean, breach: (what: string) => void): HardRules {
  const seen = new Set<OfferId>();
  return (now, input) => {
    const say = (what: string): void => breach(`${what} (${input})`);
    const asked = new Set<EngineerId>();
    for (const offer of view.list("offer", { state: "open" })) {
      const ticket = view.get("ticket", offer.ticket);
      const engineer = view.get("engineer", offer.engineer);
      if (ticket === undefined || engineer === undefined) say("an open offer of nothing, or to nobody");
      else {
        if (asked.has(offer.engineer)) say("two open offers to one engineer");
        asked.add(offer.engineer);
        const isOf = offer.as === "helper" ? HELD.some((state) => state === ticket.state) : ticket.state === "offered" && ticket.offer === offer.id;
        if (!isOf) say(`an open offer of a job that is ${ticket.state}`);
        if (!seen.has(offer.id)) for (const what of brokenBy(view, offer, ticket, engineer, now)) say(what);
      }
      seen.add(offer.id);
    }
    for (const ticket of view.list("ticket")) for (const what of forgotten(view, ticket, waits, now)) say(what);
    for (const what of keptWrongly(view)) say(what);
  };
}

function brokenBy(view: UnitView, offer: Offer, ticket: Ticket, engineer: Engineer, now: Millis): string[] {
  const { arriveAt = now } = offer.because;
  const doneAt = arriveAt + (view.scenario.faultModes.find(({ id }) => id === ticket.faultMode)?.workMs ?? 0);
  const site = view.get("asset", ticket.asset)?.position ?? view.scenario.site.place;
  const { absences = [], territory, overtimeMin = 0 } = engineer;
  const isLead = offer.as === undefined;
  const ready = isLead && view.list("stock").length > 0 ? preflightFor(view, ticket, engineer.id, now) : null;
  return [
    ...(isLead && ticket.skills.some((skill) => !engineer.skills.includes(skill)) ? ["asked without the skill"] : []),
    ...(isLead && ticket.asked.includes(engineer.id) ? ["asked again in one round"] : []),
    ...(absences.some(({ from, until }) => from < doneAt && now < until) ? ["asked although away"] : []),
    ...(isAtWork(view, engineer, now, doneAt - overtimeMin * 60_000) ? [] : ["asked beyond the shift"]),
    ...(territory?.some((area) => "center" in area && greatCircleM(area.center, site) <= area.radiusM) === false ? ["asked beyond the territory"] : []),
    ...(ticket.hold !== undefined && (ticket.hold.until === undefined || ticket.hold.until > now) ? ["asked for a job on hold"] : []),
    ...(ready !== null && (isRefusal(ready) || ready.outcome === "blocked") ? ["asked without the parts"] : []),
    ...(ready !== null && !isRefusal(ready) && arriveAt < now + ready.extraMs ? ["the way round by a depot takes no time"] : []),
    ...("to" in ticket && !isLead && ticket.to === engineer.id ? ["the lead is asked to come along"] : []),
  ];
}

/** In one shift, or on call, from now until then. */
function isAtWork({ scenario: { timeZone } }: UnitView, { shifts, extraShifts: spans = [] }: Engineer, now: Millis, until: Millis): boolean {
  let end = now;
  for (let grown = true; grown && end < until + ROUNDING_MS;) {
    const weekly = isOnShift(shifts, end, timeZone) ? (shiftEndAt(shifts, end, timeZone) ?? Infinity) : end;
    const next = Math.max(weekly, ...spans.filter((one) => one.from <= end && end < one.until).map((one) => one.until));
    grown = next > end;
    end = next;
  }
  return end > now && end + ROUNDING_MS >= until;
}

/** A job that is nobody's and that nothing brings up again; one that is of somebody who is not there, or can't do it. */
function forgotten(view: UnitView, ticket: Ticket, waits: (key: string) => boolean, now: Millis): string[] {
  const isFree = ticket.state === "open" || ticket.state === "reopened";
  if (isFree) {
    const isSeen = ("needsPerson" in ticket && ticket.needsPerson === true) || ("escalatedAt" in ticket && ticket.escalatedAt !== undefined);
    return isSeen || ticket.hold !== undefined || waits(`dispatch:${ticket.id}`) ? [] : ["a job that nothing brings up again"];
  }
  if (!("acceptedAt" in ticket) || !HELD.some((state) => state === ticket.state)) return [];
  const lead = view.get("engineer", ticket.to);
  const lacks = (ticket.crew ?? 1) - 1 - (ticket.helpers ?? []).length - view.list("offer", { ticket: ticket.id, state: "open" }).length;
  return [
    ...(lead === undefined ? [`a job of nobody's is ${ticket.state}`] : []),
    ...((ticket.helpers ?? []).some(({ engineer }) => view.get("engineer", engineer) === undefined) ? ["nobody comes along"] : []),
    ...(ticket.state === "assigned" && lead !== undefined && ticket.skills.some((skill) => !lead.skills.includes(skill)) ? ["had without the skill"] : []),
    ...(ticket.state === "assigned" && lead?.absences?.some(({ from, until }) => from <= now && until > now + 86_400_000) === true ? ["had while away"] : []),
    ...(ticket.state === "assigned" && lacks > 0 && !waits(`crew:${ticket.id}`) ? ["a helper whom nobody looks for"] : []),
  ];
}

/** Only of jobs that somebody has, in their own van or a depot, and no more than the kit asks for. */
function keptWrongly(view: UnitView): string[] {
  return view.list("stock", { state: "held" }).flatMap(({ place, part, holds }) =>
    holds.flatMap(({ kit: id, quantity }) => {
      const kit = view.get("kit", id);
      const ticket = kit === undefined ? undefined : view.get("ticket", kit.ticket);
      if (kit === undefined || ticket === undefined || ticket.kit !== id) return ["parts are kept for no job"];
      if (!("acceptedAt" in ticket) || !HELD.some((state) => state === ticket.state)) return [`parts are kept for a job that is ${ticket.state}`];
      if (place.startsWith("van:") && place !== `van:${ticket.to}`) return ["parts are kept in another's van"];
      return quantity > (kit.lines.find((line) => line.part === part)?.quantity ?? 0) ? ["more is kept than the kit asks for"] : [];
    }),
  );
}
