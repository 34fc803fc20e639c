/** Where movers have been while the page was open: the roads that the map has no other knowledge of. Pure. */
import type { FeatureCollection, LineString } from "geojson";
import type { Place } from "../../../contracts/instant.ts";

/** Ten minutes of a truck that reports every two seconds. */
const POINTS_MAX = 300;
/** Standing still makes no trail. */
const DEGREES_MIN = 0.00005;

export type Trails = ReadonlyMap<string, readonly Place[]>;

export function extendTrails(trails: Trails, movers: readonly { readonly id: string; readonly place: Place }[]): Trails {
  const next = new Map(trails);
  for (const { id, place } of movers) {
    const trail = next.get(id) ?? [];
    const last = trail.at(-1);
    if (last !== undefined && Math.abs(last.lat - place.lat) < DEGREES_MIN && Math.abs(last.lon - place.lon) < DEGREES_MIN) continue;
    next.set(id, [...trail, place].slice(-POINTS_MAX));
  }
  return next;
}

export function drawTrails(trails: Trails): FeatureCollection<LineString> {
  const features = [...trails]
    .filter(([, trail]) => trail.length > 1)
    .map(([id, trail]) => ({
      type: "Feature" as const,
      properties: { id },
      geometry: { type: "LineString" as const, coordinates: trail.map(({ lat, lon }) => [lon, lat]) },
    }));
  return { type: "FeatureCollection", features };
}
