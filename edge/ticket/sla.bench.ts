/** What a promise costs: working time on office hours with 100 holidays, deadlines with 10 stops, a forecast with its next change. In Node. */
import { machine, type Measured, quantile } from "../../devices/bench/machine.ts";
import { addWorkingTime, type WorkingCalendar, workingTimeBetween } from "./calendar.ts";
import { deadlinesOf, startClock } from "./clock.ts";
import { forecast } from "./forecast.ts";

const HOUR = 3_600_000;
const CALLS = 2_000;
const MEASUREMENTS = 25;
const FROM = 1_770_000_000_000;
/** Hours over which the calls are spread: the clock leaps several times. */
const SPREAD_H = 20_000;

/** µs per call. */
export function benchSla(): Measured {
  const calendar: WorkingCalendar = {
    timeZone: "Europe/Berlin",
    weekly: [{ days: [1, 2, 3, 4, 5], from: 540, to: 1020 }],
    exceptions: Array.from({ length: 100 }, (_, n) => ({ date: `20${20 + (n % 10)}-${String(1 + Math.floor(n / 10)).padStart(2, "0")}-15`, open: [] })),
  };
  const at = (n: number): number => FROM + ((n * 7) % SPREAD_H) * HOUR;
  const fresh = startClock({ respondMs: 2 * HOUR, resolveMs: 16 * HOUR, stops: ["parts"], tell: [] }, FROM);
  const stops = Array.from({ length: 10 }, (_, n) => ({ reason: "parts" as const, from: FROM + n * HOUR, until: FROM + n * HOUR + HOUR / 2 }));
  const clock = { ...fresh, stopped: stops };
  const outlook = { arrival: { at: FROM + 5 * HOUR, spreadMs: HOUR }, unplanned: { ms: HOUR, spreadMs: HOUR }, work: { ms: 2 * HOUR, spreadMs: HOUR } };
  const figures = {
    "add 8 h": perCall((n) => addWorkingTime(calendar, at(n), 8 * HOUR)),
    "add 400 h": perCall((n) => addWorkingTime(calendar, at(n), 400 * HOUR)),
    "between, a year": perCall((n) => workingTimeBetween(calendar, at(n), at(n) + 8_766 * HOUR)),
    deadlines: perCall((n) => deadlinesOf(clock, calendar, FROM + n)),
    forecast: perCall((n) => forecast(clock, calendar, "resolve", outlook, FROM + n)),
  };
  return { bench: "sla", ratios: {}, figures, machine: machine() };
}

function perCall(call: (n: number) => unknown): number {
  const took: number[] = [];
  for (let m = 0; m < MEASUREMENTS; m++) {
    const from = performance.now();
    for (let n = 0; n < CALLS; n++) call(n);
    took.push(((performance.now() - from) * 1_000) / CALLS);
  }
  return Number(quantile(took, 0.5).toPrecision(3));
}
