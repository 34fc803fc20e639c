/**
 * What a proposal changes, and what it must not:
 *
 *   the order of one engineer's own accepted jobs    changes by itself
 *   a ticket that nobody has                         is offered to whom the proposal names
 *   an offer that nobody has answered                is taken back, and another engineer is asked, where offers need no person
 *   a job that somebody accepted                     moves where offers need no person, or makes room for a most urgent one; otherwise it is
 *                                                    shown, and a person says so
 *   work that is under way                           is never touched
 *
 * Every offer passes the rules again as they are now; what does not fit any more is left as it was.
 */
import type { Cause, Draft } from "../../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Candidate } from "../../../contracts/plan.ts";
import { isRefusal, refuse, type Refusal } from "../../../contracts/refusal.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { plannedUntil } from "../ahead.ts";
import { explain } from "../explain.ts";
import { readFacts, type Facts } from "../facts.ts";
import { offerTo } from "../offer.ts";
import { expectedOf, keepOrder } from "../order.ts";
import { versionOf } from "../plan.ts";
import { questionOf, rank } from "../rank.ts";
import { offerStep, withdrawStep } from "../steps.ts";
import type { Proposal } from "./ask.ts";

/** Less gain than this is noise: nobody's day is turned round for it. */
const GAIN_MS_MIN = 2 * 60_000;
/** Moves of accepted jobs in one proposal: what is more is another plan, and people would not follow it. */
const MOVES_MAX = 3;

/** An accepted job that would be better with somebody else. */
export type Move = { readonly ticket: TicketId; readonly from: EngineerId; readonly to: EngineerId };

/** Refuses `stale-version` when the plan is not the one that was asked about. */
export function adoptStep(draft: Draft, proposal: Proposal, cause: Cause, newId: NewId): Refusal | null {
  const version = versionOf(draft.view, readFacts(draft.view, cause.at));
  if (proposal.version !== version)
    return refuse("stale-version", "a proposal is for the plan that it was asked about", "ask again; this one is a start", "version");
  const gainMs = proposal.costBefore - proposal.costAfter;
  const moved: string[] = [];
  const shown: Move[] = [];
  let moves = 0;
  const tourOf = new Map(proposal.tours.flatMap(({ engineer, tickets }) => tickets.map((ticket) => [ticket, engineer] as const)));
  if (gainMs < GAIN_MS_MIN) return null;
  const acts = draft.view.scenario.autonomy.offer === "act";
  for (const id of acts ? proposal.left : []) {
    const ticket = draft.view.get("ticket", id);
    if (ticket?.state !== "assigned" || isCrewed(ticket) || moves >= MOVES_MAX || !makeRoomStep(draft, ticket, cause)) continue;
    moves++;
    moved.push(id);
  }
  for (const [id, to] of tourOf) {
    const ticket = draft.view.get("ticket", id);
    if (ticket === undefined) continue;
    if (ticket.state === "assigned" && ticket.to !== to && !isCrewed(ticket)) {
      if (!acts) shown.push({ ticket: id, from: ticket.to, to });
      else if (moves < MOVES_MAX && moveStep(draft, ticket, to, cause, newId)) {
        moves++;
        moved.push(id);
      }
    } else if (ticket.state === "offered" && ticket.to !== to) {
      if (!acts) shown.push({ ticket: id, from: ticket.to, to });
      else if (offerAgainStep(draft, ticket, to, cause, newId)) moved.push(id);
    } else if ((ticket.state === "open" || ticket.state === "reopened") && offerToStep(draft, ticket, to, cause, newId)) moved.push(id);
  }
  const ordered = proposal.tours.filter(({ engineer, tickets }) => orderStep(draft, engineer, tickets, cause)).map(({ engineer }) => engineer);
  const subject = moved[0] ?? shown[0]?.ticket ?? ordered[0];
  if (subject === undefined) return null;
  draft.tell(cause, "offer", subject, {
    outcome: moved.length + ordered.length > 0 ? "replanned" : "proposed",
    autonomy: draft.view.scenario.autonomy.offer,
    snapshot: { plan: version, seed: proposal.seed, iterations: proposal.iterations, moved, ordered, ...(shown.length === 0 ? {} : { proposed: shown }) },
    reasons: [{ code: "costs-less", about: { gainMs, moved: moved.length, ordered: ordered.length, proposed: shown.length } }],
  });
  return null;
}

/** Several people have agreed on it: that is for the desk to undo. */
function isCrewed({ crew }: Ticket): boolean {
  return crew !== undefined;
}

/** An engineer's accepted jobs in the order of the proposal; those that it does not name stay behind. False when that is the order already. */
function orderStep(draft: Draft, engineer: EngineerId, tickets: readonly TicketId[], cause: Cause): boolean {
  const facts = readFacts(draft.view, cause.at);
  const worker = facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return false;
  const accepted = worker.stops.filter(({ hold }) => hold === "accepted");
  const rankOf = new Map(tickets.map((ticket, i) => [ticket, i]));
  const ordered = accepted.toSorted(
    (a, b) => (rankOf.get(a.ticket.id) ?? Infinity) - (rankOf.get(b.ticket.id) ?? Infinity) || accepted.indexOf(a) - accepted.indexOf(b),
  );
  if (ordered.every((stop, i) => stop === accepted[i])) return false;
  keepOrder(draft, worker, expectedOf(facts, { ...worker, stops: ordered }));
  return true;
}

/** An accepted job that can wait is nobody's again, since a more urgent one needs its time. Who is left with it is asked again last, when all are. */
function makeRoomStep(draft: Draft, ticket: Extract<Ticket, { state: "assigned" }>, cause: Cause): boolean {
  const returned = draft.advance(ticket, { type: "returned", why: "a more urgent job needs the time", at: cause.at, by: cause.actor, as: "unit" });
  if (isRefusal(returned)) return false;
  draft.put({ family: "assignment", id: ticket.id, after: null });
  draft.tell(cause, "offer", ticket.id, { outcome: "makes-room", reasons: [{ code: "more-urgent", about: { from: ticket.to } }] });
  const at = cause.at + draft.view.scenario.dispatch.retryMs;
  draft.time({ set: `dispatch:${ticket.id}`, at, due: { type: "dispatch-again", ticket: ticket.id } });
  return true;
}

function moveStep(draft: Draft, ticket: Extract<Ticket, { state: "assigned" }>, to: EngineerId, cause: Cause, newId: NewId): boolean {
  const { to: from } = ticket;
  const waiting = { ...ticket, state: "open" } as Ticket;
  const chosen = candidateFor(draft, waiting, to, cause.at, ticket.id);
  if (chosen === null) return false;
  const returned = draft.advance(ticket, { type: "returned", why: "the plan is better so", at: cause.at, by: cause.actor, as: "unit" });
  if (isRefusal(returned)) return false;
  draft.put({ family: "assignment", id: ticket.id, after: null });
  offerStep(
    draft,
    returned,
    { outcome: "offer", offer: offerTo(draft.view, returned, chosen.first, chosen.notChosen, cause.at, newId), ranked: chosen.ranked },
    cause,
  );
  draft.tell(cause, "offer", ticket.id, { outcome: "moved", reasons: [{ code: "costs-less", about: { from, to } }] });
  return true;
}

function offerAgainStep(draft: Draft, ticket: Extract<Ticket, { state: "offered" }>, to: EngineerId, cause: Cause, newId: NewId): boolean {
  const waiting = { ...ticket, state: "open" } as Ticket;
  if (candidateFor(draft, waiting, to, cause.at, ticket.id) === null) return false;
  withdrawStep(draft, ticket, cause);
  const free = draft.view.get("ticket", ticket.id);
  return free !== undefined && offerToStep(draft, free, to, cause, newId);
}

function offerToStep(draft: Draft, ticket: Ticket, to: EngineerId, cause: Cause, newId: NewId): boolean {
  const chosen = candidateFor(draft, ticket, to, cause.at);
  if (chosen === null) return false;
  if (plannedUntil(draft.view.scenario.dispatch, ticket, chosen.first, cause.at) !== null) return false;
  offerStep(
    draft,
    ticket,
    { outcome: "offer", offer: offerTo(draft.view, ticket, chosen.first, chosen.notChosen, cause.at, newId), ranked: chosen.ranked },
    cause,
  );
  return true;
}

type Chosen = { readonly first: Candidate; readonly ranked: readonly Candidate[]; readonly notChosen: ReturnType<typeof explain> };

/** The engineer with their figures, if every hard rule lets them have the ticket now; the others behind, with their reasons. */
function candidateFor(draft: Draft, ticket: Ticket, to: EngineerId, now: Millis, without?: TicketId): Chosen | null {
  const facts: Facts = readFacts(draft.view, now, without);
  const ranking = rank(facts, questionOf(draft.view, ticket));
  const first = ranking.ranked.find(({ engineer }) => engineer === to);
  if (first === undefined) return null;
  const ranked = [first, ...ranking.ranked.filter((one) => one !== first)];
  return { first, ranked, notChosen: explain({ ...ranking, ranked }) };
}
