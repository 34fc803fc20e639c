/** The steps that a plan's file gives its vehicles: what they begin with, and what may not be moved. */
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { isJob, type Problem, type Routes, type Step } from "../../edge/dispatch/route/problem.ts";
import type { PlanInput } from "./plan-format.ts";
import type { Task } from "./plan-input.ts";

type Given = { readonly routes: Routes; readonly pinned: readonly (readonly number[])[] };

/** The vehicles' steps: a plan to begin with, and of the first steps those that are pinned. */
export function stepsOf({ vehicles }: PlanInput, tasks: readonly Task[]): Given | Refusal {
  const jobAt = new Map(tasks.map(({ type, id }, job) => [`${type} ${id}`, job]));
  const taken = new Set<number>();
  const routes: Step[][] = [];
  const pinned: number[][] = [];
  for (const [i, vehicle] of vehicles.entries()) {
    const route: Step[] = [];
    const pins: number[] = [];
    for (const [j, { type, id, pinned: stays = false }] of vehicle.steps.entries()) {
      const field = `vehicles[${i}].steps[${j}]`;
      if (type === "start" || type === "end") continue;
      const at = type === "break" ? vehicle.breaks.findIndex((one) => one.id === id) : (jobAt.get(`${type} ${id}`) ?? -1);
      if (at === -1) return refuse("malformed", `is a ${type} of this file`, "correct its id, or leave the step out", `${field}.id`);
      if (type !== "break" && taken.has(at)) return refuse("malformed", "is a step of one vehicle, once", "leave the second out", field);
      if (stays && (type !== "job" || pins.length < route.length))
        return refuse(
          "malformed",
          "is pinned as one of the first jobs of its vehicle",
          "pin those before it too; shipments and breaks can't be pinned",
          `${field}.pinned`,
        );
      if (stays) pins.push(at);
      route.push(type === "break" ? { break: at } : { job: at });
      if (type !== "break") taken.add(at);
    }
    routes.push(route);
    pinned.push(pins);
  }
  return { routes: routes.map((route) => (route.some(isJob) ? route : [])), pinned };
}

/** What is pinned is driven as it stands, so there must be a way from each stop to the next, and to the end. */
export function refusePinned({ vehicles, jobs, profiles }: Problem, input: PlanInput): Refusal | null {
  for (const [i, { start, end, pinned = [], profile = 0 }] of vehicles.entries()) {
    const time = profiles[profile]?.time;
    let here = start;
    for (const [p, job] of pinned.entries()) {
      const there = jobs[job]?.place;
      if (!hasWay(time, here, there)) return noWay(`${stepField(input, i, p)}.id`, "from the stop before it");
      here = there;
    }
    if (pinned.length > 0 && !hasWay(time, here, end)) return noWay(`${stepField(input, i, pinned.length - 1)}.id`, "from there to the vehicle's end");
  }
  return null;
}

function hasWay(time: ((from: number, to: number) => number) | undefined, from: number | undefined, to: number | undefined): boolean {
  return time === undefined || from === undefined || to === undefined || Number.isFinite(time(from, to));
}

function noWay(field: string, which: string): Refusal {
  return refuse("malformed", `is pinned where there is a way, ${which}`, "unpin it, or give the matrix a duration there", field);
}

/** Of the pinned step that is the `n`th of its vehicle. */
function stepField({ vehicles }: PlanInput, vehicle: number, n: number): string {
  const pins = (vehicles[vehicle]?.steps ?? []).flatMap(({ pinned = false }, step) => (pinned ? [step] : []));
  return `vehicles[${vehicle}].steps[${pins[n] ?? 0}]`;
}
