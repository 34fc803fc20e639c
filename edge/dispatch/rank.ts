/** Best insertion: whoever may be asked, by what the job costs at its best place in their route; and what keeps each of the others. */
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { NotChosen } from "../../contracts/offer.ts";
import type { Candidate } from "../../contracts/plan.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isAnswered, isOnCall } from "./call.ts";
import { askedOf, keptBy, type Asked } from "./eligible.ts";
import { siteOf, workMsOf, type Facts, type Worker } from "./facts.ts";
import { emptyTables } from "./route/legs.ts";
import { schedule, type Wanted } from "./schedule.ts";
import { slotOf } from "./slot.ts";

/** The ticket with all that a choice for it looks at besides the roster. */
export type Question = Wanted & { readonly asked: Asked; readonly preferred: ReadonlySet<EngineerId> };

export type Ranking = {
  /** Cheapest first; equal costs in order of id, so that the same facts give the same order. */
  readonly ranked: readonly Candidate[];
  readonly kept: readonly NotChosen[];
};

export function questionOf(view: UnitView, ticket: Ticket): Question {
  const asset = view.get("asset", ticket.asset);
  const named = asset?.preferred ?? (asset === undefined ? undefined : view.get("customer", asset.customer)?.preferred) ?? [];
  return { ticket, site: siteOf(view, ticket), workMs: workMsOf(view, ticket), asked: askedOf(view, ticket), preferred: new Set(named) };
}

/** In nobody's hands, as it would be decided about anew. */
export function asOpen(ticket: Ticket): Ticket {
  const { helpers: _along, ...rest } = ticket;
  const free = Object.fromEntries(Object.entries(rest).filter(([attr]) => !HANDS.has(attr)));
  return { ...free, state: "open" } as Ticket;
}
const HANDS: ReadonlySet<string> = new Set(["to", "offer", "acceptedAt", "expiresAt"]);

/** Every choice lays its routes into the same tables: nothing of them is left when it is made. */
const TABLES = emptyTables();

export function rank(facts: Facts, question: Question): Ranking {
  const atWork = among(facts, question, facts.workers, false);
  const atHome = facts.workers.filter(isOnCall);
  if (atHome.length === 0 || isAnswered(facts, question, atWork)) return sorted(atWork);
  // Nobody at work would come in time: whoever is on call is called.
  const home = new Set(atHome.map(({ engineer }) => engineer.id));
  const called = among(facts, question, atHome, true);
  const others = <T extends { readonly engineer: EngineerId }>(some: readonly T[]): readonly T[] => some.filter(({ engineer }) => !home.has(engineer));
  return sorted({ ranked: [...others(atWork.ranked), ...called.ranked], kept: [...others(atWork.kept), ...called.kept] });
}

function sorted({ ranked, kept }: Ranking): Ranking {
  return { ranked: ranked.toSorted((a, b) => a.cost.total - b.cost.total || (a.engineer < b.engineer ? -1 : 1)), kept };
}

/** `called`: with those who are on call, whatever the job. */
function among(facts: Facts, question: Question, workers: readonly Worker[], called: boolean): Ranking {
  const kept: NotChosen[] = [];
  const able: Worker[] = [];
  for (const worker of workers) {
    const why = keptBy(facts, question, worker, question.asked, called);
    if (why === null) able.push(worker);
    else kept.push(why);
  }
  const ranked: Candidate[] = [];
  if (able.length > 0) {
    const made = schedule(facts, able, question, TABLES);
    for (const [vehicle, { engineer }] of able.entries()) {
      const slot = slotOf(made, facts, question, vehicle, question.preferred.has(engineer.id));
      if (slot.fits) ranked.push(slot.candidate);
      else kept.push(slot.why);
    }
  }
  return { ranked, kept };
}
