/**
 * How long it takes from one place to another, who reckoned it and how old that answer is. What a routing service has to be asked for is asked
 * beforehand; stages look it up here, synchronously, and a pair that nobody answered is reckoned by the great circle, which says so.
 */
import { z } from "zod";
import { Instant, type Millis, type Place } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";

export const TravelSource = meanings({
  "great-circle": "the distance on the sphere, by the calibrated factor",
  osrm: "an OSRM server's table",
  valhalla: "a Valhalla server's matrix",
});
export type TravelSource = z.infer<typeof TravelSource>;

/**
 * `ageMs`: since the service said so; absent where nothing was asked. `stale`: older than it may be, for want of a newer answer. `otherwiseMs`: what
 * the great circle makes of a way that the service says there is not.
 */
export type Leg = {
  readonly ms: Millis;
  readonly m: number;
  readonly source: TravelSource;
  readonly ageMs?: Millis;
  readonly stale?: true;
  readonly otherwiseMs?: Millis;
};

/** Never fails: what can't be reached takes `Infinity`. */
export type Travel = { leg(from: Place, to: Place): Leg };

/** Trips that the factor is learnt from: of a season's roads, not of one storm. */
export const TRIPS_MAX = 60;

/** What trips took against what was reckoned for them. Key: `travel`. */
export const Calibration = z.strictObject({
  id: meaning("travel", "the only one there is"),
  /** Times the uncalibrated duration. */
  factor: z.number().positive().meta(uom("1")),
  /** Of the latest trips, each: taken ÷ reckoned without the factor. */
  ratios: z.array(z.number().positive().meta(uom("1"))).max(TRIPS_MAX),
  /** Trips in all. */
  trips: z.number().int().min(0).meta(uom("1")),
  at: Instant,
});
export type Calibration = z.infer<typeof Calibration>;
