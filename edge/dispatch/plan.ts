/** Everyone's routes as people are shown them, and the version by which a proposal says which plan it was made against. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Plan, PlannedStop, Tour } from "../../contracts/plan.ts";
import type { StockLevel } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { endOf, nodesOf, schedule, startOf, doneOf, type Schedule } from "./schedule.ts";
import { readFacts, type Facts, type Stop, type Worker } from "./facts.ts";
import { startNode } from "./route/model.ts";

/** The plan as of now; nothing is written. Engineers off shift without a job have no tour. */
export function planOf(view: UnitView, now: Millis): Plan {
  const facts = readFacts(view, now);
  const made = schedule(facts, facts.workers, null);
  const calibration = view.get("calibration", "travel");
  const tours = facts.workers.map((worker, vehicle) => tourOf(made, facts, worker, vehicle));
  const waiting = [...view.list("ticket", { state: "open" }), ...view.list("ticket", { state: "reopened" })];
  return {
    version: versionOf(view, facts),
    at: now,
    travel: { source: sourceOf(facts), ...(calibration === undefined ? {} : { factor: calibration.factor, trips: calibration.trips }) },
    tours: tours.filter(({ stops }, vehicle) => stops.length > 0 || facts.workers[vehicle]?.duty.state === "on"),
    waiting: waiting.toSorted((a, b) => a.respondBy - b.respondBy || (a.id < b.id ? -1 : 1)).map(({ id }) => id),
  };
}

/**
 * A digest of what a plan stands on: who is there and when, who has what in which order, what waits and until when, and which parts there are.
 * The clock and the roads are not in it.
 */
export function versionOf(view: UnitView, facts: Facts): string {
  const workers = facts.workers.map(({ engineer, locked, stops, held }) => [
    engineer.id,
    engineer.shifts,
    engineer.absences ?? [],
    engineer.skills,
    [engineer.breaks, engineer.overtimeMin, engineer.territory, engineer.extraShifts],
    locked.map(({ ticket }) => [ticket.id, ticket.state]),
    stops.map(({ ticket, hold, as }) => [ticket.id, hold, as ?? "", ...termsOf(ticket)]),
    held?.id ?? "",
  ]);
  const waiting = (["open", "reopened"] as const).flatMap((state) =>
    view.list("ticket", { state }).map((ticket) => [ticket.id, ticket.asked, ...termsOf(ticket)]),
  );
  return digest(JSON.stringify([workers, waiting, stockVersion(view), view.list("depot")]));
}

/** What a ticket asks for. */
function termsOf({ priority, respondBy, skills, crew, appointment, hold, pause }: Ticket & { readonly pause?: unknown }): readonly unknown[] {
  return [priority, respondBy, skills, crew, appointment, hold, pause];
}

/** By the very list that it was made of: one that is as it was is not read through again. */
const STOCKS = new WeakMap<readonly StockLevel[], string>();

function stockVersion(view: UnitView): string {
  const levels = view.list("stock");
  const known = STOCKS.get(levels) ?? (levels.length === 0 ? "" : digest(JSON.stringify(levels.map(({ id, onHand, holds }) => [id, onHand, holds]))));
  STOCKS.set(levels, known);
  return known;
}

function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16);
}

function tourOf(made: Schedule, facts: Facts, worker: Worker, vehicle: number): Tour {
  const { model, plan } = made;
  const first = startNode(model, vehicle);
  const nodes = nodesOf(made, vehicle);
  const planned = nodes.flatMap((node) => {
    const stop = made.stops[node];
    if (stop === undefined) return [];
    const before = plan.prev[node] ?? first;
    const leg = made.leg(model.placeOf[plan.at[before] ?? before] ?? 0, node, vehicle);
    return [stopOf(stop, startOf(made, node), doneOf(made, node), leg)];
  });
  const pauses = nodes.length === 0 ? [] : (model.breakNodes[vehicle] ?? []);
  const shiftEndAt = endOf(worker);
  const endAt = nodes.length === 0 ? worker.freeAt : startOf(made, first + 1);
  return {
    engineer: worker.engineer.id,
    freeAt: worker.freeAt,
    ...(shiftEndAt === undefined ? {} : { shiftEndAt }),
    stops: [...worker.locked.map((stop) => stopOf(stop, stop.startAt, stop.endAt, stop.leg)), ...planned],
    breaks: pauses.map((node) => ({ startAt: startOf(made, node), endAt: doneOf(made, node) })),
    endAt,
    overtimeMs: Math.max(0, shiftEndAt === undefined ? 0 : endAt - shiftEndAt),
  };
}

function stopOf({ ticket, hold, as, toldAt }: Stop, startAt: Millis, endAt: Millis, leg: { readonly ms: Millis; readonly m: number }): PlannedStop {
  const lateMs = startAt - ticket.respondBy;
  return {
    ticket: ticket.id,
    hold,
    ...(as === undefined ? {} : { as }),
    startAt,
    endAt,
    travelMs: leg.ms,
    distanceM: leg.m,
    respondBy: ticket.respondBy,
    ...(lateMs > 0 && ticket.state !== "working" ? { lateMs } : {}),
    ...(toldAt === undefined ? {} : { toldAt }),
  };
}

/** A routing service speaks for the plan where it reckoned any trip in it, or a way between two of its people; each trip names its own. */
function sourceOf({ workers, travel }: Facts): Plan["travel"]["source"] {
  const trips = workers.flatMap(({ from, stops }, i) => [...stops.map(({ site }) => site), workers[i + 1]?.from ?? from].map((to) => travel.leg(from, to)));
  return trips.find(({ source }) => source !== "great-circle")?.source ?? "great-circle";
}
