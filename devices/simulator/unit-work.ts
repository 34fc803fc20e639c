/**
 * What an engineer does with a job that was accepted, in virtual time: one after the other, the most urgent first.
 *
 *   packs ─▶ travelling ─▶ ticks the safety steps ─▶ working ─▶ ticks the rest, takes photographs ─▶ resolved
 *   who comes along drives there too, and is free when the job is over
 */
import type { Answer } from "../../contracts/effect.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Place } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Agenda } from "./agenda.ts";
import { between, randomOf } from "./random.ts";
import { distanceM, toward } from "./route.ts";
import type { LiveUnit } from "./unit-live.ts";

const MINUTE_MS = 60_000;
const PACK_MS = [2 * MINUTE_MS, 10 * MINUTE_MS] as const;
/** Traffic: the time on the road against the one that the unit reckons with. */
const TRAFFIC = [0.8, 1.5] as const;
/** The work against what the fault mode says it takes. */
const WORK = [0.6, 1.6] as const;
/** A step that the unit refuses is tried again, and given up after some times: the job is dropped, and counted. */
const AGAIN_MS = 5 * MINUTE_MS;
const TRIES_MAX = 12;
/** Work of a fault mode that the scenario does not know. */
const WORK_UNKNOWN_MS = 60 * MINUTE_MS;
/** Milliseconds for a metre at 1 km/h. */
const MS_PER_M_AT_1_KMH = 3_600;
const PHOTO_BYTES = 200_000;

export type Worker = {
  readonly id: EngineerId;
  place: Place;
  drive: { readonly from: Place; readonly to: Place; readonly at: number; readonly untilAt: number } | null;
  busy: boolean;
  readonly jobs: TicketId[];
};

export type WorkCounts = { dropped: number; trips: number; drivenM: number; driveMs: number; jobs: number; idle: number };

export type Work = {
  /** A job was accepted. */
  take(worker: Worker, ticket: TicketId, at: number): void;
  readonly counts: Readonly<WorkCounts>;
};

export type WorkOptions = {
  readonly unit: () => LiveUnit;
  readonly agenda: Agenda;
  readonly seed: number;
  /** The work is done. Answers whether there was anything to mend. */
  readonly onWorked: (asset: string, at: number) => boolean;
};

export function placeAt({ place, drive }: Worker, at: number): Place {
  return drive === null ? place : toward(drive.from, drive.to, (at - drive.at) / (drive.untilAt - drive.at));
}

export function startWork({ unit, agenda, seed, onWorked }: WorkOptions): Work {
  const counts: WorkCounts = { dropped: 0, trips: 0, drivenM: 0, driveMs: 0, jobs: 0, idle: 0 };
  const ticketOf = (id: TicketId): Ticket | undefined => unit().world.view.get("ticket", id);
  const isMine = (ticket: Ticket | undefined, { id }: Worker): ticket is Ticket =>
    ticket !== undefined && ((held(ticket) && ticket.to === id) || (ticket.helpers ?? []).some(({ engineer }) => engineer === id)) && !isOver(ticket);

  function goOn(worker: Worker, at: number): void {
    if (worker.busy) return;
    const jobs = worker.jobs.flatMap((id) => ticketOf(id) ?? []).filter((ticket) => isMine(ticket, worker));
    const [job, ...later] = jobs.toSorted((a, b) => (a.priority === b.priority ? a.respondBy - b.respondBy : a.priority < b.priority ? -1 : 1));
    worker.jobs.splice(0, worker.jobs.length, ...later.map(({ id }) => id));
    if (job === undefined) return;
    worker.busy = true;
    const packedAt = at + Math.round(between(randomOf(seed, `pack/${job.id}/${worker.id}`), ...PACK_MS));
    agenda.plan(packedAt, () => progress(worker, job, { to: "travelling" }, packedAt, (leftAt) => drive(worker, job, leftAt)));
  }

  function drive(worker: Worker, job: Ticket, leftAt: number): void {
    const { site, dispatch } = unit().world.view.scenario;
    const to = unit().world.view.get("asset", job.asset)?.position ?? site.place;
    const metres = distanceM(worker.place, to) * dispatch.detour;
    const traffic = between(randomOf(seed, `drive/${job.id}/${worker.id}`), ...TRAFFIC);
    const arrivesAt = leftAt + Math.max(1, Math.round((metres / dispatch.speedKmh) * MS_PER_M_AT_1_KMH * traffic));
    counts.trips++;
    counts.drivenM += metres;
    counts.driveMs += arrivesAt - leftAt;
    worker.drive = { from: worker.place, to, at: leftAt, untilAt: arrivesAt };
    agenda.plan(arrivesAt, () => {
      worker.drive = null;
      worker.place = to;
      tick(worker, job, "working", arrivesAt);
      progress(worker, job, { to: "working" }, arrivesAt, (at) => work(worker, job, at));
    });
  }

  function work(worker: Worker, job: Ticket, at: number): void {
    const now = ticketOf(job.id);
    if (now === undefined || !held(now) || now.to !== worker.id) return comeAlong(worker, job, at);
    const workMs = unit().world.view.scenario.faultModes.find(({ id }) => id === now.faultMode)?.workMs ?? WORK_UNKNOWN_MS;
    const doneAt = at + Math.round(workMs * between(randomOf(seed, `work/${job.id}`), ...WORK));
    agenda.plan(doneAt, () => finish(worker, job, doneAt));
  }

  function comeAlong(worker: Worker, job: Ticket, at: number): void {
    if (!isMine(ticketOf(job.id), worker)) return rest(worker, at);
    agenda.plan(at + AGAIN_MS, () => comeAlong(worker, job, at + AGAIN_MS));
  }

  function finish(worker: Worker, job: Ticket, at: number): void {
    const lines = unit().world.view.get("kit", job.kit)?.lines ?? [];
    // The machine is mended by the work, not by the report: it is well before that is written.
    const broken = onWorked(job.asset, at);
    tick(worker, job, "resolved", at);
    photograph(worker, job, at);
    const report = broken
      ? { cause: "worn", causeCode: "wear", finding: "confirmed-fault", action: "replaced and tried", partsUsed: [...lines] }
      : { cause: "nothing found", causeCode: "not-found", finding: "false-alarm", action: "looked it over and tried", partsUsed: [] };
    progress(worker, job, { to: "resolved", ...report } as Step, at, (doneAt) => {
      counts.jobs++;
      if (!broken) counts.idle++;
      rest(worker, doneAt);
    });
  }

  function tick(worker: Worker, job: Ticket, before: "working" | "resolved", at: number): void {
    for (const step of ticketOf(job.id)?.checklist ?? [])
      if (step.before === before && step.doneAt === undefined) unit().say({ type: "tick", ticket: job.id, by: worker.id, step: step.id, done: true }, at);
  }

  function photograph(worker: Worker, job: Ticket, at: number): void {
    const now = ticketOf(job.id);
    for (let n = now?.photos?.length ?? 0; n < (now?.photosMin ?? 0); n++) {
      const photo = { id: String(n).padStart(32, "0"), takenAt: at, sha256: "0".repeat(64), bytes: PHOTO_BYTES, type: "image/jpeg" as const, by: worker.id };
      unit().say({ type: "photograph", ticket: job.id, by: worker.id, photo }, at);
    }
  }

  /** A step of the work; a refusal is tried again later, and in the end the job is dropped. */
  function progress(worker: Worker, job: Ticket, step: Step, at: number, then: (at: number) => void, tries = 1): void {
    const refused = unit().say({ type: "progress", ticket: job.id, by: worker.id, ...step }, at);
    if (refused === null) return then(at);
    if (isMine(ticketOf(job.id), worker) && tries < TRIES_MAX)
      return agenda.plan(at + AGAIN_MS, () => progress(worker, job, step, at + AGAIN_MS, then, tries + 1));
    counts.dropped++;
    rest(worker, at);
  }

  function rest(worker: Worker, at: number): void {
    worker.busy = false;
    goOn(worker, at);
  }

  return {
    counts,
    take(worker, ticket, at) {
      worker.jobs.push(ticket);
      goOn(worker, at);
    },
  };
}

type Step = Omit<Extract<Answer, { readonly type: "progress" }>, "type" | "ticket" | "by">;

/** Somebody has accepted it. */
function held(ticket: Ticket): ticket is Extract<Ticket, { readonly acceptedAt: number }> {
  return "acceptedAt" in ticket;
}

function isOver(ticket: Ticket): boolean {
  return ticket.state === "resolved" || ticket.state === "closed" || ticket.state === "cancelled";
}
