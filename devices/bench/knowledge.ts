/**
 * Three hops over 10,000 edges, asset → component → fault mode → what it needs: by the unit's own index, and beside it the same question put to
 * SQLite (a recursive common table expression over an indexed table of edges) and answered by looking through all edges. And what a diagnosis takes.
 */
import { DatabaseSync } from "node:sqlite";
import { grow } from "../../edge/knowledge/fixture/grown.ts";
import { buildGraph, type Graph, putEntry } from "../../edge/knowledge/graph.ts";
import { TO_NEEDS, walk } from "../../edge/knowledge/hops.ts";
import type { Edge } from "../../edge/knowledge/refs.ts";
import { diagnose } from "../../edge/knowledge/symptom.ts";
import { startRandom } from "../../edge/sim/random.ts";
import type { Entry, EntryKey } from "../../contracts/knowledge.ts";
import { machine, type Measured, quantile } from "./machine.ts";

const EDGES_WANTED = 10_000;
/** What is promised of one question, at the 99th of a hundred. */
const PROMISED_MS = 20;
const QUESTIONS = 1_000;
/** Looking through all edges takes a while. */
const SCANS = 100;
const BUILDS = 10;

export async function knowledge(tell: (line: string) => void): Promise<Measured> {
  const { entries, graph, models } = grown();
  tell(`${graph.edges} edges, ${graph.current.size} entries`);
  const asked = startRandom(7);
  const questions = Array.from({ length: QUESTIONS }, (): EntryKey => `model:${asked.pick(models)}`);
  const edges = [...graph.out.values()].flat();
  const sqlite = openSqlite(edges);
  for (const from of questions.slice(0, 20)) {
    const [own, theirs, seen] = [walk(graph, from, TO_NEEDS).paths.length, sqlite(from), scan(edges, from)];
    if (own !== theirs || own !== seen || own === 0) throw new Error(`${from}: ${own}, ${theirs} and ${seen} paths`);
  }
  const own = times(questions, (from) => walk(graph, from, TO_NEEDS));
  const theirs = times(questions, sqlite);
  const scanned = times(questions.slice(0, SCANS), (from) => scan(edges, from));
  tell("diagnoses …");
  const codes = questions.map((from, i) => ({
    model: from.slice("model:".length),
    code: `E${models.indexOf(from.slice("model:".length))}-${i % 10}-${i % 3}`,
  }));
  const evidence = [{ channel: "ch3" as never, share: 0.8 }];
  const diagnosed = times(codes, ({ model, code }) => diagnose(graph, model, { code, evidence, channels: 8 }, "none" as never));
  const built = times(Array.from({ length: BUILDS }), () => buildGraph(entries));
  const put = times(entries.slice(0, QUESTIONS), (entry) => putEntry(graph, { ...entry, version: entry.version + 1 }));
  return {
    bench: "knowledge",
    ratios: {
      "p99/promised": fixed(quantile(own, 0.99) / PROMISED_MS),
      "p50/sqlite": fixed(quantile(own, 0.5) / quantile(theirs, 0.5)),
      "p50/scan": fixed(quantile(own, 0.5) / quantile(scanned, 0.5)),
    },
    figures: {
      edges: edges.length,
      entries: entries.length,
      "3 hops p50 ms": fixed(quantile(own, 0.5)),
      "3 hops p99 ms": fixed(quantile(own, 0.99)),
      "sqlite p50 ms": fixed(quantile(theirs, 0.5)),
      "sqlite p99 ms": fixed(quantile(theirs, 0.99)),
      "scan p50 ms": fixed(quantile(scanned, 0.5)),
      "diagnosis p50 ms": fixed(quantile(diagnosed, 0.5)),
      "diagnosis p99 ms": fixed(quantile(diagnosed, 0.99)),
      "build p50 ms": fixed(quantile(built, 0.5)),
      "one entry p99 ms": fixed(quantile(put, 0.99)),
    },
    machine: machine(),
  };
}

/** The fewest models that have so many edges. */
function grown(): { readonly entries: readonly Entry[]; readonly graph: Graph; readonly models: readonly string[] } {
  for (let many = 1; ; many++) {
    const entries = grow(many, startRandom(1));
    const graph = buildGraph(entries);
    if (graph.edges >= EDGES_WANTED) return { entries, graph, models: Array.from({ length: many }, (_, i) => `M ${i}`) };
  }
}

function openSqlite(edges: readonly Edge[]): (from: EntryKey) => number {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE edge (source TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL); CREATE INDEX edge_by_source ON edge (source, kind, target)");
  const insert = db.prepare("INSERT INTO edge VALUES (?, ?, ?)");
  db.exec("BEGIN");
  for (const { from, kind, to } of edges) insert.run(from, kind, to);
  db.exec("COMMIT");
  const kinds = TO_NEEDS.map((hop) => ("along" in hop ? hop.along : hop.against));
  const rows = kinds.flatMap((list, depth) => list.map((kind) => `(${depth}, '${kind}')`)).join(", ");
  const query = db.prepare(`
    WITH RECURSIVE hop(depth, kind) AS (VALUES ${rows}),
    way(depth, node, path) AS (
      SELECT 0, ?, ''
      UNION ALL
      SELECT way.depth + 1, edge.target, way.path || ' ' || edge.target FROM way
      JOIN hop ON hop.depth = way.depth JOIN edge ON edge.source = way.node AND edge.kind = hop.kind)
    SELECT path FROM way WHERE depth = ${kinds.length}`);
  return (from) => query.all(from).length;
}

function scan(edges: readonly Edge[], from: EntryKey): number {
  let ends: readonly EntryKey[] = [from];
  for (const hop of TO_NEEDS) {
    const kinds = "along" in hop ? hop.along : hop.against;
    ends = ends.flatMap((end) => edges.filter((edge) => edge.from === end && kinds.includes(edge.kind)).map(({ to }) => to));
  }
  return ends.length;
}

/** Milliseconds of each call, after as many again to warm up. */
function times<T>(questions: readonly T[], answer: (question: T) => unknown): readonly number[] {
  for (const question of questions) answer(question);
  return questions.map((question) => {
    const from = performance.now();
    answer(question);
    return performance.now() - from;
  });
}

function fixed(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
