/**
 * What a proposal changes, and what it must not:
 *
 *   the order of one engineer's own accepted jobs    changes by itself
 *   a ticket that nobody has                         is offered to whom the proposal names
 *   an offer that nobody has answered                is taken back, and another engineer is asked, where offers need no person
 *   a job that somebody accepted                     moves where offers need no person, or makes room for a most urgent one; otherwise it is
 *                                                    shown, and a person says so (moves.ts)
 *   work that is under way                           is never touched
 *
 * Every offer passes the rules again as they are now; what does not fit any more is left as it was.
 */
import type { Cause, Draft } from "../../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../../contracts/refusal.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { readFacts, type Facts } from "../facts.ts";
import { expectedOf, keepOrder } from "../order.ts";
import { versionOf } from "../plan.ts";
import type { Proposal } from "./ask.ts";
import { moveStep, offerAgainStep, offerToStep } from "./hand-over.ts";
import { keepMoves, type Move } from "./moves.ts";

/** Less gain than this is noise: nobody's day is turned round for it. */
const GAIN_MS_MIN = 2 * 60_000;
/** Moves of accepted jobs in one proposal: what is more is another plan, and people would not follow it. */
const MOVES_MAX = 3;

/** Refuses `stale-version` when the plan is not the one that was asked about. */
export function adoptStep(draft: Draft, proposal: Proposal, cause: Cause, newId: NewId): Refusal | null {
  const version = versionOf(draft.view, readFacts(draft.view, cause.at));
  if (proposal.version !== version)
    return refuse("stale-version", "a proposal is for the plan that it was asked about", "ask again; this one is a start", "version");
  const gainMs = proposal.costBefore - proposal.costAfter;
  const moved: string[] = [];
  const wished: Move[] = [];
  let moves = 0;
  const tourOf = new Map(proposal.tours.flatMap(({ engineer, tickets }) => tickets.map((ticket) => [ticket, engineer] as const)));
  if (gainMs < GAIN_MS_MIN) {
    keepMoves(draft, [], gainMs, cause.at);
    return null;
  }
  const acts = draft.view.scenario.autonomy.offer === "act";
  for (const id of acts ? proposal.left : []) {
    const ticket = draft.view.get("ticket", id);
    if (ticket?.state !== "assigned" || isCrewed(ticket) || moves >= MOVES_MAX || !makeRoomStep(draft, ticket, cause)) continue;
    moves++;
    moved.push(id);
  }
  // Read again only after something has moved: most of a proposal is the plan as it is.
  let read: Facts | null = null;
  for (const [id, to] of tourOf) {
    const ticket = draft.view.get("ticket", id);
    if (ticket === undefined) continue;
    if (ticket.state === "assigned" && ticket.to !== to && !isCrewed(ticket)) {
      if (!acts) wished.push({ ticket: id, from: ticket.to, to });
      else if (moves < MOVES_MAX && moveStep(draft, ticket, to, cause, newId)) {
        moves++;
        moved.push(id);
      }
    } else if (ticket.state === "offered" && ticket.to !== to) {
      if (!acts) wished.push({ ticket: id, from: ticket.to, to });
      else if (offerAgainStep(draft, ticket, to, cause, newId)) moved.push(id);
    } else if (ticket.state === "open" || ticket.state === "reopened") {
      read ??= readFacts(draft.view, cause.at);
      if (!offerToStep(draft, read, ticket, to, cause, newId)) continue;
      moved.push(id);
    } else continue;
    read = null;
  }
  // One engineer's order is nothing to another's.
  const facts = read ?? readFacts(draft.view, cause.at);
  const ordered = proposal.tours.filter(({ engineer, tickets }) => orderStep(draft, facts, engineer, tickets)).map(({ engineer }) => engineer);
  const shown = keepMoves(draft, wished, gainMs, cause.at);
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
function orderStep(draft: Draft, facts: Facts, engineer: EngineerId, tickets: readonly TicketId[]): boolean {
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
