/** Working-time rules: what one more shift would break, beside those that its engineer has. Days, weeks and nights are those of the engineer's clock. */
import type { Millis } from "../../../contracts/instant.ts";
import type { RosterEngineer, ShiftKind, WorkingRules } from "../../../contracts/roster.ts";
import { DAY_MS, dayOf, dayOfDate, stretchAt, weekdayOf } from "../../../contracts/zone.ts";

/** A shift with what the rules ask about it. `day`, `week`: local ones in which it begins; `lastDay`: in which it ends. */
export type Placed = {
  readonly kind: ShiftKind;
  readonly from: Millis;
  readonly until: Millis;
  readonly ms: number;
  readonly day: number;
  readonly lastDay: number;
  readonly week: number;
  readonly nightMs: number;
  readonly night: boolean;
  readonly weekend: boolean;
};

export type RuleCode =
  | "overlap"
  | "unavailable"
  | "on-call-not-allowed"
  | "on-call-week"
  | "day-hours"
  | "week-hours"
  | "rest"
  | "consecutive-days"
  | "night-shifts"
  | "night-length";

/** `value` is what it would be, `limit` what it may be: a length in ms or a count; both 0 where the rule has none. */
export type Broken = { readonly rule: RuleCode; readonly limit: number; readonly value: number };

const MINUTE_MS = 60_000;

export function place(engineer: RosterEngineer, kind: ShiftKind, from: Millis, until: Millis): Placed {
  const { timeZone, rules } = engineer;
  const day = dayOf(timeZone, from);
  const nightMs = nightOf(timeZone, rules.night, from, until);
  return {
    kind,
    from,
    until,
    ms: until - from,
    day,
    lastDay: dayOf(timeZone, until - 1),
    week: weekOf(day),
    nightMs,
    night: kind === "duty" && nightMs >= rules.night.countsFromMs,
    weekend: weekdayOf(day) > 5,
  };
}

/** What `shift` would break; rules that the others break among themselves are not its doing. Stops at the first where `first` is set. */
export function broken(engineer: RosterEngineer, others: readonly Placed[], shift: Placed, first = false): readonly Broken[] {
  const found: Broken[] = [];
  const say = (rule: RuleCode, limit = 0, value = 0): boolean => found.push({ rule, limit, value }) > 0 && first;
  const { rules, onCall } = engineer;
  const isOff = unavailableDays(engineer).some((day) => day >= shift.day && day <= shift.lastDay) || overlaps(engineer.away ?? [], shift);
  if (isOff && say("unavailable")) return found;
  if (overlaps(others, shift) && say("overlap")) return found;
  const alike = others.filter(({ kind }) => kind === shift.kind);
  const inWeek = alike.filter(({ week }) => week === shift.week);
  if (shift.kind === "on-call") {
    if (!onCall && say("on-call-not-allowed")) return found;
    if (inWeek.length >= rules.onCallPerWeekMax) say("on-call-week", rules.onCallPerWeekMax, inWeek.length + 1);
    return found;
  }
  const dayMs = sum(alike.filter(({ day }) => day === shift.day)) + shift.ms;
  if (dayMs > rules.dayMsMax && say("day-hours", rules.dayMsMax, dayMs)) return found;
  const weekMs = sum(inWeek) + shift.ms;
  if (weekMs > rules.weekMsMax && say("week-hours", rules.weekMsMax, weekMs)) return found;
  const rest = restAround(alike, shift);
  if (rest < rules.restMsMin && say("rest", rules.restMsMin, rest)) return found;
  const run = runAround(alike, shift.day);
  if (run > rules.consecutiveDaysMax && say("consecutive-days", rules.consecutiveDaysMax, run)) return found;
  if (!shift.night) return found;
  const nights = inWeek.filter(({ night }) => night).length + 1;
  if (nights > rules.night.perWeekMax && say("night-shifts", rules.night.perWeekMax, nights)) return found;
  if (shift.ms > rules.night.shiftMsMax) say("night-length", rules.night.shiftMsMax, shift.ms);
  return found;
}

function overlaps(spans: readonly Pick<Placed, "from" | "until">[], shift: Placed): boolean {
  return spans.some(({ from, until }) => from < shift.until && shift.from < until);
}

/** Weeks begin on Monday; counted from that of 1970-01-01. */
export function weekOf(day: number): number {
  return Math.floor((day + 3) / 7);
}

const daysOff = new WeakMap<RosterEngineer, readonly number[]>();

function unavailableDays(engineer: RosterEngineer): readonly number[] {
  const known = daysOff.get(engineer) ?? engineer.unavailable.map(dayOfDate);
  daysOff.set(engineer, known);
  return known;
}

function sum(shifts: readonly Placed[]): number {
  return shifts.reduce((ms, shift) => ms + shift.ms, 0);
}

/** The shorter of the rests before and after it; those that overlap leave none. */
function restAround(others: readonly Placed[], { from, until }: Placed): number {
  return Math.min(Infinity, ...others.map((other) => Math.max(0, other.from >= from ? other.from - until : from - other.until)));
}

/** Days in a row on which a shift begins, that day included. */
function runAround(others: readonly Placed[], day: number): number {
  const days = new Set(others.map((other) => other.day));
  let run = 1;
  for (let before = day - 1; days.has(before); before--) run++;
  for (let after = day + 1; days.has(after); after++) run++;
  return run;
}

/** How much of a shift lies in the nights of the clock on the wall. */
function nightOf(timeZone: string, { from: begins, to }: WorkingRules["night"], from: Millis, until: Millis): number {
  const length = ((to - begins + 1440) % 1440) * MINUTE_MS;
  let ms = 0;
  for (let at = from; at < until;) {
    const stretch = stretchAt(timeZone, at);
    const end = Math.min(until, stretch.until);
    const [a, b] = [at + stretch.offsetMs, end + stretch.offsetMs];
    for (let day = Math.floor(a / DAY_MS) - 1; day * DAY_MS < b; day++) {
      const night = day * DAY_MS + begins * MINUTE_MS;
      ms += Math.max(0, Math.min(b, night + length) - Math.max(a, night));
    }
    at = end;
  }
  return ms;
}
