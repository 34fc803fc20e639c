/** When work counts: weekly opening hours in a time zone, and the dates that differ. What is reckoned with it: edge/ticket/calendar.ts. */
import { z } from "zod";
import { CalendarId } from "./ids.ts";
import { Words } from "./instant.ts";
import { uom } from "./meaning.ts";

/** Days are reckoned in it at every promise: an unknown one would fail there. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const TimeZone = z
  .string()
  .max(64)
  .regex(/^(?:UTC|[A-Z][\w+-]*(?:\/[\w+-]+){1,2})$/, "a time zone of the IANA list, such as Asia/Shanghai")
  .refine(isTimeZone, "a time zone of the IANA list, such as Asia/Shanghai");

const Minute = z.number().int().min(0).max(1440).meta(uom("min"));

/** Minutes of the local day on the weekdays named (1 Monday … 7 Sunday); `to` before `from` runs past midnight, equal ends are nothing. */
export const Opening = z.strictObject({ days: z.array(z.number().int().min(1).max(7)).max(7), from: Minute, to: Minute });
export type Opening = z.infer<typeof Opening>;

/** A calendar with several breaks a day on each weekday, and some to spare. */
const OPENINGS_MAX = 50;
/** Holidays of twenty years. */
const EXCEPTIONS_MAX = 500;

/** Stands for whole local dates: what is open on that date, nights that began the day before included, is `open` and nothing else. */
export const CalendarException = z.strictObject({
  date: z.iso.date(),
  title: Words.optional(),
  open: z.array(z.strictObject({ from: Minute, to: Minute }).refine(({ from, to }) => from < to, "begins before it ends, within the date")).max(10),
});
export type CalendarException = z.infer<typeof CalendarException>;

export const Calendar = z.strictObject({
  id: CalendarId,
  title: Words,
  /** Absent: the time zone of the unit that reckons with it. */
  timeZone: TimeZone.optional(),
  weekly: z
    .array(Opening)
    .min(1)
    .max(OPENINGS_MAX)
    .refine((all) => all.some(({ days, from, to }) => days.length > 0 && from !== to), "is open at some time of the week: no promise could end otherwise"),
  exceptions: z.array(CalendarException).max(EXCEPTIONS_MAX),
});
export type Calendar = z.infer<typeof Calendar>;
