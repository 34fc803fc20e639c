/** What an Intake object remembers of each device between two messages, and of all of them together. */
import type { Counters } from "../../contracts/board.ts";
import type { Baseline, Device } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Place } from "../../contracts/instant.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import type { ModelJudge } from "../../contracts/model-card.ts";
import type { DeviceProfile, JudgePolicy } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import type { Bursts } from "../ingest/burst-whole.ts";
import type { Meter } from "../ingest/gap-meter.ts";
import type { Born } from "../ingest/mapping/sparkplug.ts";
import type { Quarantine, Tail } from "../ingest/sample-tail.ts";
import type { Window } from "../ingest/window.ts";
import type { Spot, Trace } from "../ingest/window-trace.ts";
import type { Habit } from "../verdict/habit-state.ts";
import type { LimitSign, Limits } from "../verdict/limit.ts";
import type { Regime } from "../verdict/regime.ts";
import type { Sensors } from "../verdict/sensor-state.ts";
import type { ClockCheck } from "../verdict/sensor-clock.ts";
import type { StateTable } from "../verdict/state-table.ts";
import type { Watch } from "../verdict/watch.ts";
import type { Wears } from "../verdict/wear/wear-levels.ts";

/** One message of the log, in the order in which it was logged. `burst`: a block of a waveform. `topic`: of a message in the device's own words. */
export type Logged = { readonly device: string; readonly payload: Uint8Array; readonly arrivedAt: number; readonly burst?: true; readonly topic?: string };
export type Found = { readonly verdicts: readonly Verdict[]; readonly learnt: readonly { readonly device: string; readonly baseline: Baseline }[] };

export type SampleItem = {
  readonly type: "sample";
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  /** As measured until it was looked at (`seen`), then without what can't be believed. */
  values: Float32Array;
  seen: boolean;
  /** The regime it is of, once it was looked at; -1: none. */
  band: number | "settling";
  /** What the fixed limits say of it, once it was looked at. */
  sign: LimitSign | null;
  readonly absorbed: number;
  /** Null for what tells more of an instant that has its point. */
  readonly spot: Spot | null;
};
export type EventItem = {
  readonly type: "event";
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  readonly code: string;
  readonly absorbed: number;
};
export type Item = SampleItem | EventItem;

export type Track = {
  device: Device;
  /** By its id: which row of a checkpoint it is saved in. */
  readonly slice: number;
  profile: DeviceProfile;
  readonly window: Window;
  readonly trace: Trace;
  readonly watch: Watch;
  readonly sensors: Sensors;
  readonly clock: ClockCheck;
  readonly bursts: Bursts;
  readonly meter: Meter;
  /** What it was born with, where it speaks so. */
  born: Born | null;
  limits: Limits;
  /** Null where the profile names no tolerances. */
  habit: Habit | null;
  /** Null where the profile names no regimes. */
  regime: Regime | null;
  wear: Wears;
  queue: Item[];
  /** Event time of the row that is being scored; null while none is. */
  asked: number | null;
  lastAt: number;
  lastArrivedAt: number;
  position: Place | null;
  positionAt: number;
  events: string[];
};

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Accumulators of one Intake object. The caller owns them and passes them back; nothing else holds on to them. */
export type Tracks = {
  plan: IntakePlan;
  /** What a profile runs; of a device, what that one runs: a share of them may have another model on trial. */
  readonly hashOf: (profile: string, device?: string) => ModelHash;
  readonly byDevice: Map<string, Track>;
  /** Devices with something in their queue that is not being scored, in order of their first item. */
  readonly ready: Set<string>;
  readonly dirty: Set<number>;
  readonly counters: Mutable<Counters>;
  readonly tail: Tail;
  readonly quarantine: Quarantine;
  /** What models remember of devices. */
  readonly states: StateTable;
  found: { verdicts: Verdict[]; learnt: { device: string; baseline: Baseline }[] };
};

/** By what a model's scores are judged: the scenario's policy, with what its card asks for. `warmRows`: rows of a device before it is listened to. */
export type Judging = JudgePolicy & { readonly warmRows: number };
const judgingOf = new WeakMap<IntakePlan, Map<string, Judging>>();

export function judging(plan: IntakePlan, model: ModelHash): Judging {
  let known = judgingOf.get(plan);
  if (known === undefined) judgingOf.set(plan, (known = new Map<string, Judging>()));
  let found = known.get(model);
  if (found === undefined) {
    const { warmRows = 0, ...own } = plan.judges?.find((one) => one.model === model)?.judge ?? {};
    found = { ...plan.scenario.judge, ...withoutGaps(own), warmRows };
    known.set(model, found);
  }
  return found;
}

function withoutGaps(own: Omit<ModelJudge, "warmRows">): Partial<JudgePolicy> {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

export function profileOf(plan: IntakePlan, device: Device): DeviceProfile | undefined {
  return plan.scenario.profiles.find((profile) => profile.id === device.profile);
}

export function channelsOf(profile: DeviceProfile): string {
  return profile.channels.map((channel) => channel.id).join(" ");
}
