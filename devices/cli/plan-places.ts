/** Where everything of a plan's file is: rows of its matrices, or coordinates. */
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { PlanInput } from "./plan-format.ts";

export type Spot = { readonly start?: number; readonly end?: number };
export type Places = {
  readonly count: number;
  /** null: rows of matrices. */
  readonly coordinates: readonly (readonly [lon: number, lat: number])[] | null;
  readonly ofVehicle: readonly Spot[];
  readonly ofTask: readonly number[];
};

/** Where everything is: rows of the matrices, or coordinates, each counted once. */
export function placesOf(input: PlanInput): Places | Refusal {
  const rows = rowsOf(input);
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

/** Of a matrix that somebody travels by; one of another size that nobody uses says nothing. */
function rowsOf({ matrix, matrices = {}, vehicles }: PlanInput): number | undefined {
  const used = vehicles.find(({ profile }) => Object.hasOwn(matrices, profile));
  return (used === undefined ? undefined : matrices[used.profile]?.durations.length) ?? matrix?.length ?? Object.values(matrices)[0]?.durations.length;
}
