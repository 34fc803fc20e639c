/**
 * The same choice with one thing other than it is. What somebody could do is done to the records of the engineer and the ticket, and everything is
 * read anew from them: a longer shift meets the breaks and absences in it, and whoever is back may be off shift. What stands in no record (a place
 * nearer by, a part in the van) is supposed of the facts that were read.
 */
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { DAY_MS, localOf } from "../../contracts/zone.ts";
import { readFacts, type Facts } from "./facts.ts";
import { asOpen, questionOf, type Question } from "./rank.ts";
import { withChanges, withOnly } from "./supposed.ts";

const MINUTE_MS = 60_000;
const DAY_MIN = 1_440;

/** A choice for a ticket, with the records that it is made from. `wishes`: what is supposed besides. */
export type Case = {
  readonly view: UnitView;
  readonly ticket: TicketId;
  readonly now: Millis;
  readonly wishes: readonly Wish[];
  readonly facts: Facts;
  readonly question: Question;
};
type Wish = (facts: Facts) => Facts;

export function caseOf(view: UnitView, ticket: Ticket, now: Millis, wishes: readonly Wish[] = []): Case {
  const facts = wishes.reduce((one, wish) => wish(one), readFacts(view, now, ticket.id));
  return { view, ticket: ticket.id, now, wishes, facts, question: questionOf(view, asOpen(ticket)) };
}

/** Of one engineer alone: their figures, and nobody's else. */
export function aloneIn(base: Case, engineer: EngineerId): Case {
  return again(base, withOnly(base.view, engineer));
}

export function suppose(base: Case, engineer: EngineerId, what: WhatIf): Case {
  const wish = wishOf(engineer, what);
  if (wish !== null) return { ...base, wishes: [...base.wishes, wish], facts: wish(base.facts) };
  return again(base, withChanges(base.view, changesFor(base, engineer, what)));
}

function again({ ticket: id, now, wishes, view: before }: Case, view: UnitView): Case {
  const ticket = view.get("ticket", id) ?? before.get("ticket", id);
  if (ticket === undefined) throw new RangeError(`no ticket ${id}`);
  return caseOf(view, ticket, now, wishes);
}

function wishOf(engineer: EngineerId, what: WhatIf): Wish | null {
  if (what.change === "closer")
    return (facts) => ({ ...facts, workers: facts.workers.map((worker) => (worker.engineer.id === engineer ? { ...worker, closerMs: what.byMs } : worker)) });
  if (what.change !== "part") return null;
  return (facts) => ({
    ...facts,
    partsFor: (goer, ticket, site) => {
      const way = facts.partsFor(goer, ticket, site);
      return goer.engineer.id !== engineer || way === undefined ? way : { ...way, missing: way.missing.filter(({ part }) => part !== what.part) };
    },
  });
}

/** Records as they would be; none where there is nothing to change. */
export function changesFor({ view, ticket: id, now, question }: Case, who: EngineerId, what: WhatIf): readonly Change[] {
  const engineer = view.get("engineer", who);
  const ticket = view.get("ticket", id);
  if (engineer === undefined || ticket === undefined) return [];
  const be = (after: Engineer): readonly Change[] => [{ family: "engineer", id: who, after }];
  switch (what.change) {
    case "closer":
    case "part":
      return [];
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
      return [{ family: "ticket", id, after: { ...ticket, priority: what.priority } }];
    case "preferred": {
      const asset = view.get("asset", ticket.asset);
      return asset === undefined ? [] : [{ family: "asset", id: asset.id, after: { ...asset, preferred: [...question.preferred, who] } }];
    }
  }
}

/** From now on until the same minute tomorrow: the break is taken, and whenever it does best. */
function anyTime(timeZone: string, now: Millis): { readonly from: number; readonly to: number } {
  const local = localOf(timeZone, now);
  const from = Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS);
  return { from, to: (from + DAY_MIN - 1) % DAY_MIN };
}
