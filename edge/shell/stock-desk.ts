/** What people ask of the stock and say of it: shelves, depots, movements, and whether the parts of a job would be there. */
import { NOTHING } from "../../contracts/effect.ts";
import { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { PartsCheck } from "../../contracts/preflight.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { type Depot, type Movement, type StockLevel, vanOf } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { preflightFor } from "../journey/preflight.ts";
import { onMovements } from "../journey/stock.ts";
import type { Signed } from "./guard.ts";
import type { Runner } from "./runner.ts";
import { booksClosedAt } from "./unit-retention.ts";

export type Stock = { readonly depots: readonly Depot[]; readonly levels: readonly StockLevel[] };

/** An engineer sees their own van and the depots. */
export function stockSeenBy({ view }: Runner, who: Signed): Stock {
  const levels = view
    .list("stock")
    .filter(({ place }) => who.role !== "engineer" || !place.startsWith("van:") || place === vanOf(EngineerId.parse(who.subject)));
  return { depots: view.list("depot"), levels };
}

export function putDepots(runner: Runner, depots: readonly Depot[], actor: string, now: Millis): { readonly written: number } {
  const changes = depots.map((after) => ({ family: "depot", id: after.id, after }) as const);
  runner.input((write) => write({ ...NOTHING, changes }, actor, "depots"), now);
  return { written: depots.length };
}

/** Refuses `too-late` for what was made before the books were closed, `not-yours` for another engineer's van, `unknown-entity` for a place that is not there, and as `onMovements` does. */
export function moveStock(runner: Runner, movements: readonly Movement[], who: Signed, now: Millis): { readonly levels: readonly StockLevel[] } | Refusal {
  const closedAt = booksClosedAt(runner.desk.db);
  for (const [i, movement] of movements.entries()) {
    if (movement.at <= closedAt && runner.view.get("movement", movement.id) === undefined)
      return refuse("too-late", "the books are closed up to there, and whether it was made is not known", "count what is there now", `movements.${i}.at`);
    const places = [movement.place, ...("to" in movement ? [movement.to] : [])];
    const own = who.role === "engineer" ? vanOf(EngineerId.parse(who.subject)) : null;
    if (own !== null && !isOwnMove(places, own))
      return refuse("not-yours", "engineers move what is in their own van, and take from depots into it", "ask the desk to say it", `movements.${i}.place`);
    const nowhere = places.find((place) => !isThere(runner, place));
    if (nowhere !== undefined)
      return refuse(
        "unknown-entity",
        `${nowhere} is no engineer's van and no depot of this unit`,
        "add the depot, or the engineer, first",
        `movements.${i}.place`,
      );
  }
  const decided = onMovements(runner.view, movements, who.subject, now);
  if (isRefusal(decided)) return decided;
  if (decided.changes.length > 0) runner.input((write) => write(decided, who.subject, "stock"), now);
  return { levels: decided.changes.flatMap((change) => (change.family === "stock" && change.after !== null ? [change.after] : [])) };
}

/** Out of the own van to wherever, and out of a depot into it: another's van is emptied by nobody but them. */
function isOwnMove([from, to]: readonly string[], own: string): boolean {
  return from === own || (to === own && from?.startsWith("van:") !== true);
}

/** Refuses `unknown-ticket` and `unknown-engineer`, and `not-yours` for whoever asks after another's van without being the desk. */
export function checkParts({ view }: Runner, id: string, engineer: string, who: Signed, now: Millis): PartsCheck | Refusal {
  if (who.role === "engineer" && who.subject !== engineer)
    return refuse("not-yours", "engineers ask after their own van", "ask for yourself, or ask the desk", "engineer");
  const ticket = view.get("ticket", id);
  if (ticket === undefined) return refuse("unknown-ticket", "no such ticket in this unit", "check the ticket's id", "ticket");
  return partsFor(view, ticket, engineer, now);
}

export function partsFor(view: Runner["view"], ticket: Ticket, engineer: string, now: Millis): PartsCheck | Refusal {
  const checked = preflightFor(view, ticket, engineer as EngineerId, now);
  return isRefusal(checked) ? checked : PartsCheck.parse({ engineer, ...checked });
}

function isThere({ view }: Runner, place: string): boolean {
  const [kind, id = ""] = place.split(":");
  return view.get(kind === "van" ? "engineer" : "depot", id) !== undefined;
}
