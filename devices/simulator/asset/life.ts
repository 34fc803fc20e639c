/** One asset under watch: its machine, its fault if it has one, its line, and what its device sends. Drawn from a seed and its number, so that each life is the same in every run. */
import { between, randomOf, type Random } from "../random.ts";
import { bendBy, drawFault, drawOnset, hasFailed, MACHINE_FAULTS, straight, type Bend, type Fault } from "./fault.ts";
import { SENSOR_FAULTS, startLine, tellRow, type Failing, type Line } from "./line.ts";
import { CHANNEL_COUNT, CHANNEL_IDS, drawPlate, skipDays, startMachine, stepMachine, type Machine } from "./machine.ts";

const DAY_S = 86_400;
/** 1 January 2026. */
const YEAR_MS = Date.UTC(2026, 0, 1);
/** Every fourth healthy life is watched on single days spread over a year. */
const SPREAD_EVERY = 4;
/** After its failure a machine is watched no longer, and none longer than this after its onset. */
const FAULT_DAYS_MAX = 6;
const SENSOR_DAYS = 3;

export type LifeKind = "healthy" | "fault" | "sensor";

export type Life = {
  readonly id: string;
  readonly kind: LifeKind;
  readonly machine: Machine;
  readonly fault: Fault | null;
  readonly failing: Failing | null;
  /** Seconds of watch after which it is over. */
  readonly seconds: number;
  readonly spread: boolean;
  watched: number;
  /** Running time since the onset. */
  agedS: number;
  /** Second of its machine at which it failed; -1: not yet. */
  failedAt: number;
  readonly startAt: number;
  readonly bend: Bend;
  readonly line: Line;
  readonly random: Random;
  readonly told: Float64Array;
};

/** `days`: of a healthy one. The kinds of fault come in turn, by `index`. */
export function startLife(kind: LifeKind, seed: number, index: number, days: number): Life {
  const id = `${kind}-${index}`;
  const random = randomOf(seed, `asset-days/${id}`);
  const bornDay = Math.floor(365 * random());
  const machine = startMachine(drawPlate(random), bornDay, random);
  const fault = kind === "fault" ? drawFault(MACHINE_FAULTS[index % MACHINE_FAULTS.length] ?? "bearing-wear", drawOnset(random), random) : null;
  const failing: Failing | null =
    kind === "sensor"
      ? {
          kind: SENSOR_FAULTS[index % SENSOR_FAULTS.length] ?? "stuck",
          channel: Math.floor(index / SENSOR_FAULTS.length) % CHANNEL_COUNT,
          onset: drawOnset(random),
          lengthS: Math.round(between(random, 3_600, DAY_S)),
        }
      : null;
  const lastDays = kind === "healthy" ? days : kind === "sensor" ? SENSOR_DAYS : 1 + FAULT_DAYS_MAX;
  return {
    id,
    kind,
    machine,
    fault,
    failing,
    seconds: Math.round(lastDays * DAY_S),
    spread: kind === "healthy" && index % SPREAD_EVERY === SPREAD_EVERY - 1 && days >= 2,
    watched: 0,
    agedS: 0,
    failedAt: -1,
    startAt: YEAR_MS + bornDay * DAY_S * 1_000,
    bend: straight(),
    line: startLine(),
    random,
    told: new Float64Array(CHANNEL_COUNT),
  };
}

export function isOver({ watched, seconds, failedAt }: Life): boolean {
  return watched >= seconds || failedAt >= 0;
}

/** Instant of the machine's present second. */
export function instantOf({ startAt, machine }: Life): number {
  return startAt + machine.second * 1_000;
}

/** The next seconds of an asset as one message of its device; null where nothing came through. `look` sees each row that was told. */
export function nextMessage(life: Life, seconds: number, look: (ts: number, values: Float64Array) => void): string | null {
  const { machine, fault, bend, line, told, random, failing } = life;
  let text = "";
  for (let i = 0; i < seconds && !isOver(life); i++) {
    if (life.spread && life.watched > 0 && life.watched % DAY_S === 0) skipDays(machine, Math.floor(365 / (life.seconds / DAY_S)) - 1, random);
    life.watched++;
    if (fault !== null) {
      if (machine.running && machine.second >= fault.onset) life.agedS++;
      bendBy(bend, fault, life.agedS, random());
    }
    stepMachine(machine, bend, random);
    if (fault !== null && machine.second > fault.onset && hasFailed(machine, bend, fault)) life.failedAt = machine.second;
    const times = tellRow(line, machine.values, told, machine.second, failing, random);
    if (times === 0) continue;
    const ts = instantOf(life);
    look(ts, told);
    const row = `{"ts":${ts},"channels":{${channelsOf(told)}}}`;
    text += (text === "" ? "[" : ",") + row;
    if (times === 2) text += `,${row}`;
  }
  return text === "" ? null : `${text}]`;
}

/** As a device writes them: six significant digits at most, and nothing where it has no value. */
function channelsOf(values: Float64Array): string {
  let text = "";
  for (let c = 0; c < CHANNEL_COUNT; c++) {
    const value = values[c]!;
    if (Number.isNaN(value)) continue;
    const scale = DIGITS[c]!;
    text += `${text === "" ? "" : ","}"${CHANNEL_IDS[c]}":${Math.round(value * scale) / scale}`;
  }
  return text;
}

const DIGITS = [1e5, 1e5, 100, 1_000, 100, 100, 10, 10] as const;
