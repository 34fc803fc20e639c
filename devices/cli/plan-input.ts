/** From VROOM's JSON to a problem, or to a refusal that names the field, the rule and what to do. */
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Job, Problem, Routes, Vehicle } from "../../edge/dispatch/route/problem.ts";
import { checkInput } from "./plan-check.ts";
import { InputBreak, InputJob, InputMatrices, InputShipment, InputVehicle, PlanInput, ShipmentStep, VehicleCosts, VehicleStep } from "./plan-format.ts";
import { placesOf, type Places, type Spot } from "./plan-places.ts";
import { profileKey, profilesOf, travelOptions } from "./plan-profile.ts";
import { refusePinned, stepsOf } from "./plan-steps.ts";

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
  const pins = refusePinned(problem, input);
  if (pins !== null) return pins;
  const travel: Travel = places.coordinates === null ? { by: "matrices" } : { by: "great-circle", ...travelOptions(input) };
  return { input, problem, tasks, travel, routes: steps.routes, unread: unreadOf(input) };
}

function pathOf(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`), "") ||
    "the file"
  );
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

/** Names that no schema has, each once: a misspelt field changes nothing, and nobody would notice. */
function unreadOf(input: PlanInput): string[] {
  const { shape } = PlanInput;
  const unread = new Set<string>();
  const look = (values: readonly object[], known: object, where: string) => {
    for (const value of values) for (const name of Object.keys(value)) if (!Object.hasOwn(known, name)) unread.add(`${where}${name}`);
  };
  look([input], shape, "");
  look([input.options], shape.options.unwrap().shape, "options.");
  look(Object.values(input.matrices ?? {}), InputMatrices.shape, "matrices.*.");
  look(input.jobs, InputJob.shape, "jobs[].");
  look(input.vehicles, InputVehicle.shape, "vehicles[].");
  for (const { breaks, costs, steps } of input.vehicles) {
    look(breaks, InputBreak.shape, "vehicles[].breaks[].");
    look([costs], VehicleCosts.shape, "vehicles[].costs.");
    look(steps, VehicleStep.shape, "vehicles[].steps[].");
  }
  look(input.shipments, InputShipment.shape, "shipments[].");
  for (const { pickup, delivery } of input.shipments) {
    look([pickup], ShipmentStep.shape, "shipments[].pickup.");
    look([delivery], ShipmentStep.shape, "shipments[].delivery.");
  }
  return [...unread];
}
