/**
 * What a run of a unit came to. Every span begins and ends with an instant that the unit wrote down itself, but for the first sign of a
 * fault, which only the simulated machine knows.
 *
 *   fault begins ──detection──▶ sample that completes the verdict ──machine──▶ ticket with its first offer ──people──▶ accepted
 */
import type { View } from "../../contracts/entity.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { Priority, Ticket } from "../../contracts/ticket.ts";
import { quantile } from "../bench/machine.ts";
import type { FaultRow } from "./unit-fleet.ts";

export type Spread = { readonly n: number; readonly meanMs: number; readonly p50Ms: number; readonly p95Ms: number; readonly maxMs: number };

export type Response = {
  readonly tickets: number;
  /** Opening → somebody is at the machine. */
  readonly response: Spread;
  /** Nobody was there in time, or was at the end of the run. */
  readonly breachesOfResponse: number;
  readonly breachesOfResolution: number;
};

export type Kpis = {
  readonly faults: number;
  /** Faults whose alarm has not come: those of the last seconds, and those that the model does not see. */
  readonly unseen: number;
  /** Alarms on machines that had no fault. */
  readonly falseAlarms: number;
  readonly anomalyToAccepted: Spread;
  readonly detection: Spread;
  readonly machine: Spread;
  readonly people: Spread;
  /** Of faults whose ticket nobody has accepted when the run ends. */
  readonly unaccepted: number;
  readonly unacceptedOldestMs: number;
  readonly byPriority: Readonly<Record<Priority, Response>>;
  readonly episodes: number;
  /** Jobs for one episode; those that follow a repair which did not help are not counted. */
  readonly ticketsPerEpisodeMax: number;
  readonly follows: number;
  readonly offers: { readonly made: number; readonly accepted: number; readonly declined: number; readonly expired: number; readonly withdrawn: number };
  /** Jobs taken from whoever had accepted them, and offers taken back for somebody else, in all and for each ticket. */
  readonly reassigned: { readonly taken: number; readonly withdrawn: number; readonly perJob: number };
  readonly escalated: number;
  readonly resolved: number;
  /** Word that a promise may be missed: how long before its deadline it reached a team, and promises that broke without one. */
  readonly warnings: { readonly sent: number; readonly ahead: Spread; readonly unwarned: number };
  /** Samples that came twice or out of order, and opened nothing. */
  readonly absorbed: number;
  /** Of each engineer who set out. */
  readonly travel: { readonly trips: number; readonly meanM: number; readonly meanMs: number };
};

export type Besides = { readonly absorbed: number; readonly trips: number; readonly drivenM: number; readonly driveMs: number };

export function kpisOf(view: View, faults: readonly FaultRow[], { absorbed, trips, drivenM, driveMs }: Besides, endAt: number): Kpis {
  const [alarms, tickets, offers] = [view.list("alarm"), view.list("ticket"), view.list("offer")];
  const first = tickets.filter((ticket) => ticket.follows === undefined);
  const spans = { total: [] as number[], detection: [] as number[], machine: [] as number[], people: [] as number[] };
  const seen = new Set<FaultRow>();
  const waiting: number[] = [];
  let falseAlarms = 0;
  for (const alarm of alarms) {
    const fault = faults.findLast(
      ({ device, beganAt, mendedAt }) => device === alarm.device && beganAt <= alarm.sampleAt && (mendedAt ?? Infinity) > alarm.sampleAt,
    );
    const ticket = first.find((one) => one.alarm === alarm.id);
    if (fault === undefined) falseAlarms++;
    if (fault === undefined || seen.has(fault)) continue;
    seen.add(fault);
    if (ticket === undefined) continue;
    const acceptedAt = firstAcceptedAt(ticket, offers);
    if (acceptedAt === null) {
      waiting.push(endAt - fault.beganAt);
      continue;
    }
    spans.total.push(acceptedAt - fault.beganAt);
    spans.detection.push(alarm.sampleAt - fault.beganAt);
    spans.machine.push(ticket.openedAt - alarm.sampleAt);
    spans.people.push(acceptedAt - ticket.openedAt);
  }
  const byEpisode = Map.groupBy(first, ({ episode }) => episode);
  const state = (name: string): number => offers.filter((offer) => offer.state === name).length;
  return {
    faults: faults.length,
    unseen: faults.length - seen.size,
    falseAlarms,
    anomalyToAccepted: spreadOf(spans.total),
    detection: spreadOf(spans.detection),
    machine: spreadOf(spans.machine),
    people: spreadOf(spans.people),
    unaccepted: waiting.length,
    unacceptedOldestMs: Math.max(0, ...waiting),
    byPriority: { p1: responseOf("p1", tickets, endAt), p2: responseOf("p2", tickets, endAt), p3: responseOf("p3", tickets, endAt) },
    episodes: new Set(alarms.flatMap(({ episode, joined = [] }) => [episode, ...joined.map((one) => one.episode)])).size,
    ticketsPerEpisodeMax: Math.max(0, ...[...byEpisode.values()].map((same) => same.length)),
    follows: tickets.length - first.length,
    offers: { made: offers.length, accepted: state("accepted"), declined: state("declined"), expired: state("expired"), withdrawn: state("withdrawn") },
    reassigned: reassignedOf(tickets, offers),
    escalated: tickets.filter((ticket) => "escalatedAt" in ticket && ticket.escalatedAt !== undefined).length,
    resolved: tickets.filter(({ state: at }) => at === "resolved" || at === "closed").length,
    warnings: warningsOf(view, tickets),
    absorbed,
    travel: { trips, meanM: Math.round(drivenM / Math.max(1, trips)), meanMs: Math.round(driveMs / Math.max(1, trips)) },
  };
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { n: 0, meanMs: 0, p50Ms: 0, p95Ms: 0, maxMs: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { n: values.length, meanMs: Math.round(mean), p50Ms: quantile(values, 0.5), p95Ms: quantile(values, 0.95), maxMs: quantile(values, 1) };
}

function firstAcceptedAt({ id }: Ticket, offers: readonly Offer[]): number | null {
  const answered = offers.filter((offer) => offer.ticket === id && offer.state === "accepted").map(({ answeredAt }) => answeredAt ?? Infinity);
  return answered.length === 0 ? null : Math.min(...answered);
}

function reassignedOf(tickets: readonly Ticket[], offers: readonly Offer[]): Kpis["reassigned"] {
  const taken = tickets.reduce((sum, { history = [] }) => sum + history.filter(({ from, to }) => from === "assigned" && to === "open").length, 0);
  const madeAt = new Set(offers.map((offer) => `${offer.ticket} ${offer.madeAt}`));
  const withdrawn = offers.filter(({ state, ticket, answeredAt }) => state === "withdrawn" && madeAt.has(`${ticket} ${answeredAt}`)).length;
  return { taken, withdrawn, perJob: Math.round((100 * (taken + withdrawn)) / Math.max(1, tickets.length)) / 100 };
}

function warningsOf(view: View, tickets: readonly Ticket[]): Kpis["warnings"] {
  const told = view.list("action").flatMap(({ action }) => (action.action === "breach-notice" && action.state === "done" ? [action] : []));
  const ahead = told.flatMap(({ about, doneAt }) => (about["trouble"] === "breached" ? [] : [Number(about["by"]) - doneAt]));
  const warned = new Set(told.map(({ about }) => `${about["ticket"]} ${about["promise"]}`));
  const broken = tickets.flatMap(({ id, risks = [] }) => risks.flatMap(({ promise, severity }) => (severity === "breached" ? [`${id} ${promise}`] : [])));
  return { sent: told.length, ahead: spreadOf(ahead), unwarned: broken.filter((one) => !warned.has(one)).length };
}

function responseOf(priority: Priority, all: readonly Ticket[], endAt: number): Response {
  const tickets = all.filter((ticket) => ticket.priority === priority && ticket.state !== "cancelled");
  const there = tickets.flatMap((ticket) => ("arrivedAt" in ticket && ticket.arrivedAt !== undefined ? [{ ticket, at: ticket.arrivedAt }] : []));
  const arrivedAt = new Map(there.map(({ ticket, at }) => [ticket.id, at]));
  return {
    tickets: tickets.length,
    response: spreadOf(there.map(({ ticket, at }) => at - ticket.openedAt)),
    breachesOfResponse: tickets.filter(({ id, respondBy }) => (arrivedAt.get(id) ?? endAt) > respondBy).length,
    breachesOfResolution: tickets.filter((ticket) => ("resolvedAt" in ticket ? ticket.resolvedAt : endAt) > ticket.resolveBy).length,
  };
}
