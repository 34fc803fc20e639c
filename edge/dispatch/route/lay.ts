/** From a problem into the arrays of its model. */
import { HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";
import { isPieceDone, type Pieces } from "./pieces.ts";
import type { Break, Job, Skill, Window } from "./problem.ts";

/** Writes jobs, breaks and vehicles into the arrays of a model, in pieces. `startOf`: the first node of a vehicle. */
export function* layNodes(model: Model, startOf: (vehicle: number) => number): Pieces<void> {
  const { problem, dims } = model;
  const at = { window: 0 };
  for (const { pinned = [] } of problem.vehicles) for (const job of pinned) model.pinned[job] = 1;
  for (const [node, job] of problem.jobs.entries()) {
    model.placeOf[node] = job.place;
    model.service[node] = Math.min(HORIZON, job.service ?? 0);
    model.setup[node] = Math.min(HORIZON, job.setup ?? 0);
    const windows = job.windows ?? ANY_TIME;
    if (model.pinned[node] === 1) layWindows(model, at, node, [[windows[0]?.[0] ?? -Infinity, Infinity]]);
    else layWindows(model, at, node, windows, job.release);
    for (let dim = 0; dim < dims; dim++) {
      model.delivery[node * dims + dim] = job.delivery?.[dim] ?? 0;
      model.pickup[node * dims + dim] = job.pickup?.[dim] ?? 0;
    }
    model.due[node] = (job.due ?? Infinity) - model.origin;
    model.since[node] = (job.release ?? model.origin) - model.origin;
    model.toldAt[node] = (job.told?.at ?? 0) - model.origin;
    layVehicles(model, node, job);
    if (isPieceDone(node, problem.vehicles.length)) yield;
  }
  for (const [vehicle, { breaks = NO_BREAKS }] of problem.vehicles.entries()) {
    for (const [i, { service, windows }] of breaks.entries()) {
      const node = model.breakNodes[vehicle]?.[i] ?? 0;
      model.isBreak[node] = 1;
      model.vehicleOf[node] = vehicle;
      model.service[node] = Math.min(HORIZON, service);
      layWindows(model, at, node, windows);
    }
  }
  for (const [vehicle, { start, end, window = ALWAYS, capacity }] of problem.vehicles.entries()) {
    const first = startOf(vehicle);
    layEnd(model, first, { vehicle, place: start, window });
    layEnd(model, first + 1, { vehicle, place: end, window });
    // Ends have one window each, and are told apart from nodes with several by having none here.
    model.windowsAt[first] = model.windowsAt[first + 1] = model.windowsAt[first + 2] = at.window;
    model.shift[vehicle] = Math.max(1, (model.to[first] ?? 0) - (model.from[first] ?? 0));
    if (capacity !== undefined) for (const [dim, most] of capacity.entries()) if (dim < dims) model.capacity[vehicle * dims + dim] = most;
  }
  for (const [first, second] of problem.pairs ?? []) {
    model.mate[first] = second;
    model.mate[second] = first;
    model.isSecond[second] = 1;
  }
}

const ALWAYS: Window = [-Infinity, Infinity];
const ANY_TIME: readonly Window[] = [ALWAYS];
const NO_BREAKS: readonly Break[] = [];

type End = { readonly vehicle: number; readonly place: number | undefined; readonly window: Window };

function layEnd(model: Model, node: number, { vehicle, place, window }: End): void {
  model.placeOf[node] = place ?? -1;
  model.vehicleOf[node] = vehicle;
  model.from[node] = clip(model, window[0]);
  model.to[node] = clip(model, window[1]);
}

/** Of windows that are over when the first route begins, or when the job may begin, nothing is known; nor of those beyond the model's horizon. */
function layWindows(model: Model, at: { window: number }, node: number, windows: readonly Window[], release = -Infinity): void {
  const from = Math.max(model.origin, release);
  const until = model.origin + HORIZON;
  let [count, first, last] = [0, 0, 0];
  for (let i = 0; i < windows.length; i++) {
    if (windows[i]![1] < from || windows[i]![0] >= until) continue;
    if (count++ === 0) first = i;
    last = i;
  }
  // With nothing open the node fits nowhere: its window ends before it begins.
  model.from[node] = count === 0 ? HORIZON : clip(model, Math.max(windows[first]![0], release));
  model.to[node] = count === 0 ? -1 : clip(model, windows[last]![1]);
  model.windowsAt[node] = at.window;
  for (let i = first; count > 1 && i < windows.length; i++) {
    const [opens, closes] = windows[i]!;
    if (closes < from || opens >= until) continue;
    model.windows[at.window++] = clip(model, Math.max(opens, release));
    model.windows[at.window++] = clip(model, closes);
  }
  model.windowsAt[node + 1] = at.window;
}

function clip({ origin }: Model, time: number): number {
  return Math.round(Math.min(HORIZON, Math.max(0, time - origin)));
}

function layVehicles(model: Model, node: number, { only, not, skills, vehicleCost, told }: Job): void {
  const { vehicles } = model.problem;
  const row = node * vehicles.length;
  if (only !== undefined) {
    model.allowed.fill(0, row, row + vehicles.length);
    for (const vehicle of only) if (vehicle < vehicles.length) model.allowed[row + vehicle] = 1;
  }
  if (not !== undefined) for (const vehicle of not) if (vehicle < vehicles.length) model.allowed[row + vehicle] = 0;
  const isSkilled = skills !== undefined && skills.length > 0;
  if (!isSkilled && model.bias.length === 0) return;
  for (let vehicle = 0; vehicle < vehicles.length; vehicle++) {
    if (isSkilled && !hasAll(vehicles[vehicle]!.skills ?? NO_SKILLS, skills)) model.allowed[row + vehicle] = 0;
    if (model.bias.length === 0) continue;
    const reassign = told !== undefined && told.vehicle !== vehicle ? (told.reassignCost ?? 0) : 0;
    model.bias[row + vehicle] = (vehicleCost?.get(vehicle) ?? 0) + reassign;
  }
}

const NO_SKILLS: readonly Skill[] = [];

function hasAll(skills: readonly Skill[], needed: readonly Skill[]): boolean {
  return needed.every((skill) => skills.includes(skill));
}
