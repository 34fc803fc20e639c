/** The map under everything: land, a grid of degrees, and rings of driving time around the site. No tiles, no network, no glyphs. */
import type { FeatureCollection, LineString, Polygon, Position } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import type { GeometryCollection, Topology } from "topojson-specification";
import landUrl from "world-atlas/land-50m.json?url";
import type { Place } from "../../../contracts/instant.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Colours } from "./scheme.ts";

/** Rings that help to judge who is near: minutes of driving at the dispatch policy's speed and detour. */
export const RING_MINUTES = [5, 10, 20, 30] as const;
const EARTH_KM_PER_DEGREE = 111.32;
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Natural Earth's land at 1:50 million: no borders, which nobody here needs and some dispute. */
export async function loadLand(): Promise<FeatureCollection> {
  const [{ feature }, answer] = await Promise.all([import("topojson-client"), fetch(landUrl)]);
  const topology: Topology<{ readonly land: GeometryCollection }> = await answer.json();
  return feature(topology, topology.objects.land);
}

export function mapStyle(scenario: Scenario, colours: Colours): StyleSpecification {
  const { place } = scenario.site;
  const line = (source: string, colour: string, width: number, more: object = {}) => ({
    id: source,
    type: "line" as const,
    source,
    paint: { "line-color": colour, "line-width": width, ...more },
  });
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: NOTHING },
      fine: { type: "geojson", data: grid(place, 0.05, 1) },
      coarse: { type: "geojson", data: grid(place, 1, 24) },
      rings: { type: "geojson", data: rings(scenario) },
      trails: { type: "geojson", data: NOTHING },
      way: { type: "geojson", data: NOTHING },
      assets: { type: "geojson", data: NOTHING },
      people: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": colours.land } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colours.land } },
      { ...line("coarse", colours.grid, 1), maxzoom: 9 },
      { ...line("fine", colours.grid, 1), minzoom: 8 },
      line("rings", colours["line-strong"], 1, { "line-dasharray": [2, 4] }),
      line("trails", colours.accent, 2.5, { "line-opacity": 0.4 }),
      line("way", colours.progress, 2, { "line-dasharray": [2, 1.5] }),
      {
        id: "assets",
        type: "circle",
        source: "assets",
        paint: {
          "circle-radius": ["case", ["get", "chosen"], 8, ["==", ["get", "state"], "normal"], 5, 7],
          "circle-color": [
            "match",
            ["get", "state"],
            "anomalous",
            colours.anomalous,
            "suspect",
            colours["suspect-fill"],
            "progress",
            colours.progress,
            colours.normal,
          ],
          "circle-stroke-width": ["case", ["get", "chosen"], 3, 1.5],
          "circle-stroke-color": ["case", ["get", "chosen"], colours.ink, colours.panel],
        },
        layout: { "circle-sort-key": ["get", "rank"] },
      },
      {
        id: "people",
        type: "circle",
        source: "people",
        paint: {
          "circle-radius": 4.5,
          "circle-color": colours.panel,
          "circle-stroke-width": 2.5,
          "circle-stroke-color": ["case", ["get", "busy"], colours.progress, colours.ink],
        },
      },
    ],
  };
}

/** The northernmost point of each ring, for its label. */
export function ringTops(scenario: Scenario): readonly { readonly minutes: number; readonly at: Place }[] {
  return RING_MINUTES.map((minutes) => ({
    minutes,
    at: { lat: scenario.site.place.lat + reachKm(scenario, minutes) / EARTH_KM_PER_DEGREE, lon: scenario.site.place.lon },
  }));
}

/** Kilometres as the crow flies that are reached in so many minutes. */
function reachKm({ dispatch }: Scenario, minutes: number): number {
  return (dispatch.speedKmh * minutes) / 60 / dispatch.detour;
}

function rings(scenario: Scenario): FeatureCollection<Polygon> {
  const { lat, lon } = scenario.site.place;
  const features = RING_MINUTES.map((minutes) => {
    const degrees = reachKm(scenario, minutes) / EARTH_KM_PER_DEGREE;
    const around = Array.from({ length: 97 }, (_, step): Position => {
      const angle = (step / 96) * 2 * Math.PI;
      return [lon + (degrees / Math.cos((lat * Math.PI) / 180)) * Math.sin(angle), lat + degrees * Math.cos(angle)];
    });
    return { type: "Feature" as const, properties: { minutes }, geometry: { type: "Polygon" as const, coordinates: [around] } };
  });
  return { type: "FeatureCollection", features };
}

/** Parallels and meridians every `step` degrees, `reach` degrees around a place. */
function grid({ lat, lon }: Place, step: number, reach: number): FeatureCollection<LineString> {
  const lines: Position[][] = [];
  const [south, west] = [Math.floor((lat - reach) / step) * step, Math.floor((lon - reach) / step) * step];
  const [north, east] = [Math.min(89, lat + reach), lon + reach];
  for (let at = south; at <= north; at += step)
    lines.push([
      [west, at],
      [east, at],
    ]);
  for (let at = west; at <= east; at += step)
    lines.push([
      [at, Math.max(-89, south)],
      [at, north],
    ]);
  return {
    type: "FeatureCollection",
    features: lines.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } })),
  };
}
