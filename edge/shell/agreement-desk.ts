/** Agreements at the unit's door: taken whole or refused with every fault; jobs that are not done are promised again by them, in the same transaction. */
import { uuidv7 } from "uuidv7";
import { UNIT, NOTHING, type Decided } from "../../contracts/effect.ts";
import type { Change } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { onAgreed } from "../journey.ts";
import { readAgreements } from "../ticket/agreement-import.ts";
import type { Untaught } from "./knowledge-desk.ts";
import type { Runner } from "./runner.ts";

/** `taken`: agreements and calendars that are new or were changed, none of them written where it was only tried. `strangers`: what they name that is not here. */
export type Agreed = { readonly taken: number; readonly unchanged: number; readonly strangers: readonly string[] };

export function agree(runner: Runner, document: unknown, dry: boolean, actor: string, now: Millis): Agreed | Untaught {
  const read = readAgreements(runner.view, document);
  if ("refused" in read) return { faults: read.refused, more: read.more };
  const { agreements, calendars, unchanged, strangers } = read;
  const changes: readonly Change[] = [
    ...calendars.map((after) => ({ family: "calendar", id: after.id, after }) as const),
    ...agreements.map((after) => ({ family: "agreement", id: after.id, after }) as const),
  ];
  if (!dry && changes.length > 0)
    runner.input((write) => {
      write(imported(changes, actor, now), actor, "agreements");
      write(onAgreed(runner.view, now, uuidv7), UNIT, "agreed");
    }, now);
  return { taken: changes.length, unchanged, strangers };
}

/** What went into the books: the record of an import. */
function imported(changes: readonly Change[], actor: string, now: Millis): Decided {
  return {
    ...NOTHING,
    changes,
    because: [
      {
        at: now,
        step: "import",
        trigger: { type: "agreements", ref: actor },
        subject: "agreements",
        snapshot: { entities: changes.map(({ family, id }) => `${family}:${id}`) },
        reasons: [],
        outcome: "imported",
        autonomy: "act",
        actor,
      },
    ],
  };
}
