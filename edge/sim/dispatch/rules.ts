/**
 * What must hold whatever is decided, seen from the world and not from the plan: read from what was committed, by rules of their own. Each breach
 * is a sentence.
 */
import type { UnitView } from "../../../contracts/entity.ts";
import type { EngineerId, PartId, TicketId } from "../../../contracts/ids.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import type { Day } from "./day.ts";

const HELD = ["assigned", "travelling", "working"] as const;

export type Watchman = (view: UnitView) => void;

/** `breach` hears each rule that is broken, after each commit. */
export function watchRules(day: Day, breach: (what: string) => void): Watchman {
  /** Who is on the way to or at work on what: nobody else ever is. */
  const running = new Map<TicketId, EngineerId>();
  const seen = new Set<string>();
  return (view) => {
    const asked = new Set<EngineerId>();
    for (const offer of view.list("offer", { state: "open" })) {
      if (asked.has(offer.engineer)) breach(`${offer.engineer} holds two offers`);
      asked.add(offer.engineer);
      if (seen.has(offer.id)) continue;
      seen.add(offer.id);
      const ticket = view.get("ticket", offer.ticket);
      if (ticket === undefined) breach(`${offer.id} is for no ticket`);
      else checkOffer(ticket, offer.engineer);
    }
    for (const state of HELD) for (const ticket of view.list("ticket", { state })) if ("to" in ticket) checkHeld(ticket, ticket.to);
    checkStock(view);
  };

  function checkOffer(ticket: Ticket, engineer: EngineerId): void {
    const person = day.people.get(engineer);
    if (person === undefined) return breach(`nobody is ${engineer}`);
    const { shiftFrom, shiftTo } = person.crew;
    if (!ticket.skills.every((skill) => person.crew.engineer.skills.includes(skill))) breach(`${engineer} lacks a skill for ${ticket.id}`);
    if (day.now() < shiftFrom || day.now() >= shiftTo || person.isAway) breach(`${engineer} is asked off shift for ${ticket.id}`);
    if (ticket.asked.includes(engineer)) breach(`${engineer} is asked again for ${ticket.id} in one round`);
  }

  function checkHeld(ticket: Ticket, engineer: EngineerId): void {
    if (ticket.state === "assigned") {
      if (running.has(ticket.id)) breach(`${ticket.id} was begun and is not any more`);
      return;
    }
    const before = running.get(ticket.id);
    if (before !== undefined && before !== engineer) breach(`${ticket.id} was under way with ${before} and is with ${engineer}`);
    running.set(ticket.id, engineer);
    const person = day.people.get(engineer);
    if (person !== undefined && person.state !== "free" && person.job !== null && person.job !== ticket.id)
      breach(`${engineer} is at ${person.job} and at ${ticket.id}`);
  }

  /** Of everything that an engineer has, accepted or offered, the parts are in the van. */
  function checkStock(view: UnitView): void {
    for (const [engineer, { stock }] of day.people) {
      const needed = new Map<PartId, number>();
      for (const state of [...HELD, "offered"] as const)
        for (const ticket of view.list("ticket", { state, engineer }))
          for (const part of day.records.get(ticket.id)?.job.parts ?? []) needed.set(part, (needed.get(part) ?? 0) + 1);
      for (const [part, count] of needed) if (count > (stock.get(part) ?? 0)) breach(`${engineer} has ${stock.get(part) ?? 0} of ${part} and needs ${count}`);
    }
  }
}
