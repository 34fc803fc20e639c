/** What goes wrong with a machine, how it grows, and which physical quantities it bends. */
import { noise, type Random } from "./random.ts";

export const FAULT_MODES = ["bearing-wear", "cavitation", "loosening", "overheating", "supply"] as const;
export type FaultName = (typeof FAULT_MODES)[number];

export function isFaultName(text: string): text is FaultName {
  return FAULT_MODES.some((mode) => mode === text);
}

/** From the first sign to the full fault. Weeks in a plant, compressed so that a person can watch. */
export const PROGRESS_MS = 6_000;

export type Fault = { readonly mode: FaultName; readonly ageMs: number };

/** Factors on what the machine would do, and degrees on top of what it would have. */
export type Effect = {
  /** Amplitude of the bearing's defect tone at the drive end, in parts of the imbalance. */
  readonly bearing: number;
  /** Half-order tones of a loose foot, likewise. */
  readonly looseness: number;
  readonly broadband: number;
  readonly flow: number;
  readonly pressure: number;
  readonly current: number;
  readonly voltage: number;
  readonly motorC: number;
  readonly fluidC: number;
  /** How much faster heat moves. */
  readonly heating: number;
};

const NONE: Effect = { bearing: 0, looseness: 0, broadband: 1, flow: 1, pressure: 1, current: 1, voltage: 1, motorC: 0, fluidC: 0, heating: 1 };

/** 0 at the first sign, 1 when grown; slow at first, as wear is. */
export function faultExtent(fault: Fault): number {
  return Math.min(1, fault.ageMs / PROGRESS_MS) ** 1.5;
}

export function faultEffect(fault: Fault | null, random: Random): Effect {
  if (fault === null) return NONE;
  const extent = faultExtent(fault);
  const shake = noise(random);
  switch (fault.mode) {
    case "bearing-wear":
      return { ...NONE, bearing: extent * (8 + 0.8 * shake), broadband: 1 + 2 * extent, motorC: 3 * extent };
    case "cavitation":
      // Vapour in the impeller: head and delivery break down and pulsate; the noise is high above the measured band.
      return { ...NONE, flow: 1 - extent * (0.62 + 0.06 * shake), pressure: 1 - extent * (0.8 + 0.05 * noise(random)), broadband: 1 + 0.2 * extent };
    case "loosening":
      return { ...NONE, looseness: extent * (8 + 0.8 * shake) };
    case "overheating":
      return { ...NONE, motorC: 55 * extent, fluidC: 26 * extent, heating: 1 + 3 * extent };
    case "supply":
      return { ...NONE, voltage: 1 - extent * (0.16 + 0.02 * shake), current: 1 + 0.22 * extent };
  }
}
