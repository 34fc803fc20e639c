/**
 * A problem as the optimiser works on it: nodes in typed arrays. First the jobs, then the breaks of all vehicles, then a start and an end for
 * each vehicle. Times are counted from the earliest shift.
 *
 *   nodes   0 … jobs − 1 │ … breaks │ start₀ end₀ start₁ end₁ …
 */
import { costIsTime, emptyLegs, fillLeg, fillLegs, fillRows, HORIZON, legsKey, type Legs } from "./legs.ts";
import type { Job, Problem, Skill, Vehicle, Window } from "./problem.ts";

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
  /** Empty vehicles of one kind are alike to every job. */
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

/** `sparse`: travel is worked out for what is looked at only; for one insertion into plans that stand. */
export function compile(problem: Problem, { sparse = false } = {}): Model {
  const { jobs, vehicles } = problem;
  const [n, V] = [jobs.length, vehicles.length];
  const breaks = vehicles.reduce((sum, { breaks: list }) => sum + (list?.length ?? 0), 0);
  const nodes = n + breaks + 2 * V;
  const dims = Math.max(0, ...jobs.map((job) => Math.max(job.delivery?.length ?? 0, job.pickup?.length ?? 0)));
  const origin = originOf(vehicles);
  const whole = (count: number) => new Int32Array(count);
  const real = (count: number) => new Float64Array(count);
  const traits = traitsOf(problem);
  const legs = legsOf(problem, nodes, traits);
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
    ...kindsOf(problem),
  };
  layNodes(model);
  if (!sparse) for (const one of new Set(model.legs)) fillLegs(one, nodes, model.placeOf);
  setDropCosts(model);
  relaxPinned(model);
  return { ...model, symmetric: !sparse && [...new Set(legs)].every(({ time, timeBack }) => time.every((leg, cell) => leg === timeBack[cell])) };
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

function originOf(vehicles: readonly Vehicle[]): number {
  const froms = vehicles.flatMap(({ window }) => (window === undefined ? [] : [window[0]]));
  return froms.length === 0 ? 0 : Math.min(...froms);
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

function legsOf(problem: Problem, nodes: number, { priced }: Traits): Legs[] {
  const distance = problem.vehicles.some(({ distanceMax }) => distanceMax !== undefined);
  const byKey = new Map<string, Legs>();
  return problem.vehicles.map((vehicle) => {
    const key = legsKey(vehicle);
    const legs = byKey.get(key) ?? emptyLegs(problem, vehicle, nodes, { cost: priced, distance });
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

function layNodes(model: Model): void {
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
    const first = startNode(model, vehicle);
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

/** Leaving a job out costs more than all travel and lateness there can be, so that jobs come first, and among them the priorities. */
function setDropCosts(model: Model): void {
  const { problem, dropCost, jobs } = model;
  let most = 1 + jobs * 2 * dearestLeg(model);
  const lastAt = model.to.reduce((a, b) => Math.max(a, b), 0);
  for (const cost of model.fixedCost) most += cost;
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    const shift = model.shift[vehicle] ?? 0;
    most += (model.overtimeCost[vehicle] ?? 0) * shift + model.fairness * shift;
  }
  for (let job = 0; job < jobs; job++) {
    const wait = (model.lateCost[job] ?? 0) * Math.max(0, lastAt - (model.due[job] ?? 0)) + (model.waitCost[job] ?? 0) * lastAt;
    most += Math.max(0, wait) + (model.moveCost[job] ?? 0) * lastAt;
    for (let cell = job * model.vehicles; cell < (job + 1) * model.vehicles && model.bias.length > 0; cell++) most += Math.abs(model.bias[cell] ?? 0);
  }
  for (const [job, { dropCost: given, priority = 0 }] of problem.jobs.entries()) dropCost[job] = given ?? most * (1 + priority * (jobs + 1));
}

/** More than any leg costs that can be travelled; where travel is not worked out yet, than any leg that is likely. */
function dearestLeg({ legs, sparse, rich }: Model): number {
  if (sparse) return HORIZON;
  let dearest = 0;
  for (const { time, cost } of new Set(legs)) {
    for (let cell = 0; cell < time.length; cell++) {
      const leg = rich && cost.length > 0 ? cost[cell]! : time[cell]!;
      if (time[cell]! < HORIZON && leg > dearest) dearest = leg;
    }
  }
  return dearest;
}

/**
 * What is pinned is a fact, even where it breaks a rule: its windows end nowhere, and shift, breaks, room and limits give way as far as what is
 * pinned alone, with the breaks behind it, asks for.
 */
function relaxPinned(model: Model): void {
  const { dims } = model;
  for (const [vehicle, { pinned = [] }] of model.problem.vehicles.entries()) {
    const last = pinned.at(-1);
    if (last === undefined) continue;
    const first = startNode(model, vehicle);
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

/** The first instant from `time` on at which the node may begin; −1 when there is none. */
export function earliestStart(model: Model, node: number, time: number): number {
  if (time > model.to[node]!) return -1;
  const end = model.windowsAt[node + 1]!;
  let at = model.windowsAt[node]!;
  if (at === end) return time > model.from[node]! ? time : model.from[node]!;
  while (at < end && model.windows[at + 1]! < time) at += 2;
  return at === end ? -1 : Math.max(time, model.windows[at]!);
}

/** The last instant until `time` at which the node may begin; −1 when there is none. */
export function latestStart(model: Model, node: number, time: number): number {
  if (time < model.from[node]!) return -1;
  let at = model.windowsAt[node + 1]! - 2;
  const first = model.windowsAt[node]!;
  if (at < first) return time < model.to[node]! ? time : model.to[node]!;
  while (at >= first && model.windows[at]! > time) at -= 2;
  return at < first ? -1 : Math.min(time, model.windows[at + 1]!);
}
