/** What is pinned to the beginning of a route, and what gives way to it. */
import { fillLeg, HORIZON } from "./legs.ts";
import type { Model } from "./model.ts";
import { earliestStart } from "./windows.ts";

/**
 * What is pinned is a fact, even where it breaks a rule: its windows end nowhere, and shift, breaks, room and limits give way as far as what is
 * pinned alone, with the breaks behind it, asks for.
 */
export function relaxPinned(model: Model, vehicle: number, first: number, pinned: readonly number[]): void {
  const { dims } = model;
  const stops = [first, ...pinned, first + 1];
  let [time, travel, distance] = [model.from[first] ?? 0, 0, 0];
  for (const [i, node] of stops.slice(1).entries()) {
    const here = stops[i] ?? first;
    const leg = pinnedLeg(model, vehicle, here, node);
    travel += leg.time;
    distance += leg.distance;
    if (node === first + 1) time = restAll(model, vehicle, time);
    const setup = model.placeOf[here] === model.placeOf[node] ? 0 : (model.setup[node] ?? 0);
    time = Math.min(HORIZON, Math.max(time + leg.time, model.from[node] ?? 0) + setup + (model.service[node] ?? 0));
  }
  model.to[first + 1] = Math.max(time, model.to[first + 1] ?? 0);
  model.travelMax[vehicle] = Math.max(travel, model.travelMax[vehicle] ?? 0);
  model.distanceMax[vehicle] = Math.max(distance, model.distanceMax[vehicle] ?? 0);
  for (let dim = 0; dim < dims; dim++) {
    const amount = (of: Float64Array, job: number) => of[job * dims + dim] ?? 0;
    let load = pinned.reduce((sum, job) => sum + amount(model.delivery, job), 0);
    let most = load;
    for (const job of pinned) {
      // Of one direction all of it counts at once: see `fits`.
      load += amount(model.pickup, job) - (model.mixed ? amount(model.delivery, job) : 0);
      most = Math.max(most, load);
    }
    model.capacity[vehicle * dims + dim] = Math.max(most, model.capacity[vehicle * dims + dim] ?? 0);
  }
}

/** The breaks one after the other, each as soon as it may be; one that is over is taken at once. */
function restAll(model: Model, vehicle: number, from: number): number {
  let time = from;
  for (const node of model.breakNodes[vehicle] ?? []) {
    const begins = earliestStart(model, node, time);
    if (begins < 0) extendTo(model, node, time);
    time = (begins < 0 ? time : begins) + (model.service[node] ?? 0);
  }
  return time;
}

function pinnedLeg(model: Model, vehicle: number, from: number, to: number): { readonly time: number; readonly distance: number } {
  const legs = model.legs[vehicle];
  if (legs === undefined) throw new RangeError(`no vehicle ${vehicle}`);
  if (model.sparse) fillLeg(legs, model.nodes, model.placeOf, from, to);
  const cell = from * model.nodes + to;
  return { time: Math.min(legs.time[cell] ?? 0, HORIZON), distance: legs.distance[cell] ?? 0 };
}

function extendTo(model: Model, node: number, time: number): void {
  model.to[node] = Math.min(HORIZON, time);
  const end = model.windowsAt[node + 1] ?? 0;
  if (end > (model.windowsAt[node] ?? 0)) model.windows[end - 1] = model.to[node]!;
  if (model.from[node]! > time) model.from[node] = model.to[node]!;
}
