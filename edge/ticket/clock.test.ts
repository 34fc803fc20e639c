import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { Calendar } from "../../contracts/calendar.ts";
import { CalendarId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { type ResponseClass, SlaClock, StopReason, STOPS_MAX } from "../../contracts/sla-clock.ts";
import { ALWAYS, isOpen, type WorkingCalendar, workingTimeBetween } from "./calendar.ts";
import { countedMs, deadlinesOf, reclass, reopen, resolve, respond, resumeClock, stageOf, startClock, stopClock } from "./clock.ts";
import { calendarOf, ownClass, promise, promiseOn } from "./sla.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const office: WorkingCalendar = { timeZone: "Europe/Berlin", weekly: [{ days: [1, 2, 3, 4, 5], from: 540, to: 1020 }], exceptions: [] };
const gold: ResponseClass = { respondMs: 2 * HOUR, resolveMs: 8 * HOUR, stops: ["customer", "parts"], tell: [] };
const OPENED = at("2026-03-27T15:00+01:00");
const sure = (clock: SlaClock | Refusal): SlaClock => {
  if (isRefusal(clock)) throw new Error(clock.rule);
  return clock;
};
const stopped = (clock: SlaClock, reason: StopReason, from: number) => sure(stopClock(clock, reason, from));

test("AG8 eight office hours from Friday 15:00 end on Monday at 15:00, though the clock leaps in between", () => {
  const clock = startClock(gold, OPENED);
  expect(deadlinesOf(clock, office, OPENED)).toEqual({ respondBy: at("2026-03-27T17:00+01:00"), resolveBy: at("2026-03-30T15:00+02:00") });
  expect(stageOf(clock, office, "resolve", at("2026-03-28T12:00+01:00"))).toMatchObject({ stage: "running", leftMs: 6 * HOUR });
});

test("AG8 waiting for parts stops the resolution and not the response; the customer stops both", () => {
  const parts = stopped(startClock(gold, OPENED), "parts", OPENED + HOUR);
  const later = OPENED + 90 * MINUTE;
  expect(stageOf(parts, ALWAYS, "respond", later)).toMatchObject({ stage: "running", leftMs: HOUR / 2 });
  expect(stageOf(parts, ALWAYS, "resolve", later)).toMatchObject({ stage: "paused", reason: "parts", since: OPENED + HOUR, leftMs: 7 * HOUR });
  const customer = stopped(startClock(gold, OPENED), "customer", OPENED + HOUR);
  expect(stageOf(customer, ALWAYS, "respond", later)).toMatchObject({ stage: "paused", by: later + HOUR });
  const access = stopped(startClock(gold, OPENED), "access", OPENED + HOUR);
  expect(deadlinesOf(access, ALWAYS, later)).toEqual({ respondBy: OPENED + 2 * HOUR, resolveBy: OPENED + 8 * HOUR });
});

test("AG8 stops that overlap count once; the deadline is later by their union", () => {
  let clock = stopped(startClock(gold, OPENED), "parts", OPENED + HOUR);
  clock = stopped(clock, "customer", OPENED + 2 * HOUR);
  expect(stopped(clock, "customer", OPENED + 3 * HOUR)).toBe(clock);
  clock = resumeClock(resumeClock(clock, "parts", OPENED + 3 * HOUR), "customer", OPENED + 4 * HOUR);
  expect(deadlinesOf(clock, ALWAYS, OPENED + 4 * HOUR).resolveBy).toBe(OPENED + 11 * HOUR);
});

test("AG9 a promise is kept at its last instant and broken one later, done late or not; the first response counts", () => {
  const clock = startClock(gold, OPENED);
  const by = OPENED + 2 * HOUR;
  expect(stageOf(clock, ALWAYS, "respond", by)).toMatchObject({ stage: "running", leftMs: 0 });
  expect(stageOf(clock, ALWAYS, "respond", by + 1)).toEqual({ stage: "breached", at: by });
  expect(stageOf(respond(clock, by), ALWAYS, "respond", by + 9)).toEqual({ stage: "met", at: by, by });
  expect(stageOf(respond(clock, by + 1), ALWAYS, "respond", by + 9)).toEqual({ stage: "breached", at: by, doneAt: by + 1 });
  expect(respond(respond(clock, by), by + 1)).toEqual(respond(clock, by));
});

test("AG9 reopened, it goes on where it stood; what was breached stays breached", () => {
  const clock = resolve(startClock(gold, OPENED), OPENED + 6 * HOUR);
  expect(clock.respondedAt).toBe(OPENED + 6 * HOUR);
  const open = sure(reopen(clock, OPENED + 100 * HOUR));
  expect(stageOf(open, ALWAYS, "resolve", OPENED + 101 * HOUR)).toMatchObject({ stage: "running", by: OPENED + 102 * HOUR, leftMs: HOUR });
  const late = sure(reopen(resolve(startClock(gold, OPENED), OPENED + 9 * HOUR), OPENED + 100 * HOUR));
  expect(stageOf(late, ALWAYS, "resolve", OPENED + 100 * HOUR)).toEqual({ stage: "breached", at: OPENED + 8 * HOUR });
  expect(reopen(open, OPENED)).toBe(open);
});

test("AG9 another class is the new promise over the same history", () => {
  const clock = resumeClock(stopped(startClock(gold, OPENED), "parts", OPENED), "parts", OPENED + HOUR);
  const platinum = reclass(clock, { ...gold, calendar: CalendarId.parse("office"), resolveMs: 4 * HOUR, stops: [] });
  expect(platinum).toMatchObject({ startedAt: OPENED, stopped: clock.stopped, calendar: "office" });
  expect(deadlinesOf(platinum, ALWAYS, OPENED).resolveBy).toBe(OPENED + 4 * HOUR);
  expect(reclass(platinum, gold)).toEqual(clock);
});

test("AG9 a clock that stood still too often is refused another stop, and runs on", () => {
  let clock = startClock(gold, OPENED);
  for (let n = 0; n < STOPS_MAX; n++) clock = resumeClock(stopped(clock, "parts", OPENED + n), "parts", OPENED + n);
  expect(stopClock(clock, "parts", OPENED + STOPS_MAX)).toMatchObject({ refused: "too-many" });
  expect(reopen(resolve(clock, OPENED + STOPS_MAX), OPENED + STOPS_MAX)).toMatchObject({ refused: "too-many" });
  expect(SlaClock.safeParse(clock).success).toBe(true);
});

test("AG8 without an agreement the promise is the scenario's own; a calendar that is not known is around the clock", () => {
  const mine = promiseOn(ownClass(pumpVibration.sla, "p2"), ALWAYS, OPENED);
  expect({ respondBy: mine.respondBy, resolveBy: mine.resolveBy }).toEqual(promise(pumpVibration.sla, "p2", OPENED));
  const named = Calendar.parse({ id: "office", title: { en: "Office", zh: "办公" }, ...office });
  const known = (id: string) => calendarOf((asked) => (asked === named.id ? named : undefined), { calendar: CalendarId.parse(id) }, "UTC");
  expect([known("office").known, isOpen(known("office").calendar, at("2026-03-28T12:00+01:00"))]).toEqual([true, false]);
  expect(known("gone")).toEqual({ calendar: ALWAYS, known: false });
  expect(calendarOf(() => undefined, {}, "UTC")).toEqual({ calendar: ALWAYS, known: true });
});

type Event = { readonly after: number; readonly what: "stop" | "resume" | "respond" | "resolve" | "reopen"; readonly reason: StopReason };
const events = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 300 }).map((minutes) => minutes * MINUTE),
    what: fc.constantFrom<Event["what"]>("stop", "stop", "resume", "resume", "respond", "resolve", "reopen"),
    reason: fc.constantFrom(...StopReason.exclude(["done"]).options),
  }),
  { maxLength: 12 },
);
const take = (clock: SlaClock, { what, reason }: Event, now: number): SlaClock => {
  if (what === "stop") return clock.resolvedAt === undefined ? stopped(clock, reason, now) : clock;
  if (what === "resume") return resumeClock(clock, reason, now);
  if (what === "reopen") return sure(reopen(clock, now));
  return what === "respond" ? respond(clock, now) : resolve(clock, now);
};
const calendars = fc.constantFrom(ALWAYS, office, { ...office, timeZone: "Australia/Lord_Howe" });
const opened = fc.integer({ min: at("2026-03-26T00:00Z"), max: at("2026-04-06T00:00Z") });

test("AG10 standing still never brings a deadline nearer, and not more is counted than was promised before it is broken", () => {
  fc.assert(
    fc.property(events, calendars, opened, (all, calendar, from) => {
      let clock = startClock(gold, from);
      let now = from;
      let before = deadlinesOf(clock, calendar, now);
      for (const event of all) {
        now += event.after;
        clock = take(clock, event, now);
        const after = deadlinesOf(clock, calendar, now);
        expect(after.respondBy).toBeGreaterThanOrEqual(before.respondBy);
        expect(after.resolveBy).toBeGreaterThanOrEqual(before.resolveBy);
        before = after;
        for (const target of ["respond", "resolve"] as const) {
          const stage = stageOf(clock, calendar, target, now);
          const counted = countedMs(clock, calendar, target, now);
          const promised = target === "respond" ? gold.respondMs : gold.resolveMs;
          if (stage.stage !== "breached") expect(counted).toBeLessThanOrEqual(promised);
          if (stage.stage === "running" || stage.stage === "paused") {
            expect(counted + stage.leftMs).toBe(promised);
            expect(workingTimeBetween(calendar, now, stage.by)).toBe(stage.leftMs);
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("AG10 deadlines equal counting minute by minute what is open and not stood still", () => {
  const quarter = fc.integer({ min: 0, max: 40 }).map((n) => n * 15);
  fc.assert(
    fc.property(fc.array(fc.tuple(quarter, quarter), { maxLength: 4 }), calendars, (pairs, calendar) => {
      const from = at("2026-03-27T12:00Z");
      const stops = pairs.map(([a, b]) => ({ reason: "parts" as const, from: from + Math.min(a, b) * MINUTE, until: from + Math.max(a, b) * MINUTE }));
      const clock: SlaClock = { ...startClock(gold, from), stopped: stops };
      const { resolveBy } = deadlinesOf(clock, calendar, from + 600 * MINUTE);
      let left = gold.resolveMs;
      let minute = from;
      for (; left > 0; minute += MINUTE) if (isOpen(calendar, minute) && !stops.some((stop) => minute >= stop.from && minute < stop.until)) left -= MINUTE;
      expect(resolveBy).toBe(minute);
    }),
    { numRuns: 40 },
  );
});
