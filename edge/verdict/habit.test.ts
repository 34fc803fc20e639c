/** Limits that a device learns of itself: what operation does is usual, what no step of operation explains is not. */
import { expect, test } from "vitest";
import type { Baseline } from "../../contracts/device.ts";
import { pumpDuty } from "../../hub/catalogue/pump-duty.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { numbersOf } from "./fixtures/ask.ts";
import { holdHabit } from "./habit.ts";
import { type Habit, openHabit, saveHabit, STATES_MAX } from "./habit-state.ts";
import type { LimitSign } from "./limit.ts";
import { pack, unpack } from "./pack.ts";

const [profile] = pumpDuty.profiles;
const [plain] = pumpVibration.profiles;
if (profile === undefined || plain === undefined) throw new Error("a template has a profile");
const NORMAL = [0.03, 0.02, 100, 5, 70, 30, 400, 1_000];
const baseline: Baseline = { mean: NORMAL, scale: NORMAL.map((one) => 0.01 * one), floor: NORMAL.map(() => 1), rows: 400, learntAt: 0 };
const [VIBRATION, CURRENT, PRESSURE, MOTOR, FLOW] = [0, 2, 3, 4, 7];
const HOUR_S = 3_600;

type Factors = Readonly<Record<number, number>>;
/** Half the load by its drive, and two thirds of the flow by its valve. */
const SLOW: Factors = { [VIBRATION]: 0.5, 1: 0.5, [CURRENT]: 0.5, [PRESSURE]: 0.3, [FLOW]: 0.55 };
const THROTTLED: Factors = { [CURRENT]: 0.9, [PRESSURE]: 1.15, [FLOW]: 0.66 };
const REST: Factors = { [VIBRATION]: 0.02, 1: 0.02, [CURRENT]: 0, [PRESSURE]: 0.1, [FLOW]: 0 };

/** A machine second by second: what it says for so long is its normal times the factors, with noise. Answers when a sign began, in seconds from there, or null. */
function startRun(habit: Habit = openHabit(profile ?? raise()) ?? raise()) {
  const next = numbersOf(7);
  let second = 0;
  let sign: LimitSign | null = null;
  return {
    habit,
    sign: () => sign,
    say(seconds: number, factors: Factors | ((s: number) => Factors) = {}, alarms = false): number | null {
      let began: number | null = null;
      for (let s = 0; s < seconds; s++) {
        const of = typeof factors === "function" ? factors(s) : factors;
        const values = Float32Array.from(NORMAL, (one, c) => one * (of[c] ?? 1) * (1 + 0.01 * (next() - 0.5)));
        const before = sign;
        sign = holdHabit(habit, profile ?? raise(), second++ * 1_000, values, baseline, alarms);
        if (before === null && sign !== null) began ??= s;
      }
      return began;
    },
  };
}

test("VF7 what is usual is no sign; a load step leads to a state that is usual from then on, by drive, by valve, and after a rest", () => {
  const run = startRun();
  expect([run.say(HOUR_S), run.habit.known]).toEqual([null, 1]);
  expect([run.say(HOUR_S, SLOW), run.habit.known]).toEqual([null, 2]);
  expect([run.say(HOUR_S), run.habit.known]).toEqual([null, 2]);
  expect([run.say(HOUR_S, THROTTLED), run.habit.known]).toEqual([null, 3]);
  expect([run.say(HOUR_S, REST), run.habit.known]).toEqual([null, 3]);
  expect([run.say(HOUR_S, SLOW), run.habit.known]).toEqual([null, 3]);
});

test("VF8 a departure counts by inverse time: a far one soon, a near one late, within its tolerance never; and ten times as soon where the model alarms", () => {
  const after = (factor: number, alarms = false): number | null => {
    const run = startRun();
    run.say(HOUR_S);
    return run.say(2 * HOUR_S, { [VIBRATION]: factor }, alarms);
  };
  const [within, near, far, farthest] = [after(1.5), after(2), after(4), after(20)];
  expect(within).toBe(null);
  expect(near).toBeGreaterThan(600);
  expect(far).toBeLessThan(300);
  expect(farthest).toBeLessThan(120);
  expect(after(2, true)).toBeLessThan(200);
});

test("VF8 a sign names the channels that are off, and is over when they are back", () => {
  const run = startRun();
  run.say(HOUR_S);
  run.say(600, { [VIBRATION]: 6 });
  expect(run.sign()).toMatchObject({ rule: "limit", severity: "medium", evidence: [{ channel: "vibration.a.rms" }] });
  expect(run.sign()?.score).toBeGreaterThan(0.8);
  run.say(180);
  expect(run.sign()).toBe(null);
});

test("VF9 what grows over hours is a departure, whichever way the output goes; a step of output at the same power is none of operation", () => {
  const grows = startRun();
  grows.say(HOUR_S);
  expect(grows.say(3 * HOUR_S, (s) => ({ [FLOW]: 1 - (0.4 * s) / (3 * HOUR_S) }))).toBeLessThan(1.5 * HOUR_S);
  const cavitates = startRun();
  cavitates.say(HOUR_S);
  expect(cavitates.say(HOUR_S, { [FLOW]: 0.4, [PRESSURE]: 0.3 })).toBeLessThan(180);
  const breaks = startRun();
  breaks.say(HOUR_S);
  // A coupling: the motor runs, and nothing is pumped.
  expect(breaks.say(HOUR_S, { [FLOW]: 0, [PRESSURE]: 0.1, [CURRENT]: 0.4 })).toBeLessThan(600);
});

test("VF10 a fault is not learnt by a load step or a start: its vibration stays beyond what was known", () => {
  const run = startRun();
  run.say(HOUR_S);
  run.say(HOUR_S, REST);
  expect(run.say(HOUR_S, { [VIBRATION]: 4 })).not.toBe(null);
  const stepped = startRun();
  stepped.say(HOUR_S);
  expect(stepped.say(HOUR_S, { ...SLOW, [VIBRATION]: 4 })).not.toBe(null);
});

test("VF10 heat that follows a new load by an hour is learnt with it", () => {
  const run = startRun();
  run.say(HOUR_S);
  const warms = (s: number): Factors => ({ [CURRENT]: 1.4, [PRESSURE]: 1.25, [FLOW]: 1.2, [MOTOR]: 1 + 0.5 * Math.min(1, s / HOUR_S) });
  expect(run.say(2 * HOUR_S, warms)).toBe(null);
});

test("VF15 what was warm before a step down cools, which is no sign; what then warms again is one, at a small load soon", () => {
  const run = startRun();
  run.say(7 * HOUR_S);
  const laden: Factors = { [CURRENT]: 1.4, [PRESSURE]: 1.25, [FLOW]: 1.2 };
  expect(run.say(2 * HOUR_S, (s) => ({ ...laden, [MOTOR]: 1 + Math.min(1, s / HOUR_S) }))).toBe(null);
  expect(run.say(3 * HOUR_S, (s) => ({ [MOTOR]: 1 + Math.exp(-s / HOUR_S) }))).toBe(null);
  expect(run.say(HOUR_S, (s) => ({ [MOTOR]: 1.05 + (0.9 * s) / HOUR_S }))).not.toBe(null);
  const fails = startRun();
  fails.say(2 * HOUR_S);
  expect(fails.say(HOUR_S, (s) => ({ ...THROTTLED, [MOTOR]: 1 + s / HOUR_S }))).not.toBe(null);
});

test("VF16 a small turn of a valve moves the head little, and is one; the same flow less at the same head is none", () => {
  const run = startRun();
  run.say(HOUR_S);
  expect([run.say(2 * HOUR_S, { [CURRENT]: 0.96, [PRESSURE]: 1.018, [FLOW]: 0.92 }), run.habit.known]).toEqual([null, 2]);
  const leaks = startRun();
  leaks.say(HOUR_S);
  expect(leaks.say(2 * HOUR_S, { [FLOW]: 0.92 })).not.toBe(null);
});

test("VF11 the states of a device are bounded", () => {
  const run = startRun();
  run.say(HOUR_S);
  for (let i = 0; i < 2 * STATES_MAX; i++) {
    const part = 0.3 + 0.6 * ((i * 0.37) % 1);
    run.say(420, { ...SLOW, [CURRENT]: part ** 2, [PRESSURE]: part ** 1.5, [FLOW]: part, 6: 1 - 0.07 * (i % 2) });
  }
  expect(run.habit.known).toBeLessThanOrEqual(STATES_MAX);
});

test("VF12 saved and loaded at any row it goes on bit for bit; a profile without tolerances has none", () => {
  const [one, other] = [startRun(), startRun()];
  for (const run of [one, other]) {
    run.say(HOUR_S);
    run.say(1_234, SLOW);
  }
  const read = openHabit(profile ?? raise(), unpack(pack(saveHabit(one.habit))) as Habit);
  expect(read).toEqual(other.habit);
  expect(openHabit(plain ?? raise())).toBe(null);
  expect(openHabit(profile ?? raise(), null)).toEqual(openHabit(profile ?? raise()));
});

test("VF12 before it is commissioned nothing is said, and gaps are no values", () => {
  const habit = openHabit(profile ?? raise()) ?? raise();
  const gaps = new Float32Array(NORMAL.length).fill(Number.NaN);
  for (let s = 0; s < 600; s++)
    expect(
      holdHabit(
        habit,
        profile ?? raise(),
        s * 1_000,
        Float32Array.from(NORMAL, (one) => 9 * one),
        null,
        true,
      ),
    ).toBe(null);
  expect(habit.known).toBe(0);
  for (let s = 600; s < 1_800; s++) expect(holdHabit(habit, profile ?? raise(), s * 1_000, gaps, baseline, true)).toBe(null);
});

function raise(): never {
  throw new Error("the template has tolerances");
}
