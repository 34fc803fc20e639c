/**
 * What plans cost: recorded instances beside the best known, VROOM's own costs on technicians' days, a thousand jobs, and problems made from seeds
 * beside a long run of our own. Processor time of one thread; solving only, in a process that has solved before, and once cold as people meet it.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isRefusal } from "../../contracts/refusal.ts";
import { check } from "../../edge/dispatch/route/check.ts";
import type { Job, Problem, Vehicle } from "../../edge/dispatch/route/problem.ts";
import { timetableIn } from "../../edge/dispatch/route/tours.ts";
import { failure } from "../cli/outcome.ts";
import { readPlan } from "../cli/plan-input.ts";
import { solve } from "../cli/plan-solve.ts";
import type { Tell } from "../server/build.ts";
import { ROOT } from "../server/paths.ts";
import { machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { KINDS, problemOf } from "./plan-problem.ts";

const RECORDINGS = join(ROOT, "..", "shared", "data");
/** One set of parameters and one seed for all. */
const SEED = 1;
/** Solved before anything is measured: the code is compiled. */
const WARM_SECONDS = 0.5;
/** Promised mean gap to the best known, in per cent, by seconds of processor time; and the worst at one second. */
const PROMISED_MEAN: Readonly<Record<number, number>> = { 0.1: 1.3, 1: 0.7, 10: 0.25 };
const PROMISED_WORST = 3;
/** What VROOM's plans cost at its default exploration. */
const VROOM_COST: Readonly<Record<string, number>> = { C101: 9_908, R101: 13_127, R201: 11_825, RC101: 14_188 };
/** A thousand jobs: ten instances that nobody can go between in a day. */
const TEN = ["C101", "C105", "R101", "R105", "RC101", "R109", "C201", "R201", "RC201", "RC105"] as const;
const APART = 100_000;
const PROMISED_THOUSAND = 5;
const MADE_SEED = 4;
const MADE_JOBS = 100;
/** What made problems are measured by: the best of our own runs, of which the longest takes so long. */
const REFERENCE_SECONDS = 10;

type Figures = Record<string, number>;

export async function plan(tell: Tell): Promise<Measured> {
  const [ratios, figures]: [Figures, Figures] = [{}, {}];
  for (const kind of KINDS.slice(0, 2)) costAfter(problemOf(0, kind, MADE_JOBS), WARM_SECONDS);
  if (existsSync(join(RECORDINGS, "vrptw"))) {
    await vrptw(ratios, figures, tell);
    technicians(ratios, figures, tell);
    thousand(ratios, figures, tell);
  } else tell(`bench plan: no recordings at ${RECORDINGS}, so only problems made from seeds are measured`);
  made(figures, tell);
  return { bench: "plan", ratios, figures, machine: machine() };
}

/** Cost of the plan after so many seconds, with the cost of jobs left out; throws where the judge finds a broken rule. */
function costAfter(problem: Problem, seconds: number): number {
  const { routes } = solve(problem, [], { seed: SEED, seconds });
  const timetable = timetableIn(problem, routes);
  const { faults, costs } = check(problem, timetable);
  if (faults.length > 0 || timetable.left.length > 0)
    throw failure(`a plan breaks a rule or leaves ${timetable.left.length} jobs: ${JSON.stringify(faults.slice(0, 3))}`);
  return costs.total;
}

function recording(folder: string, name: string): Problem {
  const task = readPlan(JSON.parse(readFileSync(join(RECORDINGS, folder, `${name}.json`), "utf8")));
  if (isRefusal(task)) throw failure(`${name}: ${task.rule}`);
  return task.problem;
}

function bestKnown(): Readonly<Record<string, number>> {
  const { best } = JSON.parse(readFileSync(join(RECORDINGS, "vrptw", "best-known.json"), "utf8")) as { readonly best: Readonly<Record<string, number>> };
  return best;
}

async function vrptw(ratios: Figures, figures: Figures, tell: Tell): Promise<void> {
  const best = bestKnown();
  const names = readdirSync(join(RECORDINGS, "vrptw"))
    .map((file) => file.replace(".json", ""))
    .filter((name) => name in best);
  figures["vrptw instances"] = names.length;
  const cold: number[] = [];
  for (const name of names) cold.push(gap(await coldCost(join(RECORDINGS, "vrptw", `${name}.json`)), best[name]));
  figures["vrptw 0.1 s cold, mean gap %"] = mean(cold);
  for (const [text, promised] of Object.entries(PROMISED_MEAN)) {
    const seconds = Number(text);
    const gaps: number[] = [];
    for (const name of names) {
      gaps.push(gap(costAfter(recording("vrptw", name), seconds), best[name]));
      tell(`bench plan: ${name} at ${text} s is ${gaps.at(-1)} % over the best known`);
    }
    figures[`vrptw ${text} s, mean gap %`] = mean(gaps);
    figures[`vrptw ${text} s, worst gap %`] = Math.max(...gaps);
    ratios[`vrptw ${text} s, mean / ${promised} %`] = round(mean(gaps) / promised);
    if (seconds === 1) ratios[`vrptw 1 s, worst / ${PROMISED_WORST} %`] = round(Math.max(...gaps) / PROMISED_WORST);
  }
}

/** As somebody meets it who calls `outpost plan` once. */
async function coldCost(file: string): Promise<number> {
  const argv = [join(ROOT, "devices", "cli.ts"), "plan", file, "--seconds", "0.1", "--seed", String(SEED)];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 64 * 1024 * 1024 });
  return (JSON.parse(stdout) as { readonly summary: { readonly cost: number } }).summary.cost;
}

function technicians(ratios: Figures, figures: Figures, tell: Tell): void {
  for (const [name, vroom] of Object.entries(VROOM_COST)) {
    const cost = costAfter(recording("trsp", name), 1);
    tell(`bench plan: technicians ${name} at 1 s cost ${cost}, VROOM's plan ${vroom}`);
    figures[`technicians ${name} 1 s, cost`] = cost;
    ratios[`technicians ${name} 1 s / VROOM's`] = round(cost / vroom);
  }
}

function thousand(ratios: Figures, figures: Figures, tell: Tell): void {
  const best = bestKnown();
  const reference = TEN.reduce((sum, name) => sum + (best[name] ?? 0), 0);
  const problem = apart(TEN.map((name) => recording("vrptw", name)));
  for (const seconds of [1, 10]) {
    const over = gap(costAfter(problem, seconds), reference);
    tell(`bench plan: ${problem.jobs.length} jobs at ${seconds} s are ${over} % over the sum of the best known`);
    figures[`${problem.jobs.length} jobs ${seconds} s, gap %`] = over;
    if (seconds === 10) ratios[`${problem.jobs.length} jobs 10 s, gap / ${PROMISED_THOUSAND} %`] = round(over / PROMISED_THOUSAND);
  }
}

/** Problems side by side as one, too far from each other for a day. */
function apart(problems: readonly Problem[]): Problem {
  const regionOf: number[] = [];
  const firsts: number[] = [];
  for (const [region, { places }] of problems.entries()) {
    firsts.push(regionOf.length);
    for (let place = 0; place < places; place++) regionOf.push(region);
  }
  const time = (from: number, to: number): number => {
    const region = regionOf[from] ?? 0;
    const first = firsts[region] ?? 0;
    return regionOf[to] === region ? (problems[region]?.profiles[0]?.time(from - first, to - first) ?? Infinity) : APART;
  };
  const moved = (first: number, place: number | undefined) => (place === undefined ? {} : { place: first + place });
  return {
    places: regionOf.length,
    profiles: [{ time }],
    jobs: problems.flatMap(({ jobs }, region) => jobs.map((job): Job => ({ ...job, ...moved(firsts[region] ?? 0, job.place) }))),
    vehicles: problems.flatMap(({ vehicles }, region) =>
      vehicles.map((vehicle): Vehicle => {
        const first = firsts[region] ?? 0;
        return { ...vehicle, start: first + (vehicle.start ?? 0), end: first + (vehicle.end ?? 0) };
      }),
    ),
  };
}

/** Problems of no collection, so that it can be seen whether anything is fitted to one. */
function made(figures: Figures, tell: Tell): void {
  const byTime = new Map<number, number[]>([
    [0.1, []],
    [1, []],
  ]);
  for (const kind of KINDS) {
    const problem = problemOf(MADE_SEED, kind, MADE_JOBS);
    const costs = new Map([...byTime.keys()].map((seconds) => [seconds, costAfter(problem, seconds)]));
    const reference = Math.min(costAfter(problem, REFERENCE_SECONDS), ...costs.values());
    for (const [seconds, gaps] of byTime) gaps.push(gap(costs.get(seconds) ?? NaN, reference));
    const words = `${kind.spread}, ${kind.windows} windows${kind.team ? ", homes, skills and breaks" : ""}`;
    tell(
      `bench plan: made (${words}): ${[...byTime].map(([seconds, gaps]) => `${gaps.at(-1)} % at ${seconds} s`).join(", ")} over the best of our own up to ${REFERENCE_SECONDS} s`,
    );
  }
  for (const [seconds, gaps] of byTime) {
    figures[`made ${seconds} s, mean gap % to own ${REFERENCE_SECONDS} s`] = mean(gaps);
    figures[`made ${seconds} s, worst gap % to own ${REFERENCE_SECONDS} s`] = Math.max(...gaps);
  }
}

function gap(cost: number, best: number | undefined): number {
  return round((cost / (best ?? NaN) - 1) * 100);
}

function mean(values: readonly number[]): number {
  return round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
