import fc from "fast-check";
import { expect, test } from "vitest";
import { startRandom } from "../sim/random.ts";
import { START } from "../sim/plant.ts";
import type { ResponseClass, SlaClock } from "../../contracts/sla-clock.ts";
import { ALWAYS } from "./calendar.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { resolve, respond, startClock, stopClock } from "./clock.ts";
import { forecast, MARKS, type Outlook, type SlaForecast } from "./forecast.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const promised: ResponseClass = { respondMs: 2 * HOUR, resolveMs: 8 * HOUR, stops: ["customer"], tell: [] };
const clock = startClock(promised, START);
const outlook: Outlook = { unplanned: { ms: HOUR, spreadMs: 30 * MINUTE }, work: { ms: 2 * HOUR, spreadMs: 40 * MINUTE } };
const coming = (inMs: number, spreadMs = 10 * MINUTE): Outlook => ({ ...outlook, arrival: { at: START + inMs, spreadMs } });
const RANK = { safe: 0, "at-risk": 1, "will-breach": 2, breached: 3 };
const respondIn = (rest: Outlook, now = START): SlaForecast => forecast(clock, ALWAYS, "respond", rest, now);

test("AG11 whoever comes well before the deadline is safe, about then is a risk, after it is a breach foreseen with its instant", () => {
  expect(respondIn(coming(HOUR))).toMatchObject({ severity: "safe", code: "on-the-way", slackMs: HOUR, leftMs: 2 * HOUR, expectedAt: START + HOUR });
  expect(respondIn(coming(112 * MINUTE))).toMatchObject({ severity: "at-risk" });
  const late = respondIn(coming(3 * HOUR));
  expect(late).toMatchObject({ severity: "will-breach", slackMs: -HOUR, forecastBreachAt: START + 2 * HOUR, changesAt: START + 2 * HOUR + 1 });
  expect(late.probability).toBeGreaterThan(0.99);
});

test("AG11 what is certain is 0 or 1; a promise that is kept or broken is no forecast any more", () => {
  expect(respondIn(coming(2 * HOUR, 0)).probability).toBe(0);
  expect(respondIn(coming(2 * HOUR + 1, 0)).probability).toBe(1);
  expect(forecast(respond(clock, START + 5), ALWAYS, "respond", outlook, START + 9)).toMatchObject({ severity: "safe", code: "met", probability: 0 });
  expect(respondIn(outlook, START + 2 * HOUR + 1)).toMatchObject({ severity: "breached", code: "breached", forecastBreachAt: START + 2 * HOUR });
  expect(forecast(resolve(clock, START + 9 * HOUR), ALWAYS, "resolve", outlook, START + 9 * HOUR)).toMatchObject({
    severity: "breached",
    code: "done-late",
    slackMs: -HOUR,
  });
  expect(forecast(clock, ALWAYS, "respond", { ...outlook, arrivedAt: START + 1 }, START + 2)).toMatchObject({ probability: 0, severity: "safe" });
});

test("AG11 the code says what the figures are about", () => {
  expect(respondIn(outlook).code).toBe("nobody-planned");
  expect(respondIn(coming(HOUR), START + HOUR + 1).code).toBe("overdue");
  const there = { ...outlook, arrivedAt: START };
  expect(forecast(clock, ALWAYS, "resolve", there, START + HOUR).code).toBe("at-work");
  expect(forecast(clock, ALWAYS, "resolve", there, START + 3 * HOUR).code).toBe("work-overrun");
  const paused = stopClock(clock, "customer", START + HOUR);
  if (isRefusal(paused)) throw new Error(paused.rule);
  const standing = forecast(paused, ALWAYS, "resolve", outlook, START + 50 * HOUR);
  expect(standing).toMatchObject({ code: "paused", severity: "safe", leftMs: 7 * HOUR, by: START + 57 * HOUR });
  expect(standing.changesAt).toBeUndefined();
});

test("AG12 nobody sent: first safe, then a risk, then a breach foreseen, each at the instant that was told, before the breach", () => {
  const seen: (readonly [string, number])[] = [];
  let now = START;
  for (let one = respondIn(outlook, now); ; one = respondIn(outlook, now)) {
    seen.push([one.severity, now]);
    if (one.severity === "breached") break;
    now = one.changesAt ?? now;
  }
  expect(seen.map(([severity]) => severity)).toEqual(["safe", "at-risk", "will-breach", "breached"]);
  expect(seen[2]?.[1]).toBeLessThan(START + 2 * HOUR - 50 * MINUTE);
  expect(seen[3]?.[1]).toBe(START + 2 * HOUR + 1);
});

/** What really happens, many times: a normal arrival that has not come by now, then skewed work. */
function simulated(rest: Required<Pick<Outlook, "arrival" | "work">>, target: "respond" | "resolve", now: number, by: number): number {
  const random = startRandom(7);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const log = Math.log1p((rest.work.spreadMs / rest.work.ms) ** 2);
  let late = 0;
  const runs = 20_000;
  for (let run = 0; run < runs;) {
    const arrival = rest.arrival.at + gauss() * rest.arrival.spreadMs;
    if (arrival < now) continue;
    run++;
    const work = target === "respond" ? 0 : Math.exp(Math.log(rest.work.ms) - log / 2 + gauss() * Math.sqrt(log));
    if (arrival + work > by) late++;
  }
  return late / runs;
}

test.each([
  ["respond", 60, 20, 10],
  ["respond", 110, 20, 30],
  ["respond", 90, 30, 100],
  ["resolve", 300, 30, 60],
  ["resolve", 340, 60, 60],
  ["resolve", 400, 40, 420],
  ["resolve", 240, 120, 300],
] as const)("AG12 the probability is that of many simulated runs: %s, expected after %i ± %i min, seen at %i min", (target, at, spread, seen) => {
  const arrival = { at: START + at * MINUTE, spreadMs: spread * MINUTE };
  const by = START + (target === "respond" ? 2 : 8) * HOUR;
  const now = START + seen * MINUTE;
  const { probability } = forecast(clock, ALWAYS, target, { ...outlook, arrival }, now);
  expect(Math.abs(probability - simulated({ arrival, work: outlook.work }, target, now, by))).toBeLessThan(0.04);
});

const length = fc.integer({ min: 0, max: 600 }).map((minutes) => minutes * MINUTE);
const spread = fc.record({ ms: length, spreadMs: length });
const outlooks = fc.record(
  { arrival: fc.record({ at: length.map((ms) => START + ms), spreadMs: length }), arrivedAt: fc.constant(START), unplanned: spread, work: spread },
  { requiredKeys: ["unplanned", "work"] },
);
const clocks = fc.tuple(length, length).map(([a, b]): SlaClock => startClock({ ...promised, respondMs: a + MINUTE, resolveMs: b + MINUTE }, START));

test("AG12 a forecast changes at the instant that it named and not before, whatever is expected", () => {
  fc.assert(
    fc.property(clocks, outlooks, fc.constantFrom("respond" as const, "resolve" as const), length, (started, rest, target, after) => {
      const now = START + after;
      const one = forecast(started, ALWAYS, target, rest, now);
      expect(one.probability).toBeGreaterThanOrEqual(0);
      expect(one.probability).toBeLessThanOrEqual(1);
      expect(Number.isInteger(one.expectedAt)).toBe(true);
      expect(one.severity === "will-breach" || one.severity === "breached").toBe(one.forecastBreachAt !== undefined);
      if (one.severity === "breached" || one.changesAt === undefined) return;
      expect(one.severity).toBe(one.probability >= MARKS.willBreach ? "will-breach" : one.probability >= MARKS.atRisk ? "at-risk" : "safe");
      expect(one.changesAt).toBeGreaterThan(now);
      expect(one.changesAt).toBeLessThanOrEqual(one.by + 1);
      const then = forecast(started, ALWAYS, target, rest, one.changesAt);
      expect(then.severity).not.toBe(one.severity);
      const between = forecast(started, ALWAYS, target, rest, Math.floor((now + one.changesAt) / 2));
      if (one.changesAt - now > 2_000) expect(RANK[between.severity]).toBeLessThanOrEqual(Math.max(RANK[one.severity], RANK[then.severity]));
    }),
    { numRuns: 300 },
  );
});
