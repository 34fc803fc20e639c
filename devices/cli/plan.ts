/** `plan`: solves a dispatch problem in VROOM's JSON format, and prints a plan only after an independent judge has found nothing wrong with it. */
import { readFileSync, statSync } from "node:fs";
import { check } from "../../edge/dispatch/route/check.ts";
import { timetableIn, whyAllLeft } from "../../edge/dispatch/route/tours.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { TravelConnector } from "../../contracts/scenario.ts";
import { startBar } from "./bar.ts";
import { exitCodeOf, print, progress, refusalLine, usage } from "./outcome.ts";
import { readPlan, type PlanTask } from "./plan-input.ts";
import { leaveLater, outputOf, type PlanOutput } from "./plan-output.ts";
import { withRoads } from "./plan-router.ts";
import { solve } from "./plan-solve.ts";

export type PlanOptions = { readonly seconds?: number; readonly iterations?: number; readonly seed: number; readonly router?: TravelConnector };

/** One that is read whole: longer ones don't fit into one string. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Processor time when nothing is said. */
const SECONDS = 1;
/** From here on people want to see that something happens. */
const BAR_SECONDS = 3;

export async function plan(file: string, options: PlanOptions): Promise<void> {
  let isRouting = false;
  try {
    const startedAt = performance.now();
    const read = readTask(file);
    isRouting = options.router !== undefined;
    const task = options.router === undefined ? read : await routed(read, options.router);
    isRouting = false;
    print(JSON.stringify(planFor(task, options, performance.now() - startedAt)));
  } catch (error) {
    // Whoever reads VROOM's answers looks here: 2 is an input that is none, 3 a routing server that did not answer.
    const code = exitCodeOf(error) === 2 ? 2 : isRouting ? 3 : null;
    if (code !== null) print(JSON.stringify({ code, error: error instanceof Error ? error.message : String(error) }));
    throw error;
  }
}

/** The same task with the ways as the routing server says. */
async function routed({ input }: PlanTask, router: TravelConnector): Promise<PlanTask> {
  const bar = process.stderr.isTTY ? startBar("plan: roads") : null;
  const task = readPlan(await withRoads(input, router, (done) => bar?.step(Math.round(done * 100), 100, "%")));
  bar?.end();
  if (isRefusal(task)) throw usage(refusalLine(task));
  return { ...task, travel: { by: router.kind, url: router.url } };
}

/** Throws when the judge finds a broken rule: that is a bug, and no plan is better than such a one. */
export function planFor(task: PlanTask, { seconds, iterations, seed }: PlanOptions, loading = 0): PlanOutput {
  for (const name of task.unread) progress(`plan: nothing here reads ${name}`);
  if (task.travel.by === "great-circle")
    progress(`plan: no matrices, so travel is the great circle times options.detour (${task.travel.detour}) at options.speed_kmh (${task.travel.speed_kmh})`);
  const effort = { seed, ...(iterations === undefined ? { seconds: seconds ?? SECONDS } : { iterations, ...(seconds === undefined ? {} : { seconds }) }) };
  const bar = (seconds ?? 0) >= BAR_SECONDS && process.stderr.isTTY ? startBar("plan") : null;
  const solved = solve(task.problem, task.routes, effort, (done) => bar?.step(Math.min(100, Math.round(done * 100)), 100, "%"));
  bar?.end();
  const told = timetableIn(task.problem, solved.routes);
  const timetable = { tours: told.tours.map((tour) => leaveLater(task.problem, tour)), left: told.left };
  const { faults } = check(task.problem, timetable);
  if (faults.length > 0) throw new Error(`the optimiser made a mistake, and this plan is not printed: ${JSON.stringify(faults.slice(0, 5))}`);
  const whys = whyAllLeft(task.problem, solved.routes, timetable.left);
  const times = { loading: Math.round(loading), solving: Math.round(solved.solvingMs) };
  return outputOf(task, timetable, whys, times, { seed, iterations: solved.iterations });
}

function readTask(file: string): PlanTask {
  let value: unknown;
  try {
    if (file !== "-" && statSync(file).size > FILE_BYTES_MAX)
      throw usage(`${file} is larger than ${FILE_BYTES_MAX} bytes; give coordinates instead of matrices`);
    value = JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    if (exitCodeOf(error) === 2) throw error;
    throw usage(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const task = readPlan(value);
  if (isRefusal(task)) throw usage(`${file}: ${refusalLine(task)}`);
  return task;
}
