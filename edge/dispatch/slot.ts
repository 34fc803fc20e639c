/**
 * Where a job fits best into an engineer's route, what that costs and whom it delays; and, where it does not fit, which single rule is in the
 * way and by how much. Work that has begun is never moved: routes begin behind it.
 */
import type { EngineerId } from "../../contracts/ids.ts";
import type { Cost, Delay, NotChosen } from "../../contracts/offer.ts";
import type { Candidate } from "../../contracts/plan.ts";
import type { Facts } from "./facts.ts";
import { HORIZON, NEVER } from "./route/legs.ts";
import { startNode } from "./route/model.ts";
import { link, refresh, unlink } from "./route/plan.ts";
import { bestPlace, doneOf, endOf, hardEndOf, nodesOf, startOf, type Schedule, type Wanted } from "./schedule.ts";

/** A job that begins later by less is where it was. */
const DELAY_MS = 1_000;

export type Slot = { readonly fits: true; readonly candidate: Candidate } | { readonly fits: false; readonly why: NotChosen };

export function slotOf(made: Schedule, facts: Facts, wanted: Wanted, vehicle: number, isPreferred: boolean): Slot {
  const after = placeInTime(made, facts, wanted, vehicle);
  if (after !== -1) return { fits: true, candidate: candidateAt(made, facts, wanted, { vehicle, after, isPreferred }) };
  return { fits: false, why: blockedBy(made, facts, wanted, vehicle) };
}

/** A route that lasts too long as it is has its end widened to that; a job that is new has to be over in time all the same. −1 when it fits nowhere. */
function placeInTime(made: Schedule, facts: Facts, { workMs }: Wanted, vehicle: number): number {
  const { model, job } = made;
  const worker = made.workers[vehicle];
  const bound = model.to[job] ?? HORIZON;
  if (worker !== undefined) model.to[job] = Math.min(bound, Math.ceil(hardEndOf(facts, worker) - workMs - model.origin));
  const after = bestPlace(made, vehicle);
  model.to[job] = bound;
  return after;
}

type At = { readonly vehicle: number; readonly after: number; readonly isPreferred: boolean };

function candidateAt(made: Schedule, facts: Facts, { ticket }: Wanted, { vehicle, after, isPreferred }: At): Candidate {
  const { plan, model, job, workers } = made;
  const { weights, now } = facts;
  const worker = workers[vehicle];
  const engineer = worker?.engineer.id ?? ("" as EngineerId);
  const nodes = nodesOf(made, vehicle);
  const last = startNode(model, vehicle) + 1;
  const before = {
    starts: nodes.map((node) => startOf(made, node)),
    travel: plan.travel[vehicle] ?? 0,
    end: startOf(made, last),
    work: plan.work[vehicle] ?? 0,
  };
  const wasIdle = nodes.length === 0;
  link(plan, job, after);
  refresh(plan, vehicle);
  const arriveAt = startOf(made, job);
  const shiftEnd = worker === undefined ? undefined : endOf(worker);
  const over = (end: number): number => Math.max(0, shiftEnd === undefined ? 0 : end - Math.max(shiftEnd, worker?.freeAt ?? 0));
  const end = startOf(made, last);
  const leg = made.leg(model.placeOf[placeBefore(made, job)] ?? 0, job, vehicle);
  let [response, lateness, stability] = [weights.response[ticket.priority] * (arriveAt - ticket.openedAt), lateOf(facts, ticket, arriveAt), 0];
  const delays: Delay[] = [];
  for (const [i, node] of nodes.entries()) {
    const stop = made.stops[node];
    const [was, is] = [before.starts[i] ?? 0, startOf(made, node)];
    if (stop === undefined || was === is) continue;
    response += weights.response[stop.ticket.priority] * (is - was);
    lateness += lateOf(facts, stop.ticket, is) - lateOf(facts, stop.ticket, was);
    if (stop.toldAt !== undefined) stability += weights.stability * (Math.abs(is - stop.toldAt) - Math.abs(was - stop.toldAt));
    if (is - was >= DELAY_MS) delays.push({ ticket: stop.ticket.id, byMs: is - was });
  }
  const travel = (plan.travel[vehicle] ?? 0) - before.travel;
  const overtime = weights.overtime * (over(end) - (wasIdle ? 0 : over(before.end)));
  const shift = model.shift[vehicle] ?? 1;
  const fairness = (weights.fairness * ((plan.work[vehicle] ?? 0) ** 2 - before.work ** 2)) / shift;
  const preference = isPreferred ? -weights.preferenceMs : 0;
  const index = stopsBefore(made, job);
  const candidate: Candidate = {
    engineer,
    arriveAt,
    endAt: doneOf(made, job),
    travelMs: leg.ms,
    distanceM: leg.m,
    source: leg.source,
    ...(leg.ageMs === undefined ? {} : { ageMs: leg.ageMs }),
    ...(leg.stale === undefined ? {} : { stale: leg.stale }),
    queueMs: Math.max(0, arriveAt - now - leg.ms),
    overtimeMs: over(end),
    index,
    delays,
    cost: whole({ response, lateness, travel, overtime, stability, fairness, preference }),
    ...(index > 0 || worker?.positionAgeMs === undefined ? {} : { positionAgeMs: worker.positionAgeMs }),
  };
  unlink(plan, job);
  refresh(plan, vehicle);
  return candidate;
}

function lateOf({ weights }: Facts, { priority, respondBy }: Wanted["ticket"], at: number): number {
  return weights.lateness[priority] * Math.max(0, at - respondBy);
}

function whole(terms: Omit<Cost, "total">): Cost {
  const response = Math.round(terms.response);
  const lateness = Math.round(terms.lateness);
  const travel = Math.round(terms.travel);
  const overtime = Math.round(terms.overtime);
  const stability = Math.round(terms.stability);
  const fairness = Math.round(terms.fairness);
  const preference = Math.round(terms.preference);
  const total = response + lateness + travel + overtime + stability + fairness + preference;
  return { total, response, lateness, travel, overtime, stability, fairness, preference };
}

/** The node whose place the job is reached from: breaks have none. */
function placeBefore({ plan, model }: Schedule, job: number): number {
  let node = plan.prev[job] ?? 0;
  while (model.isBreak[node] === 1) node = plan.prev[node] ?? 0;
  return node;
}

function stopsBefore({ plan, model }: Schedule, job: number): number {
  let count = 0;
  for (let node = plan.prev[job] ?? -1; node !== -1; node = plan.prev[node] ?? -1) if (node < model.jobs) count++;
  return count;
}

/** Widens one rule after the other until the job fits: that one is in the way. Where it takes several, the first that is broken is told. */
function blockedBy(made: Schedule, facts: Facts, wanted: Wanted, vehicle: number): NotChosen {
  const { model, job } = made;
  const engineer = made.workers[vehicle]?.engineer.id ?? ("" as EngineerId);
  const first = startNode(model, vehicle);
  const nodes = nodesOf(made, vehicle);
  const place = model.placeOf[first] ?? 0;
  if (made.leg(place, job, vehicle).ms >= NEVER) return { engineer, code: "unreachable" };
  const others = nodes.filter((node) => made.stops[node]?.ticket.appointment !== undefined);
  const pauses = [...(model.breakNodes[vehicle] ?? [])];
  const end = first + 1;
  for (const wide of [[end], [job], others, pauses, [end, job, ...others, ...pauses]]) {
    const bounds = wide.map((node) => model.to[node] ?? HORIZON);
    const restore = (): void => {
      for (const [i, node] of wide.entries()) model.to[node] = bounds[i] ?? HORIZON;
    };
    for (const node of wide) model.to[node] = HORIZON;
    refresh(made.plan, vehicle);
    const after = bestPlace(made, vehicle);
    if (after === -1) {
      restore();
      refresh(made.plan, vehicle);
      continue;
    }
    link(made.plan, job, after);
    refresh(made.plan, vehicle);
    restore();
    const late = wide.find((node) => (made.plan.start[node] ?? 0) > (model.to[node] ?? 0));
    const worker = made.workers[vehicle];
    const endsAt = worker === undefined ? facts.now : hardEndOf(facts, worker);
    const byMs = late === undefined ? Math.max(0, doneOf(made, job) - endsAt) : (made.plan.start[late] ?? 0) - (model.to[late] ?? 0);
    unlink(made.plan, job);
    refresh(made.plan, vehicle);
    if (late === job) return { engineer, code: "misses-appointment", byMs };
    if (late !== undefined && pauses.includes(late)) return { engineer, code: "break", byMs };
    const stop = late === undefined ? undefined : made.stops[late];
    if (stop !== undefined) return { engineer, code: "breaks-appointment", ticket: stop.ticket.id };
    const away = worker?.duty.state === "on" ? worker.duty.away : undefined;
    if (away !== undefined && away.at <= endsAt)
      return { engineer, code: "absent", from: away.at, ...(away.backAt === undefined ? {} : { backAt: away.backAt }) };
    return { engineer, code: "shift-ends", endsAt, overMs: byMs };
  }
  return { engineer, code: "unreachable" };
}
