/** From a problem into the arrays of its model. */
import { HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";
import type { Job, Skill, Window } from "./problem.ts";

/** Writes jobs, breaks and vehicles into the arrays of a model. `startOf`: the first node of a vehicle. */
export function layNodes(model: Model, startOf: (vehicle: number) => number): void {
  const { problem, origin, dims } = model;
  const clip = (time: number) => Math.round(Math.min(HORIZON, Math.max(0, time - origin)));
  let windowAt = 0;
  const layWindows = (node: number, windows: readonly Window[], release = -Infinity) => {
    const open = windows.filter(([, to]) => to >= Math.max(origin, release));
    // With nothing open the node fits nowhere: its window ends before it begins.
    model.from[node] = open[0] === undefined ? HORIZON : clip(Math.max(open[0][0], release));
    model.to[node] = open[0] === undefined ? -1 : clip(open.at(-1)?.[1] ?? Infinity);
    model.windowsAt[node] = windowAt;
    if (open.length > 1)
      for (const [from, to] of open) {
        model.windows[windowAt++] = clip(Math.max(from, release));
        model.windows[windowAt++] = clip(to);
      }
    model.windowsAt[node + 1] = windowAt;
  };
  for (const { pinned = [] } of problem.vehicles) for (const job of pinned) model.pinned[job] = 1;
  for (const [node, job] of problem.jobs.entries()) {
    model.placeOf[node] = job.place;
    model.service[node] = Math.min(HORIZON, job.service ?? 0);
    model.setup[node] = Math.min(HORIZON, job.setup ?? 0);
    const windows = job.windows ?? [[-Infinity, Infinity]];
    if (model.pinned[node] === 1) layWindows(node, [[windows[0]?.[0] ?? -Infinity, Infinity]]);
    else layWindows(node, windows, job.release);
    for (let dim = 0; dim < dims; dim++) {
      model.delivery[node * dims + dim] = job.delivery?.[dim] ?? 0;
      model.pickup[node * dims + dim] = job.pickup?.[dim] ?? 0;
    }
    model.due[node] = (job.due ?? Infinity) - origin;
    model.since[node] = (job.release ?? origin) - origin;
    model.toldAt[node] = (job.told?.at ?? 0) - origin;
    layVehicles(model, node, job);
  }
  for (const [vehicle, { start, end, window = [-Infinity, Infinity], breaks = [], capacity }] of problem.vehicles.entries()) {
    for (const [i, node] of (model.breakNodes[vehicle] ?? []).entries()) {
      model.isBreak[node] = 1;
      model.vehicleOf[node] = vehicle;
      model.service[node] = Math.min(HORIZON, breaks[i]?.service ?? 0);
      layWindows(node, breaks[i]?.windows ?? []);
    }
    const first = startOf(vehicle);
    for (const [node, place] of [
      [first, start],
      [first + 1, end],
    ] as const) {
      model.placeOf[node] = place ?? -1;
      model.vehicleOf[node] = vehicle;
      model.from[node] = clip(window[0]);
      model.to[node] = clip(window[1]);
      model.windowsAt[node] = model.windowsAt[node + 1] = windowAt;
    }
    model.shift[vehicle] = Math.max(1, (model.to[first] ?? 0) - (model.from[first] ?? 0));
    for (const [dim, most] of (capacity ?? []).entries()) if (dim < dims) model.capacity[vehicle * dims + dim] = most;
  }
  for (const [first, second] of problem.pairs ?? []) {
    model.mate[first] = second;
    model.mate[second] = first;
    model.isSecond[second] = 1;
  }
}

function layVehicles(model: Model, node: number, job: Job): void {
  const { vehicles } = model.problem;
  const only = job.only === undefined ? null : new Set(job.only);
  const not = new Set(job.not);
  for (const [vehicle, { skills = [] }] of vehicles.entries()) {
    const cell = node * vehicles.length + vehicle;
    if (not.has(vehicle) || (only !== null && !only.has(vehicle)) || !hasAll(skills, job.skills)) model.allowed[cell] = 0;
    if (model.bias.length === 0) continue;
    const reassign = job.told !== undefined && job.told.vehicle !== vehicle ? (job.told.reassignCost ?? 0) : 0;
    model.bias[cell] = (job.vehicleCost?.get(vehicle) ?? 0) + reassign;
  }
}

function hasAll(skills: readonly Skill[], needed: readonly Skill[] = []): boolean {
  return needed.every((skill) => skills.includes(skill));
}
