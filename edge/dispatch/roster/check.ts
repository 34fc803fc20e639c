/** A judge of rosters that shares nothing with their making: it reads every quarter of an hour off the clock on the wall. For tests, and slow. */
import { Temporal } from "temporal-polyfill";
import type { DatedShift, Need, RosterEngineer } from "../../../contracts/roster.ts";

const QUARTER_MS = 900_000;

/** Every rule that an engineer's shifts break, as "rule engineer date"; [] for a roster that may be worked. */
export function faultsOf(engineers: readonly RosterEngineer[], shifts: readonly DatedShift[]): readonly string[] {
  return engineers.flatMap((engineer) => {
    const mine = shifts.filter((shift) => shift.engineer === engineer.id).toSorted((a, b) => a.from - b.from);
    return [...timesOf(engineer, mine), ...sumsOf(engineer, mine), ...callsOf(engineer, mine)].map((fault) => `${fault} ${engineer.id}`);
  });
}

/** How long a job of `need` that arrives at `at` waits until somebody with its skills is there, by looking at each quarter; capacity is not asked. */
export function waitFor(engineers: readonly RosterEngineer[], shifts: readonly DatedShift[], need: Need, at: number, mostMs: number): number {
  const able = new Map(engineers.filter(({ skills }) => need.skills.every((skill) => skills.includes(skill))).map((one) => [one.id, one.away ?? []]));
  const isThere = (id: RosterEngineer["id"], when: number): boolean => able.get(id)?.some(({ from, until }) => from <= when && when < until) === false;
  for (let wait = 0; wait <= mostMs; wait += QUARTER_MS)
    if (shifts.some(({ engineer, from, until }) => from <= at + wait && at + wait < until && isThere(engineer, at + wait))) return wait;
  return Infinity;
}

function wallOf({ timeZone }: RosterEngineer, at: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
}

function dateOf(engineer: RosterEngineer, { from }: DatedShift): Temporal.PlainDate {
  return wallOf(engineer, from).toPlainDate();
}

function quartersOf({ from, until }: DatedShift): number[] {
  return Array.from({ length: (until - from) / QUARTER_MS }, (_, n) => from + n * QUARTER_MS);
}

function timesOf(engineer: RosterEngineer, mine: readonly DatedShift[]): readonly string[] {
  const faults: string[] = [];
  const taken = new Set<number>();
  for (const quarter of mine.flatMap(quartersOf)) {
    if (taken.has(quarter)) faults.push(`overlap ${quarter}`);
    taken.add(quarter);
    const date = wallOf(engineer, quarter).toPlainDate().toString();
    if (engineer.unavailable.includes(date)) faults.push(`unavailable ${date}`);
  }
  const duties = mine.filter(({ kind }) => kind === "duty");
  for (const [n, { from }] of duties.entries()) {
    const before = duties[n - 1];
    if (before !== undefined && from - before.until < engineer.rules.restMsMin) faults.push(`rest ${from}`);
  }
  return faults;
}

function sumsOf(engineer: RosterEngineer, mine: readonly DatedShift[]): readonly string[] {
  const { rules } = engineer;
  const faults: string[] = [];
  const duties = mine.filter(({ kind }) => kind === "duty");
  const days = Map.groupBy(duties, (duty) => dateOf(engineer, duty).toString());
  const weeks = Map.groupBy(duties, (duty) => weekOf(dateOf(engineer, duty)));
  const total = (some: readonly DatedShift[]): number => some.reduce((ms, { from, until }) => ms + until - from, 0);
  for (const [day, some] of days) if (total(some) > rules.dayMsMax) faults.push(`day-hours ${day}`);
  for (const [week, some] of weeks) {
    if (total(some) > rules.weekMsMax) faults.push(`week-hours ${week}`);
    const nights = some.filter((duty) => isNight(engineer, duty));
    if (nights.length > rules.night.perWeekMax) faults.push(`night-shifts ${week}`);
    for (const { from, until } of nights) if (until - from > rules.night.shiftMsMax) faults.push(`night-length ${from}`);
  }
  for (const day of days.keys()) {
    const run = Array.from({ length: rules.consecutiveDaysMax + 1 }, (_, n) => Temporal.PlainDate.from(day).add({ days: n }).toString());
    if (run.every((one) => days.has(one))) faults.push(`consecutive-days ${day}`);
  }
  return faults;
}

function callsOf(engineer: RosterEngineer, mine: readonly DatedShift[]): readonly string[] {
  const calls = mine.filter(({ kind }) => kind === "on-call");
  if (calls.length > 0 && !engineer.onCall) return ["on-call-not-allowed"];
  const weeks = Map.groupBy(calls, (call) => weekOf(dateOf(engineer, call)));
  return [...weeks].flatMap(([week, some]) => (some.length > engineer.rules.onCallPerWeekMax ? [`on-call-week ${week}`] : []));
}

function weekOf(date: Temporal.PlainDate): string {
  return date.subtract({ days: date.dayOfWeek - 1 }).toString();
}

function isNight(engineer: RosterEngineer, duty: DatedShift): boolean {
  const { from, to, countsFromMs } = engineer.rules.night;
  const nightly = quartersOf(duty).filter((quarter) => {
    const { hour, minute } = wallOf(engineer, quarter);
    const at = hour * 60 + minute;
    return from <= to ? at >= from && at < to : at >= from || at < to;
  });
  return nightly.length * QUARTER_MS >= countsFromMs;
}
