/**
 * A pump and its motor over days, second by second, made of textbook relations and of nothing that a model or a template of this repository
 * says. Quick rather than pretty: a thousand asset-days are 86 million steps, so the state is mutable and nothing is allocated.
 *
 *   duty ─▶ speed, valve ─▶ flow ─▶ head ─▶ shaft power ─▶ current ─▶ losses ─lag─▶ winding temperature
 *                            └─▶ distance from the best point ─▶ vibration        air of day and season ─┘
 *
 * Sources: affinity laws and the shape of head, power and efficiency over flow: Gülich, Centrifugal Pumps, 2014, ch. 4; vibration against
 * flow: ISO 10816-7:2009, preferred range 0.7 to 1.2 of the best point; current of a loaded motor as magnetising and active part, 0.35 and
 * 0.94 of rated: IEC 60034 machines of 15 to 90 kW; thermal time of such a winding and frame some 30 to 60 min, twice as long at rest (IEEE
 * 620); class F windings fail above 155 °C (IEC 60034-1); supply within 10 %, with dips: EN 50160; air by month: Changsha, WMO 57687.
 */
import { between, noise, type Random } from "../random.ts";
import type { Bend } from "./fault.ts";

/** Channels in the order of profile `pump`. */
export const CHANNEL_IDS = ["vibration.a.rms", "vibration.b.rms", "current", "pressure", "temperature.motor", "temperature.fluid", "voltage", "flow"] as const;
export const CHANNEL_COUNT = CHANNEL_IDS.length;

const DAY_S = 86_400;
const YEAR_DAYS = 365;
/** Vibration in g RMS of one mm/s RMS at the turning frequency, 24.7 Hz, and at the bearing's defect tones, some 100 Hz. */
export const G_PER_MMS = (2 * Math.PI * 24.7) / 9_806.65;
export const G_PER_MMS_BEARING = (2 * Math.PI * 100) / 9_806.65;

/** What differs from machine to machine. */
export type Plate = {
  readonly ratedA: number;
  readonly ratedBar: number;
  readonly ratedLpm: number;
  readonly volts: number;
  /** Duty is changed by speed; else by a valve, at full speed. */
  readonly hasDrive: boolean;
  /** Duties as parts of the rated flow, the usual one first. */
  readonly duties: readonly number[];
  readonly stepsPerDay: number;
  readonly stopsPerDay: number;
  readonly stopHours: number;
  /** At the best point, mm/s RMS: zone A of ISO 20816-3. */
  readonly imbalanceMms: number;
  readonly hydraulicMms: number;
  readonly footShare: number;
  readonly windingRiseK: number;
  readonly windingLagS: number;
  readonly fluidC: number;
  readonly fluidFollowsAir: number;
  /** Part of the flow that wanders, and its time. */
  readonly wander: number;
  readonly wanderS: number;
  /** Rated noise of the sensors against the usual kind. */
  readonly noisiness: number;
  /** Parts a day by which a healthy machine's vibration grows and its flow falls. */
  readonly ageing: number;
};

export function drawPlate(random: Random): Plate {
  const hasDrive = random() < 0.5;
  const usual = between(random, 0.85, 1);
  const others = [between(random, 0.55, 0.75), between(random, 0.7, 0.9), between(random, 0.95, 1.1)].slice(0, 1 + Math.floor(random() * 3));
  const standby = random() < 0.35;
  return {
    ratedA: between(random, 28, 160),
    ratedBar: between(random, 2.5, 12),
    ratedLpm: between(random, 400, 4_000),
    volts: between(random, 385, 410),
    hasDrive,
    duties: [usual, ...others],
    stepsPerDay: between(random, 2, 9),
    stopsPerDay: standby ? between(random, 0.6, 2) : between(random, 0.05, 0.3),
    stopHours: standby ? between(random, 1, 8) : between(random, 0.2, 3),
    imbalanceMms: between(random, 0.5, 1.2),
    hydraulicMms: between(random, 0.3, 0.8),
    footShare: between(random, 0.4, 0.8),
    windingRiseK: between(random, 45, 75),
    windingLagS: between(random, 1_800, 3_600),
    fluidC: between(random, 15, 55),
    fluidFollowsAir: between(random, 0, 0.5),
    wander: between(random, 0.003, 0.015),
    wanderS: between(random, 120, 1_200),
    noisiness: between(random, 0.6, 1.6),
    ageing: between(random, 0, 0.0008),
  };
}

export type Machine = {
  readonly plate: Plate;
  /** Since the beginning of its watch. */
  second: number;
  /** Of the year at that beginning. */
  readonly bornDay: number;
  duty: number;
  /** Second of the next load step, stop or start. */
  stepAt: number;
  stopAt: number;
  startAt: number;
  running: boolean;
  runS: number;
  flow: number;
  speed: number;
  wander: number;
  weatherK: number;
  processK: number;
  supply: number;
  tap: number;
  windingC: number;
  fluidC: number;
  dipLeft: number;
  /** Slow part of the noise of each channel. */
  readonly slow: Float64Array;
  /** True values of now, then with the sensors' noise. */
  readonly values: Float64Array;
  /** Of now: velocity at the bearing, mm/s RMS, and delivered flow against what the duty asks for. */
  velocityMms: number;
  capacity: number;
};

export function startMachine(plate: Plate, bornDay: number, random: Random): Machine {
  const machine: Machine = {
    plate,
    second: 0,
    bornDay,
    duty: plate.duties[0] ?? 1,
    stepAt: Math.round(between(random, 1_800, DAY_S / plate.stepsPerDay)),
    stopAt: Math.round(3_600 + (DAY_S * expo(random)) / plate.stopsPerDay),
    startAt: -1,
    running: true,
    runS: 86_400,
    flow: plate.duties[0] ?? 1,
    speed: 1,
    wander: 0,
    weatherK: 3 * noise(random),
    processK: 1.5 * noise(random),
    supply: 0,
    tap: 0,
    windingC: 0,
    fluidC: 0,
    dipLeft: 0,
    slow: new Float64Array(CHANNEL_COUNT),
    values: new Float64Array(CHANNEL_COUNT),
    velocityMms: 0,
    capacity: 1,
  };
  machine.windingC = airOf(machine) + plate.windingRiseK * machine.flow ** 2;
  machine.fluidC = fluidOf(machine);
  return machine;
}

/** What lies between two days of watch: nothing was measured, the season went on. */
export function skipDays(machine: Machine, days: number, random: Random): void {
  machine.second += days * DAY_S;
  machine.stepAt += days * DAY_S;
  machine.stopAt += days * DAY_S;
  if (machine.startAt >= 0) machine.startAt += days * DAY_S;
  machine.weatherK = 3 * noise(random);
  machine.processK = 1.5 * noise(random);
  machine.fluidC = fluidOf(machine);
}

/** One second later; `bend` is what a fault does. The values are in `machine.values`. */
export function stepMachine(machine: Machine, bend: Bend, random: Random): void {
  const { plate, values } = machine;
  machine.second++;
  schedule(machine, random);
  ambient(machine, random);

  // Flow follows its valve or drive within some 10 s, up from rest within a soft starter's 8 s.
  machine.wander += -machine.wander / plate.wanderS + plate.wander * Math.sqrt(2 / plate.wanderS) * noise(random);
  const asked = machine.duty * (1 + machine.wander);
  machine.runS = machine.running ? machine.runS + 1 : 0;
  const spun = machine.running ? (plate.hasDrive ? Math.min(1.1, asked) : 1) * Math.min(1, machine.runS / 8) : 0;
  machine.speed += (spun - machine.speed) * (machine.running ? 0.35 : 0.12);
  machine.flow += ((machine.running ? asked * Math.min(1, machine.runS / 15) : 0) - machine.flow) * 0.1;
  const aged = 1 - 0.2 * plate.ageing * (machine.second / DAY_S);
  const inside = machine.flow * bend.inner * aged;
  const flow = inside * bend.outer;
  machine.capacity = machine.running && machine.runS > 60 ? (flow / asked) * 1 : 1;

  // Head over flow at a speed; power by efficiency, best at rated flow for that speed.
  const n = machine.speed;
  const q = n < 0.05 ? 0 : inside / n;
  const head = Math.max(0, (1.25 - 0.25 * q * q) * n * n * bend.head);
  const efficiency = Math.max(0.2, 1 - 0.45 * (q - 1) ** 2);
  const power = n < 0.05 ? 0 : (0.18 * n ** 3 + (0.82 * inside * Math.max(head, 0.3)) / efficiency) * bend.friction;
  const volts = plate.volts * (1 + machine.supply + machine.tap) * (machine.dipLeft > 0 ? 0.85 : 1) * bend.volts - 3 * power;
  const loaded = Math.sqrt(0.35 ** 2 + (0.94 * power) ** 2) * (plate.volts / volts);
  const inrush = machine.running && machine.runS <= 3 && !plate.hasDrive ? 3.5 - machine.runS : 0;
  const current = machine.running ? loaded + inrush : 0;

  const heat = machine.running ? current ** 2 : 0;
  const lag = plate.windingLagS * (machine.running ? 1 : 2);
  machine.windingC += (airOf(machine) + plate.windingRiseK * Math.min(heat, 1.6) * bend.heat + bend.windingK - machine.windingC) / lag;
  machine.fluidC += (fluidOf(machine) + bend.fluidK - machine.fluidC) / 600;

  // Centrifugal force with the square of the speed, hydraulics with the distance from the best point; a run-up passes the frame's resonance.
  const off = machine.running ? (q - 1) ** 2 : 0;
  const passing = machine.running && machine.runS < 8 ? 1 + 1.5 * Math.sin((Math.PI * machine.runS) / 8) : 1;
  const old = 1 + plate.ageing * (machine.second / DAY_S);
  const turning = plate.imbalanceMms * n * n * old * bend.imbalance;
  const hydraulic = plate.hydraulicMms * n * n * (1 + 3 * off) * bend.hydraulic;
  machine.velocityMms = Math.sqrt(turning ** 2 + hydraulic ** 2 + bend.bearingMms ** 2 * n * n) * passing;
  const shake = Math.sqrt((turning * G_PER_MMS) ** 2 + (hydraulic * 2.5 * G_PER_MMS) ** 2 + (bend.bearingMms * n * G_PER_MMS_BEARING) ** 2) * passing;

  values[0] = shake + 0.0006;
  values[1] = shake * plate.footShare * bend.foot + 0.0006;
  values[2] = current * plate.ratedA;
  values[3] = head * plate.ratedBar + (machine.running ? 0 : 0.12 * plate.ratedBar);
  values[4] = machine.windingC;
  values[5] = machine.fluidC;
  values[6] = volts;
  values[7] = flow * plate.ratedLpm;
  sense(machine, random);
}

/** Noise of a second and, of the same size, one that lasts a minute. Parts of the value, and of the range. */
const PART = [0.025, 0.025, 0.006, 0.006, 0, 0, 0.0012, 0.007] as const;
const ABSOLUTE = [0.0001, 0.0001, 0.05, 0.004, 0.08, 0.06, 0.1, 0.5] as const;
const SLOW_S = 40;

function sense({ plate, values, slow }: Machine, random: Random): void {
  for (let c = 0; c < CHANNEL_COUNT; c++) {
    slow[c]! += -slow[c]! / SLOW_S + Math.sqrt(2 / SLOW_S) * 0.5 * noise(random);
    const size = (PART[c]! * Math.abs(values[c]!) + ABSOLUTE[c]!) * plate.noisiness;
    values[c]! += size * (noise(random) + slow[c]!);
  }
}

function schedule(machine: Machine, random: Random): void {
  const { plate, second } = machine;
  if (machine.running && second >= machine.stopAt) {
    machine.running = false;
    machine.startAt = second + Math.round(3_600 * plate.stopHours * between(random, 0.3, 1.7));
  } else if (!machine.running && second >= machine.startAt) {
    machine.running = true;
    machine.runS = 0;
    machine.startAt = -1;
    machine.stopAt = second + Math.round(1_800 + (DAY_S * expo(random)) / plate.stopsPerDay);
    machine.stepAt = Math.max(machine.stepAt, second + 900);
  }
  if (second < machine.stepAt) return;
  const { duties } = plate;
  // Half of the time at the usual duty; by hand it is never quite the same again.
  const next = random() < 0.5 ? duties[0] : duties[Math.floor(random() * duties.length)];
  machine.duty = (next ?? 1) * (1 + 0.01 * noise(random));
  machine.stepAt = second + Math.round(1_200 + ((DAY_S * expo(random)) / plate.stepsPerDay) * 0.9);
}

function ambient(machine: Machine, random: Random): void {
  if (machine.second % 60 === 0) {
    machine.weatherK += -machine.weatherK / 2_880 + 3 * Math.sqrt(2 / 2_880) * noise(random);
    machine.processK += -machine.processK / 360 + 1.5 * Math.sqrt(2 / 360) * noise(random);
    machine.supply += -machine.supply / 30 + 0.008 * Math.sqrt(2 / 30) * noise(random);
    // A tap changer some ten times a day, a dip of a second or two some five times a month.
    if (random() < 10 / 1_440) machine.tap = 0.0125 * Math.round(between(random, -1.49, 1.49));
    if (random() < 5 / 30 / 1_440) machine.dipLeft = 1 + Math.floor(random() * 2);
  }
  if (machine.dipLeft > 0) machine.dipLeft--;
}

function airOf({ second, bornDay, weatherK }: Machine): number {
  const day = bornDay + second / DAY_S;
  const season = 17.5 - 12 * Math.cos((2 * Math.PI * (day - 20)) / YEAR_DAYS);
  return season + weatherK + 4 * Math.sin(2 * Math.PI * (day - 0.375));
}

function fluidOf(machine: Machine): number {
  const { plate, processK } = machine;
  return plate.fluidC + plate.fluidFollowsAir * (airOf(machine) - 17.5) + processK;
}

/** Exponentially distributed, mean 1. */
function expo(random: Random): number {
  return -Math.log(1 - random());
}
