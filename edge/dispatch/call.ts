/**
 * Whether a job can wait for those who are at work, so that nobody at home is called for it. It can while somebody at work, or who will be, may be
 * there within its promise and within the time in which any job gets its first response: where that is far off, one is called at once, and not in
 * the middle of the night.
 */
import type { NotChosen } from "../../contracts/offer.ts";
import type { Candidate } from "../../contracts/plan.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { nextWorkAt } from "./duty.ts";
import type { Facts, Worker } from "./facts.ts";
import type { Wanted } from "./schedule.ts";
import { covers } from "./territory.ts";

/** The first response that any job at any hour gets: rosters are made for it. */
export const FIRST_RESPONSE_MS = 8 * 3_600_000;

/** On call now, or from some time on. */
export function isOnCall({ duty }: Worker): boolean {
  return "onCall" in duty || ("callAt" in duty && duty.callAt !== undefined);
}

/** Whether nobody more is to be called. `found`: without those on call, but for what is most urgent or promised before they are home again. */
export function isAnswered(facts: Facts, wanted: Wanted, found: { readonly ranked: readonly Candidate[]; readonly kept: readonly NotChosen[] }): boolean {
  const { ticket } = wanted;
  // Whoever is on call is among them.
  if (ticket.priority === "p1") return true;
  const by = answerBy(ticket);
  if (found.ranked.some(({ arriveAt }) => arriveAt <= by)) return true;
  const workerOf = new Map(facts.workers.map((worker) => [worker.engineer.id, worker]));
  return found.kept.some((why) => {
    const worker = workerOf.get(why.engineer);
    const from = worker === undefined ? undefined : freeAt(facts, worker, why);
    return worker !== undefined && from !== undefined && isAble(facts, wanted, worker) && from + facts.travel.leg(worker.from, wanted.site).ms <= by;
  });
}

/** The last instant at which a first response is in time. */
function answerBy({ appointment, respondBy, openedAt, hold, reopened }: Ticket): Millis {
  if (appointment !== undefined) return appointment.to;
  return Math.min(respondBy, Math.max(openedAt, hold?.until ?? 0, reopened?.at ?? 0) + FIRST_RESPONSE_MS);
}

/** When somebody at work may have time for it at the earliest; undefined where that is not to be waited for. */
function freeAt({ now, timeZone }: Facts, { engineer, duty }: Worker, why: NotChosen): Millis | undefined {
  switch (why.code) {
    case "has-offer":
    case "break":
    case "breaks-appointment":
      return "onCall" in duty ? undefined : now;
    case "off-shift":
    case "absent":
      return duty.state === "on" ? ("onCall" in duty ? duty.backAt : duty.away?.backAt) : duty.backAt;
    case "shift-ends":
      return nextWorkAt(engineer, now, timeZone);
    default:
      return undefined;
  }
}

/** Where they will lack the parts, or be too far from home, their coming changes nothing. */
function isAble({ partsFor }: Facts, { ticket, site }: Wanted, worker: Worker): boolean {
  return covers(worker.engineer, site) && (partsFor(worker, ticket, site)?.missing ?? []).length === 0;
}
