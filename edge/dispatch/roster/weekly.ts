/** Weekly shifts on their dates. */
import type { Engineer } from "../../../contracts/engineer.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { DatedShift } from "../../../contracts/roster.ts";
import { DAY_MS, dayOf, instantOf, weekdayOf } from "../../../contracts/zone.ts";

const MINUTE_MS = 60_000;

/** Each shift that overlaps [from, until), from its local minute to its local minute: longer or shorter where the clock leaps in it. In order. */
export function datedShifts({ id, shifts }: Pick<Engineer, "id" | "shifts">, timeZone: string, from: Millis, until: Millis): readonly DatedShift[] {
  const dated: DatedShift[] = [];
  for (let day = dayOf(timeZone, from) - 1; day <= dayOf(timeZone, until); day++)
    for (const { days, from: begins, to } of shifts) {
      if (begins === to || !days.includes(weekdayOf(day))) continue;
      const at = (minutes: number): Millis => instantOf(timeZone, day * DAY_MS + minutes * MINUTE_MS);
      const shift = { id: `${id}@${at(begins)}`, engineer: id, kind: "duty" as const, from: at(begins), until: at(to > begins ? to : to + 1440) };
      if (shift.from < shift.until && shift.from < until && shift.until > from) dated.push(shift);
    }
  return dated.toSorted((a, b) => a.from - b.from);
}
