/** What a unit is taught: documents at its door, taken whole or refused with every fault; and what it knows, as it stands. */
import { NOTHING, type Decided } from "../../contracts/effect.ts";
import { type Entry, keyOf } from "../../contracts/knowledge.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import { readKnowledge } from "../knowledge/import.ts";
import type { Runner } from "./runner.ts";

/** `taken`: entries that are new, or newer; none of them is written where it was only tried. */
export type Taught = { readonly taken: number; readonly unchanged: number; readonly entries: readonly string[] };
/** Why a document was not taken. */
export type Untaught = { readonly faults: readonly Refusal[]; readonly more: number };

export function learn(runner: Runner, document: unknown, dry: boolean, actor: string, now: Millis): Taught | Untaught {
  const imported = readKnowledge(runner.knowledge.graph(), document);
  if ("refused" in imported) return { faults: imported.refused, more: imported.more };
  const { entries, unchanged } = imported;
  if (!dry && entries.length > 0) runner.input((write) => write(decide(entries, actor, now), actor, "knowledge"), now);
  return { taken: entries.length, unchanged, entries: entries.map(nameOf) };
}

/** The latest version of each entry, those that were retired left out. */
export function knownTo(runner: Runner): readonly Entry[] {
  return [...runner.knowledge.graph().current.values()].filter(({ retired }) => retired === undefined);
}

function decide(entries: readonly Entry[], actor: string, now: Millis): Decided {
  return {
    ...NOTHING,
    changes: entries.map((entry) => ({ family: "knowledge", id: nameOf(entry), after: { id: nameOf(entry), entry } })),
    because: [
      {
        at: now,
        step: "import",
        trigger: { type: "knowledge", ref: actor },
        subject: "knowledge",
        snapshot: { entries: entries.map(nameOf) },
        reasons: [],
        outcome: "imported",
        autonomy: "act",
        actor,
      },
    ],
  };
}

function nameOf(entry: Entry): string {
  return `${keyOf(entry)}@${entry.version}`;
}
