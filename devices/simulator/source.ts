/** One simulated device: its machine, the street it drives on, and the network between it and the unit. Pure: time and chance are handed in. */
import type { TelemetryDraft } from "../sdk/device.ts";
import type { FaultName } from "./fault.ts";
import { startMachine, step, type Machine } from "./machine.ts";
import { CALM_NETWORK, pass, type Mischief, type Network } from "./network.ts";
import { randomOf, type Random } from "./random.ts";
import { placeOn } from "./route.ts";
import { machineOf } from "./site.ts";

/** In traffic. */
const TRUCK_MS = 7;
/** A position every few samples is enough for a truck. */
const POSITION_EVERY = 5;

export type Source = { readonly device: string; readonly machine: Machine; readonly network: Network; readonly drivenM: number; readonly seq: number };

export function startSource(device: string, seed: number): Source {
  const random = randomOf(seed, `start/${device}`);
  return { device, machine: startMachine(device, machineOf(device).kind, random), network: CALM_NETWORK, drivenM: random() * 8_000, seq: 0 };
}

/** One sample later: what leaves for the unit now, in order; nothing, or several, when the network plays up. */
export function tick(
  before: Source,
  now: number,
  dtMs: number,
  mischief: Mischief,
  random: Random,
): { readonly source: Source; readonly out: readonly TelemetryDraft[] } {
  const { machine, channels } = step(before.machine, dtMs, random);
  const { route } = machineOf(before.device);
  // A real one pumps standing on its legs; here both go on at once, so that the map has something to show. A fault stops it.
  const drivenM = before.drivenM + (route === null || machine.fault !== null ? 0 : (TRUCK_MS * dtMs) / 1_000);
  const position = route !== null && before.seq % POSITION_EVERY === 0 ? { position: placeOn(route, drivenM) } : {};
  const { network, out } = pass(before.network, { ts: now, channels: { ...channels }, ...position, seq: before.seq }, mischief, random);
  return { source: { device: before.device, machine, network, drivenM, seq: before.seq + 1 }, out };
}

export function inject(source: Source, mode: FaultName): Source {
  return { ...source, machine: { ...source.machine, fault: { mode, ageMs: 0 } } };
}

/** Repaired: the next sample is a healthy machine's. */
export function mend(source: Source): Source {
  return { ...source, machine: { ...source.machine, fault: null } };
}
