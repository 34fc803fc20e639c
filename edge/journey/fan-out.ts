/** What is done besides the job when an alarm asks for one: a notice, a report, each once, under one decision that stands with the ticket. */
import { ACTION_MODELS_MAX } from "../../contracts/fan-out.ts";
import type { Alarm } from "../../contracts/alarm.ts";
import type { Reason } from "../../contracts/decision.ts";
import { UNIT, type Cause, type Decided, type Draft } from "../../contracts/effect.ts";
import type { UnitView, View } from "../../contracts/entity.ts";
import type { Action, ActionRow, FanOutRule } from "../../contracts/fan-out.ts";
import { type AlarmId, CustomerId, type DecisionId, type NewId, type TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { startDraft } from "../decision/draft.ts";
import { type ActionEvent, advanceAction, fanOut, type FanOutEvent, missingActions } from "../decision/fan-out.ts";
import type { Escalated } from "../ticket/escalation.ts";
import type { Warning } from "../ticket/foreseen.ts";
import { advance } from "../ticket/ticket.ts";

/** The job is one of the actions, and done already. Teams that the unit is not bound to are left out, and named. Nothing in a sandbox. */
export function fanOutStep(draft: Draft, alarm: Alarm, ticket: Ticket, cause: Cause, newId: NewId): void {
  const { scenario } = draft.view;
  const asset = draft.view.get("asset", alarm.asset);
  const teams = scenario.connectors.teams ?? {};
  if (scenario.fanOut === undefined || asset === undefined || scenario.kind === "sandbox" || Object.keys(teams).length === 0) return;
  const isBound = ({ action, to }: { readonly action: string; readonly to: string }): boolean => action === "ticket" || Object.hasOwn(teams, to);
  const decision = newId() as DecisionId;
  const { customer, model } = asset;
  const { faultMode, severity } = alarm;
  const event = { decision, at: cause.at, asset: asset.id, customer, model, faultMode, severity, alarm: alarm.id, ticket: ticket.id };
  const rules = scenario.fanOut.rules.filter(isBound);
  const fresh = fanOut(event, { rules }, (ms) => repeatsWithin(draft.view, alarm, model, cause.at - ms));
  const known = new Set(fresh.flatMap(({ key }) => (draft.view.get("action", key) === undefined ? [] : [key])));
  const actions = missingActions(fresh, known).map((action) => {
    const done = action.action === "ticket" ? advanceAction(action, { type: "done", ref: ticket.id }, cause.at) : action;
    return isRefusal(done) ? action : done;
  });
  if (actions.length === 0) return;
  draft.put(...actions.map((action) => changeOf({ ticket: ticket.id }, action)));
  draft.tell(cause, "fan-out", ticket.id, {
    id: decision,
    outcome: "fanned-out",
    snapshot: { actions: actions.map(({ key }) => key), unbound: scenario.fanOut.rules.filter((rule) => !isBound(rule)).map(({ to }) => to) },
    reasons: actions.map(({ action, to, about }) => ({
      code: `action-${action}`,
      about: { to, ...("repeats" in about ? { repeats: about["repeats"] ?? 0 } : {}) },
    })),
  });
}

/**
 * A promise is likely to be missed: whom the agreement and the scenario's rules name hears of it while there is time, once for each ticket, promise
 * and forecast, whatever eases and comes back. Teams that the unit is not bound to are named. Nothing in a sandbox.
 */
export function breachNoticeStep(draft: Draft, { ticket, forecast, who }: Warning, now: Millis, newId: NewId): void {
  const { view } = draft;
  const { scenario } = view;
  const { target: promise, severity: trouble, code: why, by, expectedAt, leftMs, probability } = forecast;
  if (scenario.kind === "sandbox") return;
  const named = who.map((to): FanOutRule => ({ action: "breach-notice", to, trouble, autonomy: "act" }));
  const rules = [...(scenario.fanOut?.rules ?? []), ...named].filter(({ action }) => action === "breach-notice");
  const teams = scenario.connectors.teams ?? {};
  if (who.length === 0 && Object.keys(teams).length === 0) return;
  noticeStep(
    draft,
    {
      action: "breach-notice",
      rules,
      subject: ticket,
      of: { ticket: ticket.id },
      alarm: ticket.alarm,
      because: { forecast: { promise, trouble, why, priority: ticket.priority, by, expectedAt, leftMs, percent: Math.round(probability * 100) } },
      isSame: (about) => about["promise"] === promise && about["trouble"] === trouble,
      says: { promise, trouble, why, by, leftMs },
      trigger: { type: "promise", ref: ticket.id },
    },
    now,
    newId,
  );
}

/**
 * Nobody looked or accepted: whom the level and the scenario's rules name hears of it, once for each level of each waiting. Told with the job of
 * the alarm, or with the one that is proposed for it; where there is none, with the alarm itself. Nothing in a sandbox.
 */
export function escalationNoticeStep(draft: Draft, raised: Escalated | null, now: Millis, newId: NewId): void {
  const { view } = draft;
  const { scenario } = view;
  if (raised === null || scenario.kind === "sandbox") return;
  const { when, level, since, to: named, priority, subject } = raised;
  const alarm = "kit" in subject ? subject.alarm : subject.id;
  const own = named === undefined ? [] : [{ action: "escalation-notice", to: named, autonomy: "act" } satisfies FanOutRule];
  const rules = [...own, ...(scenario.fanOut?.rules ?? [])].filter(({ action }) => action === "escalation-notice");
  if (rules.length === 0) return;
  noticeStep(
    draft,
    {
      action: "escalation-notice",
      rules,
      subject,
      of: ofEscalated(subject),
      alarm,
      because: { escalated: { when, level, since, priority } },
      isSame: (about) => about["since"] === since && about["level"] === level && about["when"] === when && about["alarm"] === alarm,
      says: { level, ms: now - since },
      trigger: { type: "escalation", ref: subject.id },
    },
    now,
    newId,
  );
}

function ofEscalated(subject: Alarm | Ticket): Of {
  if ("kit" in subject) return { ticket: subject.id };
  const job = subject.ticket ?? subject.proposed;
  return job === undefined ? { alarm: subject.id, asset: subject.asset } : { ticket: job };
}

type Notice = {
  readonly action: Extract<FanOutRule["action"], "breach-notice" | "escalation-notice">;
  readonly rules: readonly FanOutRule[];
  readonly subject: Pick<Ticket, "asset" | "faultMode" | "severity">;
  readonly of: Of;
  readonly alarm: Ticket["alarm"];
  readonly because: Pick<FanOutEvent, "forecast" | "escalated">;
  /** Of what was told before: the same occasion. */
  readonly isSame: (about: Action["about"]) => boolean;
  /** Beside the name, in the reasons of the record. */
  readonly says: Reason["about"];
  readonly trigger: Pick<Cause, "type" | "ref">;
};

/** What an action stands with: a job, or an alarm that has none. */
type Of = { readonly ticket: TicketId } | { readonly alarm: AlarmId; readonly asset: Alarm["asset"] };

/** Each name hears of an occasion once; those that the unit is not bound to stand in the record. */
function noticeStep(draft: Draft, notice: Notice, now: Millis, newId: NewId): void {
  const { action: kind, rules, subject, of, alarm, because, isSame, says, trigger } = notice;
  const { view } = draft;
  const teams = view.scenario.connectors.teams ?? {};
  const isBound = (to: string): boolean => Object.hasOwn(teams, to);
  const { faultMode, severity } = subject;
  const asset = view.get("asset", subject.asset);
  const decision = newId() as DecisionId;
  const event = {
    decision,
    at: now,
    asset: subject.asset,
    customer: asset?.customer ?? NOBODY,
    model: asset?.model ?? "",
    faultMode,
    severity,
    ...(alarm === undefined ? {} : { alarm }),
    ...("ticket" in of ? of : {}),
    ...because,
  };
  const told = view.list("action", "ticket" in of ? of : { asset: of.asset }).filter(({ action }) => action.action === kind && isSame(action.about));
  const drawn = fanOut(event, { rules: [...rules] }, () => 0).filter(({ to }) => !told.some(({ action }) => action.to === to));
  if (drawn.length === 0) return;
  const actions = drawn.filter(({ to }) => isBound(to));
  draft.put(...actions.map((action) => changeOf(of, action)));
  draft.tell({ at: now, ...trigger, actor: UNIT }, "fan-out", "ticket" in of ? of.ticket : of.alarm, {
    ...(actions.length === 0 ? {} : { id: decision }),
    outcome: actions.length === 0 ? "nobody-bound" : "fanned-out",
    snapshot: { actions: actions.map(({ key }) => key), unbound: drawn.flatMap(({ to }) => (isBound(to) ? [] : [to])) },
    reasons: drawn.map(({ to }) => ({ code: isBound(to) ? `action-${kind}` : "not-bound", about: { to, ...says } })),
  });
}

/** The owner of an asset that is not here. */
const NOBODY = CustomerId.parse("nobody");

/** What came of an action, or what a person says of it. Refuses `unknown-entity`, and as `advanceAction` does. */
export function onAction(view: UnitView, key: string, event: ActionEvent, by: string, now: Millis): Decided | Refusal {
  const row = view.get("action", key);
  if (row === undefined) return refuse("unknown-entity", "no such action in this unit", "load the ticket again", "key");
  const after = advanceAction(row.action, event, now);
  if (isRefusal(after)) return after;
  const draft = startDraft(view, advance);
  if (after === row.action) return draft.done();
  const { id: _id, state: _state, action: _action, ...of } = row;
  draft.put(changeOf(of, after));
  // That somebody began is no news: what came of it is.
  if (event.type !== "begin")
    draft.tell({ at: now, type: "action", ref: row.action.decision, actor: by === "" ? UNIT : by }, "fan-out", row.ticket ?? row.alarm ?? key, {
      outcome: after.state,
      snapshot: { key, attempts: after.attempts },
      reasons: [{ code: `action-${after.action}`, about: { to: after.to, attempts: after.attempts } }],
    });
  return draft.done();
}

/** Alarms of this fault on this model since then, this one included. */
function repeatsWithin(view: View, alarm: Alarm, model: string, since: Millis): number {
  const assets = view
    .list("asset")
    .filter((asset) => asset.model === model && asset.id !== alarm.asset)
    .slice(0, ACTION_MODELS_MAX);
  const alarms = [alarm.asset, ...assets.map(({ id }) => id)].flatMap((asset) => view.list("alarm", { asset }));
  return alarms.filter(({ faultMode, raisedAt }) => faultMode === alarm.faultMode && raisedAt >= since).length;
}

function changeOf(of: Of | Pick<ActionRow, "ticket" | "alarm" | "asset">, action: Action) {
  const after: ActionRow = { id: action.key, ...of, state: action.state, action };
  return { family: "action", id: after.id, after } as const;
}
