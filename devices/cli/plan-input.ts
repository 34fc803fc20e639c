/** From VROOM's JSON to a problem, or to a refusal that names the field, the rule and what to do. */
import { refuse, type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { greatCircleM } from "../../edge/dispatch/travel.ts";
import { isJob, type Job, type Problem, type Profile, type Routes, type Step, type Vehicle } from "../../edge/dispatch/route/problem.ts";
import { checkInput } from "./plan-check.ts";
import { InputJob, InputShipment, InputVehicle, PlanInput } from "./plan-format.ts";

/** Of what a job of the problem was made: a job, or one end of a shipment. */
export type Task = {
  readonly type: "job" | "pickup" | "delivery";
  readonly id: number;
  readonly description?: string;
  readonly location?: readonly [lon: number, lat: number];
  readonly location_index?: number;
};

export type Travel =
  | { readonly by: "matrices" }
  | { readonly by: "osrm" | "valhalla"; readonly url: string }
  | { readonly by: "great-circle"; readonly detour: number; readonly speed_kmh: number };

export type PlanTask = {
  readonly input: PlanInput;
  readonly problem: Problem;
  readonly tasks: readonly Task[];
  readonly travel: Travel;
  /** What the vehicles' steps say to begin with. */
  readonly routes: Routes;
  /** Fields that nothing here reads, such as misspelt ones. */
  readonly unread: readonly string[];
};

export function readPlan(value: unknown): PlanTask | Refusal {
  const parsed = PlanInput.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const [rule = "is as VROOM has it", mend = "see VROOM's API"] = (issue?.message ?? "").split("; ");
    return refuse("malformed", rule, mend, pathOf(issue?.path ?? []));
  }
  const input = parsed.data;
  const refusal = checkInput(input);
  if (refusal !== null) return refusal;
  const places = placesOf(input);
  if (isRefusal(places)) return places;
  const profiles = profilesOf(input, places);
  if (isRefusal(profiles)) return profiles;
  const { jobs, tasks, pairs } = jobsOf(input, places);
  const steps = stepsOf(input, tasks);
  if (isRefusal(steps)) return steps;
  const vehicles = input.vehicles.map((vehicle, i) =>
    vehicleOf(vehicle, places.ofVehicle[i] ?? {}, profiles.indexOf.get(profileKey(vehicle)) ?? 0, steps.pinned[i] ?? []),
  );
  const problem: Problem = { places: places.count, profiles: profiles.list, jobs, vehicles, ...(pairs.length === 0 ? {} : { pairs }) };
  const travel: Travel = places.coordinates === null ? { by: "matrices" } : { by: "great-circle", ...travelOptions(input) };
  return { input, problem, tasks, travel, routes: steps.routes, unread: unreadOf(input) };
}

function pathOf(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`), "") ||
    "the file"
  );
}

type Spot = { readonly start?: number; readonly end?: number };
type Places = {
  readonly count: number;
  /** null: rows of matrices. */
  readonly coordinates: readonly (readonly [lon: number, lat: number])[] | null;
  readonly ofVehicle: readonly Spot[];
  readonly ofTask: readonly number[];
};

/** Where everything is: rows of the matrices, or coordinates, each counted once. */
function placesOf(input: PlanInput): Places | Refusal {
  const rows = input.matrix?.length ?? Object.values(input.matrices ?? {})[0]?.durations.length;
  const coordinates: (readonly [number, number])[] = [];
  const known = new Map<string, number>();
  const find = (index: number | undefined, location: readonly [number, number] | undefined, field: string): number | Refusal | undefined => {
    if (rows !== undefined) {
      if (index === undefined && location !== undefined)
        return refuse("malformed", "is given where there are matrices", "say which row it is", `${field}_index`);
      if (index !== undefined && index >= rows)
        return refuse("malformed", `is a row of the matrices, from 0 to ${rows - 1}`, "correct it, or give a larger matrix", `${field}_index`);
      return index;
    }
    if (location === undefined && index !== undefined)
      return refuse("malformed", "is given where places are told by their row", "give durations for each profile", "matrices");
    if (location === undefined) return undefined;
    const key = location.join();
    const place = known.get(key) ?? coordinates.push(location) - 1;
    known.set(key, place);
    return place;
  };
  const ofVehicle: Spot[] = [];
  for (const [i, vehicle] of input.vehicles.entries()) {
    const start = find(vehicle.start_index, vehicle.start, `vehicles[${i}].start`);
    const end = find(vehicle.end_index, vehicle.end, `vehicles[${i}].end`);
    if (isRefusal(start)) return start;
    if (isRefusal(end)) return end;
    if (start === undefined && end === undefined) return refuse("malformed", "starts or ends somewhere", "give start, end or both", `vehicles[${i}]`);
    ofVehicle.push({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) });
  }
  const ofTask: number[] = [];
  const sources = [
    ...input.jobs.map((job, i) => [job, `jobs[${i}].location`] as const),
    ...input.shipments.flatMap(({ pickup, delivery }, i) => [
      [pickup, `shipments[${i}].pickup.location`] as const,
      [delivery, `shipments[${i}].delivery.location`] as const,
    ]),
  ];
  for (const [task, field] of sources) {
    const place = find(task.location_index, task.location, field);
    if (isRefusal(place)) return place;
    if (place === undefined)
      return refuse(
        "malformed",
        "is somewhere",
        rows === undefined ? "give its [lon, lat]" : "say which row it is",
        rows === undefined ? field : `${field}_index`,
      );
    ofTask.push(place);
  }
  return { count: rows ?? coordinates.length, coordinates: rows === undefined ? coordinates : null, ofVehicle, ofTask };
}

type Profiles = { readonly list: readonly Profile[]; readonly indexOf: ReadonlyMap<string, number> };

function profileKey({ profile, speed_factor: factor }: InputVehicle): string {
  return `${factor} ${profile}`;
}

/** One for each profile and speed that a vehicle has. */
function profilesOf(input: PlanInput, places: Places): Profiles | Refusal {
  const list: Profile[] = [];
  const indexOf = new Map<string, number>();
  for (const [i, vehicle] of input.vehicles.entries()) {
    if (indexOf.has(profileKey(vehicle))) continue;
    const made = places.coordinates === null ? matrixProfile(input, vehicle, i, places.count) : circleProfile(places.coordinates, input, vehicle.speed_factor);
    if (isRefusal(made)) return made;
    indexOf.set(profileKey(vehicle), list.push(made) - 1);
  }
  return { list, indexOf };
}

function matrixProfile({ matrices, matrix, vehicles }: PlanInput, vehicle: InputVehicle, i: number, count: number): Profile | Refusal {
  const own = matrices?.[vehicle.profile] ?? (matrix === undefined ? undefined : { durations: matrix });
  if (own === undefined)
    return refuse(
      "malformed",
      `has a matrix for each profile in use, '${vehicle.profile}' too`,
      "add its durations, or change the profile",
      `vehicles[${i}].profile`,
    );
  for (const name of ["durations", "distances", "costs"] as const) {
    const rows = (own as Readonly<Record<string, unknown>>)[name];
    if (Array.isArray(rows) && rows.length !== count)
      return refuse("malformed", `has as many rows as the other matrices, ${count}`, "give one for the same places", `matrices.${vehicle.profile}.${name}`);
  }
  const { distances, costs } = own as { readonly distances?: Rows; readonly costs?: Rows };
  const needsDistance = vehicles.findIndex((one) => one.profile === vehicle.profile && ((one.costs.per_km ?? 0) > 0 || one.max_distance !== undefined));
  if (needsDistance !== -1 && distances === undefined)
    return refuse(
      "malformed",
      "is given where a vehicle's cost or limit is by distance",
      "add the distances, in metres",
      `matrices.${vehicle.profile}.distances`,
    );
  if (costs !== undefined && (vehicle.costs.per_hour !== undefined || vehicle.costs.per_km !== undefined))
    return refuse("malformed", "says nothing of hours or kilometres where the profile has a cost matrix", "leave out one of them", `vehicles[${i}].costs`);
  return {
    time: readRows(own.durations, vehicle.speed_factor),
    ...(distances === undefined ? {} : { distance: readRows(distances, 1) }),
    ...(costs === undefined ? {} : { cost: readRows(costs, 1) }),
  };
}

type Rows = readonly (readonly (number | null)[])[];

function readRows(rows: Rows, divisor: number): (from: number, to: number) => number {
  return (from, to) => {
    const entry = rows[from]?.[to] ?? null;
    return entry === null ? Infinity : divisor === 1 ? entry : Math.round(entry / divisor);
  };
}

function travelOptions({ options }: PlanInput): { readonly detour: number; readonly speed_kmh: number } {
  return { detour: options.detour, speed_kmh: options.speed_kmh };
}

/** Great circle, longer by `detour`, at `speed_kmh`. */
function circleProfile(coordinates: readonly (readonly [lon: number, lat: number])[], input: PlanInput, factor: number): Profile {
  const { detour, speed_kmh: speed } = travelOptions(input);
  const metres = (from: number, to: number): number => {
    const [a, b] = [coordinates[from], coordinates[to]];
    return a === undefined || b === undefined ? Infinity : Math.round(detour * greatCircleM({ lon: a[0], lat: a[1] }, { lon: b[0], lat: b[1] }));
  };
  return { time: (from, to) => Math.round((metres(from, to) * 3.6) / (speed * factor)), distance: metres };
}

function jobsOf(
  input: PlanInput,
  { ofTask }: Places,
): { readonly jobs: readonly Job[]; readonly tasks: readonly Task[]; readonly pairs: readonly (readonly [number, number])[] } {
  const jobs: Job[] = [];
  const tasks: Task[] = [];
  const pairs: (readonly [number, number])[] = [];
  type Common = Pick<PlanInput["jobs"][number], "id" | "description" | "location" | "location_index" | "setup" | "service" | "time_windows">;
  const add = (type: Task["type"], task: Common, more: Partial<Job>): number => {
    const { id, description, location, location_index: row, setup, service, time_windows: windows } = task;
    const place = ofTask[jobs.length] ?? 0;
    tasks.push({
      type,
      id,
      ...(description === undefined ? {} : { description }),
      ...(location === undefined ? {} : { location }),
      ...(row === undefined ? {} : { location_index: row }),
    });
    return jobs.push({ place, setup, service, ...(windows === undefined ? {} : { windows }), ...more }) - 1;
  };
  for (const job of input.jobs) {
    const { skills, priority, delivery = job.amount, pickup } = job;
    add("job", job, { skills, priority, ...(delivery === undefined ? {} : { delivery }), ...(pickup === undefined ? {} : { pickup }) });
  }
  for (const { pickup, delivery, amount, skills, priority } of input.shipments) {
    const first = add("pickup", pickup, { skills, priority, ...(amount === undefined ? {} : { pickup: amount }) });
    pairs.push([first, add("delivery", delivery, { skills, priority, ...(amount === undefined ? {} : { delivery: amount }) })]);
  }
  return { jobs, tasks, pairs };
}

function vehicleOf(vehicle: InputVehicle, spot: Spot, profile: number, pinned: readonly number[]): Vehicle {
  const { fixed, per_hour: perHour, per_km: perKm } = vehicle.costs;
  return {
    ...spot,
    profile,
    skills: vehicle.skills,
    breaks: vehicle.breaks.map(({ service, time_windows: windows }) => ({ service, windows: windows ?? [[-Infinity, Infinity]] })),
    fixedCost: fixed,
    timeCost: (perHour ?? 3_600) / 3_600,
    distanceCost: (perKm ?? 0) / 1_000,
    ...(vehicle.time_window === undefined ? {} : { window: vehicle.time_window }),
    ...(vehicle.capacity === undefined ? {} : { capacity: vehicle.capacity }),
    ...(vehicle.max_tasks === undefined ? {} : { jobsMax: vehicle.max_tasks }),
    ...(vehicle.max_travel_time === undefined ? {} : { travelMax: vehicle.max_travel_time }),
    ...(vehicle.max_distance === undefined ? {} : { distanceMax: vehicle.max_distance }),
    ...(pinned.length === 0 ? {} : { pinned }),
  };
}

type Given = { readonly routes: Routes; readonly pinned: readonly (readonly number[])[] };

/** The vehicles' steps: a plan to begin with, and of the first steps those that are pinned. */
function stepsOf({ vehicles }: PlanInput, tasks: readonly Task[]): Given | Refusal {
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

/** Names that no schema has, each once: a misspelt field changes nothing, and nobody would notice. */
function unreadOf(input: PlanInput): string[] {
  const { shape } = PlanInput;
  const unread = new Set<string>();
  const look = (values: readonly object[], known: object, where: string) => {
    for (const value of values) for (const name of Object.keys(value)) if (!(name in known)) unread.add(`${where}${name}`);
  };
  look([input], shape, "");
  look(input.jobs, InputJob.shape, "jobs[].");
  look(input.vehicles, InputVehicle.shape, "vehicles[].");
  look(input.shipments, InputShipment.shape, "shipments[].");
  return [...unread];
}
