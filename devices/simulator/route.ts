/** Streets that the pump trucks drive, there and back, and where on them a truck is after so many metres. */
import type { Place } from "../../contracts/instant.ts";

export type Route = { readonly street: string; readonly places: readonly Place[] };

const EARTH_M = 6_371_000;

/** Points along main streets of Changsha, WGS84, good to some tens of metres. */
const STREETS: Readonly<Record<string, readonly (readonly [lat: number, lon: number])[]>> = {
  五一大道: [
    [28.1941, 112.9698],
    [28.1953, 112.9765],
    [28.1962, 112.9838],
    [28.1959, 112.9914],
    [28.1949, 113.0007],
    [28.1936, 113.0108],
  ],
  芙蓉路: [
    [28.1667, 112.9865],
    [28.1762, 112.9869],
    [28.1853, 112.9867],
    [28.1961, 112.9868],
    [28.2083, 112.9871],
    [28.2206, 112.9883],
    [28.2331, 112.9902],
  ],
  潇湘大道: [
    [28.1708, 112.9501],
    [28.1821, 112.9508],
    [28.1939, 112.9527],
    [28.2064, 112.9553],
    [28.2188, 112.9572],
    [28.2302, 112.9561],
  ],
  三一大道: [
    [28.2249, 112.9905],
    [28.2262, 113.0041],
    [28.2288, 113.0186],
    [28.2331, 113.0342],
    [28.2385, 113.0507],
    [28.2431, 113.0668],
  ],
};

export function routeOf(street: string): Route {
  return { street, places: (STREETS[street] ?? []).map(([lat, lon]) => ({ lat, lon })) };
}

export function routeM(route: Route): number {
  return route.places.slice(1).reduce((sum, place, i) => sum + distanceM(route.places[i] ?? place, place), 0);
}

/** `drivenM` since the beginning; at the end of the street the truck turns. */
export function placeOn(route: Route, drivenM: number): Place {
  const whole = routeM(route);
  const into = whole === 0 ? 0 : drivenM % (2 * whole);
  let left = into > whole ? 2 * whole - into : into;
  for (const [i, to] of route.places.entries()) {
    const from = route.places[i - 1];
    if (from === undefined) continue;
    const long = distanceM(from, to);
    if (left <= long && long > 0) return toward(from, to, left / long);
    left -= long;
  }
  return route.places.at(-1) ?? { lat: 0, lon: 0 };
}

/** The place a share of the way from one to the other; over a city the earth is flat. */
export function toward(from: Place, to: Place, share: number): Place {
  const part = Math.min(1, Math.max(0, share));
  return { lat: round6(from.lat + (to.lat - from.lat) * part), lon: round6(from.lon + (to.lon - from.lon) * part) };
}

/** Great circle (haversine). */
export function distanceM(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const h = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

/** Eleven centimetres. */
function round6(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
