/**
 * The knowledge as an index in memory: entries by key, edges by both ends. Built from the store's rows and kept up one entry at a time; the
 * entry's latest version is what queries see, earlier ones stay to be read where they were cited.
 */
import type { Citation } from "../../contracts/diagnosis.ts";
import { type Entry, type EntryKey, type EntryKind, type EntryOf, keyOf } from "../../contracts/knowledge.ts";
import { type Edge, type EdgeKind, refsOf } from "./refs.ts";

/** Versions of one entry in memory; a decision older than the last fifty changes of what it cites is read from the store. */
export const VERSIONS_KEPT = 50;

export type Graph = {
  /** The latest version of each entry, retired ones too. */
  readonly current: Map<EntryKey, Entry>;
  readonly versions: Map<EntryKey, Map<number, Entry>>;
  readonly out: Map<EntryKey, Edge[]>;
  readonly into: Map<EntryKey, Edge[]>;
  /** Symptoms by the codes that devices send for them. */
  readonly codes: Map<string, Set<EntryKey>>;
  edges: number;
};

/** From rows in any order, several versions of an entry among them. */
export function buildGraph(entries: Iterable<Entry>): Graph {
  const graph: Graph = { current: new Map(), versions: new Map(), out: new Map(), into: new Map(), codes: new Map(), edges: 0 };
  for (const entry of entries) putEntry(graph, entry);
  return graph;
}

/** Lays a version in, in place. An older version than the latest one is only kept to be cited. Edges may lead to what is not there yet. */
export function putEntry(graph: Graph, entry: Entry): void {
  const key = keyOf(entry);
  const versions = graph.versions.get(key) ?? new Map<number, Entry>();
  graph.versions.set(key, versions.set(entry.version, entry));
  if (versions.size > VERSIONS_KEPT) versions.delete(Math.min(...versions.keys()));
  const before = graph.current.get(key);
  if (before !== undefined && before.version > entry.version) return;
  if (before !== undefined) unlink(graph, before);
  graph.current.set(key, entry);
  if (entry.retired === true) return;
  for (const { edge } of refsOf(entry)) link(graph, edge);
  for (const code of codesOf(entry)) graph.codes.set(code, (graph.codes.get(code) ?? new Set<EntryKey>()).add(key));
}

/** The entry as it is known now; undefined where there is none, or it is retired. */
export function entryOf<K extends EntryKind>(graph: Graph, kind: K, id: string): EntryOf<K> | undefined {
  const entry = graph.current.get(keyOf({ kind, id }));
  return entry === undefined || entry.retired === true ? undefined : (entry as EntryOf<K>);
}

/** The entry that was cited, as it was then. */
export function citedEntry(graph: Graph, { entry, version }: Citation): Entry | undefined {
  return graph.versions.get(entry as EntryKey)?.get(version);
}

export function cite(entry: Entry): Citation {
  return { entry: keyOf(entry), version: entry.version };
}

export function edgesFrom(graph: Graph, key: EntryKey, kind: EdgeKind): readonly Edge[] {
  return graph.out.get(key)?.filter((edge) => edge.kind === kind) ?? [];
}

export function edgesInto(graph: Graph, key: EntryKey, kind: EdgeKind): readonly Edge[] {
  return graph.into.get(key)?.filter((edge) => edge.kind === kind) ?? [];
}

export function idOf(key: EntryKey): string {
  return key.slice(key.indexOf(":") + 1);
}

function link(graph: Graph, edge: Edge): void {
  push(graph.out, edge.from, edge);
  push(graph.into, edge.to, edge);
  graph.edges++;
}

function unlink(graph: Graph, entry: Entry): void {
  if (entry.retired === true) return;
  const owner = keyOf(entry);
  for (const { edge } of refsOf(entry)) {
    drop(graph.out, edge.from, owner);
    drop(graph.into, edge.to, owner);
    graph.edges--;
  }
  for (const code of codesOf(entry)) {
    const keys = graph.codes.get(code);
    keys?.delete(owner);
    if (keys?.size === 0) graph.codes.delete(code);
  }
}

function codesOf(entry: Entry): readonly string[] {
  return entry.kind === "symptom" ? entry.signs.flatMap((sign) => (sign.type === "code" ? [sign.code] : [])) : [];
}

function push(edges: Map<EntryKey, Edge[]>, key: EntryKey, edge: Edge): void {
  const list = edges.get(key);
  if (list === undefined) edges.set(key, [edge]);
  else list.push(edge);
}

function drop(edges: Map<EntryKey, Edge[]>, key: EntryKey, owner: EntryKey): void {
  const left = edges.get(key)?.filter((edge) => edge.owner !== owner);
  if (left === undefined || left.length === 0) edges.delete(key);
  else edges.set(key, left);
}
