/**
 * Windows in which alarms are expected (planned maintenance): what comes up under one is counted and asks nobody for anything; what still
 * stands when it ends is raised then. Weekly ones keep to the site's clock, across changes of it.
 */
import { Temporal } from "temporal-polyfill";
import { SUPPRESSIONS_MAX, type Alarm, type Suppression } from "../../contracts/alarm.ts";
import type { Answer, Cause, Draft, TimerChange } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { NewId, SuppressionId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { lacksJob } from "./proof.ts";

const WEEK_MS = 7 * 86_400_000;
/** One window at the longest: a plant's yearly stop. */
export const WINDOW_MS_MAX = 62 * 86_400_000;

type Span = { readonly from: Millis; readonly to: Millis };

/** The window's span that holds `at`: its beginning belongs to it, its end no more. */
export function spanAt(window: Suppression, at: Millis, timeZone: string): Span | null {
  return spansNear(window, at, timeZone).find((span) => span.from <= at && at < span.to) ?? null;
}

/** The end of the span that holds `at`, or of the next one; undefined when it is over. */
export function nextEnd(window: Suppression, at: Millis, timeZone: string): Millis | undefined {
  return spansNear(window, at, timeZone).find((span) => span.to > at)?.to;
}

/** The window that an asset's device is under at `at`; the one that ends last. */
export function windowOver(
  view: UnitView,
  { asset, device }: Pick<Alarm, "asset" | "device">,
  at: Millis,
): { readonly window: Suppression; readonly span: Span } | null {
  const over = view
    .list("suppression")
    .filter((window) => (window.asset === undefined || window.asset === asset) && (window.device === undefined || window.device === device))
    .flatMap((window) => {
      const span = spanAt(window, at, view.scenario.timeZone);
      return span === null ? [] : [{ window, span }];
    });
  return over.toSorted((a, b) => b.span.to - a.span.to || (a.window.id < b.window.id ? -1 : 1))[0] ?? null;
}

/** A transition under a window counts there; an alarm that asks for a job is put under it. Returns the alarm as it is then. */
export function suppressStep(draft: Draft, alarm: Alarm, verdict: Verdict, ticketDue: boolean, cause: Cause): Alarm {
  if (verdict.state === "normal") return alarm;
  const over = windowOver(draft.view, alarm, cause.at);
  if (over === null) return alarm;
  const { window, span } = over;
  draft.put({ family: "suppression", id: window.id, after: { ...window, counted: window.counted + 1 } });
  const isNew = alarm.ticket === undefined && alarm.proposed === undefined;
  if (!ticketDue && !isNew) return alarm;
  const due = ticketDue || alarm.suppressed?.due === true;
  const after: Alarm = { ...alarm, suppressed: { by: window.id, until: span.to, ...(due ? { due: true } : {}) } };
  draft.put({ family: "alarm", id: alarm.id, after });
  if (alarm.suppressed === undefined)
    draft.tell(cause, "alarm", alarm.id, {
      outcome: "suppressed",
      model: alarm.model,
      reasons: [{ code: "under-window", about: { window: window.id, until: span.to } }],
    });
  return after;
}

/** Refuses `unknown-asset`, `unknown-device`, `malformed`, `too-many`. The same id again changes nothing. */
export function openWindowStep(draft: Draft, answer: Extract<Answer, { type: "suppress" }>, cause: Cause, newId: NewId): Refusal | null {
  const { type: _type, id: given, by, ...said } = answer;
  const { view } = draft;
  const id = given ?? (newId() as SuppressionId);
  if (view.get("suppression", id) !== undefined) return null;
  if (said.asset !== undefined && view.get("asset", said.asset) === undefined)
    return refuse("unknown-asset", "the asset must exist", "choose one of the board", "asset");
  if (said.device !== undefined && view.get("device", said.device) === undefined)
    return refuse("unknown-device", "the device must exist", "choose one of the board", "device");
  const longest = said.recurs === "weekly" ? WEEK_MS : WINDOW_MS_MAX;
  if (said.to <= said.from || said.to - said.from > longest)
    return refuse("malformed", `a window ends after it begins, within ${longest / 86_400_000} days`, "choose a later or nearer end", "to");
  const window: Suppression = { ...said, id, by, madeAt: cause.at, counted: 0, raised: 0 };
  const endsAt = nextEnd(window, cause.at, view.scenario.timeZone);
  if (endsAt === undefined) return refuse("malformed", "a window that is not over yet", "choose a later end", "to");
  const kept = view.list("suppression");
  const over = kept.filter((one) => nextEnd(one, cause.at, view.scenario.timeZone) === undefined);
  if (kept.length - over.length >= SUPPRESSIONS_MAX)
    return refuse("too-many", `at most ${SUPPRESSIONS_MAX} windows at once (SUPPRESSIONS_MAX)`, "end one that is no longer needed");
  // Windows that are over stay to be looked up until there is no room.
  for (const one of over.slice(0, Math.max(0, kept.length + 1 - SUPPRESSIONS_MAX))) draft.put({ family: "suppression", id: one.id, after: null });
  draft.put({ family: "suppression", id, after: window });
  draft.time(timerOf(window, endsAt));
  draft.tell(cause, "answer", id, { outcome: "window-opened", reasons: [{ code: "window", about: { from: said.from, to: said.to, recurs: said.recurs } }] });
  return null;
}

/** A person ends a window; what stands under it is raised. Refuses `unknown-entity`. */
export function closeWindowStep(draft: Draft, id: SuppressionId, cause: Cause): readonly Alarm[] | Refusal {
  const window = draft.view.get("suppression", id);
  if (window === undefined) return refuse("unknown-entity", "a suppression window of this unit", "load the board again", "suppression");
  if (window.endedAt !== undefined) return [];
  draft.put({ family: "suppression", id, after: { ...window, endedAt: cause.at } });
  draft.time({ cancel: `suppression:${id}` });
  return raiseUnder(draft, id, cause);
}

/** A span of a window is over: what stands under it and under no other is raised. The alarms for which a job is due. */
export function windowEndsStep(draft: Draft, id: SuppressionId, cause: Cause): readonly Alarm[] {
  const window = draft.view.get("suppression", id);
  if (window === undefined || window.endedAt !== undefined) return [];
  const next = nextEnd(window, cause.at, draft.view.scenario.timeZone);
  if (next !== undefined) draft.time(timerOf(window, next));
  return spanAt(window, cause.at, draft.view.scenario.timeZone) === null ? raiseUnder(draft, id, cause) : [];
}

function raiseUnder(draft: Draft, id: SuppressionId, cause: Cause): readonly Alarm[] {
  const under = draft.view.list("alarm", { state: "active" }).filter((alarm) => alarm.suppressed?.by === id);
  const raised = under.flatMap((alarm) => {
    const { suppressed, ...after } = alarm;
    const other = windowOver(draft.view, alarm, cause.at);
    const due = suppressed?.due === true ? ({ due: true } as const) : {};
    if (other !== null) {
      draft.put({ family: "alarm", id: alarm.id, after: { ...after, suppressed: { by: other.window.id, until: other.span.to, ...due } } });
      return [];
    }
    const shelved = after.shelved === undefined ? {} : { shelved: { ...after.shelved, ...due } };
    const standing: Alarm = { ...after, ...shelved, raisedAt: cause.at };
    draft.put({ family: "alarm", id: alarm.id, after: standing });
    draft.tell(cause, "alarm", alarm.id, { outcome: "raised", model: alarm.model, reasons: [{ code: "window-ended", about: { window: id } }] });
    return [{ alarm: standing, isDue: suppressed?.due === true && standing.shelved === undefined && lacksJob(draft.view, standing) }];
  });
  const window = draft.view.get("suppression", id);
  if (window !== undefined && raised.length > 0) draft.put({ family: "suppression", id, after: { ...window, raised: window.raised + raised.length } });
  return raised.flatMap(({ alarm, isDue }) => (isDue ? [alarm] : []));
}

function timerOf({ id }: Suppression, at: Millis): TimerChange {
  return { set: `suppression:${id}`, at, due: { type: "suppression-ends", suppression: id } };
}

/** Of a weekly window the spans around `at` and the one after, in order. */
function spansNear(window: Suppression, at: Millis, timeZone: string): readonly Span[] {
  const { from, to, recurs, last, endedAt } = window;
  if (endedAt !== undefined) return [];
  if (recurs === "none") return [{ from, to }];
  const week = Math.max(0, Math.floor((at - from) / WEEK_MS));
  const weeks = [week - 1, week, week + 1, week + 2].filter((n) => n >= 0);
  return weeks.map((n) => ({ from: weeksLater(from, n, timeZone), to: weeksLater(to, n, timeZone) })).filter((span) => last === undefined || span.from <= last);
}

function weeksLater(at: Millis, weeks: number, timeZone: string): Millis {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).add({ weeks }).epochMilliseconds;
}
