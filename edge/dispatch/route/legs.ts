/**
 * Travel between the nodes of a model, for each kind of vehicle that travels alike: forth and back, so that what leads to a node and what leads
 * from it each lie side by side. All at once for the optimiser; node by node where only one job is looked at and a great circle costs more than
 * a look into a table.
 */
import { isPieceDone, type Pieces } from "./pieces.ts";
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

/**
 * Tables that sparse models are given one after the other: the largest part of such a model by far, of which little is ever looked at. Whoever
 * hands them to a model has done with the one before.
 */
export type Tables = { readonly free: Int32Array[]; taken: number };

export function emptyTables(): Tables {
  return { free: [], taken: 0 };
}

/** What was in it before may still be: it is written wherever it is read. */
function takeTable(tables: Tables, cells: number): Int32Array {
  const at = tables.taken++;
  const free = tables.free[at];
  if (free !== undefined && free.length >= cells) return free;
  return (tables.free[at] = new Int32Array(cells));
}

/** Vehicles of one key travel alike. */
export function legsKey(vehicle: Vehicle): string {
  return `${vehicle.profile ?? 0}|${vehicle.timeCost ?? 1}|${vehicle.distanceCost ?? 0}`;
}

/** `tables`: of sparse models. */
export function emptyLegs(
  problem: Problem,
  vehicle: Vehicle,
  nodes: number,
  needs: { readonly cost: boolean; readonly distance: boolean },
  tables: Tables | null,
): Legs {
  const profile = problem.profiles[vehicle.profile ?? 0];
  if (profile === undefined) throw new RangeError(`no profile ${vehicle.profile}`);
  const cells = nodes * nodes;
  return {
    profile,
    timeCost: vehicle.timeCost ?? 1,
    distanceCost: vehicle.distanceCost ?? 0,
    time: tables === null ? new Int32Array(cells) : takeTable(tables, cells),
    timeBack: tables === null ? new Int32Array(cells) : takeTable(tables, cells),
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

/** One leg, from node to node. */
export function fillLeg(legs: Legs, nodes: number, placeOf: Int32Array, from: number, to: number): void {
  const here = placeOf[from]!;
  const there = placeOf[to]!;
  if (from === to) return;
  if (here === NOWHERE || there === NOWHERE) {
    lay(legs, nodes, from, to, 0, 0, 0);
    return;
  }
  const time = timeOf(legs, here, there);
  lay(legs, nodes, from, to, time, legs.cost.length > 0 ? costOf(legs, here, there, time) : 0, legs.distance.length > 0 ? distanceOf(legs, here, there) : 0);
}

/**
 * What leads to and from one node, each in its row alone: all that inserting the node asks for. Writing the columns too would touch the whole
 * table, whose memory is not even there before it is touched.
 */
export function fillRows(legs: Legs, nodes: number, placeOf: Int32Array, node: number): void {
  const here = placeOf[node]!;
  for (let other = 0; other < nodes; other++) {
    const there = placeOf[other]!;
    const cell = node * nodes + other;
    const isWay = here !== NOWHERE && there !== NOWHERE && other !== node;
    const time = isWay ? timeOf(legs, here, there) : 0;
    const timeBack = isWay ? timeOf(legs, there, here) : 0;
    legs.time[cell] = time;
    legs.timeBack[cell] = timeBack;
    if (legs.cost.length > 0) {
      legs.cost[cell] = isWay ? costOf(legs, here, there, time) : 0;
      legs.costBack[cell] = isWay ? costOf(legs, there, here, timeBack) : 0;
    }
    if (legs.distance.length > 0) {
      legs.distance[cell] = isWay ? distanceOf(legs, here, there) : 0;
      legs.distanceBack[cell] = isWay ? distanceOf(legs, there, here) : 0;
    }
  }
}

/** All legs, in pieces; what is asked of a profile is asked once for each two places. Returns whether each way takes as long as the way back. */
export function* fillLegs(legs: Legs, nodes: number, placeOf: Int32Array): Pieces<boolean> {
  const places = Int32Array.from(new Set(placeOf)).filter((place) => place !== NOWHERE);
  const count = places.length;
  const indexOf = new Map(Array.from(places, (place, index) => [place, index]));
  const index = placeOf.map((place) => indexOf.get(place) ?? NOWHERE);
  const time = new Int32Array(count * count);
  const cost = new Float64Array(legs.cost.length > 0 ? count * count : 0);
  const distance = new Float64Array(legs.distance.length > 0 ? count * count : 0);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      const cell = a * count + b;
      time[cell] = timeOf(legs, places[a]!, places[b]!);
      if (cost.length > 0) cost[cell] = costOf(legs, places[a]!, places[b]!, time[cell]);
      if (distance.length > 0) distance[cell] = distanceOf(legs, places[a]!, places[b]!);
    }
    if (isPieceDone(a, count)) yield;
  }
  const back = turned(time, count);
  yield;
  yield* spread(time, legs.time, index, nodes);
  yield* spread(back, legs.timeBack, index, nodes);
  if (cost.length > 0) {
    yield* spread(cost, legs.cost, index, nodes);
    yield* spread(turned(cost, count), legs.costBack, index, nodes);
  }
  if (distance.length > 0) {
    yield* spread(distance, legs.distance, index, nodes);
    yield* spread(turned(distance, count), legs.distanceBack, index, nodes);
  }
  return time.every((leg, cell) => leg === back[cell]);
}

function turned<T extends Int32Array | Float64Array>(table: T, count: number): T {
  const back = table.slice() as T;
  for (let a = 0; a < count; a++) for (let b = 0; b < count; b++) back[a * count + b] = table[b * count + a]!;
  return back;
}

/** From places to nodes. */
function* spread<T extends Int32Array | Float64Array>(table: T, into: T, index: Int32Array, nodes: number): Pieces<void> {
  const count = Math.sqrt(table.length);
  for (let from = 0; from < nodes; from++) {
    const row = index[from]! * count;
    for (let to = 0; to < nodes && row >= 0; to++) {
      const column = index[to]!;
      if (column !== NOWHERE && from !== to) into[from * nodes + to] = table[row + column]!;
    }
    if (isPieceDone(from, nodes)) yield;
  }
}

function lay(legs: Legs, nodes: number, from: number, to: number, time: number, cost: number, distance: number): void {
  const cell = from * nodes + to;
  const back = to * nodes + from;
  legs.time[cell] = legs.timeBack[back] = time;
  if (legs.cost.length > 0) legs.cost[cell] = legs.costBack[back] = cost;
  if (legs.distance.length > 0) legs.distance[cell] = legs.distanceBack[back] = distance;
}

function timeOf({ profile }: Legs, from: number, to: number): number {
  return wholeTime(profile.time(from, to), from === to);
}

function costOf({ profile, timeCost, distanceCost }: Legs, from: number, to: number, time: number): number {
  if (profile.cost !== undefined) return finite(profile.cost(from, to));
  return timeCost * time + (distanceCost === 0 ? 0 : distanceCost * finite(profile.distance?.(from, to) ?? 0));
}

function distanceOf({ profile }: Legs, from: number, to: number): number {
  return finite(profile.distance?.(from, to) ?? 0);
}

function wholeTime(time: number, stays: boolean): number {
  if (time >= 0 && time < NEVER) return Math.round(time);
  return stays ? 0 : NEVER;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NEVER;
}
