/**
 * Verdict transitions become alarms. One episode, one alarm: its repeats, and other episodes of the same fault mode on the same
 * asset, are counted on the alarm that is already there.
 *
 *   suspect    counts on a known alarm, raises nothing
 *   anomalous  raises, or joins the active alarm of the same fault; a ticket is due once a fresh verdict says so
 *   normal     settles its episode; the alarm clears when none of its episodes is left
 */
import { JOINED_MAX, type Alarm } from "../../contracts/alarm.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId, EpisodeId, NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { faultModeOf } from "./fault-mode.ts";

export type AlarmOutcome = "raised" | "raised-again" | "absorbed" | "joined" | "counted" | "settled" | "cleared";

/** `ticketDue`: the alarm has no ticket, proposed or open, and the condition holds now. */
export type AlarmStep = { readonly outcome: AlarmOutcome; readonly alarm: Alarm; readonly ticketDue: boolean };

/** What a transition does to the alarms of its asset; null when nothing. */
export function settle(view: UnitView, verdict: Verdict, now: Millis, newId: NewId): AlarmStep | null {
  const active = view.list("alarm", { asset: verdict.asset, state: "active" });
  const known = active.find((alarm) => standsFor(alarm, verdict.episode));
  switch (verdict.state) {
    case "suspect":
      return known === undefined ? null : counted(known, verdict);
    case "normal":
      return known === undefined ? null : calmed(known, verdict, now);
    case "anomalous": {
      const before = known ?? view.list("alarm", { asset: verdict.asset, state: "cleared" }).findLast((alarm) => standsFor(alarm, verdict.episode));
      return before === undefined ? raised(view, active, verdict, now, newId) : repeated(before, verdict);
    }
  }
}

/** Idempotent: the first acknowledgement stays. Refuses `unknown-alarm`. */
export function acknowledge(alarm: Alarm | undefined, by: string, now: Millis): Alarm | Refusal {
  if (alarm === undefined) return refuse("unknown-alarm", "the alarm must exist", "load the board again");
  return alarm.acknowledgedAt === undefined ? { ...alarm, acknowledgedAt: now, acknowledgedBy: by } : alarm;
}

function raised(view: UnitView, active: readonly Alarm[], verdict: Verdict, now: Millis, newId: NewId): AlarmStep {
  const mode = faultModeOf(view.scenario, verdict);
  const twin = active.find((alarm) => alarm.faultMode === mode.id && !isSpent(view, alarm));
  if (twin !== undefined) return step("joined", join(twin, verdict), verdict);
  const { device, asset, episode, score, evidence, model, since, absorbed } = verdict;
  const alarm: Alarm = {
    id: newId() as AlarmId,
    asset,
    device,
    episode,
    faultMode: mode.id,
    severity: mode.severity,
    score,
    evidence,
    model,
    since,
    sampleAt: verdict.arrivedAt,
    raisedAt: now,
    repeats: 0,
    absorbed,
  };
  return step("raised", alarm, verdict);
}

/** The work on it is over: what fails now is a new fault, although the old alarm has not cleared. */
function isSpent(view: UnitView, alarm: Alarm): boolean {
  const ticket = alarm.ticket === undefined ? undefined : view.get("ticket", alarm.ticket);
  return ticket?.state === "resolved" || ticket?.state === "cancelled";
}

function repeated(alarm: Alarm, verdict: Verdict): AlarmStep {
  const after = { ...count(unsettle(alarm, verdict.episode), verdict), repeats: alarm.repeats + 1 };
  const { clearedAt, acknowledgedAt: _at, acknowledgedBy: _by, ...again } = after;
  // Raised again, it wants to be seen again.
  return clearedAt === undefined ? step("absorbed", after, verdict) : step("raised-again", again, verdict);
}

function join(alarm: Alarm, verdict: Verdict): Alarm {
  const joined = alarm.joined ?? [];
  const repeats = alarm.repeats + 1;
  const absorbed = alarm.absorbed + verdict.absorbed;
  if (joined.length >= JOINED_MAX) return { ...alarm, repeats, absorbed };
  return { ...alarm, repeats, absorbed, joined: [...joined, { episode: verdict.episode, absorbed: verdict.absorbed }] };
}

function counted(alarm: Alarm, verdict: Verdict): AlarmStep | null {
  const after = count(alarm, verdict);
  return after.absorbed === alarm.absorbed ? null : { outcome: "counted", alarm: after, ticketDue: false };
}

function calmed(alarm: Alarm, verdict: Verdict, now: Millis): AlarmStep {
  const settled = count(settleEpisode(alarm, verdict.episode, now), verdict);
  const ownSettled = settled.settledAt !== undefined;
  if (!ownSettled || (settled.joined ?? []).some((other) => other.settledAt === undefined)) return { outcome: "settled", alarm: settled, ticketDue: false };
  const { settledAt: _settled, proposed: _lapsed, ...cleared } = settled;
  return { outcome: "cleared", alarm: { ...cleared, clearedAt: now }, ticketDue: false };
}

function step(outcome: AlarmOutcome, alarm: Alarm, verdict: Verdict): AlarmStep {
  return { outcome, alarm, ticketDue: verdict.fresh && alarm.ticket === undefined && alarm.proposed === undefined };
}

function standsFor(alarm: Alarm, episode: EpisodeId): boolean {
  return alarm.episode === episode || (alarm.joined ?? []).some((other) => other.episode === episode);
}

function settleEpisode(alarm: Alarm, episode: EpisodeId, now: Millis): Alarm {
  if (alarm.episode === episode) return { ...alarm, settledAt: now };
  return { ...alarm, joined: (alarm.joined ?? []).map((other) => (other.episode === episode ? { ...other, settledAt: now } : other)) };
}

function unsettle(alarm: Alarm, episode: EpisodeId): Alarm {
  const { settledAt, ...own } = alarm;
  if (alarm.episode === episode) return own;
  // A cleared alarm has no `settledAt`: its own episode was over, and stays so when a joined one returns.
  const since = settledAt ?? alarm.clearedAt;
  const joined = (alarm.joined ?? []).map(({ settledAt: over, ...other }) =>
    other.episode === episode || over === undefined ? other : { ...other, settledAt: over },
  );
  return { ...own, ...(since === undefined ? {} : { settledAt: since }), joined };
}

/** A verdict carries what was absorbed since its episode began: per episode the largest figure counts, over episodes the sum. */
function count(alarm: Alarm, verdict: Verdict): Alarm {
  const joined = alarm.joined ?? [];
  const own = alarm.absorbed - joined.reduce((sum, other) => sum + other.absorbed, 0);
  if (alarm.episode === verdict.episode) return { ...alarm, absorbed: alarm.absorbed + Math.max(0, verdict.absorbed - own) };
  const more = Math.max(0, verdict.absorbed - (joined.find((other) => other.episode === verdict.episode)?.absorbed ?? verdict.absorbed));
  return {
    ...alarm,
    absorbed: alarm.absorbed + more,
    joined: joined.map((other) => (other.episode === verdict.episode ? { ...other, absorbed: other.absorbed + more } : other)),
  };
}
