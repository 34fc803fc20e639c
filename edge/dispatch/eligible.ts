/** Who could be asked at all, whatever the route: skills, answers, shift, territory and parts. What keeps each of the others. */
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { NotChosen } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isCall } from "./duty.ts";
import type { Facts, Worker } from "./facts.ts";
import type { Wanted } from "./schedule.ts";
import { covers, metresTo } from "./territory.ts";

/** Of those asked in this round: who said no, and who said yes and gave it back. */
export type Asked = ReadonlyMap<EngineerId, "declined" | "had-it">;

export function askedOf(view: UnitView, ticket: Ticket): Asked {
  if (ticket.asked.length === 0) return new Map();
  const offers = view.list("offer", { ticket: ticket.id });
  const said = offers.filter(({ state }) => state === "declined" || state === "accepted");
  return new Map(said.map(({ engineer, state }) => [engineer, state === "declined" ? "declined" : "had-it"]));
}

export function hasSkills(engineer: Engineer, ticket: Ticket): boolean {
  return ticket.skills.every((skill) => engineer.skills.includes(skill));
}

/** Null for whoever may be asked, if the job fits into the route. `called`: so may be whoever is on call, whatever the job. */
export function keptBy({ partsFor }: Facts, { ticket, site }: Wanted, worker: Worker, asked: Asked, called = false): NotChosen | null {
  const { engineer, duty, held } = worker;
  const { id } = engineer;
  if ("acceptedAt" in ticket && (ticket.to === id || ticket.helpers?.some((one) => one.engineer === id) === true)) return { engineer: id, code: "on-it" };
  const skill = ticket.skills.find((needed) => !engineer.skills.includes(needed));
  if (skill !== undefined) return { engineer: id, code: "lacks-skill", skill };
  if (ticket.asked.includes(id)) return { engineer: id, code: asked.get(id) ?? "no-answer" };
  if (duty.state !== "on" || ("onCall" in duty && !called && !isCall(ticket, duty.endAt))) {
    const { state, backAt } = duty;
    const callAt = "callAt" in duty && (called || ticket.priority !== "p3") ? duty.callAt : undefined;
    const again = [backAt, callAt].filter((at) => at !== undefined);
    return { engineer: id, code: state === "absent" ? "absent" : "off-shift", ...(again.length === 0 ? {} : { backAt: Math.min(...again) }) };
  }
  if (!covers(engineer, site)) return { engineer: id, code: "outside-territory", distanceM: metresTo(engineer, site) };
  const [missing] = partsFor(worker, ticket, site)?.missing ?? [];
  if (missing !== undefined) return { engineer: id, code: "lacks-part", part: missing.part, quantity: missing.quantity };
  return held === undefined ? null : { engineer: id, code: "has-offer", ticket: held.ticket };
}
