/**
 * How long the way is: by the great circle, the scenario's speed and detour, and a factor learnt from trips that were made. A unit that has a
 * routing service at hand hands its answers in; see contracts/travel.ts.
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import type { DispatchPolicy } from "../../contracts/scenario.ts";
import { TRIPS_MAX, type Calibration, type Leg, type Travel } from "../../contracts/travel.ts";

/** Mean radius of the earth (IUGG). */
const EARTH_M = 6_371_008.8;
const KMH_IN_M_PER_MS = 1 / 3_600;
const DEGREE = Math.PI / 180;

/** A way of which nothing is known. */
const WAY_MS = 3_600_000;
/** Trips that count as much as the scenario's own figure: two odd ones don't move the plan. */
const PRIOR_TRIPS = 5;
/** Beyond these the roads are not slow or fast: the trip was another one. */
const FACTOR_MIN = 0.4;
const FACTOR_MAX = 3;
/** What a trip may have taken against what was reckoned, to be one that is learnt from: beyond, the tap came late or there was a stop. */
const RATIO_MIN = 0.2;
const RATIO_MAX = 5;
/** Shorter ways are parking and stairs. */
export const TRIP_MS_MIN = 3 * 60_000;

export function travelOf(view: UnitView): Travel {
  return view.travel ?? greatCircle(view.scenario.dispatch, view.get("calibration", "travel")?.factor ?? 1);
}

export function greatCircle({ speedKmh, detour }: Pick<DispatchPolicy, "speedKmh" | "detour">, factor = 1): Travel {
  const msPerM = factor / (speedKmh * KMH_IN_M_PER_MS);
  return {
    leg(from, to) {
      const m = Math.round(greatCircleM(from, to) * detour);
      return { ms: Math.round(m * msPerM), m, source: "great-circle" };
    },
  };
}

/** A way that somebody takes, or said they would, there is, whatever a routing service says. */
export function driven(leg: Leg): Leg {
  return Number.isFinite(leg.ms) ? leg : { ...leg, ms: leg.otherwiseMs ?? WAY_MS };
}

/** Metres between two places on the sphere; haversine, exact also for neighbours. */
export function greatCircleM(a: Place, b: Place): number {
  const lat = Math.sin(((b.lat - a.lat) * DEGREE) / 2);
  const lon = Math.sin(((b.lon - a.lon) * DEGREE) / 2);
  const h = lat * lat + Math.cos(a.lat * DEGREE) * Math.cos(b.lat * DEGREE) * lon * lon;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * The calibration after one more trip, `plainMs` being what was reckoned for it with factor 1; the same one for a trip that tells nothing. The
 * factor is the geometric middle (median of logarithms) of the latest trips, drawn towards 1 while they are few, and bounded.
 */
export function learn(before: Calibration | undefined, trip: { readonly plainMs: Millis; readonly tookMs: Millis }, now: Millis): Calibration | undefined {
  const ratio = trip.tookMs / trip.plainMs;
  if (trip.plainMs < TRIP_MS_MIN || !(ratio >= RATIO_MIN && ratio <= RATIO_MAX)) return before;
  const ratios = [...(before?.ratios ?? []), Math.round(ratio * 1_000) / 1_000].slice(-TRIPS_MAX);
  const logs = ratios.map(Math.log).toSorted((a, b) => a - b);
  const middle = ((logs[(logs.length - 1) >> 1] ?? 0) + (logs[logs.length >> 1] ?? 0)) / 2;
  const factor = Math.exp((middle * logs.length) / (logs.length + PRIOR_TRIPS));
  const bounded = Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, Math.round(factor * 1_000) / 1_000));
  return { id: "travel", factor: bounded, ratios, trips: (before?.trips ?? 0) + 1, at: now };
}
