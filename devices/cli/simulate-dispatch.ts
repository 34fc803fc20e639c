/**
 * `simulate dispatch`: days of dispatching in virtual time, by the very code that a unit dispatches with, beside the nearest idle engineer in the
 * same towns. Over seeds, each figure is the mean of the days with its 95 % confidence interval.
 */
import { availableParallelism } from "node:os";
import type { DayRun, PolicyName } from "../../edge/sim/dispatch/run.ts";
import type { Figures } from "../../edge/sim/dispatch/figures.ts";
import { quantile } from "../bench/machine.ts";
import { startBar } from "./bar.ts";
import { failure, print, printJson, progress } from "./outcome.ts";
import { intervalOf, ratioOf, type Interval } from "./simulate-interval.ts";
import { type DayJob, share } from "./simulate-pool.ts";

export type SimulateDispatch = {
  readonly seeds?: readonly [number, number];
  readonly policy: PolicyName;
  readonly jobs?: number;
  readonly json: boolean;
};

const SEEDS: readonly [number, number] = [101, 120];
/** Broken rules that are told one by one. */
const TOLD_MAX = 20;

/** What the figures mean, said where they are. */
const DEFINITIONS = {
  breach: "of unforeseen faults, by priority: first visits begun after what was promised (2, 4, 8 h), or never",
  responseMin: "minutes from the opening of a ticket to the beginning of the first visit, of those that were reached",
  travelMinPerJob: "minutes of driving in all, for each visit that was made",
  unserved: "first visits that were not begun by the end of the day",
  reassignmentsPerJob:
    "jobs taken from whoever had accepted them, given back by them, and offers withdrawn for somebody else, for each visit; declines and silence are not among them",
  firstVisitFix: "of first visits, those that mended: no second visit for want of a part",
  kept: "of assignments (accepted offers) that were made without a person, those whose engineer made the visit: not moved, given back or overridden",
  offersKept: "of offers, those accepted and kept: declined, unanswered and withdrawn ones count as lost",
  busy: "driving and working, for each hour of the shifts",
  decision: "processor time of one input as dispatch decides it: an arrival, an answer, a tap, a timer, a proposal; positions left out",
} as const;

export async function simulateDispatch({ seeds = SEEDS, policy, jobs = availableParallelism(), json }: SimulateDispatch): Promise<void> {
  const [from, to] = seeds;
  const policies: readonly PolicyName[] = policy === "outpost" ? ["outpost", "nearest"] : ["nearest"];
  const left = Array.from({ length: to - from + 1 }, (_, i) => from + i).flatMap((day) => policies.map((one): DayJob => ({ day, policy: one })));
  const of = left.length;
  const bar = startBar("simulate dispatch");
  const runs: DayRun[] = [];
  await share<DayJob, DayRun>(
    Math.min(jobs, of),
    () => left.shift() ?? null,
    (run) => {
      runs.push(run);
      bar.step(runs.length, of, "days");
    },
  );
  bar.end();
  const told = report(seeds, policy, runs);
  if (json) printJson(told);
  else print(tableOf(told));
  const broken = runs.flatMap(({ seed, breaches }) => breaches.map((what) => `seed ${seed}: ${what}`));
  for (const line of broken.slice(0, TOLD_MAX)) progress(line);
  if (broken.length > 0) throw failure(`${broken.length} times a rule was broken that always holds`);
}

type Means = { readonly [name in Flat]: Interval };
type Flat = "breachP1" | "breachP2" | "breachP3" | "responseMinP1" | "responseMinP2" | "responseMinP3" | Exclude<keyof Figures, "breach" | "responseMin">;

export type Report = {
  readonly seeds: readonly [number, number];
  readonly policy: PolicyName;
  readonly days: number;
  readonly outpost?: Means;
  readonly nearest: Means;
  /** Outpost to nearest, each a ratio of means over the same days. */
  readonly ratio?: { readonly travelPerJob: Interval; readonly responseP1: Interval; readonly responseP2: Interval; readonly responseP3: Interval };
  readonly decisionMs?: { readonly p50: number; readonly p99: number; readonly max: number; readonly decisions: number };
  readonly planner?: { readonly asks: number; readonly stale: number };
  readonly rulesBroken: number;
  readonly definitions: typeof DEFINITIONS;
};

/** In the order of the seeds, whatever the order in which they were done. */
export function report(seeds: readonly [number, number], policy: PolicyName, runs: readonly DayRun[]): Report {
  const of = (name: PolicyName): Readonly<Record<Flat, number>>[] =>
    runs
      .filter((run) => run.policy === name)
      .toSorted((a, b) => a.seed - b.seed)
      .map(({ figures }) => flat(figures));
  const [ours, theirs] = [of("outpost"), of("nearest")];
  const ratio = (name: Flat): Interval =>
    ratioOf(
      ours.map((one) => one[name]),
      theirs.map((one) => one[name]),
    );
  const took = runs.flatMap(({ decisionMs }) => decisionMs);
  const ms = (value: number): number => Math.round(value * 1_000) / 1_000;
  const compared =
    ours.length === 0
      ? {}
      : {
          outpost: meansOf(ours),
          ratio: {
            travelPerJob: ratio("travelMinPerJob"),
            responseP1: ratio("responseMinP1"),
            responseP2: ratio("responseMinP2"),
            responseP3: ratio("responseMinP3"),
          },
          decisionMs: { p50: ms(quantile(took, 0.5)), p99: ms(quantile(took, 0.99)), max: ms(Math.max(...took)), decisions: took.length },
          planner: { asks: runs.reduce((sum, { planner }) => sum + planner.asks, 0), stale: runs.reduce((sum, { planner }) => sum + planner.stale, 0) },
        };
  return {
    seeds,
    policy,
    days: theirs.length,
    ...compared,
    nearest: meansOf(theirs),
    rulesBroken: runs.reduce((sum, { breaches }) => sum + breaches.length, 0),
    definitions: DEFINITIONS,
  };
}

function meansOf(days: readonly Readonly<Record<Flat, number>>[]): Means {
  const names = Object.keys(days[0] ?? {}) as Flat[];
  return Object.fromEntries(names.map((name) => [name, intervalOf(days.map((day) => day[name]))])) as Means;
}

function flat({ breach, responseMin, ...rest }: Figures): Record<Flat, number> {
  return {
    breachP1: breach.p1,
    breachP2: breach.p2,
    breachP3: breach.p3,
    responseMinP1: responseMin.p1,
    responseMinP2: responseMin.p2,
    responseMinP3: responseMin.p3,
    ...rest,
  };
}

export function tableOf({ seeds, days, outpost, nearest, ratio, decisionMs, planner }: Report): string {
  const cell = (one: Interval | undefined): string => (one === undefined ? "" : `${one.mean} (${one.low} … ${one.high})`).padEnd(30);
  const rows = (Object.keys(nearest) as Flat[]).map((name) => `  ${name.padEnd(22)} ${cell(outpost?.[name])}${cell(nearest[name])}`.trimEnd());
  return [
    `${days} days, seeds ${seeds.join("..")}; mean (95 % confidence)`,
    `  ${"".padEnd(22)} ${(outpost === undefined ? "" : "outpost").padEnd(30)}nearest idle`,
    ...rows,
    ...(ratio === undefined ? [] : ["outpost to nearest", ...Object.entries(ratio).map(([name, one]) => `  ${name.padEnd(22)} ${cell(one)}`.trimEnd())]),
    ...(decisionMs === undefined ? [] : [`decision, ms of processor time: median ${decisionMs.p50}, p99 ${decisionMs.p99}, of ${decisionMs.decisions}`]),
    ...(planner === undefined ? [] : [`planner: ${planner.asks} asks, ${planner.stale} answers came too late`]),
    ...Object.entries(DEFINITIONS).map(([name, meaning]) => `  ${name}: ${meaning}`),
  ].join("\n");
}
