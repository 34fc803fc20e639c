/** Questions to the graph: paths of so many hops, the components of a model, and what a fault mode asks of whoever mends it. */
import type { Citation } from "../../contracts/diagnosis.ts";
import type { ComponentId, FaultModeId } from "../../contracts/ids.ts";
import { type EntryKey, type EntryOf, keyOf } from "../../contracts/knowledge.ts";
import { cite, edgesFrom, edgesInto, entryOf, type Graph, idOf } from "./graph.ts";
import type { Edge, EdgeKind } from "./refs.ts";

/** Paths that one question may find: a model's every path to its needs is some thousands. */
export const PATHS_MAX = 20_000;

/** Along edges of these kinds, or against them. */
export type Hop = { readonly along: readonly EdgeKind[] } | { readonly against: readonly EdgeKind[] };
export type Path = readonly Edge[];

/** Asset → component → fault mode → what it needs. An asset stands in the graph as its model. */
export const TO_NEEDS: readonly Hop[] = [
  { along: ["has"] },
  { along: ["fails-by"] },
  { along: ["needs-skill", "needs-part", "mended-by", "checked-by", "needs-tool"] },
];

/** Every path from an entry by these hops, no entry twice in one path. `cut`: there were more than PATHS_MAX. */
export function walk(graph: Graph, from: EntryKey, hops: readonly Hop[]): { readonly paths: readonly Path[]; readonly cut: boolean } {
  let level: { readonly end: EntryKey; readonly path: Path }[] = [{ end: from, path: [] }];
  let cut = false;
  for (const hop of hops) {
    const next: typeof level = [];
    const forward = "along" in hop;
    const kinds = forward ? hop.along : hop.against;
    for (const { end, path } of level) {
      const edges = (forward ? graph.out : graph.into).get(end);
      for (const edge of edges ?? []) {
        if (!kinds.includes(edge.kind)) continue;
        const to = forward ? edge.to : edge.from;
        if (isGone(graph, to) || to === from || path.some((before) => before.from === to || before.to === to)) continue;
        if (next.length === PATHS_MAX) {
          cut = true;
          break;
        }
        next.push({ end: to, path: [...path, edge] });
      }
    }
    level = next;
  }
  return { paths: level.map(({ path }) => path), cut };
}

/** A model's components, the inner ones too, outer before inner. Empty where the model is not known. */
export function componentsOf(graph: Graph, model: string): readonly EntryOf<"component">[] {
  const found = new Map<EntryKey, EntryOf<"component">>();
  let level: readonly EntryKey[] = [keyOf({ kind: "model", id: model })];
  while (level.length > 0) {
    const next = level.flatMap((key) => edgesFrom(graph, key, "has").map(({ to }) => to)).filter((key) => !found.has(key));
    level = [...new Set(next)];
    for (const key of level) {
      const component = entryOf(graph, "component", idOf(key));
      if (component !== undefined) found.set(key, component);
    }
    level = level.filter((key) => found.has(key));
  }
  return [...found.values()];
}

/** The modes by which a model's components fail, each with its component; of a model that is not known, every mode. */
export function faultModesOf(
  graph: Graph,
  model: string,
): ReadonlyMap<FaultModeId, { readonly mode: EntryOf<"fault-mode">; readonly component?: EntryOf<"component"> }> {
  const found = new Map<FaultModeId, { readonly mode: EntryOf<"fault-mode">; readonly component?: EntryOf<"component"> }>();
  for (const component of componentsOf(graph, model)) {
    for (const { to } of edgesFrom(graph, keyOf(component), "fails-by")) {
      const mode = entryOf(graph, "fault-mode", idOf(to));
      // The innermost component says most about where to look.
      if (mode !== undefined) found.set(mode.id, { mode, component });
    }
  }
  if (entryOf(graph, "model", model) !== undefined) return found;
  for (const entry of graph.current.values()) if (entry.kind === "fault-mode" && entry.retired === undefined) found.set(entry.id, { mode: entry });
  return found;
}

/** What a mode asks of whoever mends it, and the entries that say so. */
export type Needs = {
  readonly mode: EntryOf<"fault-mode">;
  readonly skills: EntryOf<"fault-mode">["skills"];
  readonly parts: EntryOf<"fault-mode">["parts"];
  readonly tools: readonly EntryOf<"tool">[];
  readonly procedure?: EntryOf<"procedure">;
  /** Its steps `before: "working"` must be ticked before the work begins. */
  readonly checklist?: EntryOf<"checklist">;
  readonly cites: readonly Citation[];
};

/** Null where the mode is not known. */
export function needsOf(graph: Graph, faultMode: FaultModeId): Needs | null {
  const mode = entryOf(graph, "fault-mode", faultMode);
  if (mode === undefined) return null;
  const procedure = mode.procedure === undefined ? undefined : entryOf(graph, "procedure", mode.procedure);
  const checklist = mode.checklist === undefined ? undefined : entryOf(graph, "checklist", mode.checklist);
  const tools = [...new Set([...mode.tools, ...(procedure?.tools ?? [])])].flatMap((id) => entryOf(graph, "tool", id) ?? []);
  return {
    mode,
    skills: mode.skills,
    parts: mode.parts,
    tools,
    ...(procedure === undefined ? {} : { procedure }),
    ...(checklist === undefined ? {} : { checklist }),
    cites: [mode, procedure, checklist].flatMap((entry) => (entry === undefined ? [] : [cite(entry)])),
  };
}

/** Parts that may be built in instead of one, each with the entry that says so; what replaces a replacement counts too. */
export function substitutesOf(graph: Graph, part: string): readonly { readonly part: EntryOf<"part">; readonly cite: Citation }[] {
  const found = new Map<EntryKey, EntryOf<"part">>();
  let level: readonly EntryKey[] = [keyOf({ kind: "part", id: part })];
  const start = level[0];
  while (level.length > 0) {
    level = [...new Set(level.flatMap((key) => edgesInto(graph, key, "replaces").map(({ from }) => from)))].filter((key) => key !== start && !found.has(key));
    for (const key of level) {
      const other = entryOf(graph, "part", idOf(key));
      if (other !== undefined) found.set(key, other);
    }
  }
  return [...found.values()].map((other) => ({ part: other, cite: cite(other) }));
}

/** The bill of materials of a component and of those inside it, summed by part. */
export function billOf(graph: Graph, component: ComponentId): ReadonlyMap<string, { readonly quantity: number; readonly cites: readonly Citation[] }> {
  const bill = new Map<string, { readonly quantity: number; readonly cites: readonly Citation[] }>();
  const seen = new Set<EntryKey>();
  let level: readonly EntryKey[] = [keyOf({ kind: "component", id: component })];
  while (level.length > 0) {
    for (const key of level) {
      seen.add(key);
      const entry = entryOf(graph, "component", idOf(key));
      for (const { part, quantity } of entry?.parts ?? []) {
        const so = bill.get(part);
        bill.set(part, { quantity: (so?.quantity ?? 0) + quantity, cites: [...(so?.cites ?? []), ...(entry === undefined ? [] : [cite(entry)])] });
      }
    }
    level = level.flatMap((key) => edgesFrom(graph, key, "has").map(({ to }) => to)).filter((key) => !seen.has(key));
  }
  return bill;
}

function isGone(graph: Graph, key: EntryKey): boolean {
  const entry = graph.current.get(key);
  return entry === undefined || entry.retired === true;
}
