/** What a roster costs, in hours of plain day work: late answers far above all, then hours, nights, weekends, wishes, and how unevenly they fall. */
import type { Delays } from "./cover.ts";
import type { Grid, Tour } from "./grid.ts";
import type { Placed } from "./rules.ts";
import { weekdayOf } from "../../../contracts/zone.ts";

const HOUR_MS = 3_600_000;
/** A quarter of an hour in which jobs of a need arrive that are answered too late: no saving outweighs it. */
const LATE = 100;
/** An hour on call at home, on top of an hour of duty at night, and at a weekend. */
const ON_CALL = 0.3;
const NIGHT = 0.5;
const WEEKEND = 0.25;
/** A shift on a weekday that its engineer does not like, and one that is there and is left out: people have planned with it. */
const UNLIKED = 2;
const DROPPED = 20;
/** Per square of an engineer's hours in units of a shift, of nights and of weekend shifts: the second night of one weighs more than the first of another. */
const UNEVEN = { shifts: 0.4, nights: 0.4, weekends: 0.4 };
const SHIFT_MS = 8 * HOUR_MS;

export type Load = { readonly dutyMs: number; readonly nights: number; readonly weekends: number };
export const NO_LOAD: Load = { dutyMs: 0, nights: 0, weekends: 0 };

export function withShift(load: Load, { ms, kind, night, weekend }: Placed): Load {
  return { dutyMs: load.dutyMs + (kind === "duty" ? ms : 0), nights: load.nights + (night ? 1 : 0), weekends: load.weekends + (weekend ? 1 : 0) };
}

export function loadsOf(grid: Grid, tours: readonly Tour[]): Load[] {
  const loads = grid.engineers.map(() => NO_LOAD);
  for (const { engineer, placed } of tours) loads[engineer] = withShift(loads[engineer] ?? NO_LOAD, placed);
  return loads;
}

/** Late quarters, with a little for how late, so that nearer is better. */
export function lateness({ goal, slots }: Grid, delays: Delays): number {
  let late = 0;
  for (const row of delays) for (let slot = 0; slot < row.length; slot++) if (row[slot]! > goal) late += 1 + Math.min(row[slot]! - goal, slots) / (100 * slots);
  return late;
}

/** Of one shift by itself. */
export function costOfShift(grid: Grid, engineer: number, { kind, ms, nightMs, weekend, day }: Placed): number {
  const hours = ms / HOUR_MS;
  const preferred = grid.engineers[engineer]?.preferred ?? [];
  const liked = preferred.length === 0 || preferred.includes(weekdayOf(day));
  const duty = kind === "on-call" ? ON_CALL * hours : hours + (NIGHT * nightMs) / HOUR_MS;
  return duty + (weekend ? WEEKEND * hours : 0) + (liked ? 0 : UNLIKED);
}

export function costOfLoad({ dutyMs, nights, weekends }: Load): number {
  return UNEVEN.shifts * (dutyMs / SHIFT_MS) ** 2 + UNEVEN.nights * nights ** 2 + UNEVEN.weekends * weekends ** 2;
}

/** `dropped`: shifts that are there and are left out. */
export function costOf(grid: Grid, tours: readonly Tour[], late: number, dropped: number): number {
  const shifts = tours.reduce((cost, { engineer, placed, existing }) => cost + (existing === undefined ? costOfShift(grid, engineer, placed) : 0), 0);
  return LATE * late + shifts + loadsOf(grid, tours).reduce((cost, load) => cost + costOfLoad(load), 0) + DROPPED * dropped;
}
