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

/** What is made of a proposal in one piece: as long as it takes, devices and people wait. */
const OFFERS_A_PIECE = 2;
/** Jobs that are looked at in one piece, where rules leave most of them as they are. */
const LOOKS_A_PIECE = 12;

/**
 * A proposal on its way into the plan, as plain data. `version`: of the plan as the piece before left it, and before the first as the proposal has
 * it. `next`: the step that comes next: first room for urgent jobs, then each job, then each engineer's order. `made`: how many of them changed something.
 */
export type Adoption = {
  readonly proposal: Proposal;
  readonly version: string;
  readonly next: number;
  readonly moves: number;
  readonly made: number;
};

export function beginAdoption(proposal: Proposal): Adoption {
  return { proposal, version: proposal.version, next: 0, moves: 0, made: 0 };
}

/** How much of a proposal is one piece; `all`: for who has nobody to give way to. */
export type Share = "piece" | "all";

/** The next piece, and what is left of it then; `made` counts this one in. Refuses `stale-version` when the plan is not the one that it is held against. */
export function adoptStep(draft: Draft, adoption: Adoption, share: Share, cause: Cause, newId: NewId): Adoption | Refusal {
  const facts = readFacts(draft.view, cause.at);
  const { proposal, version, next } = adoption;
  if (version !== versionOf(draft.view, facts))
    return refuse("stale-version", "a proposal is for the plan that it was asked about", "ask again; this one is a start", "version");
  const gainMs = proposal.costBefore - proposal.costAfter;
  if (gainMs < GAIN_MS_MIN) {
    keepMoves(draft, [], gainMs, cause.at);
    return { ...adoption, next: endOf(proposal) };
  }
  const acts = draft.view.scenario.autonomy.offer === "act";
  const piece: Piece = { draft, proposal, acts, cause, newId, facts, moves: adoption.moves, moved: [], ordered: [], looks: 0, offers: 0 };
  const planned = plannedIn(proposal);
  const isFull = (): boolean => share === "piece" && (piece.offers >= OFFERS_A_PIECE || piece.looks >= LOOKS_A_PIECE);
  const end = 1 + planned.length + proposal.tours.length;
  let at = next;
  for (; at < end && !isFull(); at++) {
    const job = planned[at - 1];
    const tour = proposal.tours[at - 1 - planned.length];
    if (at === 0) makeRoom(piece);
    else if (job !== undefined) takeJob(piece, job);
    else if (tour !== undefined) takeOrder(piece, tour);
  }
  const { moved, ordered, moves } = piece;
  const shown = at < end ? [] : keepMoves(draft, acts ? [] : wishedBy(draft.view, planned), gainMs, cause.at);
  const subject = moved[0] ?? shown[0]?.ticket ?? ordered[0];
  const after = { ...adoption, next: at, moves, made: adoption.made + moved.length + ordered.length + shown.length };
  if (subject === undefined) return after;
  draft.tell(cause, "offer", subject, {
    outcome: moved.length + ordered.length > 0 ? "replanned" : "proposed",
    autonomy: draft.view.scenario.autonomy.offer,
    snapshot: {
      plan: proposal.version,
      seed: proposal.seed,
      iterations: proposal.iterations,
      moved,
      ordered,
      ...(shown.length === 0 ? {} : { proposed: shown }),
      // Of one that is adopted in pieces: the steps of this one, of so many.
      ...(next === 0 && at === end ? {} : { on: version, steps: [next, at, end] }),
    },
    reasons: [{ code: "costs-less", about: { gainMs, moved: moved.length, ordered: ordered.length, proposed: shown.length } }],
  });
  return after;
}

/** What is left of an adoption, held against the plan as this piece leaves it; null where that was the last one. `view`: with all that follows from it. */
export function restOf(view: UnitView, adoption: Adoption, now: Millis): Adoption | null {
  return adoption.next >= endOf(adoption.proposal) ? null : { ...adoption, version: versionOf(view, readFacts(view, now)) };
}

type Planned = { readonly ticket: TicketId; readonly to: EngineerId };

/** Each job once, also where two people go. */
function plannedIn({ tours }: Proposal): readonly Planned[] {
  const toOf = new Map(tours.flatMap(({ engineer, tickets }) => tickets.map((ticket) => [ticket, engineer] as const)));
  return [...toOf].map(([ticket, to]) => ({ ticket, to }));
}

/** The number of its steps. */
function endOf(proposal: Proposal): number {
  return 1 + plannedIn(proposal).length + proposal.tours.length;
}

/** `facts`: as the draft is; null after something has changed, until they are asked for: most of a proposal is the plan as it is. */
type Piece = {
  readonly draft: Draft;
  readonly proposal: Proposal;
  readonly acts: boolean;
  readonly cause: Cause;
  readonly newId: NewId;
  facts: Facts | null;
  moves: number;
  readonly moved: string[];
  readonly ordered: EngineerId[];
  looks: number;
  offers: number;
};

function factsOf(piece: Piece): Facts {
  return (piece.facts ??= readFacts(piece.draft.view, piece.cause.at));
}

/** Who can wait makes room for who can't. */
function makeRoom(piece: Piece): void {
  const { draft, proposal, acts, cause, newId } = piece;
  for (const { ticket, to } of acts ? proposal.tours.flatMap((tour) => urgentOf(draft.view, tour)) : []) {
    const room = roomFor(draft.view, proposal, ticket, to, MOVES_MAX - piece.moves, cause.at);
    if (room === null || room.length === 0) continue;
    for (const held of room) makeRoomStep(draft, held, cause);
    if (ticket.state === "offered") offerAgainStep(draft, ticket, to, cause, newId);
    else offerToStep(draft, readFacts(draft.view, cause.at), ticket, to, cause, newId);
    piece.facts = null;
    piece.offers++;
    piece.moves += room.length;
    piece.moved.push(...room.map(({ id }) => id), ticket.id);
  }
}

/** A job goes to whom the proposal names, where nobody has to say so. */
function takeJob(piece: Piece, { ticket: id, to }: Planned): void {
  const { draft, acts, cause, newId } = piece;
  const ticket = draft.view.get("ticket", id);
  if (ticket === undefined || ("to" in ticket && ticket.to === to)) return;
  let isMade = false;
  if (ticket.state === "assigned" && !isCrewed(ticket)) {
    if (!acts || piece.moves >= MOVES_MAX) return;
    isMade = moveStep(draft, ticket, to, cause, newId);
    if (isMade) piece.moves++;
  } else if (ticket.state === "offered") {
    if (!acts) return;
    isMade = offerAgainStep(draft, ticket, to, cause, newId);
  } else if (ticket.state === "open" || ticket.state === "reopened") isMade = offerToStep(draft, factsOf(piece), ticket, to, cause, newId);
  else return;
  piece.looks++;
  // Also where it was not made: an offer may have been taken back for it.
  if (isMade || ticket.state === "offered") piece.facts = null;
  if (!isMade) return;
  piece.offers++;
  piece.moved.push(id);
}

/** One engineer's order is nothing to another's. */
function takeOrder(piece: Piece, { engineer, tickets }: Proposal["tours"][number]): void {
  if (!orderStep(piece.draft, factsOf(piece), engineer, tickets)) return;
  piece.looks++;
  piece.ordered.push(engineer);
}

/** What somebody has or is asked for, and a person would have to move. */
function wishedBy(view: UnitView, planned: readonly Planned[]): readonly Move[] {
  return planned.flatMap(({ ticket: id, to }) => {
    const ticket = view.get("ticket", id);
    const isHeld = (ticket?.state === "assigned" && !isCrewed(ticket)) || ticket?.state === "offered";
    return isHeld && ticket.to !== to ? [{ ticket: id, from: ticket.to, to }] : [];
  });
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
