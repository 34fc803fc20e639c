/**
 * Engineers and the desk in virtual time. An offer is answered after a delay that people were measured to have, or never; who drives
 * answers once the car stands. What was accepted is packed for, driven to, worked on and reported, one job after the other.
 *
 *   offer ─▶ (car stands?) ─▶ answers in … ─▶ accept · decline · nothing
 *   job:  packs ─▶ travelling ─▶ working ─▶ resolved
 */
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Place } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOnShift } from "../../edge/dispatch/shift.ts";
import type { Agenda } from "./agenda.ts";
import { answersIn, type People } from "./people.ts";
import { between, randomOf } from "./random.ts";
import { distanceM, toward } from "./route.ts";
import type { LiveUnit } from "./unit-live.ts";

/** Share of answers that are a no. */
export const DECLINES = 0.08;
const MINUTE_MS = 60_000;
const PACK_MS = [2 * MINUTE_MS, 10 * MINUTE_MS] as const;
/** Traffic: the time on the road against the one that the unit reckons with. */
const TRAFFIC = [0.8, 1.5] as const;
/** The work against what the fault mode says it takes. */
const WORK = [0.6, 1.6] as const;
/** How often a phone on shift says where it is. */
const POSITION_EVERY_MS = 5 * MINUTE_MS;
/** A step that the unit refuses is tried again, and given up after some times: the job is dropped, and counted. */
const AGAIN_MS = 5 * MINUTE_MS;
const TRIES_MAX = 12;
/** The desk never forgets for good. */
const DESK_MOST_MS = 30 * MINUTE_MS;
/** Work of a fault mode that the scenario does not know. */
const WORK_UNKNOWN_MS = 60 * MINUTE_MS;
/** Milliseconds for a metre at 1 km/h. */
const MS_PER_M_AT_1_KMH = 3_600;

export type CrewCounts = { taps: number; declined: number; silent: number; tooLate: number; dropped: number; drivenM: number; driveMs: number; jobs: number };

export type Crew = {
  /** What the unit committed: offers to answer, jobs that wait for a person. */
  hear(decided: Decided, at: number): void;
  readonly counts: Readonly<CrewCounts>;
};

export type CrewOptions = {
  readonly unit: () => LiveUnit;
  readonly engineers: readonly Engineer[];
  readonly agenda: Agenda;
  readonly people: People;
  readonly seed: number;
  readonly startAt: number;
  readonly onResolved: (asset: string, at: number) => void;
};

type Worker = {
  readonly id: EngineerId;
  place: Place;
  drive: { readonly from: Place; readonly to: Place; readonly at: number; readonly untilAt: number } | null;
  busy: boolean;
  readonly jobs: TicketId[];
};

export function startCrew({ unit, engineers, agenda, people, seed, startAt, onResolved }: CrewOptions): Crew {
  const counts: CrewCounts = { taps: 0, declined: 0, silent: 0, tooLate: 0, dropped: 0, drivenM: 0, driveMs: 0, jobs: 0 };
  const workers = new Map(engineers.map(({ id, home }): [string, Worker] => [id, { id, place: home, drive: null, busy: false, jobs: [] }]));
  const view = () => unit().world.view;
  const confirming = new Set<TicketId>();

  for (const engineer of engineers)
    if (engineer.locatable) report(engineer, startAt + Math.round(randomOf(seed, `position/${engineer.id}`)() * POSITION_EVERY_MS));

  function report(engineer: Engineer, at: number): void {
    agenda.plan(at, () => {
      const worker = workers.get(engineer.id);
      if (worker !== undefined && isOnShift(engineer.shifts, at, view().scenario.timeZone)) sayPlace(worker, at);
      report(engineer, at + POSITION_EVERY_MS);
    });
  }

  function sayPlace({ id, place, drive }: Worker, at: number): void {
    const here = drive === null ? place : toward(drive.from, drive.to, (at - drive.at) / (drive.untilAt - drive.at));
    unit().say({ type: "position", by: id, place: here, at }, at);
  }

  function onOffer(offer: Offer, at: number): void {
    const worker = workers.get(offer.engineer);
    if (worker === undefined) return;
    const random = randomOf(seed, `offer/${offer.id}`);
    const [delayMs, declines] = [answersIn(people, random), random() < DECLINES];
    if (delayMs === null) return void counts.silent++;
    const seenAt = worker.drive === null ? at : Math.max(at, worker.drive.untilAt);
    agenda.plan(seenAt + delayMs, () => (declines ? decline(worker, offer, seenAt + delayMs) : accept(worker, offer, seenAt + delayMs)));
  }

  function decline({ id }: Worker, offer: Offer, at: number): void {
    if (tap({ type: "decline", offer: offer.id, by: id, reason: "still on another job" }, at)) counts.declined++;
  }

  function accept(worker: Worker, offer: Offer, at: number): void {
    if (!tap({ type: "accept", offer: offer.id, by: worker.id }, at)) return;
    worker.jobs.push(offer.ticket);
    goOn(worker, at);
  }

  /** False when it was refused: somebody was faster, or the offer had expired. */
  function tap(answer: Answer, at: number): boolean {
    counts.taps++;
    const taken = unit().say(answer, at) === null;
    if (!taken) counts.tooLate++;
    return taken;
  }

  /** The most urgent job in hand, if nothing else is being done. */
  function goOn(worker: Worker, at: number): void {
    if (worker.busy) return;
    const jobs = worker.jobs.flatMap((id) => view().get("ticket", id) ?? []).filter((ticket) => ticket.state === "assigned" && ticket.to === worker.id);
    worker.jobs.splice(0, worker.jobs.length, ...jobs.map(({ id }) => id));
    const [job] = jobs.toSorted((a, b) => (a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : a.respondBy - b.respondBy));
    if (job === undefined) return;
    worker.busy = true;
    worker.jobs.splice(worker.jobs.indexOf(job.id), 1);
    const random = randomOf(seed, `job/${job.id}`);
    const [packMs, traffic, work] = [Math.round(between(random, ...PACK_MS)), between(random, ...TRAFFIC), between(random, ...WORK)];
    agenda.plan(at + packMs, () => setOut(worker, job, traffic, work, at + packMs));
  }

  function setOut(worker: Worker, job: Ticket, traffic: number, work: number, at: number): void {
    progress(worker, job, { to: "travelling" }, at, (leftAt) => {
      const { site, dispatch } = view().scenario;
      const to = view().get("asset", job.asset)?.position ?? site.place;
      const metres = distanceM(worker.place, to) * dispatch.detour;
      const ms = Math.max(1, Math.round((metres / dispatch.speedKmh) * MS_PER_M_AT_1_KMH * traffic));
      counts.drivenM += metres;
      counts.driveMs += ms;
      worker.drive = { from: worker.place, to, at: leftAt, untilAt: leftAt + ms };
      agenda.plan(leftAt + ms, () => {
        worker.drive = null;
        worker.place = to;
        progress(worker, job, { to: "working" }, leftAt + ms, (arrivedAt) => {
          const workMs = Math.round((view().scenario.faultModes.find(({ id }) => id === job.faultMode)?.workMs ?? WORK_UNKNOWN_MS) * work);
          agenda.plan(arrivedAt + workMs, () => finish(worker, job, arrivedAt + workMs));
        });
      });
    });
  }

  function finish(worker: Worker, job: Ticket, at: number): void {
    const kit = view().get("kit", job.kit);
    // The machine is mended by the work, not by the report: it is well before that is written.
    onResolved(job.asset, at);
    progress(
      worker,
      job,
      { to: "resolved", cause: "worn", causeCode: "wear", action: "replaced and tried", partsUsed: [...(kit?.lines ?? [])] },
      at,
      (doneAt) => {
        counts.jobs++;
        rest(worker, doneAt);
      },
    );
  }

  /** A step of the work; a refusal is tried again later, and in the end the job is dropped. */
  function progress(worker: Worker, job: Ticket, step: Step, at: number, then: (at: number) => void, tries = 1): void {
    const refused = unit().say({ type: "progress", ticket: job.id, by: worker.id, ...step }, at);
    if (refused === null) return then(at);
    const now = view().get("ticket", job.id);
    const mine = now !== undefined && "to" in now && now.to === worker.id && now.state !== "offered";
    if (mine && tries < TRIES_MAX) return agenda.plan(at + AGAIN_MS, () => progress(worker, job, step, at + AGAIN_MS, then, tries + 1));
    counts.dropped++;
    rest(worker, at);
  }

  function rest(worker: Worker, at: number): void {
    worker.busy = false;
    goOn(worker, at);
  }

  /** Somebody at the desk looks at what waits for a person, and lets it run. */
  function onWaiting(ticket: Ticket, at: number): void {
    if (ticket.state !== "open" || (ticket.needsPerson ?? ticket.escalatedAt) === undefined || confirming.has(ticket.id)) return;
    const delayMs = answersIn(people, randomOf(seed, `desk/${ticket.id}/${at}`)) ?? DESK_MOST_MS;
    confirming.add(ticket.id);
    agenda.plan(at + delayMs, () => {
      confirming.delete(ticket.id);
      unit().say({ type: "confirm", ticket: ticket.id, by: "desk" }, at + delayMs);
    });
  }

  return {
    counts,
    hear(decided, at) {
      for (const change of decided.changes) {
        if (change.family === "offer" && change.after?.state === "open" && change.after.madeAt === at) onOffer(change.after, at);
        if (change.family === "ticket" && change.after !== null) onWaiting(change.after, at);
      }
    },
  };
}

type Step = Omit<Extract<Answer, { readonly type: "progress" }>, "type" | "ticket" | "by">;
