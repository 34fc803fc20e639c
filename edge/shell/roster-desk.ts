/** The coming days' shifts at a unit: proposed in small steps, so that others have their turn between two, and written when a person says so. */
import { uuidv7 } from "uuidv7";
import { UNIT, type Decided } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { RosterView } from "../../contracts/roster-view.ts";
import { proposeRoster, shiftHistory } from "../dispatch/roster/unit-roster.ts";
import { onPeople } from "../journey.ts";
import { peopleChanged } from "./unit-import.ts";
import type { Runner } from "./runner.ts";
import { readDecisions } from "./unit-tables.ts";

/** Gaps of the coming days, and shifts that would close them. Refuses `malformed`. */
export async function rosterOf({ view, desk: { db, entities } }: Runner, days: number, now: Millis): Promise<RosterView | Refusal> {
  const steps = proposeRoster(view, days, now);
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      await scheduler.wait(0);
      continue;
    }
    if (isRefusal(step.value)) return step.value;
    const engineers = entities.list("engineer").map(({ id }) => id);
    return { ...step.value, history: shiftHistory(readDecisions(db, engineers)) };
  }
}

/** What becomes of the jobs of whoever's hours are others follows in the same transaction. */
export function writeShifts(runner: Runner, decided: Decided | Refusal, actor: string, now: Millis): { readonly written: number } | Refusal {
  if (isRefusal(decided)) return decided;
  const people = peopleChanged(runner.desk.entities, decided);
  runner.input((write) => {
    write(decided, actor, "roster");
    write(onPeople(runner.view, people, now, uuidv7), UNIT, "people");
  }, now);
  return { written: decided.changes.length };
}
