/**
 * Whom to ask for a ticket, and what happens when nobody can be asked.
 *
 *   on hold, or too early  wait for the customer
 *   a candidate            offer, until offerMs have passed; who is on call is one where nobody at work would come in time
 *   one for later          where the scenario says how far ahead jobs are offered: wait, planned and not told
 *   all hold other offers  wait for the first of these to be answered
 *   all off shift or full  wait for the first shift, or the end of an absence; when that breaks the promise, a person looks too
 *   all asked in vain      a new round after retryMs, at most roundsMax times; then a person must look
 *   nobody has the skills, the parts, the territory or a way there: a person must look
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { NewId, OfferId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import { DELAYS_MAX, type NotChosen, type Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Candidate } from "../../contracts/plan.ts";
import { hasSkills } from "./eligible.ts";
import { plannedUntil } from "./ahead.ts";
import { nextDutyAt } from "./duty.ts";
import { explain } from "./explain.ts";
import { readFacts, siteOf, type Facts } from "./facts.ts";
import { questionOf, rank } from "./rank.ts";
import { covers } from "./territory.ts";

/** After the instant at which an offer expires, so that its own timer comes first. */
const AFTER_EXPIRY_MS = 1_000;

/** A break, or another customer's appointment, may be over by then. */
const FULL_AGAIN_MS = 30 * 60_000;

/** An engineer is looked for so long before an appointment begins: travel and a second try fit in. */
export const APPOINTMENT_LEAD_MS = 2 * 3_600_000;

export type NobodyCode =
  | "planned"
  | "on-hold"
  | "appointment"
  | "busy"
  | "off-shift"
  | "full"
  | "round-over"
  | "rounds-over"
  | "no-part"
  | "no-territory"
  | "no-way"
  | "no-skill";

export type Choice =
  | { readonly outcome: "offer"; readonly offer: Offer; readonly ranked: readonly Candidate[] }
  /** `again`: when to try again. `escalate`: a person must look. */
  | {
      readonly outcome: "nobody";
      readonly code: NobodyCode;
      readonly again: Millis | undefined;
      readonly escalate: boolean;
      readonly notChosen: readonly NotChosen[];
    };

/** Reads the plan as it is now; makes an id only for an offer. `as`: whoever comes along brings nothing, the lead has the parts. */
export function choose(view: UnitView, ticket: Ticket, now: Millis, newId: NewId, as?: "helper"): Choice {
  const waits = waitOf(ticket, now);
  if (waits !== null) return { outcome: "nobody", ...waits, escalate: false, notChosen: [] };
  const read = readFacts(view, now, undefined, (engineer) => hasSkills(engineer, ticket));
  const facts: Facts =
    as === undefined ? read : { ...read, partsFor: (goer, one, site) => (one.id === ticket.id ? undefined : read.partsFor(goer, one, site)) };
  const ranking = rank(facts, questionOf(view, ticket));
  const notChosen = explain(ranking);
  const [first] = ranking.ranked;
  const plannedFor = first === undefined ? null : plannedUntil(view.scenario.dispatch, ticket, first, now);
  if (plannedFor !== null) return { outcome: "nobody", code: "planned", again: plannedFor, escalate: false, notChosen };
  if (first !== undefined) return { outcome: "offer", offer: offerTo(view, ticket, first, notChosen, now, newId), ranked: ranking.ranked };
  const nobody = (code: NobodyCode, again: Millis | undefined, escalate: boolean): Choice => ({ outcome: "nobody", code, again, escalate, notChosen });
  const { retryMs, roundsMax } = view.scenario.dispatch;
  const freeAt = freeAgain(facts, ranking.kept);
  if (freeAt !== undefined) return nobody("busy", Math.max(now, freeAt) + AFTER_EXPIRY_MS, false);
  const shiftAt = backAgain(view, ticket, facts, lackNothing(facts, ticket, siteOf(view, ticket), ranking.kept));
  const isFull = ranking.kept.some(({ code }) => FULL.has(code));
  if (ticket.asked.length > 0 && ticket.round < roundsMax) return nobody("round-over", Math.min(now + retryMs, shiftAt ?? Infinity), false);
  if (ticket.asked.length > 0) return nobody("rounds-over", shiftAt, true);
  if (shiftAt !== undefined) return nobody(isFull ? "full" : "off-shift", shiftAt, shiftAt > ticket.respondBy);
  const lacking = LACKS.find(([code]) => ranking.kept.some((why) => why.code === code))?.[1] ?? "no-skill";
  return nobody(isFull ? "full" : lacking, undefined, true);
}

/** On shift and able, but the day is too full for it. */
const FULL: ReadonlySet<NotChosen["code"]> = new Set(["shift-ends", "misses-appointment", "breaks-appointment", "break"]);
/** What keeps whoever comes nearest to being asked, where nobody is even full: nearest first. */
const LACKS: readonly (readonly [NotChosen["code"], NobodyCode])[] = [
  ["unreachable", "no-way"],
  ["lacks-part", "no-part"],
  ["outside-territory", "no-territory"],
  ["off-shift", "off-shift"],
  ["absent", "off-shift"],
];

/** When the first of those who hold another offer may be free again. */
function freeAgain({ workers }: Facts, kept: readonly NotChosen[]): Millis | undefined {
  const busy = new Set(kept.flatMap((why) => (why.code === "has-offer" ? [why.engineer] : [])));
  return earliest(workers.flatMap(({ engineer, held }) => (held !== undefined && busy.has(engineer.id) ? [held.expiresAt] : [])));
}

/** Without those who will lack the parts, or be too far from home, when they are back: their coming changes nothing, parts that come do. */
function lackNothing({ workers, partsFor }: Facts, ticket: Ticket, site: Place, kept: readonly NotChosen[]): readonly NotChosen[] {
  const workerOf = new Map(workers.map((worker) => [worker.engineer.id, worker]));
  return kept.filter(({ engineer, code }) => {
    const worker = code === "off-shift" || code === "absent" ? workerOf.get(engineer) : undefined;
    return worker === undefined || (covers(worker.engineer, site) && (partsFor(worker, ticket, site)?.missing ?? []).length === 0);
  });
}

/** When the first shift begins of somebody who is off, away, or too full today; when a break or an appointment in between is over. */
function backAgain({ scenario }: UnitView, { appointment }: Ticket, { workers, now }: Facts, kept: readonly NotChosen[]): Millis | undefined {
  const full = new Set(kept.flatMap((why) => (why.code === "shift-ends" ? [why.engineer] : [])));
  const next = workers.flatMap(({ engineer }) => (full.has(engineer.id) ? [nextDutyAt(engineer, now, scenario.timeZone)] : []));
  const back = kept.map((why) => (why.code === "off-shift" || why.code === "absent" ? why.backAt : undefined));
  const over = kept.map(({ code }) => {
    if (code === "misses-appointment") return appointment === undefined ? undefined : appointment.to + AFTER_EXPIRY_MS;
    return code === "break" || code === "breaks-appointment" ? now + FULL_AGAIN_MS : undefined;
  });
  return earliest([...next, ...back, ...over].filter((at) => at !== undefined));
}

function earliest(instants: readonly Millis[]): Millis | undefined {
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** What the customer said comes before who is free; null where the job is to be done now. */
export function waitOf({ hold, appointment }: Ticket, now: Millis): { readonly code: NobodyCode; readonly again: Millis | undefined } | null {
  if (isOnHold({ hold }, now)) return { code: "on-hold", again: hold?.until };
  const from = appointment === undefined ? now : appointment.from - APPOINTMENT_LEAD_MS;
  return from > now ? { code: "appointment", again: from } : null;
}

export function isOnHold({ hold }: { readonly hold?: Ticket["hold"] }, now: Millis): boolean {
  return hold !== undefined && (hold.until === undefined || hold.until > now);
}

export function offerTo(view: UnitView, ticket: Ticket, chosen: Candidate, notChosen: NotChosen[], now: Millis, newId: NewId): Offer {
  const { engineer, distanceM, travelMs, queueMs, arriveAt, index, overtimeMs, delays, cost, positionAgeMs } = chosen;
  const { source, ageMs, stale } = chosen;
  const learnt = source === "great-circle" ? view.get("calibration", "travel") : undefined;
  return {
    id: newId() as OfferId,
    ticket: ticket.id,
    engineer,
    state: "open",
    madeAt: now,
    expiresAt: now + view.scenario.dispatch.offerMs,
    because: {
      distanceM,
      travelMs,
      queueMs,
      skills: ticket.skills,
      ...(positionAgeMs === undefined ? {} : { positionAgeMs }),
      arriveAt,
      index,
      ...(overtimeMs === 0 ? {} : { overtimeMs }),
      ...(delays.length === 0 ? {} : { delays: delays.slice(0, DELAYS_MAX) }),
      cost,
      travel: {
        source,
        ...(ageMs === undefined ? {} : { ageMs }),
        ...(stale === undefined ? {} : { stale }),
        ...(learnt === undefined ? {} : { factor: learnt.factor, trips: learnt.trips }),
      },
    },
    notChosen,
  };
}
