/**
 * What comes later than was thought: an engineer says so, or work goes on too long. Jobs behind it whose promise would break, and that somebody
 * else can keep, go to somebody else; the others stay where people were told.
 */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { trustInJob } from "../../contracts/trust.ts";
import { readFacts, workMsOf } from "./facts.ts";
import { arriveStep, expectedOf, leaveSiteStep, routeOf, setOutStep } from "./order.ts";
import { asOpen, questionOf, rank } from "./rank.ts";

/** Nobody knows more than a day ahead that they will be late. */
const LATE_MS_MAX = 24 * 3_600_000;
/** A tap travels: what is said of this instant is not of the past. */
const PAST_MS = 60_000;
/**
 * Work counts as overrunning when it takes a quarter more than expected, at least a quarter of an hour; it is told then, and again each time that it
 * is over by twice as much.
 */
const OVERRUN_SHARE = 0.25;
const OVERRUN_MS_MIN = 15 * 60_000;

/** The engineer's own word for their arrival. Refuses `unknown-ticket`, `not-yours`, `wrong-state`, `malformed`; the same word again changes nothing. */
export function lateStep(draft: Draft, { ticket: id, by, arriveAt }: Extract<Answer, { type: "late" }>, cause: Cause): "taken" | "again" | Refusal {
  const ticket = draft.view.get("ticket", id);
  if (ticket === undefined) return refuse("unknown-ticket", "the ticket must exist", "load your jobs again", "ticket");
  if (ticket.state !== "assigned" && ticket.state !== "travelling")
    return refuse("wrong-state", "an arrival is told of a job that was accepted and not begun", "load the ticket again");
  if (ticket.to !== by) return refuse("not-yours", "only the engineer of the ticket says when they arrive", "sign in as that engineer");
  if (arriveAt < cause.at - PAST_MS || arriveAt > cause.at + LATE_MS_MAX)
    return refuse("malformed", "an instant from now on, within a day", "say when you will be there", "arriveAt");
  const route = routeOf(draft, by);
  const before = route.stops.find((stop) => stop.ticket === id);
  if (before?.said?.arriveAt === arriveAt) return "again";
  const stop = { ticket: id, toldAt: before?.toldAt ?? arriveAt, said: { at: cause.at, arriveAt } };
  const stops = before === undefined ? [...route.stops, stop] : route.stops.map((one) => (one.ticket === id ? stop : one));
  draft.put({ family: "route", id: by, after: { ...route, stops } });
  draft.tell(cause, "progress", id, { outcome: "late", reasons: [{ code: "arrives-at", about: { engineer: by, arriveAt, byMs: arriveAt - stop.toldAt } }] });
  return "taken";
}

/** What an engineer's progress means for their route and for the roads. `before`: the ticket as it was. */
export function movedStep(draft: Draft, before: Ticket, engineer: EngineerId, cause: Cause): void {
  const after = draft.view.get("ticket", before.id);
  if (after === undefined || after.state === before.state) return;
  if (after.state === "travelling") setOutStep(draft, before, engineer, cause);
  if (after.state === "working") {
    arriveStep(draft, after, engineer, cause);
    watchWorkStep(draft, after, cause.at);
  }
  if (before.state === "working") draft.time({ cancel: overrunKey(before.id) });
  if (after.state === "resolved" || after.state === "paused") leaveSiteStep(draft, after, engineer, cause);
}

/** When work is over at the latest that was expected. */
function watchWorkStep(draft: Draft, ticket: Ticket, now: Millis): void {
  const workMs = workMsOf(draft.view, ticket);
  const due = { type: "work-overruns", ticket: ticket.id } as const;
  draft.time({ set: overrunKey(ticket.id), at: now + workMs + overrunMs(workMs), due });
}

function overrunMs(workMs: Millis): Millis {
  return Math.max(OVERRUN_MS_MIN, Math.round(workMs * OVERRUN_SHARE));
}

/** The engineer whose later jobs are to be looked at; null when the work is not under way any more. */
export function overrunStep(draft: Draft, id: TicketId, cause: Cause): EngineerId | null {
  const ticket = draft.view.get("ticket", id);
  if (ticket?.state !== "working") return null;
  const workMs = workMsOf(draft.view, ticket);
  const endAt = ticket.arrivedAt + workMs;
  const dueAt = endAt + overrunMs(workMs);
  const again = cause.at < dueAt ? dueAt : endAt + 2 * (cause.at - endAt);
  draft.time({ set: overrunKey(id), at: again, due: { type: "work-overruns", ticket: id } });
  if (cause.at < dueAt) return null;
  const overMs = cause.at - endAt;
  draft.tell(cause, "timer", id, { outcome: "overruns", reasons: [{ code: "takes-longer", about: { engineer: ticket.to, overMs } }] });
  return ticket.to;
}

/**
 * Accepted jobs of an engineer, not begun, whose promise breaks where they stand and would be kept by somebody else: to be given to others.
 * Where a person has the say on offers none is taken away: the desk is told which are at risk.
 */
export function atRiskStep(draft: Draft, engineer: EngineerId, cause: Cause): readonly TicketId[] {
  const facts = readFacts(draft.view, cause.at);
  const worker = facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return [];
  const expected = expectedOf(facts, worker);
  return worker.stops.flatMap(({ ticket, as, hold }) => {
    const startAt = expected.find((one) => one.ticket === ticket.id)?.startAt ?? 0;
    if (hold !== "accepted" || as !== undefined || ticket.state !== "assigned" || startAt <= ticket.respondBy) return [];
    const anew = { ...asOpen(ticket), asked: [...ticket.asked, engineer] };
    const others = rank(readFacts(draft.view, cause.at, ticket.id), questionOf(draft.view, anew));
    const better = others.ranked.find(({ arriveAt }) => arriveAt <= ticket.respondBy);
    const acts = better !== undefined && trustInJob(draft.view, ticket).autonomy === "act";
    draft.tell(cause, acts ? "offer" : "escalation", ticket.id, {
      outcome: acts ? "given-away" : "at-risk",
      reasons: [
        { code: "breaks-promise", about: { engineer, lateMs: startAt - ticket.respondBy, ...(better === undefined ? {} : { better: better.engineer }) } },
      ],
    });
    return acts ? [ticket.id] : [];
  });
}

function overrunKey(id: TicketId): string {
  return `overrun:${id}`;
}
