/** One event to several actions, and the life of each: what is to be done next, what came of it, when it is tried again. */
import type { Action, FanOutPolicy, FanOutRule } from "../../contracts/fan-out.ts";
import type { AlarmId, AssetId, CustomerId, DecisionId, FaultModeId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Severity } from "../../contracts/severity.ts";
import type { SlaRisk, SlaTrouble } from "../../contracts/sla-clock.ts";
import type { Priority } from "../../contracts/ticket.ts";

/** Tries before an action is dead: at the waits below, two days. */
export const ATTEMPTS_MAX = 60;
export const RETRY_MS = 1_000;
/** An hour: a team's mailbox that is away comes back within the day. */
export const RETRY_MS_MAX = 3_600_000;
/** While an action is being carried out nobody else takes it; one whose end nobody told within this is taken again. */
export const UNDER_WAY_MS = 60_000;

/** What happened. `decision`: the record behind it; all that follows from it lies under that. */
export type FanOutEvent = {
  readonly decision: DecisionId;
  readonly at: Millis;
  readonly asset: AssetId;
  readonly customer: CustomerId;
  readonly model: string;
  readonly faultMode: FaultModeId;
  readonly severity: Severity;
  readonly alarm?: AlarmId;
  readonly ticket?: TicketId;
  /** What is foreseen of a promise of that ticket: then only notices of it are drawn. */
  readonly forecast?: {
    readonly promise: SlaRisk["promise"];
    readonly trouble: SlaTrouble;
    readonly why: string;
    readonly priority: Priority;
    readonly by: Millis;
    readonly expectedAt: Millis;
    readonly leftMs: Millis;
    readonly percent: number;
  };
  /** Nobody looked or accepted for so long: then only notices of it are drawn. `since`: when the waiting began. */
  readonly escalated?: { readonly when: "unacknowledged" | "unaccepted"; readonly level: number; readonly since: Millis; readonly priority: Priority };
};

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/**
 * The actions that the policy draws from an event, in its order; the same event gives the same ones. Of several rules for one action and target
 * the first that applies counts. `repeatsWithin`: how often this fault was met on this model so lately, this time included.
 */
export function fanOut(event: FanOutEvent, policy: FanOutPolicy, repeatsWithin: (ms: Millis) => number): readonly Action[] {
  const actions = new Map<string, Action>();
  for (const rule of policy.rules) {
    const key = `${event.decision}:${rule.action}:${rule.to}`;
    if (actions.has(key) || !applies(rule, event, repeatsWithin)) continue;
    const every = { key, decision: event.decision, action: rule.action, to: rule.to, about: aboutOf(event, rule, repeatsWithin), at: event.at, attempts: 0 };
    actions.set(key, rule.autonomy === "act" ? { ...every, state: "due", dueAt: event.at } : { ...every, state: "proposed", autonomy: rule.autonomy });
  }
  return [...actions.values()];
}

/** Those of a fresh event that are not there yet: an event that is heard again adds nothing and undoes nothing. */
export function missingActions(fresh: readonly Action[], known: ReadonlySet<string>): readonly Action[] {
  return fresh.filter(({ key }) => !known.has(key));
}

export type ActionEvent =
  /** A person lets it run. */
  | { readonly type: "allow" }
  /** Somebody begins to carry it out. */
  | { readonly type: "begin" }
  | { readonly type: "done"; readonly ref?: string }
  /** `final`: the other side will never take it. */
  | { readonly type: "failed"; readonly why: string; readonly final?: boolean; readonly retryAfterMs?: Millis }
  /** A person has a dead one tried again. */
  | { readonly type: "again" }
  | { readonly type: "drop" };

/** What an event makes of it; the same action where it tells nothing new. Refuses `wrong-state` and `needs-person`. */
export function advanceAction(action: Action, event: ActionEvent, now: Millis): Action | Refusal {
  const { key, decision, action: kind, to, about, at, attempts } = action;
  const every = { key, decision, action: kind, to, about, at, attempts };
  switch (event.type) {
    case "allow":
      if (action.state === "proposed") return { ...every, state: "due", dueAt: now };
      return action.state === "dropped" ? wrong(action, "it was dropped") : action;
    case "begin":
      if (action.state === "proposed") return refuse("needs-person", "the action waits for a person", "confirm it first", "key");
      return action.state === "due" ? { ...action, attempts: attempts + 1, dueAt: now + UNDER_WAY_MS } : wrong(action, "it is not due");
    case "done":
      // Late or twice: that it was done is true whatever was believed meanwhile. The first word on it stays.
      if (action.state === "done") return action;
      return { ...every, state: "done", doneAt: now, ...(event.ref === undefined ? {} : { ref: event.ref.slice(0, 200) }) };
    case "failed": {
      if (action.state !== "due") return action;
      const why = event.why.slice(0, 200);
      if (event.final === true || attempts >= ATTEMPTS_MAX) return { ...every, state: "dead", deadAt: now, why };
      return { ...every, state: "due", dueAt: now + Math.max(retryAfter(attempts), Math.min(RETRY_MS_MAX, event.retryAfterMs ?? 0)), why };
    }
    case "again":
      if (action.state === "dead") return { ...every, attempts: 0, state: "due", dueAt: now };
      return action.state === "due" ? { ...action, dueAt: Math.min(action.dueAt, now) } : wrong(action, "it is not dead");
    case "drop":
      if (action.state === "dropped") return action;
      if (action.state === "done") return wrong(action, "it was done");
      // What was begun may have been done.
      return attempts > 0 && action.state === "due" ? wrong(action, "it is under way, and may have been done") : { ...every, state: "dropped", droppedAt: now };
  }
}

/** What to carry out now, the longest due first. */
export function dueActions(actions: readonly Action[], now: Millis, limit: number): readonly Extract<Action, { state: "due" }>[] {
  return actions
    .filter((action) => action.state === "due")
    .filter(({ dueAt }) => dueAt <= now)
    .toSorted((a, b) => a.dueAt - b.dueAt || (a.key < b.key ? -1 : 1))
    .slice(0, limit);
}

/** When to look again; null when nothing waits but for people. */
export function nextDueAt(actions: readonly Action[]): Millis | null {
  const due = actions.flatMap((action) => (action.state === "due" ? [action.dueAt] : []));
  return due.length === 0 ? null : Math.min(...due);
}

function applies(
  { action, trouble = "will-breach", severityMin, faultModes, repeats }: FanOutRule,
  event: FanOutEvent,
  repeatsWithin: (ms: Millis) => number,
): boolean {
  if (action === "breach-notice" ? event.forecast?.trouble !== trouble : event.forecast !== undefined) return false;
  if ((action === "escalation-notice") !== (event.escalated !== undefined)) return false;
  if (severityMin !== undefined && RANK[event.severity] < RANK[severityMin]) return false;
  if (faultModes !== undefined && !faultModes.includes(event.faultMode)) return false;
  return repeats === undefined || repeatsWithin(repeats.withinMs) >= repeats.min;
}

function aboutOf(event: FanOutEvent, { repeats }: FanOutRule, repeatsWithin: (ms: Millis) => number): Action["about"] {
  const { asset, customer, model, faultMode, severity, alarm, ticket, forecast, escalated } = event;
  return {
    asset,
    customer,
    model: model.slice(0, 128),
    faultMode,
    severity,
    ...(alarm === undefined ? {} : { alarm }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(repeats === undefined ? {} : { repeats: repeatsWithin(repeats.withinMs), withinMs: repeats.withinMs }),
    ...forecast,
    ...escalated,
  };
}

function retryAfter(attempts: number): Millis {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(Math.max(0, attempts - 1), 20));
}

function wrong({ action, state }: Action, rule: string): Refusal {
  return refuse("wrong-state", `the ${action} is ${state}: ${rule}`, "load the page again", "key");
}
