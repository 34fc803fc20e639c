/**
 * The pumps of `pump-vibration` in a plant that changes their duty: load steps, starts and stops are no faults. What the model sees is shown;
 * a job is opened for what is beyond the machine's own tolerances, a fixed limit, or a code of the device.
 */
import { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "./pump-vibration.ts";

/**
 * What counts, against what is usual for the machine itself. Vibration: a change to 1.6 times the usual is one step of severity (ISO 10816-1,
 * R10 series). Flow: about what acceptance tests allow a pump to be off its curve (ISO 9906); head goes with its square, power and so current with
 * its cube. Supply: within the 10 % of EN 50160. Heat: air of day and season is within; what it leads to is held by the limit below.
 */
const tolerances = {
  "vibration.a.rms": { part: 0.6, side: "high" },
  "vibration.b.rms": { part: 0.6, side: "high" },
  current: { part: 0.18 },
  pressure: { part: 0.12 },
  "temperature.motor": { by: 25, side: "high", lags: true },
  "temperature.fluid": { by: 15, side: "high", lags: true },
  voltage: { part: 0.08 },
  flow: { part: 0.06 },
} as const;

/** A winding of class F: alarm and trip of its sensors below the 155 °C that it stands (IEC 60034-1, IEC 60034-11). */
const WINDING = { warnHigh: 135, tripHigh: 150, forMs: 60_000 } as const;

export const pumpDuty: Scenario = Scenario.parse({
  ...pumpVibration,
  template: "pump-duty",
  title: { en: "Pumps on changing duty", zh: "变工况泵监测" },
  profiles: pumpVibration.profiles.map((profile) => ({
    ...profile,
    channels: profile.channels.map((channel) => ({
      ...channel,
      ...(channel.id in tolerances ? { tolerance: tolerances[channel.id as keyof typeof tolerances] } : {}),
      ...(channel.id === "temperature.motor" ? { limits: WINDING } : {}),
    })),
    // A drive moves all three the same way, a valve flow against head. Output that falls at the same power is a fault.
    duty: { load: ["current", "flow"], steps: [{ up: ["current", "flow", "pressure"] }, { up: ["flow"], down: ["pressure"] }] },
  })),
  tickets: { ...pumpVibration.tickets, persist: { ms: 60_000, bornOut: true } },
});
