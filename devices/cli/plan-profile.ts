/** How long each kind of vehicle is under way between the places of a plan's file: by its matrices, or as the crow flies. */
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Profile } from "../../edge/dispatch/route/problem.ts";
import { greatCircleM } from "../../edge/dispatch/travel.ts";
import type { InputVehicle, PlanInput } from "./plan-format.ts";
import type { Places } from "./plan-places.ts";

type Profiles = { readonly list: readonly Profile[]; readonly indexOf: ReadonlyMap<string, number> };

export function profileKey({ profile, speed_factor: factor }: InputVehicle): string {
  return `${factor} ${profile}`;
}

/** One for each profile and speed that a vehicle has. */
export function profilesOf(input: PlanInput, places: Places): Profiles | Refusal {
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
  // A profile may have any name, also one that every object has.
  const given = matrices !== undefined && Object.hasOwn(matrices, vehicle.profile) ? matrices[vehicle.profile] : undefined;
  const own = given ?? (matrix === undefined ? undefined : { durations: matrix });
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

export function travelOptions({ options }: PlanInput): { readonly detour: number; readonly speed_kmh: number } {
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
