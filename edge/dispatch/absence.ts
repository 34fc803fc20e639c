/** Somebody is away: from then on nothing is planned for them, and what they accepted and have not begun goes to others. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import { ABSENCES_MAX, type Engineer } from "../../contracts/engineer.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { readFacts } from "./facts.ts";
import { expectedOf } from "./order.ts";
import { keepPosition } from "./position.ts";

/** Longer ones are another roster. */
const ABSENCE_MS_MAX = 366 * 86_400_000;

/** What is to be given to others, and the job of the offer that is to be taken back. */
export type Away = { readonly jobs: readonly TicketId[]; readonly asked: TicketId | null };

/** Refuses `unknown-engineer`, `malformed`, `too-many`; the same absence again changes nothing. */
export function absentStep(draft: Draft, { engineer: id, from, until }: Extract<Answer, { type: "absent" }>, cause: Cause): Away | Refusal {
  const before = draft.view.get("engineer", id);
  if (before === undefined) return unknownEngineer();
  if (until <= cause.at || until <= from || until - from > ABSENCE_MS_MAX)
    return refuse("malformed", "an absence that ends after it begins, after now, within a year", "say from when until when", "until");
  const kept = keptOf(before, cause.at);
  if (kept.some((one) => one.from === from && one.until === until)) return { jobs: [], asked: null };
  if (kept.length >= ABSENCES_MAX) return refuse("too-many", `at most ${ABSENCES_MAX} absences ahead (ABSENCES_MAX)`, "join them into longer ones", "absences");
  const facts = readFacts(draft.view, cause.at);
  const worker = facts.workers.find((one) => one.engineer.id === id);
  const expected = worker === undefined ? [] : expectedOf(facts, worker);
  draft.put({ family: "engineer", id, after: { ...before, absences: [...kept, { from, until }] } });
  keepPosition(draft, id, cause.at);
  draft.tell(cause, "answer", id, { outcome: "absent", reasons: [{ code: "away", about: { engineer: id, from, until } }] });
  // What was begun is for the desk to look at: whoever stands before an open machine can't be sent away by a tap.
  for (const stop of from <= cause.at ? (worker?.locked ?? []) : [])
    draft.tell(cause, "escalation", stop.ticket.id, {
      outcome: "at-risk",
      reasons: [{ code: "left-mid-job", about: { engineer: id, state: stop.ticket.state } }],
    });
  const jobs = (worker?.stops ?? []).flatMap(({ ticket, hold, as, workMs }) => {
    const startAt = expected.find((one) => one.ticket === ticket.id)?.startAt ?? 0;
    const isMissed = startAt < until && startAt + workMs > from;
    return hold === "accepted" && as === undefined && ticket.state === "assigned" && isMissed ? [ticket.id] : [];
  });
  const asked = from <= cause.at && worker?.held?.as === undefined ? (worker?.held?.ticket ?? null) : null;
  return { jobs, asked };
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
