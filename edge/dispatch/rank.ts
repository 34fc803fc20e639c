/** Who is there first: travel by great-circle distance and a calibrated factor, after the work already accepted. */
import type { Engineer } from "../../contracts/engineer.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import type { Because } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";

/** Mean radius of the earth (IUGG). */
const EARTH_M = 6_371_008.8;
/** Work of a fault mode that the scenario no longer has. */
const WORK_UNKNOWN_MS = 3_600_000;
const KMH_IN_M_PER_MS = 1 / 3_600;

export type Ranked = { readonly engineer: Engineer; readonly figures: Omit<Because, "skills"> };

/** Soonest arrival first; equal arrivals in order of id, so that the same facts give the same order. */
export function rank(view: UnitView, ticket: Ticket, candidates: readonly Engineer[], now: Millis): readonly Ranked[] {
  const site = view.get("asset", ticket.asset)?.position ?? view.scenario.site.place;
  const queue = queueByEngineer(view, now);
  const ranked = candidates.map((engineer) => ({ engineer, figures: figuresOf(view, engineer, site, queue.get(engineer.id) ?? 0, now) }));
  return ranked.sort((a, b) => arrivesIn(a) - arrivesIn(b) || (a.engineer.id < b.engineer.id ? -1 : 1));
}

export function arrivesIn({ figures }: Ranked): Millis {
  return figures.queueMs + figures.travelMs;
}

/** Metres between two places on the sphere; haversine, exact also for neighbours. */
export function greatCircleM(a: Place, b: Place): number {
  const lat = radians(b.lat - a.lat);
  const lon = radians(b.lon - a.lon);
  const h = Math.sin(lat / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(lon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Distances and ages only: a place is a personal value. */
function figuresOf(view: UnitView, engineer: Engineer, site: Place, queueMs: Millis, now: Millis): Ranked["figures"] {
  const { speedKmh, detour, positionStaleMs } = view.scenario.dispatch;
  const position = engineer.locatable ? view.get("position", engineer.id) : undefined;
  const age = position === undefined ? Infinity : Math.max(0, now - position.at);
  const from = position !== undefined && age <= positionStaleMs ? position.place : engineer.home;
  const distanceM = Math.round(greatCircleM(from, site) * detour);
  const travelMs = Math.round(distanceM / (speedKmh * KMH_IN_M_PER_MS));
  return { distanceM, travelMs, queueMs, ...(from === engineer.home ? {} : { positionAgeMs: age }) };
}

function queueByEngineer(view: UnitView, now: Millis): ReadonlyMap<EngineerId, Millis> {
  const queue = new Map<EngineerId, Millis>();
  const accepted = [
    ...view.list("ticket", { state: "assigned" }),
    ...view.list("ticket", { state: "travelling" }),
    ...view.list("ticket", { state: "working" }),
  ];
  for (const ticket of accepted) {
    if (ticket.state !== "assigned" && ticket.state !== "travelling" && ticket.state !== "working") continue;
    const workMs = view.scenario.faultModes.find((mode) => mode.id === ticket.faultMode)?.workMs ?? WORK_UNKNOWN_MS;
    const leftMs = ticket.state === "working" ? Math.max(0, workMs - (now - ticket.arrivedAt)) : workMs;
    for (const engineer of [ticket.to, ...(ticket.helpers ?? []).map((one) => one.engineer)]) queue.set(engineer, (queue.get(engineer) ?? 0) + leftMs);
  }
  return queue;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
