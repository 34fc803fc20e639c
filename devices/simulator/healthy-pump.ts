/**
 * A pump that is well, without a machine behind it: its values, what commissioning would have learnt of them, and a vibration that is far beyond
 * doubt. For benches and end-to-end tests in which what happens around the verdict counts, and any model that is one has to say the same.
 */
import type { Baseline } from "../../contracts/device.ts";

/** In the order of the template's channels: what each reads, and how much that varies. */
const NORMAL = {
  "vibration.a.rms": [0.03, 0.003],
  "vibration.b.rms": [0.04, 0.004],
  current: [10, 0.3],
  pressure: [4, 0.1],
  "temperature.motor": [60, 1],
  "temperature.fluid": [30, 0.5],
  voltage: [400, 2],
  flow: [120, 3],
} as const;

/** By how many of its standard deviations the vibration of one that fails is higher. */
export const FAULT_SIGMAS = 30;

export function healthyBaseline(learntAt: number): Baseline {
  const values = Object.values(NORMAL);
  const sigmas = values.map(([, sigma]) => sigma);
  return { mean: values.map(([mean]) => mean), scale: sigmas, floor: [...sigmas], rows: 400, learntAt };
}

/** Its values at one instant; `sigmas`: how far a channel is from its mean, in its standard deviations. */
export function pumpChannels(sigmas: (channel: string) => number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(NORMAL).map(([id, [mean, sigma]]) => [id, mean + sigma * sigmas(id)]));
}

export function isVibration(channel: string): boolean {
  return channel.startsWith("vibration");
}
