/** What a unit knows, as an index in this object's memory: made of its rows when it is first asked, and anew after each import. */
import type { Knows } from "../../contracts/entity.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { knowsOf, scenarioWith } from "../journey/knowledge.ts";
import type { Graph } from "../knowledge/graph.ts";
import { startKnowledge } from "../knowledge/scenario.ts";
import type { Entities } from "./entities.ts";

export type KnowledgeStore = {
  graph(): Graph;
  /** With the fault modes of the documents. */
  scenario(): Scenario;
  knows(): Knows;
  /** Rows were added. */
  forget(): void;
};

export function knowledgeStore(entities: Entities, given: Scenario): KnowledgeStore {
  type Known = { readonly graph: Graph; readonly scenario: Scenario; readonly knows: Knows };
  let known: Known | null = null;
  const open = (): Known => {
    if (known !== null) return known;
    const rows = entities.list("knowledge").map(({ entry }) => entry);
    const graph = startKnowledge(given, rows);
    known = { graph, scenario: scenarioWith(given, graph), knows: knowsOf(graph, given) };
    return known;
  };
  return {
    graph: () => open().graph,
    scenario: () => open().scenario,
    knows: () => open().knows,
    forget: () => void (known = null),
  };
}
