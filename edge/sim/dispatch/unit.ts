/**
 * A unit decides: every job, answer, tap and timer goes through `journey.ts`, as in the real one, and is committed before the next. What the
 * engineers' phones would send is sent: where they are, that they set out, arrived and are done.
 */
import { NOTHING, type Answer, type Decided, type Due } from "../../../contracts/effect.ts";
import type { EntityOf, StockOf, UnitView } from "../../../contracts/entity.ts";
import type { EngineerId, PartId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import { Ticket } from "../../../contracts/ticket.ts";
import type { Travel } from "../../../contracts/travel.ts";
import { readFacts, type Facts } from "../../dispatch/facts.ts";
import { APPOINTMENT_LEAD_MS } from "../../dispatch/offer.ts";
import { asksForPlan } from "../../dispatch/replan/trigger.ts";
import { onAnswer, onDue, onProposal } from "../../journey.ts";
import { modeOf, OVERTIME_MS, whereIs, type Day, type Policy } from "./day.ts";
import { startPlanning } from "./planning.ts";
import { startStore } from "./store.ts";
import { MINUTE_MS, NIGHT, type Job } from "./town.ts";

/** Phones send where they are this often. */
const POSITION_MS = 10 * MINUTE_MS;
const DESK = "desk";
const DAY_MS = 24 * 60 * MINUTE_MS;
const REPORT = { type: "progress", to: "resolved", cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [] } as const;

/** Whoever looks on: how long an input takes that dispatch answers, and whether a rule is broken. */
export type Watch = {
  readonly begins: () => number;
  readonly ended: (begun: number, input: string) => void;
  readonly committed: (view: UnitView) => void;
  readonly breach: (what: string) => void;
};

/** `withdrawn`: offers taken back while they were open. */
export type Counted = { readonly withdrawn: number; readonly planner: { readonly asks: number; readonly stale: number } };
export type UnitPolicy = Policy & { readonly counted: () => Counted };

/** `iterations`: of a planner's answer; 0: there is no planner. */
export function unitPolicy(day: Day, travel: Travel, iterations: number, watch: Watch): UnitPolicy {
  const { scenario } = day.town;
  const timers = new Map<string, Millis>();
  let known: Facts | null = null;
  let made = 0;
  let withdrawn = 0;
  let isGivingBack = false;
  const newId = (): string => `id-${String(++made).padStart(6, "0")}`;
  const { view, put } = startStore(scenario, stockOf(day));
  const planning = startPlanning({
    view,
    iterations,
    now: day.now,
    at: day.at,
    take: (proposal) => decide("proposal", () => onProposal(view, proposal, day.now(), newId)),
    breach: watch.breach,
  });

  function commit({ changes, timers: set }: Decided): void {
    known = null;
    for (const change of changes) {
      const before = put(change);
      if (change.family === "offer" && change.after !== null) follow(change.after, before as EntityOf<"offer"> | undefined);
      if (change.family === "ticket" && change.after !== null) lose(change.after, before as Ticket | undefined);
    }
    for (const timer of set) {
      if ("cancel" in timer) timers.delete(timer.cancel);
      else arm(timer.set, timer.at, timer.due);
    }
    if (changes.some(({ family }) => family === "ticket" || family === "offer")) watch.committed(view);
  }

  /** The same while nothing is committed. */
  function factsNow(): Facts {
    if (known === null || known.now !== day.now()) known = readFacts(view, day.now());
    return known;
  }

  function follow(offer: EntityOf<"offer">, before: EntityOf<"offer"> | undefined): void {
    if (offer.state === "open" && before === undefined) day.ask(jobOf(offer.ticket), offer.engineer);
    if (offer.state === "withdrawn" && before?.state === "open") withdrawn++;
  }

  /** Whoever had accepted it has it no more. */
  function lose(ticket: Ticket, before: Ticket | undefined): void {
    if (before?.state !== "assigned" || "acceptedAt" in ticket) return;
    const isAway = day.people.get(before.to)?.isAway === true || isGivingBack;
    day.assign(ticket.id, null, isAway ? "given-back" : "taken");
  }

  function arm(key: string, at: Millis, due: Due): void {
    timers.set(key, at);
    if (at > NIGHT) return;
    day.at(at, () => {
      if (timers.get(key) !== at) return;
      timers.delete(key);
      decide(due.type, () => onDue(view, due, day.now(), newId));
    });
  }

  function say(answer: Answer): boolean {
    return decide(answer.type, () => onAnswer(view, answer, day.now(), newId));
  }

  function decide(input: string, run: () => Decided | Refusal): boolean {
    const begun = watch.begins();
    const decided = run();
    watch.ended(begun, input);
    if (isRefusal(decided)) return false;
    commit(decided);
    if (decided.changes.some(({ family }) => family !== "position")) {
      if (asksForPlan(decided)) planning.ask();
      for (const [engineer, { state }] of day.people) if (state === "free") day.at(day.now(), () => day.look(engineer));
    }
    return true;
  }

  function jobOf(ticket: TicketId): Job {
    const visit = day.records.get(ticket);
    if (visit === undefined) throw new Error(`ticket ${ticket} is no job of this day`);
    return visit.job;
  }

  function offerTo(job: Job, engineer: EngineerId): EntityOf<"offer"> | undefined {
    return view.list("offer", { ticket: job.id, state: "open" }).find((offer) => offer.engineer === engineer);
  }

  function report(): void {
    for (const [by, person] of day.people) {
      const { shiftFrom, shiftTo } = person.crew;
      if (day.now() < shiftFrom || day.now() >= shiftTo || person.isAway) continue;
      say({ type: "position", by, place: whereIs(person, day.now()), at: day.now() });
    }
    if (day.now() < NIGHT) day.at(day.now() + POSITION_MS, report);
  }

  /** An agreed visit is known from the day before. */
  function openAgreed(job: Job, appointment: NonNullable<Job["appointment"]>): void {
    const { id, asset, faultMode, priority, openedAt, respondBy } = job;
    const mode = modeOf(scenario, job);
    const ticket = Ticket.parse({
      state: "open",
      source: "person",
      id,
      asset,
      faultMode,
      priority,
      openedAt,
      respondBy,
      resolveBy: respondBy + DAY_MS,
      appointment,
      severity: mode.severity,
      skills: mode.skills,
      repairs: [],
      kit: `kit-${id}`,
      asked: [],
      round: 0,
    });
    const at = appointment.from - APPOINTMENT_LEAD_MS;
    const due: Due = { type: "dispatch-again", ticket: id };
    commit({ ...NOTHING, changes: [{ family: "ticket", id, after: ticket }], timers: [{ set: `dispatch:${id}`, at, due }] });
  }

  commit({
    ...NOTHING,
    changes: [
      ...day.town.assets.map((after) => ({ family: "asset", id: after.id, after }) as const),
      ...day.town.crew.map(({ engineer }) => ({ family: "engineer", id: engineer.id, after: engineer }) as const),
    ],
  });
  day.at(0, report);

  return {
    counted: () => ({ withdrawn, planner: planning.counted() }),
    opened: (job) => {
      if (job.appointment !== undefined) return openAgreed(job, job.appointment);
      const { id: ticket, asset, faultMode, priority, follows } = job;
      say({ type: "open", ticket, by: DESK, asset, words: "simulated", faultMode, priority, ...(follows === undefined ? {} : { follows }) });
    },
    accepted: (job, by) => {
      const offer = offerTo(job, by);
      return offer !== undefined && say({ type: "accept", offer: offer.id, by });
    },
    declined: (job, by) => {
      const offer = offerTo(job, by);
      if (offer !== undefined) say({ type: "decline", offer: offer.id, by, reason: "can't" });
    },
    left: (job, by) => void say({ type: "progress", ticket: job.id, by, to: "travelling" }),
    arrived: (job, by) => void say({ type: "progress", ticket: job.id, by, to: "working" }),
    done: (job, by, used) =>
      void say({
        ...REPORT,
        ticket: job.id,
        by,
        partsUsed: used.map((part) => ({ part, quantity: 1 })),
      }),
    ill: (engineer) => {
      say({ type: "absent", engineer, by: DESK, from: day.now(), until: NIGHT });
    },
    next: (engineer) => {
      const worker = factsNow().workers.find((one) => one.engineer.id === engineer);
      const stop = worker?.stops.find(({ hold }) => hold === "accepted");
      const person = day.people.get(engineer);
      if (stop === undefined || person === undefined) return null;
      const job = jobOf(stop.ticket.id);
      const way = travel.leg(person.place, job.site).ms;
      const leaveAt = job.appointment === undefined ? day.now() : Math.max(day.now(), job.appointment.from - way);
      if (leaveAt + way + stop.workMs <= person.crew.shiftTo + OVERTIME_MS) return { job: job.id, leaveAt };
      giveBack(job.id, "the shift is over before");
      return null;
    },
  };

  function giveBack(ticket: TicketId, why: string): void {
    isGivingBack = true;
    say({ type: "return", ticket, by: DESK, why });
    isGivingBack = false;
  }
}

/** What is in the van and not meant for another job that the engineer has. */
function stockOf(day: Day): StockOf {
  const partsOf = (ticket: TicketId): readonly PartId[] => day.records.get(ticket)?.job.parts ?? [];
  return (view) => (goer, ticket) => {
    const parts = partsOf(ticket.id);
    if (parts.length === 0) return { missing: [], stops: [] };
    const engineer = goer.engineer.id;
    const meant = BUSY.flatMap((state) => view.list("ticket", { state, engineer })).filter((other) => other.id !== ticket.id);
    const stock = day.people.get(engineer)?.stock;
    const left = (part: PartId): number => (stock?.get(part) ?? 0) - meant.filter((other) => partsOf(other.id).includes(part)).length;
    return { missing: parts.filter((part) => left(part) < 1).map((part) => ({ part, quantity: 1 })), stops: [] };
  };
}

const BUSY = ["assigned", "travelling", "working", "offered"] as const;
