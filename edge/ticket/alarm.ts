/**
 * Verdict transitions become alarms. One episode, one alarm: its repeats, and other episodes of the same fault mode on the same
 * asset, are counted on the alarm that is already there.
 *
 *   suspect    counts on a known alarm, raises nothing
 *   anomalous  raises, or joins the active alarm of the same fault; a ticket is due once a fresh verdict says so, and again when
 *              such a verdict comes after the work was over; a flare-up while the repair is being proved is counted
 *   normal     settles its episode; the alarm clears when none of its episodes is left
 *
 * What is told late, of an instant before the latest one known of its episode, raises and settles nothing.
 */
import { JOINED_MAX, type Alarm } from "../../contracts/alarm.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId, EpisodeId, NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { worse } from "../../contracts/severity.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { faultModeOf } from "./fault-mode.ts";
import { isProving, isWorkedOn, overAt, overOf } from "./proof.ts";

export type AlarmOutcome = "raised" | "raised-again" | "absorbed" | "joined" | "counted" | "settled" | "cleared" | "late";

/**
 * `ticketDue`: the condition holds now, and nobody is sent or proposed to be sent. `proofFrom`: the condition was seen before its repair was
 * over and heard after it, or flared up while the machine settles down, so that only another look can tell, reckoned from then.
 */
export type AlarmStep = { readonly outcome: AlarmOutcome; readonly alarm: Alarm; readonly ticketDue: boolean; readonly proofFrom?: Millis };

/** What a transition does to the alarms of its asset; null when nothing. */
export function settle(view: UnitView, verdict: Verdict, now: Millis, newId: NewId): AlarmStep | null {
  const active = view.list("alarm", { asset: verdict.asset, state: "active" });
  const known = active.find((alarm) => standsFor(alarm, verdict.episode));
  switch (verdict.state) {
    case "suspect":
      return known === undefined ? null : counted(known, verdict);
    case "normal":
      if (known === undefined) return null;
      return isLate(known, verdict) ? quiet("late", count(known, verdict)) : calmed(known, verdict, now);
    case "anomalous": {
      const before = known ?? view.list("alarm", { asset: verdict.asset, state: "cleared" }).findLast((alarm) => standsFor(alarm, verdict.episode));
      if (before === undefined) return raised(view, active, verdict, now, newId);
      if (isLate(before, verdict) && isSettled(before, verdict.episode)) return quiet("late", { ...count(before, verdict), repeats: before.repeats + 1 });
      return repeated(view, before, verdict, now);
    }
  }
}

/** Idempotent: the first acknowledgement stays. Refuses `unknown-alarm`. */
export function acknowledge(alarm: Alarm | undefined, by: string, now: Millis): Alarm | Refusal {
  if (alarm === undefined) return refuse("unknown-alarm", "the alarm must exist", "load the board again", "alarm");
  return alarm.acknowledgedAt === undefined ? { ...alarm, acknowledgedAt: now, acknowledgedBy: by } : alarm;
}

function raised(view: UnitView, active: readonly Alarm[], verdict: Verdict, now: Millis, newId: NewId): AlarmStep {
  const mode = faultModeOf(view.scenario, verdict);
  // Where the work is over, what fails now is a new fault, although the old alarm has not cleared.
  const twin = active.find((alarm) => alarm.faultMode === mode.id && overOf(view, alarm) === null && hasRoom(alarm));
  if (twin !== undefined) return step(view, "joined", join(twin, verdict), verdict, now);
  const { device, asset, episode, score, evidence, model, since, absorbed, rule = "model" } = verdict;
  const alarm: Alarm = {
    id: newId() as AlarmId,
    asset,
    device,
    episode,
    faultMode: mode.id,
    severity: worse(mode.severity, verdict.severity),
    score,
    evidence,
    model,
    ...(rule === "model" ? chanceIn(view, verdict, now) : { rule }),
    since,
    sampleAt: verdict.arrivedAt,
    raisedAt: now,
    repeats: 0,
    absorbed,
    heardAt: verdict.at,
  };
  return step(view, "raised", alarm, verdict, now);
}

/** Nothing of what no score made. */
function chanceIn({ chanceOf }: UnitView, verdict: Verdict, now: Millis): Pick<Alarm, "chance"> {
  const chance = verdict.evidence.length === 0 ? null : (chanceOf?.(verdict, now) ?? null);
  return chance === null ? {} : { chance };
}

function repeated(view: UnitView, alarm: Alarm, verdict: Verdict, now: Millis): AlarmStep {
  const known = heard(count(unsettle(alarm, verdict.episode), verdict), verdict);
  const { rule = "model" } = verdict;
  // What bears a model out is remembered, and makes no model's word of what a limit raised.
  const borneOut = known.rule === undefined && rule !== "model" ? { rule } : {};
  const after = { ...known, ...borneOut, repeats: alarm.repeats + 1, severity: worse(alarm.severity, verdict.severity) };
  const { clearedAt, acknowledgedAt: _at, acknowledgedBy: _by, escalation: _level, suppressed: _window, ...again } = after;
  // Raised again, it wants to be seen again.
  return clearedAt === undefined ? step(view, "absorbed", after, verdict, now) : step(view, "raised-again", again, verdict, now);
}

function join(alarm: Alarm, verdict: Verdict): Alarm {
  const joined = alarm.joined ?? [];
  const { rule = "model" } = verdict;
  const more = {
    ...(alarm.rule === undefined && rule !== "model" ? { rule } : {}),
    repeats: alarm.repeats + 1,
    absorbed: alarm.absorbed + verdict.absorbed,
    severity: worse(alarm.severity, verdict.severity),
  };
  return { ...alarm, ...more, joined: [...withRoom(joined), { episode: verdict.episode, absorbed: verdict.absorbed, heardAt: verdict.at }] };
}

/** Where every episode that it stands for goes on, the next has an alarm of its own: none is forgotten while it may stand, and the job is the same. */
function hasRoom({ joined = [] }: Alarm): boolean {
  return withRoom(joined).length < JOINED_MAX;
}

/** What settled longest ago is forgotten first. */
function withRoom(joined: NonNullable<Alarm["joined"]>): NonNullable<Alarm["joined"]> {
  if (joined.length < JOINED_MAX) return joined;
  const [oldest] = joined.filter(({ settledAt }) => settledAt !== undefined).toSorted((a, b) => (a.settledAt ?? 0) - (b.settledAt ?? 0));
  return joined.filter((one) => one !== oldest);
}

function counted(alarm: Alarm, verdict: Verdict): AlarmStep | null {
  const after = count(alarm, verdict);
  return after.absorbed === alarm.absorbed ? null : quiet("counted", after);
}

function calmed(alarm: Alarm, verdict: Verdict, now: Millis): AlarmStep {
  const settled = heard(count(settleEpisode(alarm, verdict.episode, now), verdict), verdict);
  const ownSettled = settled.settledAt !== undefined;
  if (!ownSettled || (settled.joined ?? []).some((other) => other.settledAt === undefined)) return quiet("settled", settled);
  const { settledAt: _settled, proposed: _lapsed, ...cleared } = settled;
  return quiet("cleared", { ...cleared, clearedAt: now });
}

function step(view: UnitView, outcome: AlarmOutcome, alarm: Alarm, verdict: Verdict, now: Millis): AlarmStep {
  if (!verdict.fresh || alarm.proposed !== undefined) return quiet(outcome, alarm);
  if (alarm.ticket === undefined) return { outcome, alarm, ticketDue: true };
  const ticket = overOf(view, alarm);
  if (ticket === null || isWorkedOn(view, alarm)) return quiet(outcome, alarm);
  const isNewSign = verdict.arrivedAt > overAt(ticket);
  if (ticket.state === "cancelled") return { outcome, alarm, ticketDue: isNewSign };
  if (!isNewSign) return { ...quiet(outcome, alarm), proofFrom: now };
  // The same episode: its tail, until the repair must have helped.
  return isProving(view.scenario.judge, ticket, now) ? { ...quiet(outcome, alarm), proofFrom: overAt(ticket) } : { outcome, alarm, ticketDue: true };
}

function quiet(outcome: AlarmOutcome, alarm: Alarm): AlarmStep {
  return { outcome, alarm, ticketDue: false };
}

function standsFor(alarm: Alarm, episode: EpisodeId): boolean {
  return alarm.episode === episode || (alarm.joined ?? []).some((other) => other.episode === episode);
}

/** Of its episode a later instant is known. */
function isLate(alarm: Alarm, { episode, at }: Verdict): boolean {
  const heardAt = alarm.episode === episode ? alarm.heardAt : alarm.joined?.find((other) => other.episode === episode)?.heardAt;
  return heardAt !== undefined && at < heardAt;
}

function isSettled(alarm: Alarm, episode: EpisodeId): boolean {
  if (alarm.clearedAt !== undefined) return true;
  return (alarm.episode === episode ? alarm.settledAt : alarm.joined?.find((other) => other.episode === episode)?.settledAt) !== undefined;
}

function heard(alarm: Alarm, { episode, at }: Verdict): Alarm {
  if (alarm.episode === episode) return { ...alarm, heardAt: Math.max(at, alarm.heardAt ?? 0) };
  return {
    ...alarm,
    joined: (alarm.joined ?? []).map((other) => (other.episode === episode ? { ...other, heardAt: Math.max(at, other.heardAt ?? 0) } : other)),
  };
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
