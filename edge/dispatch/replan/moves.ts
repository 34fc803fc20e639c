/**
 * Moves that a plan would make of jobs which people were promised or have accepted, where offers need a person: kept until somebody says so or
 * not, the job is elsewhere, or a later plan does without. What was declined is not proposed again while the same engineer has the job.
 */
import type { Cause, Draft } from "../../../contracts/effect.ts";
import type { UnitView } from "../../../contracts/entity.ts";
import type { EngineerId, NewId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Move as Kept, PlannedStop, ProposedMove } from "../../../contracts/plan.ts";
import { refuse, type Refusal } from "../../../contracts/refusal.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { planOf } from "../plan.ts";
import { candidateFor, moveStep, offerAgainStep } from "./hand-over.ts";

/** A job that would be better with somebody else. */
export type Move = { readonly ticket: TicketId; readonly from: EngineerId; readonly to: EngineerId };
type Held = Extract<Ticket, { state: "assigned" | "offered" }>;

/** What a person is asked about from now on, without what they have declined before. `gainMs`: what the whole plan saves, as the unit's weights have it. */
export function keepMoves(draft: Draft, wished: readonly Move[], gainMs: Millis, at: Millis): readonly Move[] {
  const wanted = new Map(wished.map((move) => [move.ticket, move]));
  const before = new Map(draft.view.list("move").map((kept) => [kept.id, kept]));
  for (const kept of before.values()) {
    const isDeclined = kept.declined !== undefined && heldBy(draft.view, kept.id)?.to === kept.from;
    if (!isSame(kept, wanted.get(kept.id)) && !(isDeclined && !wanted.has(kept.id))) draft.put({ family: "move", id: kept.id, after: null });
  }
  for (const { ticket: id, from, to } of wished)
    if (!isSame(before.get(id), { ticket: id, from, to })) draft.put({ family: "move", id, after: { id, from, to, at, gainMs: Math.round(gainMs) } });
  return wished.filter(({ ticket }) => draft.view.get("move", ticket)?.declined === undefined);
}

/** What waits for a person's word, with what it would change: those whose job is where it was, and that no rule is in the way of by now. */
export function proposedMoves(view: UnitView, now: Millis): readonly ProposedMove[] {
  const waiting = view.list("move").filter(({ declined }) => declined === undefined);
  if (waiting.length === 0) return [];
  const { tours } = planOf(view, now);
  const stopOf = (ticket: TicketId, engineer: EngineerId): PlannedStop | undefined =>
    tours.find((tour) => tour.engineer === engineer)?.stops.find((stop) => stop.ticket === ticket);
  return waiting.flatMap(({ id, from, to, at, gainMs }) => {
    const ticket = heldBy(view, id);
    const is = stopOf(id, from);
    if (ticket?.to !== from || is === undefined) return [];
    const chosen = candidateFor(view, waitingAs(ticket), to, now, id);
    if (chosen === null) return [];
    const { arriveAt, travelMs, distanceM } = chosen.first;
    return [
      {
        ticket: id,
        from,
        to,
        at,
        gainMs,
        is: { arriveAt: is.startAt, travelMs: is.travelMs, distanceM: is.distanceM },
        would: { arriveAt, travelMs, distanceM },
      },
    ];
  });
}

/** A person lets it run: the job is taken back, and `to` is asked. Refuses `wrong-state` and `stale-version`. */
export function confirmMoveStep(draft: Draft, move: Pick<Move, "ticket" | "to">, cause: Cause, newId: NewId): Refusal | null {
  const kept = keptOf(draft.view, move);
  if ("refused" in kept) return kept;
  const ticket = heldBy(draft.view, kept.id);
  if (ticket?.to !== kept.from) return gone();
  const { from, to, gainMs } = kept;
  const allowed: Cause = { ...cause, allows: "offer" };
  draft.put({ family: "move", id: kept.id, after: null });
  draft.tell(cause, "answer", kept.id, { outcome: "move-confirmed", reasons: [{ code: "costs-less", about: { from, to, gainMs } }] });
  const isMoved = ticket.state === "assigned" ? moveStep(draft, ticket, to, allowed, newId) : offerAgainStep(draft, ticket, to, allowed, newId);
  return isMoved ? null : refuse("stale-version", "whom the job would go to can't have it any more", "ask why not, or leave it where it is", "to");
}

/** It stays where it is, and why; said again it is so already. Refuses `wrong-state` and `stale-version`. */
export function declineMoveStep(draft: Draft, move: Pick<Move, "ticket" | "to"> & { readonly why: string }, cause: Cause): Refusal | null {
  const kept = keptOf(draft.view, move);
  if ("refused" in kept) return kept;
  if (kept.declined !== undefined) return null;
  const { from, to } = kept;
  draft.put({ family: "move", id: kept.id, after: { ...kept, declined: { at: cause.at, by: cause.actor, why: move.why } } });
  draft.tell(cause, "answer", kept.id, { outcome: "move-declined", reasons: [{ code: "person-says-no", about: { from, to } }] });
  return null;
}

function keptOf(view: UnitView, { ticket, to }: Pick<Move, "ticket" | "to">): Kept | Refusal {
  const kept = view.get("move", ticket);
  if (kept === undefined) return gone();
  return kept.to === to ? kept : refuse("stale-version", "another move is proposed for this job by now", "look at the plan again", "to");
}

function gone(): Refusal {
  return refuse("wrong-state", "a move that is still proposed", "look at the plan again: the job is elsewhere by now", "ticket");
}

function heldBy(view: UnitView, id: TicketId): Held | undefined {
  const ticket = view.get("ticket", id);
  return ticket?.state === "assigned" || ticket?.state === "offered" ? ticket : undefined;
}

function waitingAs(ticket: Held): Ticket {
  return { ...ticket, state: "open" };
}

function isSame(kept: Kept | undefined, move: Move | undefined): boolean {
  return kept !== undefined && move !== undefined && kept.from === move.from && kept.to === move.to;
}
