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
import type { UnitView } from "../../../contracts/entity.ts";
import type { EngineerId, NewId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../../contracts/refusal.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { plannedUntil } from "../ahead.ts";
import { readFacts, type Facts } from "../facts.ts";
import { isOnHold, waitOf } from "../offer.ts";
import { expectedOf, keepOrder } from "../order.ts";
import { versionOf } from "../plan.ts";
import { asOpen, questionOf, rank } from "../rank.ts";
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
  for (const { ticket, to } of acts ? proposal.tours.flatMap((tour) => urgentOf(draft.view, tour)) : []) {
    const room = roomFor(draft.view, proposal, ticket, to, MOVES_MAX - moves, cause.at);
    if (room === null || room.length === 0) continue;
    for (const held of room) makeRoomStep(draft, held, cause);
    if (ticket.state === "offered") offerAgainStep(draft, ticket, to, cause, newId);
    else offerToStep(draft, readFacts(draft.view, cause.at), ticket, to, cause, newId);
    moves += room.length;
    moved.push(...room.map(({ id }) => id), ticket.id);
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

type Waiting = Extract<Ticket, { state: "open" | "reopened" | "offered" }>;
type Assigned = Extract<Ticket, { state: "assigned" }>;

/** What an engineer would newly be asked for, the most urgent first. */
function urgentOf(view: UnitView, { engineer: to, tickets }: Proposal["tours"][number]): readonly { readonly ticket: Waiting; readonly to: EngineerId }[] {
  const asked = tickets.flatMap((id) => {
    const ticket = view.get("ticket", id);
    return ticket !== undefined && (ticket.state === "open" || ticket.state === "reopened" || (ticket.state === "offered" && ticket.to !== to)) ? [ticket] : [];
  });
  return asked.toSorted((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority)).map((ticket) => ({ ticket, to }));
}
const PRIORITIES = ["p1", "p2", "p3"];

/**
 * Which of the jobs that the proposal leaves to nobody the engineer gives up, so that they can be asked for a more urgent one: as few as it takes,
 * none where it fits already. Null where they could not be asked even so, and then all stay with them.
 */
function roomFor(view: UnitView, { left }: Proposal, ticket: Waiting, to: EngineerId, most: number, now: Millis): readonly Assigned[] | null {
  const held = left.flatMap((id) => {
    const one = view.get("ticket", id);
    return one?.state === "assigned" && one.to === to && !isCrewed(one) && isLess(one, ticket) ? [one] : [];
  });
  if (held.length === 0 || (ticket.state === "offered" ? isOnHold(ticket, now) : waitOf(ticket, now) !== null)) return null;
  const facts = readFacts(view, now, ticket.id);
  const question = questionOf(view, asOpen(ticket));
  for (let count = 0; count <= Math.min(held.length, most); count++) {
    const without = new Set(held.slice(0, count).map(({ id }) => id));
    const workers = facts.workers.flatMap((worker) =>
      worker.engineer.id === to ? [{ ...worker, stops: worker.stops.filter((stop) => !without.has(stop.ticket.id)) }] : [],
    );
    const [first] = rank({ ...facts, workers }, question).ranked;
    if (first !== undefined) return plannedUntil(view.scenario.dispatch, ticket, first, now) === null ? held.slice(0, count) : null;
  }
  return null;
}

function isLess(one: Ticket, other: Ticket): boolean {
  return PRIORITIES.indexOf(one.priority) > PRIORITIES.indexOf(other.priority);
}

/** An accepted job that can wait is nobody's again, since a more urgent one needs its time. Who is left with it is asked again last, when all are. */
function makeRoomStep(draft: Draft, ticket: Assigned, cause: Cause): void {
  const returned = draft.advance(ticket, { type: "returned", why: "a more urgent job needs the time", at: cause.at, by: cause.actor, as: "unit" });
  if (isRefusal(returned)) throw new Error(`ticket ${ticket.id}: ${returned.rule}`);
  draft.put({ family: "assignment", id: ticket.id, after: null });
  draft.tell(cause, "offer", ticket.id, { outcome: "makes-room", reasons: [{ code: "more-urgent", about: { from: ticket.to } }] });
  const at = cause.at + draft.view.scenario.dispatch.retryMs;
  draft.time({ set: `dispatch:${ticket.id}`, at, due: { type: "dispatch-again", ticket: ticket.id } });
}
