/** A problem whose places are coordinates, with the roads of a routing server: one table for each profile of its vehicles, as VROOM asks for them. */
import type { Place } from "../../contracts/instant.ts";
import type { TravelConnector } from "../../contracts/scenario.ts";
import { PlanInput } from "./plan-format.ts";
import { failure, usage } from "./outcome.ts";
import { askRoads } from "./router.ts";

/** A million ways: some hundred requests. */
export const ROUTED_PLACES_MAX = 1_000;
/** What VROOM calls a car is the server's own default. */
const CAR = "car";

type Spot = { readonly field: string; readonly location: readonly [lon: number, lat: number]; readonly lay: (index: number) => void };

/** `value` has been read once, so it is a problem. The same with matrices, and every place by its row. Throws where the router has no answer. */
export async function withRoads(value: unknown, router: TravelConnector, tell: (done: number) => void): Promise<PlanInput> {
  const input = structuredClone(PlanInput.parse(value));
  if (input.matrices !== undefined || input.matrix !== undefined) throw usage("--router: the file brings its own matrices; leave them or --router out");
  const spots = spotsOf(input);
  const indexOf = new Map<string, number>();
  const places: Place[] = [];
  for (const { location } of spots) {
    const [lon, lat] = location;
    if (!indexOf.has(location.join())) indexOf.set(location.join(), places.push({ lat, lon }) - 1);
  }
  if (places.length > ROUTED_PLACES_MAX)
    throw usage(`--router: ${places.length} places, and ${ROUTED_PLACES_MAX} can be asked about; plan a region at a time, or bring matrices`);
  const profiles = [...new Set(input.vehicles.map(({ profile }) => profile))];
  const matrices: Record<string, { durations: (number | null)[][]; distances: (number | null)[][] }> = {};
  for (const [done, profile] of profiles.entries()) {
    const connector = profile === CAR ? router : { ...router, profile };
    const roads = await askRoads("--router", connector, places, (share) => tell((done + share) / profiles.length));
    const [lost] = roads.nowhere;
    const spot = spots.find(({ location }) => indexOf.get(location.join()) === lost);
    if (spot !== undefined)
      throw failure(
        `--router: ${spot.field} [${spot.location.join(", ")}] is not on the map of ${router.kind} at ${router.url}${roads.nowhere.length > 1 ? `, and ${roads.nowhere.length - 1} more` : ""}; correct it, or give the server that region's map`,
      );
    const rows = (of: (i: number) => number): (number | null)[][] =>
      places.map((_, from) => places.map((__, to) => ((roads.ms[from * places.length + to] ?? -1) < 0 ? null : of(from * places.length + to))));
    matrices[profile] = { durations: rows((i) => Math.round((roads.ms[i] ?? 0) / 1_000)), distances: rows((i) => roads.m[i] ?? 0) };
  }
  for (const { location, lay } of spots) lay(indexOf.get(location.join()) ?? 0);
  return { ...input, matrices };
}

function spotsOf(input: PlanInput): Spot[] {
  const spots: Spot[] = [];
  const add = (field: string, location: Spot["location"] | undefined, lay: Spot["lay"]): void => {
    if (location !== undefined) spots.push({ field, location, lay });
  };
  for (const [i, vehicle] of input.vehicles.entries()) {
    add(`vehicles[${i}].start`, vehicle.start, (index) => void (vehicle.start_index = index));
    add(`vehicles[${i}].end`, vehicle.end, (index) => void (vehicle.end_index = index));
  }
  for (const [i, job] of input.jobs.entries()) add(`jobs[${i}].location`, job.location, (index) => void (job.location_index = index));
  for (const [i, { pickup, delivery }] of input.shipments.entries()) {
    add(`shipments[${i}].pickup.location`, pickup.location, (index) => void (pickup.location_index = index));
    add(`shipments[${i}].delivery.location`, delivery.location, (index) => void (delivery.location_index = index));
  }
  return spots;
}
