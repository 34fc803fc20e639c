/** Who can be asked now, and what keeps each of the others: skill, shift, an offer they hold, an answer they gave. */
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { NotChosen, Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOnShift, nextShiftAt } from "./shift.ts";

export type Fit = {
  readonly candidates: readonly Engineer[];
  readonly kept: readonly NotChosen[];
  /** When the first of those who hold another offer may be free again, and when the first shift of an engineer who was not asked yet begins. */
  readonly freeAt: Millis | undefined;
  readonly shiftAt: Millis | undefined;
};

export function fit(view: UnitView, ticket: Ticket, now: Millis): Fit {
  const held = new Map(view.list("offer", { state: "open" }).map((offer) => [offer.engineer, offer]));
  const declined = new Set(
    view
      .list("offer", { ticket: ticket.id })
      .filter((offer) => offer.state === "declined")
      .map((offer) => offer.engineer),
  );
  const candidates: Engineer[] = [];
  const kept: NotChosen[] = [];
  for (const engineer of view.list("engineer")) {
    const why = keptBy(view, ticket, engineer, held.get(engineer.id), declined.has(engineer.id), now);
    if (why === null) candidates.push(engineer);
    else kept.push(why);
  }
  const free = kept.flatMap((why) => (why.code === "has-offer" ? [held.get(why.engineer)?.expiresAt ?? now] : []));
  const shifts = kept.flatMap((why) => (why.code === "off-shift" && why.backAt !== undefined ? [why.backAt] : []));
  return { candidates, kept, freeAt: earliest(free), shiftAt: earliest(shifts) };
}

export function hasSkills(engineer: Engineer, ticket: Ticket): boolean {
  return ticket.skills.every((skill) => engineer.skills.includes(skill));
}

function keptBy(view: UnitView, ticket: Ticket, engineer: Engineer, held: Offer | undefined, declined: boolean, now: Millis): NotChosen | null {
  if ("acceptedAt" in ticket && (ticket.to === engineer.id || ticket.helpers?.some((one) => one.engineer === engineer.id) === true))
    return { engineer: engineer.id, code: "on-it" };
  const skill = ticket.skills.find((needed) => !engineer.skills.includes(needed));
  if (skill !== undefined) return { engineer: engineer.id, code: "lacks-skill", skill };
  if (ticket.asked.includes(engineer.id)) return { engineer: engineer.id, code: declined ? "declined" : "no-answer" };
  const { timeZone } = view.scenario;
  if (!isOnShift(engineer.shifts, now, timeZone)) {
    const backAt = nextShiftAt(engineer.shifts, now, timeZone);
    return { engineer: engineer.id, code: "off-shift", ...(backAt === undefined ? {} : { backAt }) };
  }
  return held === undefined ? null : { engineer: engineer.id, code: "has-offer", ticket: held.ticket };
}

function earliest(instants: readonly Millis[]): Millis | undefined {
  return instants.length === 0 ? undefined : Math.min(...instants);
}
