/**
 * Whoever has a job and is not heard of: they have not set out long after the last moment for it, or their trip does not end. The desk is told once;
 * where they stay silent the job goes to somebody who is there, or, where a person has the say on offers, the desk is told of that too.
 */
import type { Reason } from "../../contracts/decision.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { trustInJob } from "../../contracts/trust.ts";
import { readFacts, siteOf } from "./facts.ts";
import { isOnHold } from "./offer.ts";
import { expectedOf } from "./order.ts";
import { asOpen, questionOf, rank } from "./rank.ts";

/** After the last moment to set out for what was told: a lunch that runs long, a call on the way to the van. */
const SET_OUT_LATE_MS = 30 * 60_000;
/** After the arrival that was reckoned, and never less than the trip itself: a jam, a gate that nobody opens. */
const ARRIVE_LATE_MS = 30 * 60_000;
/** From the word to the desk until the job is somebody else's: time for a telephone call. A position that is younger is a sign of life. */
const GIVE_AWAY_MS = 30 * 60_000;

type Watched = Extract<Ticket, { state: "assigned" | "travelling" }>;

/** Begins, goes on or ends with what became of the job. */
export function watchSilence(draft: Draft, before: Ticket | undefined, after: Ticket): void {
  const was = before !== undefined && isWatched(before) ? before : undefined;
  if (!isWatched(after)) {
    if (was !== undefined) draft.time({ cancel: keyOf(after.id) });
  } else if (was?.state !== after.state || was.to !== after.to) look(draft, after.id, roughly(draft, after));
}

/** `told`: the desk was, a while ago. True where the job is to be offered to somebody else. A look that comes too early is put off. */
export function silentStep(draft: Draft, id: TicketId, told: boolean, cause: Cause): boolean {
  const ticket = draft.view.get("ticket", id);
  if (ticket === undefined || !isWatched(ticket)) return false;
  const { at: now } = cause;
  const overdueAt = overdueFrom(draft, ticket, now);
  const position = draft.view.get("position", ticket.to);
  const positionAgeMs = position === undefined ? undefined : Math.max(0, now - position.at);
  if (now < overdueAt || isOnHold(ticket, now)) {
    look(draft, id, now < overdueAt ? overdueAt : now + GIVE_AWAY_MS);
    return false;
  }
  const why = (better?: string): Reason => ({
    code: ticket.state === "assigned" ? "not-set-out" : "not-arrived",
    about: {
      engineer: ticket.to,
      overdueMs: now - overdueAt,
      ...(positionAgeMs === undefined ? {} : { positionAgeMs }),
      ...(better === undefined ? {} : { better }),
    },
  });
  if (!told) {
    draft.tell(cause, "escalation", id, { outcome: "at-risk", reasons: [why()] });
    look(draft, id, now + GIVE_AWAY_MS, true);
    return false;
  }
  const anew = { ...asOpen(ticket), asked: [...ticket.asked, ticket.to] };
  const [better] = rank(readFacts(draft.view, now, id), questionOf(draft.view, anew)).ranked;
  // Whoever is heard of is for the desk to call; where nobody else is there it stays where it is, and somebody may come.
  if (better === undefined || (positionAgeMs !== undefined && positionAgeMs < GIVE_AWAY_MS)) {
    look(draft, id, now + GIVE_AWAY_MS, true);
    return false;
  }
  const acts = trustInJob(draft.view, ticket).autonomy === "act";
  draft.tell(cause, acts ? "offer" : "escalation", id, { outcome: acts ? "given-away" : "at-risk", reasons: [why(better.engineer)] });
  return acts;
}

/** The instant from which they are overdue, as things stand now. */
function overdueFrom(draft: Draft, ticket: Watched, now: Millis): Millis {
  const facts = readFacts(draft.view, now, undefined, ({ id }) => id === ticket.to);
  const worker = facts.workers.find(({ engineer }) => engineer.id === ticket.to);
  // Whoever is gone has lost their jobs with it.
  if (worker === undefined) return Infinity;
  if (ticket.state === "travelling") {
    const stop = worker.locked.find((one) => one.ticket.id === ticket.id);
    const said = draft.view.get("route", ticket.to)?.stops.find((one) => one.ticket === ticket.id)?.said;
    const position = draft.view.get("position", ticket.to);
    const isSeen = worker.engineer.locatable && position !== undefined && now - position.at <= draft.view.scenario.dispatch.positionStaleMs;
    if (said !== undefined) return said.arriveAt + ARRIVE_LATE_MS;
    // Seen on the road, they are there when they are reckoned to be.
    if (isSeen && stop !== undefined) return stop.startAt + ARRIVE_LATE_MS;
    const tripMs = Math.max(stop?.leg.ms ?? 0, tripOf(draft, ticket));
    return ticket.leftAt + tripMs + Math.max(ARRIVE_LATE_MS, tripMs);
  }
  if (worker.duty.state !== "on") return Math.max(worker.freeAt, now) + SET_OUT_LATE_MS;
  const [first] = worker.stops.filter(({ hold }) => hold === "accepted");
  if (worker.locked.length > 0 || first?.ticket.id !== ticket.id) {
    // Behind other work, which is watched by itself.
    const startAt = expectedOf(facts, worker).find((one) => one.ticket === ticket.id)?.startAt ?? now;
    return Math.max(startAt, now) + SET_OUT_LATE_MS;
  }
  const tellsAt = Math.max(first.saidAt ?? first.toldAt ?? 0, first.release ?? 0, ticket.appointment?.from ?? 0);
  const freeSince = Math.max(ticket.acceptedAt, draft.view.get("route", ticket.to)?.last?.at ?? 0);
  return Math.max(tellsAt - facts.travel.leg(worker.from, siteOf(draft.view, ticket)).ms, freeSince) + SET_OUT_LATE_MS;
}

/** When it is worth a first look, by what was offered and told. */
function roughly(draft: Draft, ticket: Watched): Millis {
  const tripMs = tripOf(draft, ticket);
  if (ticket.state === "travelling") return ticket.leftAt + tripMs + Math.max(ARRIVE_LATE_MS, tripMs);
  const told = draft.view.get("route", ticket.to)?.stops.find((one) => one.ticket === ticket.id)?.toldAt ?? 0;
  return Math.max(told - tripMs, ticket.acceptedAt) + SET_OUT_LATE_MS;
}

function tripOf(draft: Draft, { offer }: Watched): Millis {
  return draft.view.get("offer", offer)?.because.travelMs ?? 0;
}

function look(draft: Draft, ticket: TicketId, at: Millis, told?: true): void {
  if (!Number.isFinite(at)) return;
  const due = { type: "engineer-silent", ticket, ...(told === undefined ? {} : { told }) } as const;
  draft.time({ set: keyOf(ticket), at: Math.ceil(at), due });
}

function isWatched(ticket: Ticket): ticket is Watched {
  return ticket.state === "assigned" || ticket.state === "travelling";
}

function keyOf(ticket: TicketId): string {
  return `silent:${ticket}`;
}
