import { describe, expect, test } from "vitest";
import type { Candidate } from "../../contracts/plan.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { drawCrowd, MORNING } from "../sim/crowd.ts";
import { startWorld } from "../sim/world.ts";
import type { Pause } from "./duty.ts";
import { readFacts, type Facts, type Stop, type Worker } from "./facts.ts";
import { questionOf, rank, type Question } from "./rank.ts";
import { covers } from "./territory.ts";

/**
 * A planner of the simplest kind, written from the rules alone: it walks every order there is, with the job at each place and the breaks wherever
 * they may be, and adds up what it costs.
 */
type Walked = {
  readonly startAt: number;
  readonly starts: readonly number[];
  readonly endAt: number;
  readonly travel: number;
  readonly work: number;
  readonly fault: string;
};

function walk(facts: Facts, worker: Worker, order: readonly (Stop | Pause)[], wanted: Stop | null): Walked {
  let [place, clock, base, travel, work, fault] = [worker.from, worker.freeAt, worker.freeAt, 0, 0, ""];
  const starts = new Map<Stop, number>();
  for (const step of order) {
    if (!("ticket" in step)) {
      const begins = Math.max(clock, step.from);
      if (begins > step.to) fault ||= "break";
      clock = begins + step.ms;
      base += step.ms;
      continue;
    }
    const leg = facts.travel.leg(place, step.site).ms;
    const { appointment } = step.ticket;
    // Travel goes on before and after a break: what is left of the way is done by whichever is later.
    const begins = Math.max(clock, base + leg, appointment?.from ?? 0, step.release ?? 0);
    if (appointment !== undefined && begins > appointment.to) fault ||= `appointment ${step.ticket.id}`;
    starts.set(step, begins);
    clock = base = begins + step.workMs;
    place = step.site;
    travel += leg;
    work += leg + step.workMs;
  }
  const { duty } = worker;
  if (duty.state === "on" && duty.endAt !== undefined && clock > Math.max(duty.endAt + worker.overtimeMs, worker.freeAt)) fault ||= "shift";
  return {
    startAt: wanted === null ? 0 : (starts.get(wanted) ?? 0),
    starts: worker.stops.map((stop) => starts.get(stop) ?? 0),
    endAt: clock,
    travel,
    work,
    fault,
  };
}

function orders(worker: Worker, wanted: Stop | null): (Stop | Pause)[][] {
  const routes =
    wanted === null
      ? [[...worker.stops]]
      : Array.from({ length: worker.stops.length + 1 }, (_, i) => [...worker.stops.slice(0, i), wanted, ...worker.stops.slice(i)]);
  return worker.pauses.reduce<(Stop | Pause)[][]>(
    (list, pause) => list.flatMap((route) => Array.from({ length: route.length + 1 }, (_, i) => [...route.slice(0, i), pause, ...route.slice(i)])),
    routes,
  );
}

function costOf(facts: Facts, worker: Worker, walked: Walked, question: Question, isPreferred: boolean): number {
  const { weights } = facts;
  const late = ({ priority, respondBy }: Stop["ticket"], at: number) => weights.lateness[priority] * Math.max(0, at - respondBy);
  const { duty } = worker;
  const end = duty.state === "on" ? duty.endAt : undefined;
  const over = end === undefined ? 0 : Math.max(0, walked.endAt - Math.max(end, worker.freeAt));
  const shift = (end === undefined ? facts.now + 3 * 86_400_000 : Math.max(end + worker.overtimeMs, worker.freeAt)) - worker.freeAt;
  const others = worker.stops.reduce((sum, { ticket, toldAt }, i) => {
    const at = walked.starts[i] ?? 0;
    return sum + weights.response[ticket.priority] * at + late(ticket, at) + (toldAt === undefined ? 0 : weights.stability * Math.abs(at - toldAt));
  }, 0);
  const own =
    walked.startAt === 0 ? 0 : weights.response[question.ticket.priority] * (walked.startAt - question.ticket.openedAt) + late(question.ticket, walked.startAt);
  const fair = (weights.fairness * walked.work ** 2) / Math.max(1, shift);
  return others + own + walked.travel + weights.overtime * over + fair - (isPreferred && walked.startAt !== 0 ? weights.preferenceMs : 0);
}

/** Breaks stay where the plan has them; this knows only the best of all. */
function best(facts: Facts, worker: Worker, question: Question): { readonly cost: number; readonly fits: boolean } {
  const stop: Stop = { ...question, hold: "promised" };
  const costs = orders(worker, stop)
    .map((order) => walk(facts, worker, order, stop))
    .filter(({ fault }) => fault === "")
    .map((walked) => costOf(facts, worker, walked, question, question.preferred.has(worker.engineer.id)));
  return { cost: Math.min(...costs), fits: costs.length > 0 };
}

const SEEDS = 30;
const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);

function decide(seed: number, n: number, more: { readonly breaks: boolean }) {
  const { scenario, changes } = drawCrowd(seed, pumpVibration, { engineers: 12, tickets: 30, waiting: 6 });
  const { view } = startWorld(scenario, changes);
  const read = readFacts(view, MORNING);
  const facts = more.breaks ? read : { ...read, workers: read.workers.map((worker) => ({ ...worker, pauses: [] })) };
  const ticket = view.list("ticket", { state: "open" })[n];
  if (ticket === undefined) throw new Error("nothing waits");
  const question = questionOf(view, ticket);
  return { facts, question, ranking: rank(facts, question) };
}

describe("best insertion", () => {
  test.each(seeds)("P11 seed %i: without breaks nobody can be inserted at a lower cost, and who is left out fits nowhere", (seed) => {
    for (let n = 0; n < 4; n++) {
      const { facts, question, ranking } = decide(seed, n, { breaks: false });
      for (const worker of facts.workers) {
        // A plan that breaks a rule already is a fact; the planner here knows no facts.
        const now = walk(facts, worker, worker.stops, null);
        if (now.fault !== "") continue;
        const { cost, fits } = best(facts, worker, question);
        const candidate = ranking.ranked.find(({ engineer }) => engineer === worker.engineer.id);
        const why = ranking.kept.find(({ engineer }) => engineer === worker.engineer.id);
        if (candidate === undefined) {
          const isKept = ["lacks-skill", "off-shift", "absent", "outside-territory"].includes(why?.code ?? "");
          expect(isKept || !fits, `${worker.engineer.id} ${why?.code}`).toBe(true);
          continue;
        }
        const before = costOf(facts, worker, now, question, false);
        expect(Math.abs(candidate.cost.total - (cost - before))).toBeLessThan(20);
      }
    }
  });

  test.each(seeds)("P11 seed %i: with breaks a place that is chosen keeps every hard rule, and the cost is what is said", (seed) => {
    for (let n = 0; n < 4; n++) {
      const { facts, question, ranking } = decide(seed, n, { breaks: true });
      for (const candidate of ranking.ranked) holds(facts, question, candidate);
      expect([...ranking.ranked.map(({ engineer }) => engineer), ...ranking.kept.map(({ engineer }) => engineer)].toSorted()).toEqual(
        facts.workers.map(({ engineer }) => engineer.id),
      );
      const totals = ranking.ranked.map(({ cost }) => cost.total);
      expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    }
  });

  test.each(seeds.slice(0, 12))("P12 seed %i: who is decided about together makes no difference", (seed) => {
    const { facts, question, ranking } = decide(seed, 0, { breaks: true });
    for (const worker of facts.workers) {
      const alone = rank({ ...facts, workers: [worker] }, question);
      expect(alone.ranked).toEqual(ranking.ranked.filter(({ engineer }) => engineer === worker.engineer.id));
      expect(alone.kept).toEqual(ranking.kept.filter(({ engineer }) => engineer === worker.engineer.id));
    }
  });

  test.each(seeds.slice(0, 8))("P12 seed %i: the same facts give the same choice, whatever the order of the roster", (seed) => {
    const { facts, question, ranking } = decide(seed, 0, { breaks: true });
    expect(rank({ ...facts, workers: facts.workers.toReversed() }, question).ranked).toEqual(ranking.ranked);
    expect(rank(facts, question)).toEqual(ranking);
  });
});

/** The candidate's own figures, walked anew in some order of the breaks that gives them. */
function holds(facts: Facts, question: Question, candidate: Candidate): void {
  const worker = facts.workers.find(({ engineer }) => engineer.id === candidate.engineer);
  if (worker === undefined) throw new Error("nobody");
  const { engineer, duty } = worker;
  expect(question.ticket.skills.every((skill) => engineer.skills.includes(skill))).toBe(true);
  expect(question.ticket.asked).not.toContain(engineer.id);
  expect(duty.state).toBe("on");
  expect(covers(engineer, question.site)).toBe(true);
  expect(candidate.arriveAt).toBeGreaterThanOrEqual(worker.locked.at(-1)?.endAt ?? 0);
  const stop: Stop = { ...question, hold: "promised" };
  const isFact = orders(worker, null).every((order) => walk(facts, worker, order, null).fault !== "");
  const same = orders(worker, stop)
    .map((order) => ({ order, walked: walk(facts, worker, order, stop) }))
    .filter(({ order, walked }) => walked.startAt === candidate.arriveAt && order.filter((step) => "ticket" in step).indexOf(stop) === candidate.index);
  expect(same.length, `${engineer.id} arrives as said`).toBeGreaterThan(0);
  if (!isFact)
    expect(
      same.some(({ walked }) => walked.fault === ""),
      `${engineer.id}: ${same[0]?.walked.fault}`,
    ).toBe(true);
}
