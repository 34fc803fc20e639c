/**
 * The record behind each step: trigger, what was known, reasons, outcome, autonomy, actor. Ids, figures and distances only: names,
 * places and texts that people wrote stay in their own records.
 *
 * The subject is the alarm for what happened to an alarm and the ticket for everything after it, its offers and its kit included.
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Autonomy, Decision, Reason } from "../../contracts/decision.ts";
import type { Because } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { NotChosen, Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Verdict } from "../../contracts/verdict.ts";

/** What a step follows from. `actor` is `unit` when no person had a hand in it; `allows` is the one action that a person lets run by it. */
export type Cause = { readonly at: Millis; readonly type: string; readonly ref: string; readonly actor: string; readonly allows?: "ticket" | "offer" };

export const UNIT = "unit";

/** Candidates whose figures are kept, nearest first: more explain nothing. */
const CANDIDATES_MAX = 20;

type Figures = { readonly engineer: { readonly id: string }; readonly figures: Omit<Offer["because"], "skills"> };
type Told = { readonly outcome: string; readonly reasons?: readonly Reason[]; readonly snapshot?: Readonly<Record<string, unknown>>; readonly autonomy?: Autonomy };

export function record(cause: Cause, step: Decision["step"], subject: string, told: Told): Because {
  return {
    at: cause.at, step, trigger: { type: cause.type, ref: cause.ref }, subject, snapshot: { ...told.snapshot }, reasons: [...(told.reasons ?? [])], outcome: told.outcome, autonomy: told.autonomy ?? "act", actor: cause.actor,
  };
}

export function alarmRecord(cause: Cause, outcome: string, alarm: Alarm, verdict: Verdict): Because {
  const { device, asset, episode, state, at, arrivedAt, since, score, evidence, fresh, absorbed, faultMode, code } = verdict;
  const because = record(cause, "alarm", alarm.id, {
    outcome,
    snapshot: { verdict: { device, asset, episode, state, at, arrivedAt, since, score, evidence, fresh, absorbed, ...(faultMode === undefined ? {} : { faultMode }), ...(code === undefined ? {} : { code }) } },
    reasons: [
      { code: verdict.faultMode === undefined ? "fault-mode-by-evidence" : "fault-mode-by-code", about: { faultMode: alarm.faultMode, severity: alarm.severity } },
      { code: "counted", about: { repeats: alarm.repeats, absorbed: alarm.absorbed } },
      ...(fresh ? [] : [{ code: "stale", about: { behindMs: arrivedAt - at } }]),
    ],
  });
  return { ...because, model: verdict.model };
}

export function ticketRecord(cause: Cause, outcome: string, ticket: Ticket, autonomy: Autonomy): Because {
  const { alarm, asset, faultMode, priority, skills, respondBy, resolveBy, repairs } = ticket;
  return record(cause, "ticket", ticket.id, {
    outcome, autonomy,
    snapshot: { alarm, asset, faultMode, skills, repairs: repairs.map((repair) => repair.id) },
    reasons: [{ code: "promise", about: { priority, respondBy, resolveBy } }, { code: "repairs-found", about: { count: repairs.length } }],
  });
}

export function kitRecord(cause: Cause, step: "kit" | "reservation", outcome: string, kit: Kit, autonomy: Autonomy): Because {
  const { id, state, lines, attempts, reservation, depot, missing } = kit;
  return record(cause, step, kit.ticket, {
    outcome, autonomy,
    snapshot: { kit: id, state, lines, attempts, ...(reservation === undefined ? {} : { reservation }), ...(depot === undefined ? {} : { depot }), ...(missing === undefined ? {} : { missing }) },
    reasons: [{ code: "kit", about: { lines: lines.length, pieces: lines.reduce((sum, line) => sum + line.quantity, 0) } }],
  });
}

/** An offer that was made, or that waits for a person. */
export function offerRecord(cause: Cause, outcome: "offered" | "held", offer: Offer, ranked: readonly Figures[], round: number, autonomy: Autonomy): Because {
  const { distanceM, travelMs, queueMs } = offer.because;
  const candidates = ranked.slice(0, CANDIDATES_MAX).map(({ engineer, figures }) => ({ engineer: engineer.id, ...figures }));
  return record(cause, "offer", offer.ticket, {
    outcome, autonomy,
    snapshot: { ...(outcome === "offered" ? { offer: offer.id, expiresAt: offer.expiresAt } : {}), round, candidates, notChosen: offer.notChosen },
    reasons: [{ code: "soonest", about: { engineer: offer.engineer, distanceM, travelMs, queueMs } }],
  });
}

export function nobodyRecord(cause: Cause, outcome: "waits" | "escalated", ticket: Ticket, code: string, again: Millis | undefined, notChosen: readonly NotChosen[]): Because {
  return record(cause, outcome === "waits" ? "offer" : "escalation", ticket.id, {
    outcome,
    snapshot: { notChosen, asked: ticket.asked },
    reasons: [{ code, about: { round: ticket.round, ...(again === undefined ? {} : { again }) } }],
  });
}
