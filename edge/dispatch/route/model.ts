/**
 * A problem as the optimiser works on it: nodes in typed arrays. First the jobs, then the breaks of all vehicles, then a start and an end for
 * each vehicle. Times are counted from the earliest shift.
 *
 *   nodes   0 … jobs − 1 │ … breaks │ start₀ end₀ start₁ end₁ …
 */
import { setDropCosts } from "./drop-cost.ts";
import { layNodes } from "./lay.ts";
import { costIsTime, emptyLegs, fillLeg, fillLegs, fillRows, HORIZON, legsKey, type Legs, type Tables } from "./legs.ts";
import { whole as all, type Pieces } from "./pieces.ts";
import { relaxPinned } from "./pinned.ts";
import type { Problem, Window } from "./problem.ts";

export type Model = {
  readonly problem: Problem;
  readonly jobs: number;
  readonly vehicles: number;
  readonly nodes: number;
  readonly dims: number;
  /** Added to every time on the way out. */
  readonly origin: number;
  /** Something but travel time, one window and one direction of amounts is asked for. */
  readonly rich: boolean;
  /** A later start can cost something. */
  readonly timed: boolean;
  /** A later start never costs less. */
  readonly monotone: boolean;
  readonly mixed: boolean;
  readonly setups: boolean;
  readonly bounded: boolean;
  /** Each way takes as long as the way back; known for models that are not sparse. */
  readonly symmetric: boolean;
  /** Nothing but its skills decides which vehicle may have a job, and no vehicle costs more than its legs. */
  readonly simple: boolean;
  /** By vehicle. */
  readonly legs: readonly Legs[];
  readonly placeOf: Int32Array;
  readonly isBreak: Uint8Array;
  readonly vehicleOf: Int32Array;
  readonly service: Int32Array;
  readonly setup: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Of nodes with several windows: from, to, from, to …; by node the first and the one after the last. */
  readonly windows: Int32Array;
  readonly windowsAt: Int32Array;
  readonly delivery: Float64Array;
  readonly pickup: Float64Array;
  readonly capacity: Float64Array;
  /** Of a pair the other job; −1 without. */
  readonly mate: Int32Array;
  /** Brought by its pair's first job. */
  readonly isSecond: Uint8Array;
  /** `[job * vehicles + vehicle]`. */
  readonly allowed: Uint8Array;
  /** What a vehicle costs a job, whatever the position; empty when nothing does. */
  readonly bias: Float64Array;
  readonly dropCost: Float64Array;
  readonly fixedCost: Float64Array;
  readonly jobsMax: Int32Array;
  /** Empty vehicles of one kind are alike to every job. Not told apart in sparse models, which nobody searches. */
  readonly kind: Int32Array;
  readonly kinds: number;
  readonly breakNodes: readonly (readonly number[])[];
  /** Jobs, by node; and where their costs of time begin. */
  readonly due: Float64Array;
  readonly lateCost: Float64Array;
  readonly since: Float64Array;
  readonly waitCost: Float64Array;
  readonly toldAt: Float64Array;
  readonly moveCost: Float64Array;
  readonly overtimeFrom: Float64Array;
  readonly overtimeCost: Float64Array;
  readonly fairness: number;
  readonly shift: Float64Array;
  readonly travelMax: Float64Array;
  readonly distanceMax: Float64Array;
  readonly pinned: Uint8Array;
  /** Legs are filled in when they are asked for. */
  readonly sparse: boolean;
};

export function startNode(model: Model, vehicle: number): number {
  return model.nodes - 2 * (model.vehicles - vehicle);
}

export type Compiling = {
  /** Travel is worked out for what is looked at only; for one insertion into plans that stand. */
  readonly sparse?: boolean;
  /** Of sparse models: what the one before was laid in. It is of no use any more. */
  readonly tables?: Tables;
};

export function compile(problem: Problem, how: Compiling = {}): Model {
  return all(compileInPieces(problem, how));
}

/** As `compile`, in pieces that each take some tenths of a millisecond. */
export function* compileInPieces(problem: Problem, { sparse = false, tables }: Compiling = {}): Pieces<Model> {
  const { jobs, vehicles } = problem;
  const [n, V] = [jobs.length, vehicles.length];
  const breaks = vehicles.reduce((sum, { breaks: list }) => sum + (list?.length ?? 0), 0);
  const nodes = n + breaks + 2 * V;
  const dims = Math.max(0, ...jobs.map((job) => Math.max(job.delivery?.length ?? 0, job.pickup?.length ?? 0)));
  const origin = originOf(problem);
  const whole = (count: number) => new Int32Array(count);
  const real = (count: number) => new Float64Array(count);
  const traits = traitsOf(problem);
  if (tables !== undefined) tables.taken = 0;
  if (!sparse) yield;
  const legs = legsOf(problem, nodes, traits, sparse && tables !== undefined ? tables : null);
  const kinds = sparse ? { kind: whole(V), kinds: 1 } : kindsOf(problem);
  if (!sparse) yield;
  const model: Model = {
    ...traits,
    problem,
    jobs: n,
    vehicles: V,
    nodes,
    dims,
    origin,
    sparse,
    symmetric: false,
    legs,
    placeOf: whole(nodes).fill(-1),
    isBreak: new Uint8Array(nodes),
    vehicleOf: whole(nodes).fill(-1),
    service: whole(nodes),
    setup: whole(nodes),
    from: whole(nodes),
    to: whole(nodes),
    windows: whole(2 * (n + breaks + windowsBeyondOne(problem))),
    windowsAt: whole(nodes + 1),
    delivery: real(n * dims),
    pickup: real(n * dims),
    capacity: real(V * dims).fill(Infinity),
    mate: whole(nodes).fill(-1),
    isSecond: new Uint8Array(n),
    allowed: new Uint8Array(n * V).fill(1),
    bias: real(traits.biased ? n * V : 0),
    dropCost: real(n),
    fixedCost: Float64Array.from(vehicles, ({ fixedCost }) => fixedCost ?? 0),
    jobsMax: Int32Array.from(vehicles, ({ jobsMax }) => jobsMax ?? HORIZON),
    breakNodes: breakNodesOf(problem),
    due: real(n),
    lateCost: Float64Array.from(jobs, ({ lateCost, due }) => (due === undefined ? 0 : (lateCost ?? 0))),
    since: real(n),
    waitCost: Float64Array.from(jobs, ({ waitCost }) => waitCost ?? 0),
    toldAt: real(n),
    moveCost: Float64Array.from(jobs, ({ told }) => (told?.at === undefined ? 0 : (told.moveCost ?? 0))),
    overtimeFrom: Float64Array.from(vehicles, ({ overtimeFrom }) => (overtimeFrom ?? Infinity) - origin),
    overtimeCost: Float64Array.from(vehicles, ({ overtimeCost }) => overtimeCost ?? 0),
    fairness: problem.fairness ?? 0,
    shift: real(V),
    travelMax: Float64Array.from(vehicles, ({ travelMax }) => travelMax ?? Infinity),
    distanceMax: Float64Array.from(vehicles, ({ distanceMax }) => distanceMax ?? Infinity),
    pinned: new Uint8Array(nodes),
    ...kinds,
  };
  const startOf = (vehicle: number) => startNode(model, vehicle);
  yield* layNodes(model, startOf);
  let symmetric = !sparse;
  if (!sparse) for (const one of new Set(model.legs)) if (!(yield* fillLegs(one, nodes, model.placeOf))) symmetric = false;
  yield;
  setDropCosts(model);
  for (const [vehicle, { pinned = [] }] of vehicles.entries()) if (pinned.length > 0) relaxPinned(model, vehicle, startOf(vehicle), pinned);
  return { ...model, symmetric };
}

/** Fills in the travel from and to a node, so that it can be inserted. */
export function fillNode(model: Model, node: number): void {
  if (!model.sparse) return;
  for (const legs of new Set(model.legs)) {
    fillRows(legs, model.nodes, model.placeOf, node);
    // A pair is followed on its way through the route, which asks for what leads from any node to it.
    for (let other = 0; other < model.nodes && model.mate[node] !== -1; other++) fillLeg(legs, model.nodes, model.placeOf, other, node);
  }
}

/** The earliest shift; where nobody has one, well before anything may begin: somebody may have to set out for it. */
function originOf({ vehicles, jobs }: Problem): number {
  const shifts = vehicles.flatMap(({ window }) => (window !== undefined && Number.isFinite(window[0]) ? [window[0]] : []));
  if (shifts.length > 0) return shifts.reduce((a, b) => Math.min(a, b));
  const opens = [...jobs.map(({ windows }) => windows), ...vehicles.flatMap(({ breaks = [] }) => breaks.map(({ windows }) => windows))]
    .map((windows) => windows?.[0]?.[0] ?? Infinity)
    .filter((from) => Number.isFinite(from));
  const earliest = opens.reduce((a, b) => Math.min(a, b), Infinity);
  return earliest > HORIZON / 2 && earliest < Infinity ? earliest - HORIZON / 2 : 0;
}

type Traits = Pick<Model, "simple" | "rich" | "timed" | "monotone" | "mixed" | "setups" | "bounded"> & { readonly biased: boolean; readonly priced: boolean };

function traitsOf({ jobs, vehicles, profiles, pairs = [], fairness = 0 }: Problem): Traits {
  const priced = vehicles.some((vehicle) => !costIsTime(vehicle, profiles[vehicle.profile ?? 0]));
  const waits = jobs.some((job) => (job.lateCost ?? 0) !== 0 || (job.waitCost ?? 0) !== 0 || (job.told?.moveCost ?? 0) !== 0);
  const timed = waits || vehicles.some(({ overtimeCost = 0 }) => overtimeCost !== 0);
  const mixed =
    pairs.length > 0 || (jobs.some(({ delivery = [] }) => delivery.some((a) => a > 0)) && jobs.some(({ pickup = [] }) => pickup.some((a) => a > 0)));
  const setups = jobs.some(({ setup = 0 }) => setup > 0);
  const bounded = vehicles.some(({ travelMax, distanceMax }) => travelMax !== undefined || distanceMax !== undefined);
  const stops = vehicles.some(({ breaks = [] }) => breaks.length > 0) || jobs.some(({ windows = [] }) => windows.length > 1);
  const biased = jobs.some(({ vehicleCost, told }) => vehicleCost !== undefined || told?.reassignCost !== undefined);
  const rich = timed || mixed || setups || bounded || stops || priced || fairness !== 0;
  return {
    simple: !rich && !biased && vehicles.every(({ fixedCost = 0, jobsMax }) => fixedCost === 0 && jobsMax === undefined),
    timed,
    monotone: jobs.every(({ told }) => (told?.moveCost ?? 0) === 0),
    mixed,
    setups,
    bounded,
    priced,
    biased,
    rich,
  };
}

function legsOf(problem: Problem, nodes: number, { priced }: Traits, tables: Tables | null): Legs[] {
  const distance = problem.vehicles.some(({ distanceMax }) => distanceMax !== undefined);
  const byKey = new Map<string, Legs>();
  return problem.vehicles.map((vehicle) => {
    const key = legsKey(vehicle);
    const legs = byKey.get(key) ?? emptyLegs(problem, vehicle, nodes, { cost: priced, distance }, tables);
    byKey.set(key, legs);
    return legs;
  });
}

function windowsBeyondOne({ jobs, vehicles }: Problem): number {
  const beyond = (windows: readonly Window[] | undefined) => Math.max(0, (windows?.length ?? 0) - 1);
  const ofBreaks = vehicles.flatMap(({ breaks = [] }) => breaks.map((one) => beyond(one.windows)));
  return [...jobs.map(({ windows }) => beyond(windows)), ...ofBreaks].reduce((sum, count) => sum + count, 0);
}

function breakNodesOf({ jobs, vehicles }: Problem): number[][] {
  let at = jobs.length;
  return vehicles.map(({ breaks = [] }) => breaks.map(() => at++));
}

function kindsOf({ vehicles, jobs }: Problem): { readonly kind: Int32Array; readonly kinds: number } {
  const named = new Set(
    jobs.flatMap(({ only = [], not = [], vehicleCost, told }) => [
      ...only,
      ...not,
      ...(vehicleCost?.keys() ?? []),
      ...(told === undefined ? [] : [told.vehicle]),
    ]),
  );
  const kinds = new Map<string, number>();
  const kind = Int32Array.from(vehicles, (vehicle, index) => {
    const key = JSON.stringify([vehicle, named.has(index) || (vehicle.pinned?.length ?? 0) > 0 ? index : null]);
    const known = kinds.get(key) ?? kinds.size;
    kinds.set(key, known);
    return known;
  });
  return { kind, kinds: kinds.size };
}
