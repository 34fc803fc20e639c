/**
 * Engineers and the desk in virtual time. An offer is answered after a delay that people were measured to have, or never; who drives
 * answers once the car stands. What becomes of an accepted job is `unit-work.ts`.
 *
 *   offer ─▶ (car stands?) ─▶ answers in … ─▶ accept · decline · nothing
 */
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { TicketId } from "../../contracts/ids.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOnShift } from "../../edge/dispatch/shift.ts";
import type { Agenda } from "./agenda.ts";
import { answersIn, type People } from "./people.ts";
import { randomOf } from "./random.ts";
import type { LiveUnit } from "./unit-live.ts";
import { placeAt, startWork, type WorkCounts, type Worker } from "./unit-work.ts";

/** Share of answers that are a no. */
export const DECLINES = 0.08;
const MINUTE_MS = 60_000;
/** How often a phone on shift says where it is. */
const POSITION_EVERY_MS = 5 * MINUTE_MS;
/** The desk never forgets for good. */
const DESK_MOST_MS = 30 * MINUTE_MS;

/** `silent`: offers that would never have been answered. `tooLate`: taps on offers that were gone. */
export type CrewCounts = { taps: number; declined: number; silent: number; tooLate: number };

export type Crew = {
  /** What the unit committed: offers to answer, jobs that wait for a person. */
  hear(decided: Decided, at: number): void;
  counts(): Readonly<CrewCounts & WorkCounts>;
};

export type CrewOptions = {
  readonly unit: () => LiveUnit;
  readonly engineers: readonly Engineer[];
  readonly agenda: Agenda;
  readonly people: People;
  readonly seed: number;
  readonly startAt: number;
  readonly onWorked: (asset: string, at: number) => boolean;
};

export function startCrew({ unit, engineers, agenda, people, seed, startAt, onWorked }: CrewOptions): Crew {
  const counts: CrewCounts = { taps: 0, declined: 0, silent: 0, tooLate: 0 };
  const workers = new Map(engineers.map(({ id, home }): [string, Worker] => [id, { id, place: home, drive: null, busy: false, jobs: [] }]));
  const work = startWork({ unit, agenda, seed, onWorked });
  const confirming = new Set<TicketId>();

  for (const engineer of engineers)
    if (engineer.locatable) report(engineer, startAt + Math.round(randomOf(seed, `position/${engineer.id}`)() * POSITION_EVERY_MS));

  function report(engineer: Engineer, at: number): void {
    agenda.plan(at, () => {
      const worker = workers.get(engineer.id);
      if (worker !== undefined && isOnShift(engineer.shifts, at, unit().world.view.scenario.timeZone))
        unit().say({ type: "position", by: worker.id, place: placeAt(worker, at), at }, at);
      report(engineer, at + POSITION_EVERY_MS);
    });
  }

  function onOffer(offer: Offer, at: number): void {
    const worker = workers.get(offer.engineer);
    if (worker === undefined) return;
    const random = randomOf(seed, `offer/${offer.id}`);
    const [delayMs, declines] = [answersIn(people, random), random() < DECLINES];
    if (delayMs === null) return void counts.silent++;
    const answersAt = (worker.drive?.untilAt ?? at) + delayMs;
    agenda.plan(answersAt, () => (declines ? decline(worker, offer, answersAt) : accept(worker, offer, answersAt)));
  }

  function decline({ id }: Worker, offer: Offer, at: number): void {
    if (tap({ type: "decline", offer: offer.id, by: id, reason: "still on another job" }, at)) counts.declined++;
  }

  function accept(worker: Worker, offer: Offer, at: number): void {
    if (tap({ type: "accept", offer: offer.id, by: worker.id }, at)) work.take(worker, offer.ticket, at);
  }

  /** False when it was refused: somebody was faster, or the offer had expired. */
  function tap(answer: Answer, at: number): boolean {
    counts.taps++;
    const taken = unit().say(answer, at) === null;
    if (!taken) counts.tooLate++;
    return taken;
  }

  /** Somebody at the desk looks at what waits for a person, and lets it run. What waits for parts is left to them: a word brings none. */
  function onWaiting(ticket: Ticket, at: number): void {
    const waits = (ticket.state === "open" || ticket.state === "reopened") && (ticket.needsPerson ?? ticket.escalatedAt) !== undefined;
    if (!waits || confirming.has(ticket.id) || unit().world.view.get("kit", ticket.kit)?.state === "short") return;
    const confirmsAt = at + Math.min(DESK_MOST_MS, answersIn(people, randomOf(seed, `desk/${ticket.id}/${at}`)) ?? DESK_MOST_MS);
    confirming.add(ticket.id);
    agenda.plan(confirmsAt, () => {
      confirming.delete(ticket.id);
      unit().say({ type: "confirm", ticket: ticket.id, by: "desk" }, confirmsAt);
    });
  }

  return {
    counts: () => ({ ...counts, ...work.counts }),
    hear(decided, at) {
      for (const change of decided.changes) {
        if (change.family === "offer" && change.after?.state === "open" && change.after.madeAt === at) onOffer(change.after, at);
        if (change.family === "ticket" && change.after !== null) onWaiting(change.after, at);
      }
    },
  };
}
