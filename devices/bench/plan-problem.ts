/**
 * Dispatch problems made from a seed: jobs spread evenly, in clusters or both, windows narrow or wide, room that suffices for few or for many
 * jobs, with or without skills and breaks. So that it can be seen that nothing is fitted to the instances of others.
 */
import type { Break, Job, Problem, Vehicle, Window } from "../../edge/dispatch/route/problem.ts";
import { between, randomOf, type Random } from "../simulator/random.ts";

export type Spread = "even" | "clustered" | "both";
export type Kind = { readonly spread: Spread; readonly windows: "narrow" | "wide"; readonly team: boolean };

export const KINDS: readonly Kind[] = (["even", "clustered", "both"] as const).flatMap((spread) =>
  (["narrow", "wide"] as const).flatMap((windows) => [false, true].map((team) => ({ spread, windows, team }))),
);

/** A day in seconds, from six to six, and a town 40 km across, travelled at 36 km/h. */
const DAY: Window = [21_600, 64_800];
const TOWN_M = 40_000;
const SPEED_M_S = 10;
const CLUSTERS = 8;
const CLUSTER_M = 2_000;
const SKILLS = 5;
const JOBS_A_VEHICLE = 5;

type Point = readonly [x: number, y: number];

export function problemOf(seed: number, kind: Kind, count: number): Problem {
  const random = randomOf(seed, `${kind.spread} ${kind.windows} ${kind.team}`);
  const vehicles = Math.ceil(count / JOBS_A_VEHICLE);
  const depot: Point = [TOWN_M / 2, TOWN_M / 2];
  const homes = kind.team ? Array.from({ length: vehicles }, () => anywhere(random)) : [depot];
  const points = [...homes, ...pointsOf(random, kind.spread, count)];
  const time = (from: number, to: number) => secondsBetween(points[from] ?? depot, points[to] ?? depot);
  return {
    places: points.length,
    profiles: [{ time }],
    jobs: Array.from({ length: count }, (_, i) => jobOf(random, kind, homes.length + i, time)),
    vehicles: Array.from({ length: vehicles }, (_, i) => vehicleOf(random, kind, kind.team ? i : 0)),
  };
}

function jobOf(random: Random, { windows, team }: Kind, place: number, time: (from: number, to: number) => number): Job {
  const service = Math.round(between(random, 600, 2_400));
  const half = windows === "narrow" ? between(random, 600, 2_400) : between(random, 5_400, 16_200);
  // Somebody who leaves with the day can be there, and be back with its end.
  const middle = between(random, DAY[0] + time(0, place) + half / 2, DAY[1] - time(place, 0) - service - half / 2);
  const window: Window = [Math.round(Math.max(DAY[0], middle - half)), Math.round(Math.min(DAY[1] - service, middle + half))];
  const needs = team && random() < 0.6 ? [Math.floor(random() * SKILLS)] : [];
  return { place, service, windows: [window], delivery: [1 + Math.floor(random() * 30)], skills: needs };
}

function vehicleOf(random: Random, { windows, team }: Kind, place: number): Vehicle {
  const one = { start: place, end: place, window: DAY, capacity: [windows === "narrow" ? 200 : 500] };
  if (!team) return one;
  const noon: Break = { service: 2_700, windows: [[41_400, 46_800]] };
  return { ...one, skills: Array.from({ length: SKILLS }, (_, skill) => skill).filter(() => random() < 0.6), breaks: [noon] };
}

function pointsOf(random: Random, spread: Spread, count: number): readonly Point[] {
  const centres = Array.from({ length: CLUSTERS }, () => anywhere(random));
  return Array.from({ length: count }, (_, i): Point => {
    const [x, y] = centres[Math.floor(random() * CLUSTERS)] ?? [0, 0];
    if (spread === "even" || (spread === "both" && i % 2 === 0)) return anywhere(random);
    return [x + between(random, -CLUSTER_M, CLUSTER_M), y + between(random, -CLUSTER_M, CLUSTER_M)];
  });
}

function anywhere(random: Random): Point {
  return [random() * TOWN_M, random() * TOWN_M];
}

function secondsBetween([ax, ay]: Point, [bx, by]: Point): number {
  return Math.round(Math.hypot(ax - bx, ay - by) / SPEED_M_S);
}
