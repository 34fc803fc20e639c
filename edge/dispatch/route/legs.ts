/**
 * Travel between the nodes of a model, for each kind of vehicle that travels alike: forth and back, so that what leads to a node and what leads
 * from it each lie side by side. All at once for the optimiser; node by node where only one job is looked at and a great circle costs more than
 * a look into a table.
 */
import type { Problem, Profile, Vehicle } from "./problem.ts";
import { SPAN_MAX } from "./problem.ts";

/** A leg that can't be travelled: longer than any shift. */
export const NEVER = SPAN_MAX;
/** No instant of a model is later; whatever has no end ends here. */
export const HORIZON = SPAN_MAX / 2;
/** The place of a route's end that is wherever its last job is. */
const NOWHERE = -1;

export type Legs = {
  readonly profile: Profile;
  readonly timeCost: number;
  readonly distanceCost: number;
  /** `[from * nodes + to]`, and the same turned round. */
  readonly time: Int32Array;
  readonly timeBack: Int32Array;
  /** Empty where cost is time. */
  readonly cost: Float64Array;
  readonly costBack: Float64Array;
  /** Empty where no vehicle has a limit. */
  readonly distance: Float64Array;
  readonly distanceBack: Float64Array;
};

/** Vehicles of one key travel alike. */
export function legsKey(vehicle: Vehicle): string {
  return `${vehicle.profile ?? 0}|${vehicle.timeCost ?? 1}|${vehicle.distanceCost ?? 0}`;
}

export function emptyLegs(problem: Problem, vehicle: Vehicle, nodes: number, needs: { readonly cost: boolean; readonly distance: boolean }): Legs {
  const profile = problem.profiles[vehicle.profile ?? 0];
  if (profile === undefined) throw new RangeError(`no profile ${vehicle.profile}`);
  const cells = nodes * nodes;
  return {
    profile,
    timeCost: vehicle.timeCost ?? 1,
    distanceCost: vehicle.distanceCost ?? 0,
    time: new Int32Array(cells),
    timeBack: new Int32Array(cells),
    cost: new Float64Array(needs.cost ? cells : 0),
    costBack: new Float64Array(needs.cost ? cells : 0),
    distance: new Float64Array(needs.distance ? cells : 0),
    distanceBack: new Float64Array(needs.distance ? cells : 0),
  };
}

/** Whether cost is travel time, so that one table serves for both. */
export function costIsTime(vehicle: Vehicle, profile: Profile | undefined): boolean {
  return (vehicle.timeCost ?? 1) === 1 && (vehicle.distanceCost ?? 0) === 0 && profile?.cost === undefined;
}

export function fillLeg(legs: Legs, nodes: number, placeOf: Int32Array, from: number, to: number): void {
  const [a, b] = [placeOf[from]!, placeOf[to]!];
  const [cell, back] = [from * nodes + to, to * nodes + from];
  if (a === NOWHERE || b === NOWHERE || from === to) return;
  const { profile } = legs;
  const time = wholeTime(profile.time(a, b), a === b);
  legs.time[cell] = legs.timeBack[back] = time;
  if (legs.cost.length > 0) {
    const distance = legs.distanceCost === 0 ? 0 : legs.distanceCost * finite(profile.distance?.(a, b) ?? 0);
    legs.cost[cell] = legs.costBack[back] = profile.cost === undefined ? legs.timeCost * time + distance : finite(profile.cost(a, b));
  }
  if (legs.distance.length > 0) legs.distance[cell] = legs.distanceBack[back] = finite(profile.distance?.(a, b) ?? 0);
}

function wholeTime(time: number, stays: boolean): number {
  if (time >= 0 && time < NEVER) return Math.round(time);
  return stays ? 0 : NEVER;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NEVER;
}
