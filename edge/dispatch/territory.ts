/** Whether a place lies where an engineer goes. */
import type { Area, Engineer } from "../../contracts/engineer.ts";
import type { Place } from "../../contracts/instant.ts";
import { greatCircleM } from "./travel.ts";

export function covers({ territory }: Engineer, place: Place): boolean {
  return territory === undefined || territory.some((area) => isInside(area, place));
}

/** Metres from the place to the nearest centre or corner of the territory: how far outside, roughly. */
export function metresTo({ territory = [] }: Engineer, place: Place): number {
  const ways = territory.flatMap((area) =>
    "ring" in area ? area.ring.map((corner) => greatCircleM(corner, place)) : [Math.max(0, greatCircleM(area.center, place) - area.radiusM)],
  );
  return Math.round(Math.min(...ways));
}

function isInside(area: Area, place: Place): boolean {
  if (!("ring" in area)) return greatCircleM(area.center, place) <= area.radiusM;
  // A ray to the east crosses the border an odd number of times; edges are straight in degrees, as a map draws them.
  let inside = false;
  for (const [i, a] of area.ring.entries()) {
    const b = area.ring[(i + 1) % area.ring.length] ?? a;
    if (a.lat > place.lat !== b.lat > place.lat && place.lon < a.lon + ((b.lon - a.lon) * (place.lat - a.lat)) / (b.lat - a.lat)) inside = !inside;
  }
  return inside;
}
