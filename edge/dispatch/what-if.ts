/**
 * The same choice with one thing other than it is. What somebody could do is done to the records of the engineer and the ticket, and everything is
 * read anew from them: a longer shift meets the breaks and absences in it, whoever is back may be off shift, and whoever stands nearer to this job
 * may stand further from the one before it.
 */
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import { levelId, vanOf } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { DAY_MS, localOf } from "../../contracts/zone.ts";
import { readFacts, type Facts } from "./facts.ts";
import { asOpen, questionOf, type Question } from "./rank.ts";
import { withChanges, withOnly } from "./supposed.ts";

const MINUTE_MS = 60_000;
const DAY_MIN = 1_440;
/** A line of a hundred kilometres is halved to a few metres. */
const HALVINGS = 15;

/** A choice for a ticket, with the records that it is made from. */
export type Case = {
  readonly view: UnitView;
  readonly ticket: TicketId;
  readonly now: Millis;
  readonly facts: Facts;
  readonly question: Question;
};

export function caseOf(view: UnitView, ticket: Ticket, now: Millis): Case {
  return { view, ticket: ticket.id, now, facts: readFacts(view, now, ticket.id), question: questionOf(view, asOpen(ticket)) };
}

/** Of one engineer alone: their figures, and nobody's else. */
export function aloneIn(base: Case, engineer: EngineerId): Case {
  return again(base, withOnly(base.view, engineer));
}

export function suppose(base: Case, engineer: EngineerId, what: WhatIf): Case {
  return again(base, withChanges(base.view, changesFor(base, engineer, what)));
}

function again({ ticket: id, now, view: before }: Case, view: UnitView): Case {
  const ticket = view.get("ticket", id) ?? before.get("ticket", id);
  if (ticket === undefined) throw new RangeError(`no ticket ${id}`);
  return caseOf(view, ticket, now);
}

/**
 * How long somebody drives to the job from where they stand, where that is theirs to choose: nobody is elsewhere who is under way or at work, and off
 * shift it is nobody's business where they are. Null then.
 */
export function wayOf({ facts, question }: Case, who: EngineerId): Millis | null {
  const worker = facts.workers.find(({ engineer }) => engineer.id === who);
  if (worker === undefined || worker.duty.state !== "on" || worker.locked.length > 0) return null;
  return facts.travel.leg(worker.from, question.site).ms;
}

/** A place on the line to the job, from where it is reached by so much sooner. */
function placeNearer({ facts, question: { site } }: Case, who: EngineerId, byMs: Millis): Place | null {
  const from = facts.workers.find(({ engineer }) => engineer.id === who)?.from;
  if (from === undefined) return null;
  const most = facts.travel.leg(from, site).ms - byMs;
  const at = (share: number): Place => ({ lat: from.lat + (site.lat - from.lat) * share, lon: from.lon + (site.lon - from.lon) * share });
  let [near, far] = [1, 0];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (near + far) / 2;
    if (facts.travel.leg(at(middle), site).ms <= most) near = middle;
    else far = middle;
  }
  return at(near);
}

/** Records as they would be; none where there is nothing to change. */
export function changesFor(base: Case, who: EngineerId, what: WhatIf): readonly Change[] {
  const { view, ticket: id, now, question } = base;
  const engineer = view.get("engineer", who);
  const ticket = view.get("ticket", id);
  if (engineer === undefined || ticket === undefined) return [];
  const be = (after: Engineer): readonly Change[] => [{ family: "engineer", id: who, after }];
  switch (what.change) {
    case "closer": {
      const place = placeNearer(base, who, what.byMs);
      return place === null ? [] : [...be({ ...engineer, locatable: true }), { family: "position", id: who, after: { id: who, at: now, place } }];
    }
    case "part": {
      const place = vanOf(who);
      const level = view.get("stock", levelId(place, what.part)) ?? { id: levelId(place, what.part), place, part: what.part, onHand: 0, holds: [] };
      return [{ family: "stock", id: level.id, after: { ...level, onHand: level.onHand + what.quantity } }];
    }
    case "shift-until":
    case "on-shift":
      return be({ ...engineer, extraShifts: [...(engineer.extraShifts ?? []), { from: now, until: what.until, kind: "duty" }] });
    case "present": {
      const { absences: _away, ...there } = engineer;
      return be(there);
    }
    case "skill":
      return be({ ...engineer, skills: [...engineer.skills, what.skill] });
    case "territory": {
      const { territory: _areas, ...everywhere } = engineer;
      return be(everywhere);
    }
    case "break-moved":
      return be({ ...engineer, breaks: (engineer.breaks ?? []).map((one) => ({ ...one, ...anyTime(view.scenario.timeZone, now) })) });
    case "job-gone":
      return [{ family: "ticket", id: what.ticket, after: null }];
    case "offer-answered":
      return view.list("offer", { engineer: who, state: "open" }).map((offer) => ({ family: "offer", id: offer.id, after: { ...offer, state: "declined" } }));
    case "not-asked-yet":
      return [{ family: "ticket", id, after: { ...ticket, asked: ticket.asked.filter((one) => one !== who) } }];
    case "priority":
      // Another priority is another promise.
      return [{ family: "ticket", id, after: (view.promised ?? asItIs)(view, { ...ticket, priority: what.priority }, now) }];
    case "preferred": {
      const asset = view.get("asset", ticket.asset);
      return asset === undefined ? [] : [{ family: "asset", id: asset.id, after: { ...asset, preferred: [...question.preferred, who] } }];
    }
  }
}

function asItIs(_view: UnitView, ticket: Ticket): Ticket {
  return ticket;
}

/** From now on until the same minute tomorrow: the break is taken, and whenever it does best. */
function anyTime(timeZone: string, now: Millis): { readonly from: number; readonly to: number } {
  const local = localOf(timeZone, now);
  const from = Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS);
  return { from, to: (from + DAY_MIN - 1) % DAY_MIN };
}
