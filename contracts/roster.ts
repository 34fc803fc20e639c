/** Making a roster: who may work when, what is needed at which hour, and the shifts that are there already. */
import { z } from "zod";
import { TimeZone } from "./calendar.ts";
import { EngineerId, SkillId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, personal, uom } from "./meaning.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const Ms = z.number().int().min(0).meta(uom("ms"));
const Minute = z.number().int().min(0).max(1440).meta(uom("min"));
const Weekday = z.number().int().min(1).max(7);

export const ShiftKind = meanings({ duty: "at work", "on-call": "at home, and comes when called" });
export type ShiftKind = z.infer<typeof ShiftKind>;

/** One shift on one date. It belongs to the local day on which it begins, in its engineer's time zone. */
export const DatedShift = z.strictObject({
  id: z.string().min(1).max(160),
  engineer: EngineerId,
  kind: ShiftKind,
  from: Instant,
  until: Instant,
});
export type DatedShift = z.infer<typeof DatedShift>;

/** Days and weeks (from Monday on) are local; lengths are what really passes, also where the clock leaps. On-call at home counts as rest. */
export const WorkingRules = z.strictObject({
  /** Lengths of shifts that may be proposed. */
  shiftsMs: z.array(Ms.min(HOUR_MS).max(DAY_MS)).min(1).max(6),
  dayMsMax: Ms,
  weekMsMax: Ms,
  /** Between the end of one shift and the beginning of the next. */
  restMsMin: Ms,
  consecutiveDaysMax: z.number().int().min(1).max(31).meta(uom("d")),
  /** A shift with at least `countsFromMs` between `from` and `to` is a night. */
  night: z.strictObject({ from: Minute, to: Minute, countsFromMs: Ms.min(1), perWeekMax: z.number().int().min(0).max(7), shiftMsMax: Ms }),
  onCallPerWeekMax: z.number().int().min(0).max(7),
});
export type WorkingRules = z.infer<typeof WorkingRules>;

export const RosterEngineer = z.strictObject({
  id: EngineerId,
  skills: z.array(SkillId).max(50),
  timeZone: TimeZone.meta(personal("planning work into shifts")),
  rules: WorkingRules,
  onCall: z.boolean().meta(personal("planning work into shifts")),
  /** Beyond the end of a shift, for a job that was begun in it; absent: none. */
  overtimeMs: Ms.max(DAY_MS).optional(),
  /** Local dates on which they can't work at all. */
  unavailable: z.array(z.iso.date()).max(400).meta(personal("planning work into shifts")),
  /** When they are not there, whatever shifts they have. */
  away: z
    .array(z.strictObject({ from: Instant, until: Instant }))
    .max(100)
    .optional()
    .meta(personal("planning work into shifts")),
  /** Weekdays on which they like to work; empty: any. */
  preferred: z.array(Weekday).max(7).meta(personal("planning work into shifts")),
});
export type RosterEngineer = z.infer<typeof RosterEngineer>;

export const WEEK_HOURS = 168;

/** Jobs that one engineer with all of `skills` answers. `perHour`: how many are expected in each hour of the week from Monday 00:00 on, in the ask's zone. */
export const Need = z.strictObject({
  skills: z.array(SkillId).max(10),
  perHour: z.array(z.number().min(0).max(1_000).meta(uom("1"))).length(WEEK_HOURS),
  /** Engineer's time until the first response is given. */
  workMs: Ms.min(1_000).max(DAY_MS),
  /** The whole job, with the way to it: it is begun where so much is left of a shift, overtime included. Absent: as long as the shift lasts. */
  wholeMs: Ms.max(DAY_MS).optional(),
});
export type Need = z.infer<typeof Need>;

/** Eight weeks: longer rosters are made one after the other, the search grows with the square. */
const HORIZON_MS_MAX = 56 * DAY_MS;
const ENGINEERS_MAX = 200;
export const NEEDS_MAX = 40;
/** Two a day for everybody. */
const SHIFTS_MAX = 24_000;

export const RosterAsk = z
  .strictObject({
    from: Instant,
    until: Instant,
    /** Of the needs' weeks. */
    timeZone: TimeZone,
    /** The first response that any job at any hour gets. */
    respondMs: Ms.min(900_000).max(7 * DAY_MS),
    /** How much more work than expected must fit: 1 is none. */
    headroom: z.number().min(1).max(10).meta(uom("1")),
    /** How much later whoever is on call responds. */
    onCallLeadMs: Ms.max(DAY_MS),
    engineers: z.array(RosterEngineer).max(ENGINEERS_MAX),
    needs: z.array(Need).max(NEEDS_MAX),
    /** Also those shortly before and after the horizon: rest and weeks count across its ends. */
    existing: z.array(DatedShift).max(SHIFTS_MAX),
    /** `fixed`: shifts that are there stay. `propose`: leaving one out may be proposed; nothing is changed by itself either way. */
    change: z.enum(["fixed", "propose"]),
    /** Rules and zones of somebody who might be hired; none: nobody can be. */
    hire: z.strictObject({ rules: WorkingRules, timeZones: z.array(TimeZone).min(1).max(8) }).optional(),
  })
  .refine(({ from, until }) => from < until, { message: "ends after it begins", path: ["until"] })
  .refine(({ from, until }) => until - from <= HORIZON_MS_MAX, { message: "is at most 56 days long (HORIZON_MS_MAX)", path: ["until"] })
  .refine(({ existing }) => existing.every(({ from, until }) => from < until && until - from <= 7 * DAY_MS), {
    message: "has shifts that end after they begin, within a week",
    path: ["existing"],
  })
  .refine(({ engineers }) => new Set(engineers.map(({ id }) => id)).size === engineers.length, { message: "names each engineer once", path: ["engineers"] });
export type RosterAsk = z.infer<typeof RosterAsk>;
