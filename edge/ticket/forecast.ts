/**
 * Whether a promise will be kept, said before it is broken. What is still to happen has a mean and a spread; the probability of a breach is the
 * chance that it takes longer than the promise has left. With time going by and nothing happening that chance grows, and the instant at which
 * it crosses the next mark is known now: a timer can be set for it.
 *
 *   now ────── arrival (mean, spread) ────── work (mean, spread) ────▶ done        by
 *
 * Method: an arrival, or the end of work that goes on, follows a normal law cut off at now, so that what is overdue still takes its time. A sum
 * of two, and a wait that has no plan, is taken as log-normal with its mean and variance (Fenton 1960, Wilkinson): skewed to the late side.
 */
import type { Millis } from "../../contracts/instant.ts";
import type { SlaClock, SlaSeverity } from "../../contracts/sla-clock.ts";
import type { WorkingCalendar } from "./calendar.ts";
import { stageOf, stageUntil, type Target } from "./clock.ts";

/** A length with its standard deviation. */
export type Spread = { readonly ms: number; readonly spreadMs: number };

/** What is known of the rest of the job. */
export type Outlook = {
  /** When somebody is expected, from the plan or an offer, and how far off that usually is. Absent: nobody is on the way. */
  readonly arrival?: { readonly at: Millis; readonly spreadMs: number };
  /** While nobody is on the way: how long it takes from now until somebody is there. */
  readonly unplanned: Spread;
  /** Somebody is there since. */
  readonly arrivedAt?: Millis;
  /** The whole work at the asset. */
  readonly work: Spread;
  /** The last instants, where it is not the clock that says them: there is an appointment. */
  readonly due?: Readonly<Record<Target, Millis>>;
};

export type Marks = { readonly atRisk: number; readonly willBreach: number };

/** One in ten is worth a look, more likely than not is worth a call. */
export const MARKS: Marks = { atRisk: 0.1, willBreach: 0.5 };

export type SlaForecast = {
  readonly target: Target;
  readonly severity: SlaSeverity;
  /** `met`, `breached`, `done-late`, `paused`; `on-the-way`, `overdue` (expected before now), `nobody-planned`, `at-work`, `work-overrun`. */
  readonly code: ForecastCode;
  readonly by: Millis;
  /** Of a breach: 0 to 1. */
  readonly probability: number;
  /** When it is expected to be done, and by how much that is before the deadline; negative: after. */
  readonly expectedAt: Millis;
  readonly slackMs: number;
  /** Working time that the promise has left. */
  readonly leftMs: number;
  /** The breach that is to be expected, or that has been. */
  readonly forecastBreachAt?: Millis;
  /** When the severity changes next if nothing happens; absent: it doesn't. */
  readonly changesAt?: Millis;
};

export type ForecastCode = "met" | "breached" | "done-late" | "paused" | "on-the-way" | "overdue" | "nobody-planned" | "at-work" | "work-overrun";

export function forecast(clock: SlaClock, calendar: WorkingCalendar, target: Target, outlook: Outlook, now: Millis, marks: Marks = MARKS): SlaForecast {
  const { due } = outlook;
  const stage = due === undefined ? stageOf(clock, calendar, target, now) : stageUntil(clock, calendar, target, due[target], now);
  switch (stage.stage) {
    case "met":
      return { target, severity: "safe", code: "met", by: stage.by, probability: 0, expectedAt: stage.at, slackMs: stage.by - stage.at, leftMs: 0 };
    case "breached": {
      const { at: by, doneAt } = stage;
      const expectedAt = doneAt ?? now + Math.round(restOf(target, outlook, now).mean);
      const code = doneAt === undefined ? "breached" : "done-late";
      return { target, severity: "breached", code, by, probability: 1, expectedAt, slackMs: by - expectedAt, leftMs: 0, forecastBreachAt: by };
    }
    case "paused": {
      // The deadline moves along: as long as it stands still, nothing comes nearer.
      const { severity, ...figures } = judged(target, outlook, now, stage.by, marks);
      return { target, severity, code: "paused", by: stage.by, leftMs: stage.leftMs, ...figures };
    }
    case "running": {
      const { by, leftMs } = stage;
      const { severity, ...figures } = judged(target, outlook, now, by, marks);
      const changesAt = changeAfter(target, outlook, now, by, severity, marks);
      return { target, severity, code: codeOf(target, outlook, now), by, leftMs, ...figures, changesAt };
    }
  }
}

/** What is left until the target is reached: mean and variance, in milliseconds. `alone`: it is one event, and nothing follows it. */
type Rest = { readonly mean: number; readonly variance: number; readonly alone?: { readonly at: Millis; readonly spreadMs: number } };

function judged(
  target: Target,
  outlook: Outlook,
  now: Millis,
  by: Millis,
  marks: Marks,
): Pick<SlaForecast, "severity" | "probability" | "expectedAt" | "slackMs" | "forecastBreachAt"> {
  const rest = restOf(target, outlook, now);
  const probability = chanceBeyond(rest, now, by);
  const severity = severityOf(probability, marks);
  const expectedAt = now + Math.round(rest.mean);
  return { severity, probability, expectedAt, slackMs: by - expectedAt, ...(severity === "will-breach" ? { forecastBreachAt: by } : {}) };
}

function severityOf(probability: number, { atRisk, willBreach }: Marks): Exclude<SlaSeverity, "breached"> {
  if (probability >= willBreach) return "will-breach";
  return probability >= atRisk ? "at-risk" : "safe";
}

function codeOf(target: Target, { arrival, arrivedAt, work }: Outlook, now: Millis): ForecastCode {
  if (arrivedAt !== undefined && target === "resolve") return now - arrivedAt > work.ms ? "work-overrun" : "at-work";
  if (arrival === undefined) return "nobody-planned";
  return arrival.at < now ? "overdue" : "on-the-way";
}

function restOf(target: Target, { arrival, unplanned, arrivedAt, work }: Outlook, now: Millis): Rest {
  if (arrivedAt !== undefined) return target === "respond" ? { mean: 0, variance: 0 } : residual(arrivedAt + work.ms, work.spreadMs, now);
  const coming: Rest = arrival === undefined ? { mean: unplanned.ms, variance: unplanned.spreadMs ** 2 } : residual(arrival.at, arrival.spreadMs, now);
  return target === "respond" ? coming : { mean: coming.mean + work.ms, variance: coming.variance + work.spreadMs ** 2 };
}

/** What is left of an event expected at `at`, given that it has not happened by now: the mean and variance of a normal law cut off below. */
function residual(at: Millis, spreadMs: number, now: Millis): Rest {
  if (spreadMs <= 0) return { mean: Math.max(0, at - now), variance: 0 };
  const z = (now - at) / spreadMs;
  const alone = { at, spreadMs };
  if (z < -CERTAIN_Z) return { mean: at - now, variance: spreadMs ** 2, alone };
  const over = hazardOver(z);
  return { mean: spreadMs * over, variance: spreadMs ** 2 * Math.max(0, 1 - over * (over + z)), alone };
}

/** So many spreads before it is expected, nothing is cut off. */
const CERTAIN_Z = 8;
/** From here on the tail is too thin for `normal`, and the continued fraction converges. */
const FRACTION_Z = 2;
/** Terms of it: exact to 1e-9 at `FRACTION_Z`. */
const FRACTION_TERMS = 60;

/** By how much the hazard (density over what remains) of a standard normal law is more than z: the mean of what is left beyond z. Laplace's fraction. */
function hazardOver(z: number): number {
  if (z < FRACTION_Z) return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / (1 - normal(z)) - z;
  let below = z;
  for (let term = FRACTION_TERMS; term >= 2; term--) below = z + term / below;
  return 1 / below;
}

/** Chance that what is left at `now` takes until after `by`. */
function chanceBeyond({ mean, variance, alone }: Rest, now: Millis, by: Millis): number {
  if (by < now) return 1;
  if (mean <= 0) return 0;
  if (by === now) return 1;
  if (alone !== undefined) return Math.exp(logTail((by - alone.at) / alone.spreadMs) - logTail((now - alone.at) / alone.spreadMs));
  const log = Math.log1p(variance / mean ** 2);
  if (log === 0) return mean > by - now ? 1 : 0;
  return 1 - normal((Math.log(by - now) - Math.log(mean) + log / 2) / Math.sqrt(log));
}

/** Logarithm of the chance that a standard normal value is beyond z. */
function logTail(z: number): number {
  return z < FRACTION_Z ? Math.log(1 - normal(z)) : (-z * z) / 2 - Math.log(Math.sqrt(2 * Math.PI) * (z + hazardOver(z)));
}

/** Distribution function of the standard normal law, to 8e-8 (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t * Math.exp((-z * z) / 2) * 0.3989422804014327;
  return z >= 0 ? 1 - tail : tail;
}

/** Samples between now and the deadline among which the next change is looked for before it is narrowed down. */
const LOOKS = 64;
/** As near as a timer needs. */
const EXACT_MS = 1_000;

/** The next instant at which the severity is another, to the second; after the deadline it is breached, unless it is reached without delay. */
function changeAfter(target: Target, outlook: Outlook, now: Millis, by: Millis, severity: SlaSeverity, marks: Marks): Millis {
  const same = (at: Millis): boolean => severityOf(chanceBeyond(restOf(target, outlook, at), at, by), marks) === severity;
  let low = now;
  for (let look = 1; look <= LOOKS; look++) {
    const at = Math.min(by, now + Math.ceil(((by - now) * look) / LOOKS));
    if (same(at)) {
      low = at;
      continue;
    }
    let high = at;
    while (high - low > EXACT_MS) {
      const middle = Math.floor((low + high) / 2);
      if (same(middle)) low = middle;
      else high = middle;
    }
    return high;
  }
  return by + 1;
}
