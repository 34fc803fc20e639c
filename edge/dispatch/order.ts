/** The order of an engineer's accepted jobs, and what was told of it: kept when a job is taken, and told anew when it changes much. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { STOPS_MAX, type Route } from "../../contracts/plan.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { readFacts, type Facts, type Worker } from "./facts.ts";
import { questionOf } from "./rank.ts";
import { startNode } from "./route/model.ts";
import { link, refresh } from "./route/plan.ts";
import { bestPlace, nodesOfRoute, schedule, startOf } from "./schedule.ts";
import { greatCircle, learn } from "./travel.ts";

/** Less than this is within what people expect of a time of arrival. */
const RETELL_MS = 10 * 60_000;

/** Where a job that was accepted stands from now on: where it costs least, or at the end where that breaks a rule by now. */
export function joinRouteStep(draft: Draft, id: TicketId, engineer: EngineerId, cause: Cause): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket === undefined) return;
  const facts = readFacts(draft.view, cause.at, id);
  const worker = facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return;
  const made = schedule(facts, [worker], questionOf(draft.view, ticket));
  const place = bestPlace(made, 0);
  const last = made.plan.prev[startNode(made.model, 0) + 1] ?? startNode(made.model, 0);
  link(made.plan, made.job, place === -1 ? last : place);
  refresh(made.plan, 0);
  const stops = nodesOfRoute(made, 0).map((node) => ({ ticket: node === made.job ? id : (made.stops[node]?.ticket.id ?? id), startAt: startOf(made, node) }));
  keepOrder(draft, worker, stops);
}

/** Times as they are now, where they are far from what was told. */
export function retellStep(draft: Draft, engineer: EngineerId, cause: Cause): void {
  const facts = readFacts(draft.view, cause.at);
  const worker = facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return;
  const stops = expectedOf(facts, worker);
  const isFar = stops.some(({ ticket, startAt }) => {
    const told = worker.stops.find((stop) => stop.ticket.id === ticket)?.toldAt;
    return told === undefined || Math.abs(startAt - told) >= RETELL_MS;
  });
  if (isFar) keepOrder(draft, worker, stops);
}

/** When each accepted job of an engineer will begin, in their order. */
export function expectedOf(facts: Facts, worker: Worker): readonly { readonly ticket: TicketId; readonly startAt: Millis }[] {
  const made = schedule(facts, [worker], null);
  return worker.stops.flatMap((stop, node) => (stop.hold === "promised" ? [] : [{ ticket: stop.ticket.id, startAt: startOf(made, node) }]));
}

/** On the way: what is reckoned for the trip is remembered, to be held against what it takes. `before`: the ticket as it was. */
export function setOutStep(draft: Draft, before: Ticket, engineer: EngineerId, cause: Cause): void {
  const facts = readFacts(draft.view, cause.at, before.id);
  const worker = facts.workers.find((one) => one.engineer.id === engineer);
  const asset = draft.view.get("asset", before.asset);
  if (worker === undefined || asset === undefined || worker.locked.length > 0) return;
  const plain = greatCircle(draft.view.scenario.dispatch).leg(worker.from, asset.position);
  put(draft, { ...routeOf(draft, engineer), trip: { ticket: before.id, leftAt: cause.at, plainMs: plain.ms } });
}

/** There: the trip tells how long the roads take, and whoever works at an asset is at it. */
export function arriveStep(draft: Draft, { id, asset }: Ticket, engineer: EngineerId, cause: Cause): void {
  const { trip, ...route } = routeOf(draft, engineer);
  put(draft, { ...route, last: { asset, at: cause.at } });
  if (trip === undefined || trip.ticket !== id) return;
  const before = draft.view.get("calibration", "travel");
  const after = learn(before, { plainMs: trip.plainMs, tookMs: cause.at - trip.leftAt }, cause.at);
  if (after !== undefined && after !== before) draft.put({ family: "calibration", id: "travel", after });
}

/** Done, or gone on from there. */
export function leaveSiteStep(draft: Draft, { asset }: Ticket, engineer: EngineerId, cause: Cause): void {
  put(draft, { ...routeOf(draft, engineer), last: { asset, at: cause.at } });
}

export function routeOf(draft: Draft, engineer: EngineerId): Route {
  return draft.view.get("route", engineer) ?? { id: engineer, stops: [] };
}

function put(draft: Draft, after: Route): void {
  draft.put({ family: "route", id: after.id, after });
}

export function keepOrder(draft: Draft, { engineer, locked }: Worker, stops: readonly { readonly ticket: TicketId; readonly startAt: Millis }[]): void {
  const route = routeOf(draft, engineer.id);
  const saidOf = new Map(route.stops.flatMap(({ ticket, said }) => (said === undefined ? [] : [[ticket, said]])));
  const all = [...locked.map((stop) => ({ ticket: stop.ticket.id, startAt: stop.startAt })), ...stops].slice(0, STOPS_MAX);
  put(draft, {
    ...route,
    stops: all.map(({ ticket, startAt }) => {
      const said = saidOf.get(ticket);
      return { ticket, toldAt: Math.max(0, Math.round(startAt)), ...(said === undefined ? {} : { said }) };
    }),
  });
}
