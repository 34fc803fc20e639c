/**
 * The baseline that most organisations have: a job goes to the nearest engineer who is free, qualified and has the parts; when nobody is, it
 * waits, and whoever becomes free is asked for the waiting job that is most urgent. Nobody has a queue, nothing is planned ahead.
 */
import type { EngineerId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Travel } from "../../../contracts/travel.ts";
import { modeOf, OVERTIME_MS, type Day, type Person, type Policy } from "./day.ts";
import type { Job } from "./town.ts";

/** An agreed visit is given to somebody so long before it begins: whoever has it stands by until then. */
const LEAD_MS = 30 * 60_000;
/** Everybody said no: they are asked again after so long. */
const RETRY_MS = 5 * 60_000;

/** `offerMs`: an engineer who does not answer for so long is passed over. */
export function nearestIdle(travel: Travel, offerMs: Millis): (day: Day) => Policy {
  return (day) => {
    const waiting = new Map<TicketId, Job>();
    const refused = new Map<TicketId, Set<EngineerId>>();
    /** Who is being asked, or has taken a job, and which. */
    const taken = new Map<EngineerId, { readonly job: Job; readonly state: "asked" | "accepted" }>();

    function canDo(job: Job, { crew, state, isAway, stock, place }: Person): boolean {
      const { id, skills } = crew.engineer;
      const mode = modeOf(day.town.scenario, job);
      if (state !== "free" || isAway || taken.has(id) || day.now() < crew.shiftFrom || day.now() >= crew.shiftTo) return false;
      if (refused.get(job.id)?.has(id) === true || !mode.skills.every((skill) => skills.includes(skill))) return false;
      if (!job.parts.every((part) => (stock.get(part) ?? 0) >= 1)) return false;
      const arrives = Math.max(day.now() + travel.leg(place, job.site).ms, job.appointment?.from ?? 0);
      return arrives + mode.workMs <= crew.shiftTo + OVERTIME_MS && arrives <= (job.appointment?.to ?? Infinity);
    }

    function send(job: Job): void {
      const ways = [...day.people.values()].filter((person) => canDo(job, person)).map((person) => ({ person, ms: travel.leg(person.place, job.site).ms }));
      const [nearest] = ways.toSorted((a, b) => a.ms - b.ms || (a.person.crew.engineer.id < b.person.crew.engineer.id ? -1 : 1));
      if (nearest === undefined) return void waiting.set(job.id, job);
      const { id } = nearest.person.crew.engineer;
      waiting.delete(job.id);
      taken.set(id, { job, state: "asked" });
      day.ask(job, id);
      day.at(day.now() + offerMs, () => {
        const held = taken.get(id);
        if (held?.job === job && held.state === "asked") passOver(job, id);
      });
    }

    function passOver(job: Job, id: EngineerId): void {
      taken.delete(id);
      refused.set(job.id, (refused.get(job.id) ?? new Set()).add(id));
      day.at(day.now() + RETRY_MS, () => {
        if (!waiting.has(job.id)) return;
        refused.delete(job.id);
        send(job);
      });
      send(job);
      free(id);
    }

    /** The most urgent waiting job that this engineer can do: by priority, then by promise. */
    function free(id: EngineerId): void {
      const person = day.people.get(id);
      if (person === undefined || taken.has(id)) return;
      const jobs = [...waiting.values()].filter((job) => canDo(job, person));
      const [urgent] = jobs.toSorted((a, b) => (a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : a.respondBy - b.respondBy));
      if (urgent !== undefined) send(urgent);
    }

    for (const crew of day.town.crew) day.at(crew.shiftFrom, () => free(crew.engineer.id));
    return {
      opened: (job) => {
        if (job.appointment === undefined || job.appointment.from - LEAD_MS <= day.now()) return send(job);
        day.at(job.appointment.from - LEAD_MS, () => send(job));
      },
      accepted: (job, id) => {
        const held = taken.get(id);
        if (held?.job !== job || held.state !== "asked") return false;
        taken.set(id, { job, state: "accepted" });
        return true;
      },
      declined: (job, id) => {
        if (taken.get(id)?.job === job) passOver(job, id);
      },
      left: () => undefined,
      arrived: () => undefined,
      done: (_job, id) => {
        taken.delete(id);
        free(id);
      },
      ill: (id) => {
        const held = taken.get(id);
        if (held === undefined) return;
        taken.delete(id);
        if (held.state === "accepted") day.assign(held.job.id, null, "given-back");
        send(held.job);
      },
      next: (id) => {
        const held = taken.get(id);
        if (held?.state !== "accepted") return null;
        const { job } = held;
        const person = day.people.get(id);
        const way = person === undefined ? 0 : travel.leg(person.place, job.site).ms;
        return { job: job.id, leaveAt: job.appointment === undefined ? day.now() : job.appointment.from - way };
      },
    };
  };
}
