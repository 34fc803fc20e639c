/** Commissioning ahead of time: a healthy machine runs for as many rows as a unit would take, and its normal is learnt as the unit would learn it. */
import type { Baseline } from "../../contracts/device.ts";
import { baselineOf, learnFloor, learnNormal } from "../../edge/verdict/commission.ts";
import { startMachine, step, type Channels } from "./machine.ts";
import type { MachineKind } from "./plate.ts";
import { randomOf } from "./random.ts";

/** In the order of the template's profile `pump`. A test holds it against the template. */
export const CHANNELS = ["vibration.a.rms", "vibration.b.rms", "current", "pressure", "temperature.motor", "temperature.fluid", "voltage", "flow"] as const;

/** Of the model `baseline`: a test holds the floors made with them against those that the model itself gives. */
const SPAN = 10;
const CLIP = 10;

/** The same device always has the same baseline: it belongs to the machine, not to a run. */
export function commission(device: string, kind: MachineKind, rows: number, learntAt: number): Baseline {
  const values = healthyRows(device, kind, rows);
  const normal = learnNormal(values, rows, CHANNELS.length);
  const floor = learnFloor(levelsOf(values, rows, normal), rows, CHANNELS.length);
  return baselineOf(normal, floor, rows, learntAt);
}

/** `[rows × channels]`, one row a second, NaN where a sensor gave nothing. */
export function healthyRows(device: string, kind: MachineKind, rows: number): Float32Array {
  const random = randomOf(0, `commissioning/${device}`);
  const values = new Float32Array(rows * CHANNELS.length);
  let machine = startMachine(device, kind, random);
  for (let row = 0; row < rows; row++) {
    const next = step(machine, 1_000, random);
    machine = next.machine;
    values.set(rowOf(next.channels), row * CHANNELS.length);
  }
  return values;
}

function rowOf(channels: Channels): readonly number[] {
  return CHANNELS.map((channel) => channels[channel] ?? Number.NaN);
}

function levelsOf(values: Float32Array, rows: number, normal: { readonly mean: readonly number[]; readonly scale: readonly number[] }): Float32Array {
  const levels = new Float32Array(values.length);
  const ewma = CHANNELS.map(() => 0);
  for (let i = 0; i < rows * CHANNELS.length; i++) {
    const c = i % CHANNELS.length;
    const z = ((values[i] ?? Number.NaN) - (normal.mean[c] ?? 0)) / (normal.scale[c] ?? 1);
    const before = ewma[c] ?? 0;
    const after = Number.isNaN(z) ? before : before + (2 / (SPAN + 1)) * (Math.max(-CLIP, Math.min(CLIP, z)) - before);
    ewma[c] = after;
    levels[i] = Math.abs(after);
  }
  return levels;
}
