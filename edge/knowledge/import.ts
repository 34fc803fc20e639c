/**
 * A document of entries at the door: taken whole, or refused with every fault that was found, each with its field, its rule and its mend.
 * What it names must be there afterwards, in it or in what is known already.
 */
import { type Entry, type EntryKey, keyOf, Knowledge } from "../../contracts/knowledge.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { edgesFrom, type Graph, idOf } from "./graph.ts";
import { type Ref, refsOf } from "./refs.ts";

/** Edges of all that a unit knows: ten times what a maker of pumps, trucks and cranes publishes, some 30 MB in memory. */
export const EDGES_MAX = 100_000;
/** Components within components: machine, assembly, subassembly, group, part of a group; deeper trees are drawn by mistake. */
export const DEPTH_MAX = 8;
/** Faults of one document that are told; who mends them sends it again. */
export const REFUSALS_MAX = 20;

export type Imported = { readonly entries: readonly Entry[]; readonly unchanged: number } | { readonly refused: readonly Refusal[]; readonly more: number };

/** The entries to lay in, newer or new; those that are known to the letter are left out. `document` is JSON as it came. */
export function readKnowledge(graph: Graph, document: unknown): Imported {
  const parsed = Knowledge.safeParse(document);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) =>
      refuse("malformed", issue.message, "write the entry as its schema in contracts/knowledge.ts says", issue.path.join(".")),
    );
    return told(faults);
  }
  const { entries } = parsed.data;
  const fresh = entries.map((entry, i) => ({ entry, i })).filter(({ entry }) => !isKnown(graph, entry));
  const after = new Map(fresh.map(({ entry }) => [keyOf(entry), entry]));
  const latest = (key: EntryKey): Entry | undefined => after.get(key) ?? graph.current.get(key);
  const faults = [
    ...twice(entries),
    ...fresh.flatMap(({ entry, i }) => stale(graph, entry, i)),
    ...fresh.flatMap(({ entry, i }) => dangling(latest, entry, i)),
    ...fresh.flatMap(({ entry, i }) => stillNamed(graph, after, entry, i)),
    ...fresh.flatMap(({ entry, i }) => astray(latest, entry, i)),
    ...crowded(graph, after),
  ];
  return faults.length > 0 ? told(faults) : { entries: fresh.map(({ entry }) => entry), unchanged: entries.length - fresh.length };
}

function told(faults: readonly Refusal[]): Imported {
  return { refused: faults.slice(0, REFUSALS_MAX), more: Math.max(0, faults.length - REFUSALS_MAX) };
}

function isKnown(graph: Graph, entry: Entry): boolean {
  const known = graph.current.get(keyOf(entry));
  return known?.version === entry.version && JSON.stringify(sorted(known)) === JSON.stringify(sorted(entry));
}

/** With its fields in order: two documents may write the same entry differently. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

function twice(entries: readonly Entry[]): readonly Refusal[] {
  const first = new Map<EntryKey, number>();
  return entries.flatMap((entry, i) => {
    const key = keyOf(entry);
    const before = first.get(key);
    first.set(key, before ?? i);
    return before === undefined ? [] : [refuse("exists", `${key} stands at entries.${before} already`, "keep one of the two", `entries.${i}.id`)];
  });
}

function stale(graph: Graph, entry: Entry, i: number): readonly Refusal[] {
  const known = graph.current.get(keyOf(entry));
  if (known === undefined || known.version < entry.version) return [];
  const rule = `version ${known.version} of ${keyOf(entry)} is known, and a version is never changed`;
  return [refuse("stale-version", rule, `send it as version ${known.version + 1}`, `entries.${i}.version`)];
}

function dangling(latest: (key: EntryKey) => Entry | undefined, entry: Entry, i: number): readonly Refusal[] {
  if (entry.retired === true) return [];
  return refsOf(entry).flatMap(({ names, field }) => {
    const target = latest(names);
    if (target !== undefined && target.retired === undefined) return [];
    const rule = target === undefined ? `${keyOf(entry)} names ${names}, which is nowhere` : `${keyOf(entry)} names ${names}, which is retired`;
    return [refuse("unknown-entity", rule, `add ${names} to the document, or name another`, `entries.${i}.${field}`)];
  });
}

/** What is retired while others still name it. */
function stillNamed(graph: Graph, after: ReadonlyMap<EntryKey, Entry>, entry: Entry, i: number): readonly Refusal[] {
  if (entry.retired === undefined) return [];
  const key = keyOf(entry);
  const owners = [...(graph.into.get(key) ?? []), ...(graph.out.get(key) ?? [])]
    .map(({ owner }) => owner)
    .filter((owner) => owner !== key && !after.has(owner));
  return [...new Set(owners)].map((owner) =>
    refuse("wrong-state", `${key} is still named by ${owner}`, `send a new version of ${owner} that does not name it`, `entries.${i}.retired`),
  );
}

/** A component that is inside itself, or too deep. */
function astray(latest: (key: EntryKey) => Entry | undefined, entry: Entry, i: number): readonly Refusal[] {
  if (entry.kind !== "component" || entry.retired === true) return [];
  const way: string[] = [entry.id];
  for (let parent = entry.parent; parent !== undefined;) {
    const above = latest(keyOf({ kind: "component", id: parent }));
    if (above?.kind !== "component") return [];
    way.push(above.id);
    if (above.id === entry.id)
      return [
        refuse("malformed", `a component can't be inside itself: ${way.join(" in ")}`, "name the component that it is built into", `entries.${i}.parent`),
      ];
    // A circle that it only hangs on is told at those that form it.
    if (way.length > DEPTH_MAX) {
      if (way.lastIndexOf(above.id) !== way.indexOf(above.id)) return [];
      return [refuse("too-many", `components lie at most ${DEPTH_MAX} deep: ${way.join(" in ")}`, "leave out a level", `entries.${i}.parent`)];
    }
    parent = above.parent;
  }
  return [];
}

function crowded(graph: Graph, after: ReadonlyMap<EntryKey, Entry>): readonly Refusal[] {
  let edges = graph.edges;
  for (const [key, entry] of after) {
    const before = graph.current.get(key);
    edges += count(entry) - (before === undefined ? 0 : count(before));
  }
  if (edges <= EDGES_MAX) return [];
  return [
    refuse("too-many", `all entries together name at most ${EDGES_MAX} others; these would be ${edges}`, "retire what is no longer in service", "entries"),
  ];
}

function count(entry: Entry): number {
  return entry.retired === true ? 0 : refsOf(entry).length;
}

/** Names in the graph that lead nowhere: a check of what the store holds, whoever wrote it. */
export function danglingOf(graph: Graph): readonly Ref[] {
  return [...graph.current.values()].flatMap((entry) =>
    entry.retired === true ? [] : refsOf(entry).filter(({ names }) => graph.current.get(names) === undefined || graph.current.get(names)?.retired === true),
  );
}

/** Roots of component trees that no model has: nothing leads to them. */
export function orphansOf(graph: Graph): readonly string[] {
  const rooted = new Set<EntryKey>();
  for (const entry of graph.current.values()) if (entry.kind === "model") for (const { to } of edgesFrom(graph, keyOf(entry), "has")) rooted.add(to);
  return [...graph.current.values()].flatMap((entry) =>
    entry.kind === "component" && entry.retired === undefined && entry.parent === undefined && !rooted.has(keyOf(entry)) ? [idOf(keyOf(entry))] : [],
  );
}
