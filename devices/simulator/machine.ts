/**
 * A pump and its motor, second by second. One load moves everything: speed, power, pressure, flow, heat and vibration are coupled
 * through it, so that a load step is seen on every channel and a fault only where it belongs.
 *
 *   duty ─▶ load ─▶ speed ─▶ flow, pressure, vibration (sum of harmonics)
 *                   └─▶ power ─▶ current (against the voltage) ─▶ heat ─lag─▶ motor, fluid temperature
 *
 * Heat and wear run in compressed time: a minute here stands for about an hour of a plant.
 */
import { faultEffect, type Fault } from "./fault.ts";
import { plateOf, type MachineKind, type Plate } from "./plate.ts";
import { noise, shuffled, type Random } from "./random.ts";
import { vibrationRms } from "./vibration.ts";

/** The loads of one duty cycle, high and low in turn, in an order that changes from cycle to cycle: any few minutes show all of a machine's normal. */
const LOADS_HIGH = [0.94, 0.96, 0.98, 1] as const;
const LOADS_LOW = [0.84, 0.86, 0.88, 0.9] as const;
const LOAD_MEAN = 0.92;
/** Time at one load. */
const DUTY_STEP_MS = 12_000;
/** At the end of each cycle the machine stands still this long: its shaft sensors give no value then. */
const REST_MS = 9_000;
/** Along the supply line, at full load. At rest the other machines on the line make up for it. */
const LINE_DROP_V = 20;
const LOAD_LAG_MS = 2_500;
const MOTOR_LAG_MS = 8_000;
const FLUID_LAG_MS = 10_000;
/** Run-up after a start: soft starter, passage through the resonance of the base frame. */
const RUN_UP_MS = 4_000;
const LOAD_AT_START = 0.75;
/** As at the mean load. */
const HEAT_AT_REST = LOAD_MEAN ** 2;
/** The hall's air over a day. */
const AIR_C = 0.2;
const DAY_MS = 86_400_000;

export type Machine = {
  readonly plate: Plate;
  readonly ageMs: number;
  readonly duty: { readonly loads: readonly number[]; readonly at: number; readonly leftMs: number };
  readonly load: number;
  /** Since the last start; null while it stands. */
  readonly runningMs: number | null;
  readonly motorC: number;
  readonly fluidC: number;
  readonly fault: Fault | null;
};

/** By channel id of the template; null where a sensor gives no value. */
export type Channels = Readonly<Record<string, number | null>>;

export function startMachine(device: string, kind: MachineKind, random: Random): Machine {
  const plate = plateOf(device, kind);
  const load = LOAD_MEAN;
  return {
    plate,
    ageMs: 0,
    duty: { loads: dutyLoads(random), at: Math.floor(random() * LOADS_HIGH.length * 2), leftMs: DUTY_STEP_MS * random() },
    load,
    runningMs: RUN_UP_MS * 2,
    motorC: plate.ambientC + plate.motorRiseC * load ** 2,
    fluidC: plate.ambientC + plate.fluidRiseC * load ** 2,
    fault: null,
  };
}

/** The machine `dtMs` later and what its sensors say then. */
export function step(before: Machine, dtMs: number, random: Random): { readonly machine: Machine; readonly channels: Channels } {
  const { plate } = before;
  const duty = advanceDuty(before, dtMs, random);
  const resting = duty.at >= duty.loads.length;
  const fault = before.fault === null ? null : { ...before.fault, ageMs: before.fault.ageMs + dtMs };
  const effect = faultEffect(fault, random);

  const runningMs = resting ? null : (before.runningMs ?? 0) + dtMs;
  const load = resting ? 0 : follow(before.runningMs === null ? LOAD_AT_START : before.load, duty.loads[duty.at] ?? LOAD_MEAN, dtMs, LOAD_LAG_MS);
  const starting = runningMs === null ? 0 : Math.max(0, 1 - runningMs / RUN_UP_MS);
  const air = plate.ambientC + AIR_C * Math.sin((2 * Math.PI * before.ageMs) / DAY_MS);
  // A rest is too short to cool: the heat of the casing holds both where the mean load keeps them.
  const heat = resting ? HEAT_AT_REST : load ** 2;
  const motorC = follow(before.motorC, air + plate.motorRiseC * heat + effect.motorC, dtMs, MOTOR_LAG_MS / effect.heating);
  const fluidC = follow(before.fluidC, air + plate.fluidRiseC * heat + effect.fluidC, dtMs, FLUID_LAG_MS / effect.heating);
  const machine: Machine = { plate, ageMs: before.ageMs + dtMs, duty, load, runningMs, motorC, fluidC, fault };

  const voltage = plate.voltageV * effect.voltage - LINE_DROP_V * ((resting ? LOAD_MEAN : load) - LOAD_MEAN) + 0.4 * noise(random);
  const slow = {
    "temperature.motor": rounded(motorC + 0.3 * noise(random), 2),
    "temperature.fluid": rounded(fluidC + 0.15 * noise(random), 2),
    voltage: rounded(voltage, 1),
  };
  if (resting) return { machine, channels: { "vibration.a.rms": null, "vibration.b.rms": null, current: null, pressure: null, flow: null, ...slow } };

  const vibration = vibrationRms(plate, load, starting, effect, random);
  const current = plate.currentA * (0.3 + 0.7 * load) * (plate.voltageV / voltage) * effect.current * (1 + 0.08 * starting);
  return {
    machine,
    channels: {
      "vibration.a.rms": rounded(vibration.a, 5),
      "vibration.b.rms": rounded(vibration.b, 5),
      current: rounded(current * (1 + 0.008 * noise(random)), 2),
      pressure: rounded(plate.pressureBar * (0.25 + 0.75 * load ** 2) * effect.pressure * (1 + 0.01 * noise(random)), 3),
      flow: rounded(plate.flowLpm * load * effect.flow * (1 + 0.01 * noise(random)), 1),
      ...slow,
    },
  };
}

/** A machine with a fault is kept running: whoever needs it does not know yet. */
function advanceDuty({ duty, fault }: Machine, dtMs: number, random: Random): Machine["duty"] {
  const leftMs = duty.leftMs - dtMs;
  if (leftMs > 0) return { ...duty, leftMs };
  const at = duty.at + 1;
  if (at < duty.loads.length) return { ...duty, at, leftMs: leftMs + DUTY_STEP_MS };
  if (at === duty.loads.length && fault === null) return { ...duty, at, leftMs: leftMs + REST_MS };
  return { loads: dutyLoads(random), at: 0, leftMs: leftMs + DUTY_STEP_MS };
}

function dutyLoads(random: Random): readonly number[] {
  const low = shuffled(LOADS_LOW, random);
  return shuffled(LOADS_HIGH, random).flatMap((load, i) => [load, low[i] ?? load]);
}

/** First-order lag. */
function follow(value: number, target: number, dtMs: number, lagMs: number): number {
  return target + (value - target) * Math.exp(-dtMs / lagMs);
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
