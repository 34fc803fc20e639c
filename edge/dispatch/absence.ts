/** Somebody is away: from then on nothing is planned for them, and what they accepted and have not begun goes to others. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import { type Absence, ABSENCES_MAX, type Engineer } from "../../contracts/engineer.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { readFacts } from "./facts.ts";
import { expectedOf } from "./order.ts";
import { keepPosition } from "./position.ts";

/** Longer ones are another roster. */
const ABSENCE_MS_MAX = 366 * 86_400_000;

/** Jobs that are to be given to others, and those to which they would have come along. */
export type Away = { readonly jobs: readonly TicketId[]; readonly help: readonly TicketId[] };

/** Refuses `unknown-engineer`, `malformed`, `too-many`; the same absence again changes nothing. */
export function absentStep(draft: Draft, { engineer: id, from, until }: Extract<Answer, { type: "absent" }>, cause: Cause): Away | Refusal {
  const before = draft.view.get("engineer", id);
  if (before === undefined) return unknownEngineer();
  if (until <= cause.at || until <= from || until - from > ABSENCE_MS_MAX)
    return refuse("malformed", "an absence that ends after it begins, after now, within a year", "say from when until when", "until");
  const kept = keptOf(before, cause.at);
  if (kept.some((one) => one.from === from && one.until === until)) return { jobs: [], help: [] };
  if (kept.length >= ABSENCES_MAX) return refuse("too-many", `at most ${ABSENCES_MAX} absences ahead (ABSENCES_MAX)`, "join them into longer ones", "absences");
  const facts = readFacts(draft.view, cause.at);
  const worker = facts.workers.find((one) => one.engineer.id === id);
  const expected = worker === undefined ? [] : expectedOf(facts, worker);
  draft.put({ family: "engineer", id, after: { ...before, absences: [...kept, { from, until }] } });
  keepPosition(draft, id, cause.at);
  draft.tell(cause, "answer", id, { outcome: "absent", reasons: [{ code: "away", about: { engineer: id, from, until } }] });
  // What was begun is for the desk to look at: whoever stands before an open machine can't be sent away by a tap.
  const paused = draft.view.list("ticket", { state: "paused", engineer: id }).filter((ticket) => isMissed(ticket, { from, until }, cause.at));
  for (const { id: left, state } of [...(from <= cause.at ? (worker?.locked ?? []) : []).map(({ ticket }) => ticket), ...paused])
    draft.tell(cause, "escalation", left, { outcome: "at-risk", reasons: [{ code: "left-mid-job", about: { engineer: id, state } }] });
  const missed = (worker?.stops ?? []).filter(({ ticket, hold, workMs }) => {
    const startAt = expected.find((one) => one.ticket === ticket.id)?.startAt ?? 0;
    return hold === "accepted" && ticket.state === "assigned" && startAt < until && startAt + workMs > from;
  });
  const of = (part: "helper" | undefined): TicketId[] => missed.flatMap(({ ticket, as }) => (as === part ? [ticket.id] : []));
  return { jobs: of(undefined), help: of("helper") };
}

/** Standing still until an instant of the absence, or until nobody knows when. */
function isMissed(ticket: Ticket, { from, until }: Absence, now: Millis): boolean {
  if (ticket.state !== "paused") return false;
  const goesOnAt = ticket.pause.until;
  return goesOnAt === undefined ? from <= now : from <= goesOnAt && goesOnAt < until;
}

/** Whoever is back, or does not go: absences that are under way or ahead are dropped. Refuses `unknown-engineer`. */
export function presentStep(draft: Draft, id: EngineerId, cause: Cause): Refusal | null {
  const before = draft.view.get("engineer", id);
  if (before === undefined) return unknownEngineer();
  if (keptOf(before, cause.at).length === 0) return null;
  const { absences: _gone, ...after } = before;
  draft.put({ family: "engineer", id, after });
  draft.tell(cause, "answer", id, { outcome: "present", reasons: [{ code: "back", about: { engineer: id } }] });
  return null;
}

function keptOf({ absences = [] }: Engineer, now: Millis): NonNullable<Engineer["absences"]> {
  return absences.filter(({ until }) => until > now);
}

function unknownEngineer(): Refusal {
  return refuse("unknown-engineer", "the engineer must exist", "load the roster again", "engineer");
}
