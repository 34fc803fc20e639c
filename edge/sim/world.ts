/** A unit in memory: what its store would hold, and how a decision is committed to it. The same shape as the shell's, without a platform. */
import type { Ask, Because, Decided, Due } from "../../contracts/effect.ts";
import type { Change, EntityOf, Family, UnitView } from "../../contracts/entity.ts";
import type { NewId } from "../../contracts/ids.ts";
import type { KnowledgeRow } from "../../contracts/knowledge.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { matches } from "../decision/draft.ts";
import { knowsOf, scenarioWith } from "../journey/knowledge.ts";
import { stockOf } from "../journey/preflight.ts";
import { promisedAs } from "../ticket/heard.ts";
import { startKnowledge } from "../knowledge/scenario.ts";

type Kept = {
  readonly scenario: Scenario;
  readonly entities: Record<string, Record<string, unknown>>;
  readonly timers: Record<string, { readonly at: Millis; readonly due: Due }>;
  readonly asks: Record<string, { readonly ask: Ask; attempts: number }>;
  /** Last transition applied, by slice. */
  readonly through: Record<string, number>;
  readonly decisions: Because[];
  made: number;
};

export type World = { readonly kept: Kept; readonly view: UnitView; readonly newId: NewId };

export function startWorld(scenario: Scenario, changes: readonly Change[]): World {
  const world = open({ scenario, entities: {}, timers: {}, asks: {}, through: {}, decisions: [], made: 0 });
  commit(world, { changes, asks: [], timers: [], because: [] });
  return changes.some(({ family }) => family === "knowledge") ? open(world.kept) : world;
}

/** All of it or, if the caller dropped the decision, none. */
export function commit({ kept }: World, decided: Decided): void {
  for (const { family, id, after } of decided.changes) {
    const table = (kept.entities[family] ??= {});
    if (after === null) delete table[id];
    else table[id] = after;
  }
  for (const timer of decided.timers) {
    if ("set" in timer) kept.timers[timer.set] = { at: timer.at, due: timer.due };
    else delete kept.timers[timer.cancel];
  }
  for (const ask of decided.asks) kept.asks[ask.key] ??= { ask, attempts: 0 };
  kept.decisions.push(...decided.because);
}

/** What is there after a crash: only what was written. */
export function reload(world: World): World {
  return open(structuredClone(world.kept));
}

function open(kept: Kept): World {
  const graph = startKnowledge(
    kept.scenario,
    Object.values(kept.entities["knowledge"] ?? {}).map((row) => (row as KnowledgeRow).entry),
  );
  const view: UnitView = {
    scenario: scenarioWith(kept.scenario, graph),
    knows: knowsOf(graph, kept.scenario),
    stockOf,
    promised: promisedAs,
    get: <F extends Family>(family: F, id: string) => kept.entities[family]?.[id] as EntityOf<F> | undefined,
    list: <F extends Family>(family: F, where?: Parameters<UnitView["list"]>[1]) => {
      const rows = Object.values(kept.entities[family] ?? {}) as EntityOf<F>[];
      return rows.filter((row) => matches(family, row, where)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
  // Ids rise with time, as UUIDv7 do.
  return { kept, view, newId: () => `id-${String(++kept.made).padStart(6, "0")}` };
}
