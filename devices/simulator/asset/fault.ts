/**
 * Faults from onset to functional failure (P–F course, Moubray, Reliability-centred Maintenance, 1997), each with a speed of its own, and when
 * the machine has failed by a published measure:
 *
 *   velocity at the bearing in zone D, 7.1 mm/s RMS: ISO 20816-3, group 2, flexible   bearing wear, misalignment
 *   delivered flow below 60 % of what its duty asks for: as capacity is lost          cavitation, blockage
 *   a tenth of the flow leaves beside the pump                                        seal leak
 *   winding above 155 °C: class F, IEC 60034-1                                        overheating
 *
 * A sensor's fault is none of the machine: it must never be a job.
 */
import { between, type Random } from "../random.ts";
import type { Machine } from "./machine.ts";

export const MACHINE_FAULTS = ["bearing-wear", "misalignment", "cavitation", "blockage", "seal-leak", "overheating"] as const;
export type MachineFault = (typeof MACHINE_FAULTS)[number];

const HOUR_S = 3_600;
/** From onset to failure at a steady full load, shortest and longest; drawn evenly in the logarithm. */
export const COURSE_S: Readonly<Record<MachineFault, readonly [number, number]>> = {
  "bearing-wear": [6 * HOUR_S, 72 * HOUR_S],
  misalignment: [HOUR_S, 36 * HOUR_S],
  cavitation: [0.25 * HOUR_S, 4 * HOUR_S],
  blockage: [0.25 * HOUR_S, 24 * HOUR_S],
  "seal-leak": [HOUR_S, 48 * HOUR_S],
  overheating: [HOUR_S, 12 * HOUR_S],
};

export const ZONE_D_MMS = 7.1;
export const CAPACITY_MIN = 0.6;
export const LEAK_MAX = 0.1;
export const WINDING_MAX_C = 155;

export type Fault = { readonly kind: MachineFault; readonly onset: number; readonly lengthS: number };

export function drawFault(kind: MachineFault, onset: number, random: Random): Fault {
  const [shortest, longest] = COURSE_S[kind];
  return { kind, onset, lengthS: Math.round(shortest * (longest / shortest) ** random()) };
}

/** What a fault does to the machine: factors, and what comes on top. Mutable, one for each machine. */
export type Bend = {
  /** Of the flow through the pump, and of what of it is delivered. */
  inner: number;
  outer: number;
  head: number;
  friction: number;
  volts: number;
  heat: number;
  windingK: number;
  fluidK: number;
  imbalance: number;
  hydraulic: number;
  foot: number;
  bearingMms: number;
};

export function straight(): Bend {
  return { inner: 1, outer: 1, head: 1, friction: 1, volts: 1, heat: 1, windingK: 0, fluidK: 0, imbalance: 1, hydraulic: 1, foot: 1, bearingMms: 0 };
}

/** The bend when a fault has had `agedS` of running; a machine at rest does not wear. `extent` goes from 0 to 1 at the reckoned failure, and on. */
export function bendBy(bend: Bend, { kind, lengthS }: Fault, agedS: number, chance: number): void {
  const extent = agedS / lengthS;
  switch (kind) {
    case "bearing-wear":
      // Defect tones grow exponentially once a spall has begun: from a twentieth to the zone's boundary.
      bend.bearingMms = extent === 0 ? 0 : (ZONE_D_MMS / 20) * 20 ** Math.min(extent, 1.5);
      bend.friction = 1 + 0.04 * extent ** 2;
      bend.windingK = 4 * extent ** 2;
      break;
    case "misalignment":
      // A foot that comes loose: twice the turning frequency, more at the foot.
      bend.imbalance = 1 + 9 * extent;
      bend.foot = 1 + 0.6 * Math.min(1, extent);
      break;
    case "cavitation": {
      // Head and flow break down and pulsate (Gülich ch. 6), with broadband noise long before.
      const pulse = 1 + 0.1 * (chance - 0.5);
      bend.inner = Math.max(0.2, 1 - 0.4 * extent ** 1.5 * pulse);
      bend.head = Math.max(0.2, 1 - 0.35 * extent ** 1.5 * pulse);
      bend.hydraulic = 1 + 4 * extent ** 0.7 * pulse;
      break;
    }
    case "blockage":
      bend.inner = Math.max(0.1, 1 - 0.4 * extent);
      break;
    case "seal-leak":
      bend.outer = Math.max(0.5, 1 - LEAK_MAX * extent);
      break;
    case "overheating":
      // A fan or its filter: the rise of the winding goes up until it is too much, whatever the load.
      bend.heat = 1 + 1.2 * extent;
      bend.windingK = 45 * extent;
      break;
  }
}

/** Whether the machine can't do its work any more, by the measure of that fault. */
export function hasFailed(machine: Machine, bend: Bend, { kind }: Fault): boolean {
  switch (kind) {
    case "bearing-wear":
    case "misalignment":
      return machine.running && machine.runS > 30 && machine.velocityMms >= ZONE_D_MMS;
    case "cavitation":
    case "blockage":
      return machine.capacity < CAPACITY_MIN;
    case "seal-leak":
      return bend.outer <= 1 - LEAK_MAX;
    case "overheating":
      return machine.windingC >= WINDING_MAX_C;
  }
}

/** So that the onset does not fall into what a device learns first: its first half day. */
export function drawOnset(random: Random): number {
  return Math.round(between(random, 12 * HOUR_S, 36 * HOUR_S));
}
