/** What a unit asks of its roster: its engineers with their terms, the shifts they have, and the work that there was. */
import type { Engineer, ExtraShift } from "../../../contracts/engineer.ts";
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { refuse, type Refusal } from "../../../contracts/refusal.ts";
import { type DatedShift, type Need, NEEDS_MAX, RosterAsk, type WorkingRules } from "../../../contracts/roster.ts";
import { DAY_MS, dateOfDay, dayOf, instantOf } from "../../../contracts/zone.ts";
import { FIRST_RESPONSE_MS } from "../call.ts";
import { overtimeMinOf } from "../weight.ts";
import { flatNeed, needsOf, type Past } from "./need.ts";
import { place, broken, type Broken } from "./rules.ts";
import { datedShifts } from "./weekly.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** For whoever has none of their own: eight hours, ten a day, forty a week, eleven of rest, six days in a row, two nights a week. */
export const USUAL_RULES: WorkingRules = {
  shiftsMs: [8 * HOUR_MS],
  dayMsMax: 10 * HOUR_MS,
  weekMsMax: 40 * HOUR_MS,
  restMsMin: 11 * HOUR_MS,
  consecutiveDaysMax: 6,
  night: { from: 1_380, to: 360, countsFromMs: 2 * HOUR_MS, perWeekMax: 2, shiftMsMax: 8 * HOUR_MS },
  onCallPerWeekMax: 2,
};
/** Somebody who is called at home is an hour later. */
const ON_CALL_LEAD_MS = HOUR_MS;
/** Jobs that are looked back at: a quarter of a year. */
const PAST_MS = 91 * DAY_MS;
/** Weeks and rest count across the ends of what is asked for. */
const AROUND_MS = 8 * DAY_MS;
/** Where no job tells: so little work that all that counts is whether somebody is there. */
const SELDOM_PER_HOUR = 0.001;
const WORK_MS = HOUR_MS;
/** To a job, as a rule: where it is not known yet. */
const WAY_MS = HOUR_MS / 2;

/** From the next local midnight on, for so many days. Refuses `malformed` for what no roster is made of. */
export function rosterAskOf(view: UnitView, days: number, now: Millis): RosterAsk | Refusal {
  const { timeZone } = view.scenario;
  const from = instantOf(timeZone, (dayOf(timeZone, now) + 1) * DAY_MS);
  const until = from + days * DAY_MS;
  const engineers = view.list("engineer");
  const { needs } = needsOf(pastOf(view), { from: now - PAST_MS, until: now, timeZone, workMs: WORK_MS });
  const rare = seldom(view, needs);
  const usualMin = overtimeMinOf(view.scenario.dispatch);
  const parsed = RosterAsk.safeParse({
    from,
    until,
    timeZone,
    respondMs: FIRST_RESPONSE_MS,
    headroom: 1,
    onCallLeadMs: ON_CALL_LEAD_MS,
    engineers: engineers.map((engineer) => ({
      ...termsOf(engineer, timeZone, from - AROUND_MS, until + AROUND_MS),
      overtimeMs: (engineer.overtimeMin ?? usualMin) * MINUTE_MS,
    })),
    needs: [...needs.slice(0, Math.max(0, NEEDS_MAX - rare.length)), ...rare]
      .slice(0, NEEDS_MAX)
      .map((need) => ({ ...need, wholeMs: Math.min(DAY_MS, lengthOf(view, need) + WAY_MS) })),
    existing: engineers.flatMap((engineer) => shiftsOf(engineer, timeZone, from - AROUND_MS, until + AROUND_MS)),
    change: "fixed",
  });
  if (parsed.success) return parsed.data;
  return refuse("malformed", parsed.error.issues[0]?.message ?? "an ask for a roster", "ask for 1 to 56 days", "days");
}

/** What may break, and did not in the time that is looked back at: somebody has to be there for that, too. */
function seldom(view: UnitView, needs: readonly Need[]): Need[] {
  const known = new Set(needs.map(({ skills }) => keyOf(skills)));
  const sets = new Map(view.scenario.faultModes.map(({ skills }) => [keyOf(skills), skills]));
  return [...sets].flatMap(([key, skills]) => (known.has(key) ? [] : [flatNeed(skills, SELDOM_PER_HOUR, WORK_MS)]));
}

/** The longest job of these skills, all of which must fit into a shift: dispatch asks nobody for what would not. */
function lengthOf({ scenario: { faultModes } }: UnitView, { skills }: Need): Millis {
  const alike = faultModes.filter((mode) => keyOf(mode.skills) === keyOf(skills)).map(({ workMs }) => workMs);
  return alike.length === 0 ? WORK_MS : Math.max(...alike);
}

function keyOf(skills: Need["skills"]): string {
  return skills.toSorted().join(" ");
}

/** Weekly shifts on their dates, and those of one date. */
export function shiftsOf(engineer: Engineer, timeZone: string, from: Millis, until: Millis): readonly DatedShift[] {
  const weekly = datedShifts(engineer, timeZone, from, until);
  const extra = (engineer.extraShifts ?? []).filter((one) => one.from < until && one.until > from);
  // What a weekly shift covers of one is not worked twice. On call is one spell, whatever is worked in it.
  const added = extra.flatMap((one) => (one.kind === "duty" ? beyond(one, weekly) : [one]));
  return [...weekly, ...added.map((one) => datedOf(engineer, one))];
}

/** What is left of a shift without those that are there. */
function beyond(shift: ExtraShift, others: readonly Pick<ExtraShift, "from" | "until">[]): readonly ExtraShift[] {
  return others.reduce<readonly ExtraShift[]>(
    (left, { from, until }) =>
      left.flatMap((one) =>
        until <= one.from || from >= one.until
          ? [one]
          : [
              { ...one, until: from },
              { ...one, from: until },
            ].filter((part) => part.from < part.until),
      ),
    [shift],
  );
}

/** Why a shift may not be added: the rules that it would break. */
export function brokenBy(engineer: Engineer, shift: Pick<DatedShift, "kind" | "from" | "until">, timeZone: string): readonly Broken[] {
  const terms = termsOf(engineer, timeZone, shift.from - AROUND_MS, shift.until + AROUND_MS);
  const others = shiftsOf(engineer, timeZone, shift.from - AROUND_MS, shift.until + AROUND_MS).map((one) => place(terms, one.kind, one.from, one.until));
  return broken(terms, others, place(terms, shift.kind, shift.from, shift.until));
}

function datedOf({ id }: Engineer, { kind, from, until }: Pick<DatedShift, "kind" | "from" | "until">): DatedShift {
  return { id: `${id}@${from}`, engineer: id, kind, from, until };
}

function termsOf({ id, skills, roster = {}, absences = [] }: Engineer, site: string, from: Millis, until: Millis): RosterAsk["engineers"][number] {
  const { timeZone = site, rules = USUAL_RULES, onCall = false, preferred = [] } = roster;
  const unavailable = new Set<string>();
  for (const away of absences)
    for (let day = dayOf(timeZone, Math.max(away.from, from)); day <= dayOf(timeZone, Math.min(away.until, until) - 1); day++) unavailable.add(dateOfDay(day));
  const away = absences.filter((one) => one.from < until && one.until > from);
  return { id, skills, timeZone, rules, onCall, preferred, unavailable: [...unavailable], ...(away.length === 0 ? {} : { away }) };
}

function pastOf(view: UnitView): readonly Past[] {
  return view.list("ticket").map((ticket) => ({
    skills: ticket.skills,
    openedAt: ticket.openedAt,
    ...("resolvedAt" in ticket ? { workMs: Math.min(DAY_MS, Math.max(1_000, ticket.resolvedAt - ticket.arrivedAt)) } : {}),
  }));
}
