import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Entry, ENTRIES_MAX, Knowledge } from "../../contracts/knowledge.ts";
import { Refusal } from "../../contracts/refusal.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { startRandom } from "../sim/random.ts";
import { grow } from "./fixture/grown.ts";
import { buildGraph, type Graph, putEntry } from "./graph.ts";
import { DEPTH_MAX, danglingOf, EDGES_MAX, type Imported, readKnowledge, REFUSALS_MAX } from "./import.ts";

const title = { en: "x", zh: "x" };
const empty = (): Graph => buildGraph([]);
const component = (id: string, parent?: string, version = 1) => ({ kind: "component", id, version, title, ...(parent === undefined ? {} : { parent }) });
const part = (id: string, version = 1, more: object = {}) => ({ kind: "part", id, version, title, ...more });
const read = (graph: Graph, ...entries: readonly object[]): Imported => readKnowledge(graph, { format: 1, entries });
const faults = (imported: Imported) => ("refused" in imported ? imported.refused.map(({ refused, field }) => [refused, field]) : []);
const taken = (imported: Imported): readonly Entry[] => {
  if ("refused" in imported) throw new Error(JSON.stringify(imported.refused));
  return imported.entries;
};

describe("KG3 a document is taken whole or refused", () => {
  test("what is new is taken, what is known to the letter is left out", () => {
    const graph = empty();
    const first = readKnowledge(graph, structuredClone(pumpKnowledge));
    for (const entry of taken(first)) putEntry(graph, entry);
    expect(graph.current.size).toBe(pumpKnowledge.entries.length);
    // The same, its fields in another order.
    const turned = pumpKnowledge.entries.map((entry) => Object.fromEntries(Object.entries(entry).toReversed()));
    expect(read(graph, ...turned)).toEqual({ entries: [], unchanged: pumpKnowledge.entries.length });
  });

  test("a name that leads nowhere is refused with field, rule and mend", () => {
    const imported = read(empty(), part("P"), {
      ...component("c"),
      parts: [
        { part: "P", quantity: 1 },
        { part: "Q", quantity: 1 },
      ],
    });
    expect(imported).toEqual({
      refused: [
        {
          refused: "unknown-entity",
          field: "entries.1.parts.1",
          rule: "component:c names part:Q, which is nowhere",
          mend: "add part:Q to the document, or name another",
        },
      ],
      more: 0,
    });
    expect(faults(read(empty(), { kind: "model", id: "M 1", version: 1, title, components: ["c"] }))).toEqual([["unknown-entity", "entries.0.components.0"]]);
    expect(faults(read(empty(), component("c", "above")))).toEqual([["unknown-entity", "entries.0.parent"]]);
  });

  test("what is retired can't be named, and what is named can't be retired", () => {
    const graph = buildGraph(taken(read(empty(), part("P"), { ...component("c"), parts: [{ part: "P", quantity: 1 }] })));
    expect(faults(read(graph, part("P", 2, { retired: true })))).toEqual([["wrong-state", "entries.0.retired"]]);
    const both = read(graph, part("P", 2, { retired: true }), component("c", undefined, 2));
    for (const entry of taken(both)) putEntry(graph, entry);
    expect(faults(read(graph, { ...component("c", undefined, 3), parts: [{ part: "P", quantity: 1 }] }))).toEqual([["unknown-entity", "entries.0.parts.0"]]);
  });

  test("a component inside itself is refused, however long the way, and one too deep", () => {
    expect(faults(read(empty(), component("a", "a")))).toEqual([["malformed", "entries.0.parent"]]);
    const ring = read(empty(), component("a", "b"), component("b", "c"), component("c", "a"), component("tail", "a"));
    expect(faults(ring)).toEqual([0, 1, 2].map((i) => ["malformed", `entries.${i}.parent`]));
    expect("refused" in ring && ring.refused[0]?.rule).toBe("a component can't be inside itself: a in b in c in a");
    // A circle that closes over what is known already.
    const graph = buildGraph(taken(read(empty(), component("a"), component("b", "a"))));
    expect(faults(read(graph, component("a", "b", 2)))).toEqual([["malformed", "entries.0.parent"]]);
    const chain = (n: number) => Array.from({ length: n }, (_, i) => component(`c${i}`, i === 0 ? undefined : `c${i - 1}`));
    expect(taken(read(empty(), ...chain(DEPTH_MAX)))).toHaveLength(DEPTH_MAX);
    expect(faults(read(empty(), ...chain(DEPTH_MAX + 1)))).toEqual([["too-many", `entries.${DEPTH_MAX}.parent`]]);
  });

  test("a version is never changed, and no entry stands twice", () => {
    const graph = buildGraph(taken(read(empty(), part("P", 3))));
    for (const version of [2, 3]) {
      const imported = read(graph, part("P", version, { weightKg: 1 }));
      expect(faults(imported)).toEqual([["stale-version", "entries.0.version"]]);
      expect("refused" in imported && imported.refused[0]?.mend).toBe("send it as version 4");
    }
    expect(taken(read(graph, part("P", 4, { weightKg: 1 })))).toHaveLength(1);
    expect(faults(read(empty(), part("P"), part("Q"), part("P", 2)))).toEqual([["exists", "entries.2.id"]]);
  });

  test("what does not fit its schema names its field; of many faults the first ones are told and the others counted", () => {
    expect(faults(read(empty(), { ...part("P"), weight: 1 }))).toEqual([["malformed", "entries.0"]]);
    expect(faults(read(empty(), part("P", 1, { weightKg: -1 })))).toEqual([["malformed", "entries.0.weightKg"]]);
    expect(faults(readKnowledge(empty(), null))).toEqual([["malformed", ""]]);
    const shares = { kind: "symptom", id: "s", version: 1, title, indicates: [{ faultMode: "f", likelihood: 0.5 }] };
    const over = [
      {
        type: "channels",
        channels: [
          { channel: "a", share: 0.7 },
          { channel: "b", share: 0.7 },
        ],
      },
    ];
    expect(faults(read(empty(), { ...shares, signs: over }))).toEqual([["malformed", "entries.0.signs.0.channels"]]);
    const many = read(empty(), ...Array.from({ length: 50 }, (_, i) => component(`c${i}`, "nowhere")));
    expect(many).toMatchObject({ refused: { length: REFUSALS_MAX }, more: 50 - REFUSALS_MAX });
    expect(faults(read(empty(), ...Array.from({ length: ENTRIES_MAX + 1 }, (_, i) => part(`p${i}`))))).toEqual(
      [["too-large", "entries"]].map(() => ["malformed", "entries"]),
    );
  });

  test("all together name no more than the limit", () => {
    const parts = Array.from({ length: 200 }, (_, i) => part(`p${i}`));
    const lines = parts.map(({ id }) => ({ part: id, quantity: 1 }));
    const fat = (from: number, n: number) => Array.from({ length: n }, (_, i) => ({ ...component(`c${from + i}`), parts: lines }));
    const graph = buildGraph(taken(read(empty(), ...parts, ...fat(0, EDGES_MAX / 200))));
    expect(graph.edges).toBe(EDGES_MAX);
    expect(faults(read(graph, ...fat(1_000, 1)))).toEqual([["too-many", "entries"]]);
    // One goes, another comes.
    expect(taken(read(graph, component("c0", undefined, 2), ...fat(1_000, 1)))).toHaveLength(2);
  });

  test("whatever document comes, taking it leaves nothing that leads nowhere, and every refusal is one", () => {
    const base = grow(1, startRandom(3));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(base.length - 1), fc.integer({ min: 0, max: 4 })), { maxLength: 12 }), (edits) => {
        const graph = buildGraph(base);
        const entries = new Map<number, object>();
        for (const [i, how] of edits) {
          const entry = base[i];
          if (entry === undefined) continue;
          if (how === 0) entries.set(i, { ...entry, version: 2, retired: true });
          else if (how === 1 && entry.kind === "component") entries.set(i, { ...entry, version: 2, parent: `c-0-${i % 10}` });
          else if (how === 2) entries.set(i, { ...entry, version: 1 + (i % 2), title: { en: "changed", zh: "改" } });
          else if (how === 3 && entry.kind === "fault-mode") entries.set(i, { ...entry, version: 2, components: ["gone"] });
        }
        const imported = read(graph, ...entries.values());
        if ("refused" in imported) for (const refusal of imported.refused) Refusal.parse(refusal);
        else {
          for (const entry of imported.entries) putEntry(graph, entry);
          expect(danglingOf(graph)).toEqual([]);
          expect(Knowledge.safeParse({ format: 1, entries: [...graph.current.values()] }).success).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
