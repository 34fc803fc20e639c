/**
 * Bounds of what `asset-days` measures, at a tenth of its cost, so that they can be had of thousands of days: in `pump-duty` a job comes of the
 * limits that a device learns, which count sooner while the model alarms. With a model that always alarms there are no fewer jobs for nothing,
 * with one that never does no more faults are found. Beside them, on the same rows: fixed limits as they are set at commissioning.
 */
import type { Baseline } from "../../contracts/device.ts";
import { baselineOf, learnNormal } from "../../edge/verdict/commission.ts";
import { openHabit } from "../../edge/verdict/habit-state.ts";
import { holdHabit } from "../../edge/verdict/habit.ts";
import { holdLimits, openLimits, worseSign, type LimitSign } from "../../edge/verdict/limit.ts";
import { openSensors } from "../../edge/verdict/sensor-state.ts";
import { believe } from "../../edge/verdict/sensor.ts";
import { pumpDuty } from "../../hub/catalogue/pump-duty.ts";
import { isOver, nextMessage, type Life } from "../simulator/asset/life.ts";
import type { Opened } from "./asset-days-work.ts";

/** A job stands for what follows within this, as a visit takes so long. */
const VISIT_MS = 4 * 3_600_000;
const FIXED_MS = 10_000;
/** Twice the vibration, a fifth less flow or head, a quarter more current: as limits are commonly set in a controller. Motor: its class. */
const FIXED_HIGH = [2, 2, 1.25, 1.3, Infinity, Infinity, 1.1, 1.3] as const;
const FIXED_LOW = [-1, -1, -1, 0.8, -Infinity, -Infinity, 0.9, 0.8] as const;

export const BOUNDS = ["learnt limits, model alarms always", "learnt limits, model alarms never", "fixed limits"] as const;

type Watched = { readonly name: (typeof BOUNDS)[number]; readonly opened: Opened[]; quietFrom: number; stands: boolean };

/** Jobs of a life by each of BOUNDS, and how many rows it told. */
export function boundsOf(life: Life): { readonly opened: Readonly<Record<string, readonly Opened[]>>; readonly rows: number } {
  const [profile] = pumpDuty.profiles;
  if (profile === undefined) throw new Error("a template has a profile");
  const habits = [openHabit(profile), openHabit(profile)] as const;
  const [sensors, limits] = [openSensors(profile.channels.length), openLimits(profile)];
  const watched: readonly Watched[] = BOUNDS.map((name) => ({ name, opened: [], quietFrom: -Infinity, stands: false }));
  const learning = new Float32Array(pumpDuty.commissioningRows * profile.channels.length);
  let [rows, brokenAt] = [0, -1];
  let baseline: Baseline | null = null;
  const hear = (one: Watched | undefined, at: number, sign: LimitSign | null): void => {
    if (one === undefined) return;
    if (sign !== null && !one.stands && at >= one.quietFrom) {
      one.quietFrom = at + VISIT_MS;
      const channels = sign.evidence.filter(({ share }) => share >= 0.2).map(({ channel }) => channel);
      one.opened.push({ at, rule: sign.rule, faultMode: "", channels, severity: sign.severity });
    }
    one.stands = sign !== null;
  };
  const look = (ts: number, told: Float64Array): void => {
    const values = believe(sensors, profile, ts, Float32Array.from(told), baseline, () => undefined);
    if (baseline === null) {
      learning.set(values, rows++ * values.length);
      if (rows < pumpDuty.commissioningRows) return;
      baseline = baselineOf(learnNormal(learning, rows, values.length), [], rows, ts);
      return;
    }
    rows++;
    const fixed = holdLimits(limits, profile, ts, values);
    for (const [i, habit] of habits.entries())
      if (habit !== null) hear(watched[i], ts, worseSign(fixed, holdHabit(habit, profile, ts, values, baseline, i === 0)));
    const broken = brokenBy(values, baseline, life.machine.runS);
    if (broken < 0) brokenAt = -1;
    else if (brokenAt < 0) brokenAt = ts;
    const id = profile.channels[broken]?.id;
    hear(watched[2], ts, broken < 0 || id === undefined || ts - brokenAt < FIXED_MS ? null : { ...FIXED, evidence: [{ channel: id, share: 1 }] });
  };
  while (!isOver(life)) nextMessage(life, 20, look);
  return { opened: Object.fromEntries(watched.map(({ name, opened }) => [name, opened])), rows };
}

const FIXED: LimitSign = { score: 0.6, severity: "medium", rule: "limit", evidence: [] };
/** Interlocked with the motor, as in a controller: not at rest, nor in the first minute. */
const RUN_UP_S = 60;
const WINDING_C = 135;

/** The first channel beyond a fixed limit; -1 where there is none. */
function brokenBy(values: Float32Array, { mean }: Baseline, runS: number): number {
  if (runS < RUN_UP_S) return -1;
  return values.findIndex(
    (value, c) =>
      value > (FIXED_HIGH[c] ?? Infinity) * (mean[c] ?? 0) || value < (FIXED_LOW[c] ?? -Infinity) * (mean[c] ?? 0) || (c === 4 && value > WINDING_C),
  );
}
