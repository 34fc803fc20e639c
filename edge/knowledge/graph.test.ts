import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Entry, type EntryKey, keyOf } from "../../contracts/knowledge.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { startRandom } from "../sim/random.ts";
import { grow } from "./fixture/grown.ts";
import { buildGraph, cite, citedEntry, entryOf, type Graph, putEntry, VERSIONS_KEPT } from "./graph.ts";
import { billOf, componentsOf, faultModesOf, needsOf, substitutesOf, TO_NEEDS, walk } from "./hops.ts";
import { danglingOf, orphansOf } from "./import.ts";
import { type Edge, refsOf } from "./refs.ts";

const graph = buildGraph(pumpKnowledge.entries);
const title = { en: "x", zh: "x" };

/** The same, whatever order it was made in. */
function plain({ current, versions, out, into, codes, edges }: Graph) {
  const list = (of: ReadonlyMap<EntryKey, readonly Edge[]>) =>
    [...of].map(([key, all]) => [key, all.map((edge) => JSON.stringify(edge)).toSorted()] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    current: new Map([...current].toSorted()),
    versions: new Map([...versions].toSorted()),
    out: list(out),
    into: list(into),
    codes: new Map([...codes].toSorted()),
    edges,
  };
}

describe("KG1 versions", () => {
  const part = (version: number, more: object = {}): Entry => Entry.parse({ kind: "part", id: "P", version, title, ...more });
  test("the latest is asked, each cited one can be read, and a retired one is gone but for its citations", () => {
    const one = buildGraph([part(2, { weightKg: 2 }), part(1, { weightKg: 1 })]);
    expect(entryOf(one, "part", "P")?.weightKg).toBe(2);
    expect(citedEntry(one, { entry: "part:P", version: 1 })).toMatchObject({ version: 1, weightKg: 1 });
    putEntry(one, part(3, { retired: true }));
    expect(entryOf(one, "part", "P")).toBeUndefined();
    expect(citedEntry(one, cite(part(2)))).toMatchObject({ weightKg: 2 });
    expect(citedEntry(one, { entry: "part:P", version: 9 })).toBeUndefined();
  });

  test("so many versions of an entry are in memory, the oldest go first", () => {
    const one = buildGraph(Array.from({ length: VERSIONS_KEPT + 3 }, (_, i) => part(i + 1)));
    expect([...(one.versions.get("part:P")?.keys() ?? [])]).toEqual(Array.from({ length: VERSIONS_KEPT }, (_, i) => i + 4));
  });
});

test("KG2 the index that is kept up entry by entry is the one that is built at once, in whatever order the rows come", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), (seed, order) => {
      const draw = startRandom(seed);
      const rows = grow(2, draw);
      const changed = rows.filter((_, i) => i % 5 === 0).map((entry) => newer(entry, draw.between(0, 3)));
      const all = [...rows, ...changed];
      const shuffle = startRandom(order);
      const mixed = all.map((entry) => [shuffle.next(), entry] as const).toSorted(([a], [b]) => a - b);
      expect(plain(buildGraph(mixed.map(([, entry]) => entry)))).toEqual(plain(buildGraph(all)));
      const latest = buildGraph([...new Map(all.map((entry) => [keyOf(entry), entry])).values()]);
      expect({ ...plain(buildGraph(all)), versions: null }).toEqual({ ...plain(latest), versions: null });
    }),
    { numRuns: 30 },
  );
});

/** The next version of an entry, with fewer names in it. */
function newer(entry: Entry, how: number): Entry {
  if (how === 0) return { ...entry, version: 2, retired: true };
  if (entry.kind === "fault-mode") return { ...entry, version: 2, parts: entry.parts.slice(1), skills: [] };
  if (entry.kind === "symptom" && how === 2) return { ...entry, version: 2, signs: [{ type: "code", code: "E-new" }] };
  if (entry.kind === "component" && how === 1) return { ...entry, version: 2, parts: [] };
  return { ...entry, version: 2 };
}

describe("KG4 hops", () => {
  /** Every path by looking at every name of every entry, hop after hop. */
  function scan(entries: readonly Entry[], from: string): readonly string[] {
    const edges = entries.flatMap((entry) => refsOf(entry).map(({ edge }) => edge));
    const kinds = TO_NEEDS.map((hop) => ("along" in hop ? hop.along : []));
    let level: readonly (readonly Edge[])[] = [[]];
    for (const kind of kinds)
      level = level.flatMap((path) =>
        edges.filter((edge) => edge.from === (path.at(-1)?.to ?? from) && kind.includes(edge.kind)).map((edge) => [...path, edge]),
      );
    return level.map((path) => path.map(({ to }) => to).join(" ")).toSorted();
  }

  test("three hops from an asset find every path that there is, and no other", () => {
    const entries = grow(4, startRandom(5));
    const grown = buildGraph(entries);
    for (const from of ["model:M 0", "model:M 3"] as const) {
      const { paths, cut } = walk(grown, from, TO_NEEDS);
      expect(cut).toBe(false);
      expect(paths.map((path) => path.map(({ to }) => to).join(" ")).toSorted()).toEqual(scan(entries, from));
      expect(paths.length).toBeGreaterThan(50);
    }
    expect(walk(grown, "model:nobody's", TO_NEEDS).paths).toEqual([]);
    expect(walk(grown, "part:part-0", [{ against: ["needs-part"] }, { against: ["fails-by"] }, { against: ["has"] }]).paths.length).toBeGreaterThan(0);
  });

  test("a circle among entries ends, and what is retired is not passed through", () => {
    const ring = ["a", "b", "c"].map((id, i, ids) => Entry.parse({ kind: "part", id, version: 1, title, replaces: [ids[(i + 1) % 3]] }));
    const round = buildGraph(ring);
    const hops = Array.from({ length: 6 }, () => ({ along: ["replaces"] as const }));
    expect(walk(round, "part:a", hops).paths).toEqual([]);
    expect(walk(round, "part:a", hops.slice(0, 2)).paths).toHaveLength(1);
    expect(substitutesOf(round, "a").map(({ part }) => part.id)).toEqual(["c", "b"]);
    putEntry(round, Entry.parse({ kind: "part", id: "b", version: 2, title, retired: true }));
    for (const far of [1, 2]) expect(walk(round, "part:a", hops.slice(0, far)).paths).toEqual([]);
  });

  test("a model's components come outer before inner, its fault modes with the innermost", () => {
    const ids = componentsOf(graph, "ISW200").map(({ id }) => id as string);
    expect(ids.toSorted()).toEqual(["base", "bearings", "cabinet", "drive", "hydraulic-end", "impeller", "motor", "shaft-seal"]);
    expect(ids.indexOf("drive")).toBeLessThan(ids.indexOf("bearings"));
    const modes = faultModesOf(graph, "ISW200");
    expect(modes.get("bearing-wear" as never)?.component?.id).toBe("bearings");
    expect(modes.has("unclear" as never)).toBe(false);
    // Of a model that nobody has described every mode may be it.
    expect(faultModesOf(graph, "unheard of").size).toBe(7);
  });

  test("a mode tells skills, parts, tools, procedure and checklist with its safety steps, each with its entry", () => {
    const needs = needsOf(graph, "bearing-wear" as never);
    expect(needs).toMatchObject({
      skills: ["mechanical", "bearings"],
      tools: [{ id: "puller-3" }, { id: "induction-heater" }],
      procedure: { id: "replace-bearings" },
      checklist: { id: "locked-out" },
      cites: [
        { entry: "fault-mode:bearing-wear", version: 1 },
        { entry: "procedure:replace-bearings", version: 1 },
        { entry: "checklist:locked-out", version: 1 },
      ],
    });
    expect(needs?.checklist?.steps.filter(({ before }) => before === "working").map(({ id }) => id)).toEqual(["isolate", "prove-dead", "standstill"]);
    expect(needsOf(graph, "nothing-known" as never)).toBeNull();
  });

  test("a component's bill of materials holds that of what is inside it", () => {
    const bill = billOf(graph, "hydraulic-end" as never);
    expect([...bill].map(([part, { quantity }]) => [part, quantity])).toEqual([
      ["GASKET-180", 2],
      ["IMPELLER-180", 1],
      ["SEAL-45", 1],
    ]);
    expect(billOf(graph, "drive" as never).get("SEAL-45")?.cites).toEqual([{ entry: "component:bearings", version: 1 }]);
  });
});

test("KG3 the catalogue's own document leads nowhere in vain, and grown ones neither", () => {
  for (const one of [graph, buildGraph(grow(3, startRandom(1)))]) {
    expect(danglingOf(one)).toEqual([]);
    expect(orphansOf(one)).toEqual([]);
  }
  putEntry(graph, Entry.parse({ kind: "component", id: "spare", version: 1, title, parts: [{ part: "NOPE", quantity: 1 }] }));
  expect(danglingOf(graph).map(({ names, field }) => [names, field])).toEqual([["part:NOPE", "parts.0"]]);
  expect(orphansOf(graph)).toEqual(["spare"]);
});
