/** What the steps of a job tell of themselves: ids and figures only. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Autonomy, Reason } from "../../contracts/decision.ts";
import type { Diagnosis } from "../../contracts/diagnosis.ts";
import type { Told } from "../../contracts/effect.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Verdict } from "../../contracts/verdict.ts";

/** A diagnosis is told with the entries that it follows from, each in the version that was read. */
export function tellAlarm(outcome: string, alarm: Alarm, verdict: Verdict, diagnosis: Diagnosis | null): Told {
  const { model, ...known } = verdict;
  const stands = diagnosis !== null && diagnosis.undecided === undefined && diagnosis.faultMode === alarm.faultMode;
  return {
    outcome,
    model,
    snapshot: { verdict: known, ...(alarm.chance === undefined ? {} : { chance: alarm.chance }), ...(diagnosis === null ? {} : { diagnosis }) },
    reasons: [
      {
        code: stands ? "fault-mode-by-knowledge" : verdict.faultMode === undefined ? "fault-mode-by-evidence" : "fault-mode-by-code",
        about: { faultMode: alarm.faultMode, severity: alarm.severity, ...(stands ? { likelihood: diagnosis.likelihood } : {}) },
      },
      { code: "counted", about: { repeats: alarm.repeats, absorbed: alarm.absorbed } },
      ...(verdict.fresh ? [] : [{ code: "stale", about: { behindMs: verdict.arrivedAt - verdict.at } }]),
    ],
  };
}

/** `because`: why a person is asked though the scenario does not ask for one. */
export function tellTicket(outcome: "opened" | "held", ticket: Ticket, autonomy: Autonomy, because: readonly Reason[] = []): Told {
  const { alarm, asset, faultMode, priority, skills, respondBy, resolveBy, repairs, follows, chance } = ticket;
  return {
    outcome,
    autonomy,
    snapshot: { alarm, asset, faultMode, skills, repairs: repairs.map((repair) => repair.id), ...(chance === undefined ? {} : { chance }) },
    reasons: [
      { code: "promise", about: { priority, respondBy, resolveBy } },
      { code: "repairs-found", about: { count: repairs.length } },
      ...(follows === undefined ? [] : [{ code: "follows", about: { ticket: follows } }]),
      ...because,
    ],
  };
}

export function tellKit(outcome: string, { ticket: _ticket, id, lines, ...state }: Kit, autonomy: Autonomy): Told {
  return {
    outcome,
    autonomy,
    snapshot: { kit: id, lines, ...state },
    reasons: [{ code: "kit", about: { lines: lines.length, pieces: lines.reduce((sum, line) => sum + line.quantity, 0) } }],
  };
}
