import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Repair } from "../../contracts/asset.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { buildGraph } from "./graph.ts";
import { actionsOf, AGAIN_MS, HALF_LIFE_MS, outcomesOf, partsMostUsed, recentRepairs, similarRepairs } from "./history.ts";

const graph = buildGraph(pumpKnowledge.entries);
const DAY = 86_400_000;
const NOW = 4_000 * DAY;
let made = 0;
const repair = (asset: string, faultMode: string, daysAgo: number, more: object = {}): Repair =>
  Repair.parse({ id: `r${++made}`, asset, faultMode, cause: "", action: "", parts: [], doneAt: NOW - daysAgo * DAY, ...more });
const assets = [
  { id: "A", model: "ISW200" },
  { id: "B", model: "ISW200" },
  { id: "C", model: "ISW150" },
] as never[];
const job = { asset: "A", model: "ISW200", faultMode: "bearing-wear" } as never;
const similar = (...repairs: readonly Repair[]) => similarRepairs(graph, repairs, assets, job, NOW).map(({ repair: { id } }) => id);

test("KG9 the latest repairs of an asset come newest first, and no other's", () => {
  const [old, other, late] = [repair("A", "supply", 9), repair("B", "supply", 1), repair("A", "supply", 2)];
  expect(recentRepairs([old, other, late], "A" as never)).toEqual([late, old]);
  expect(recentRepairs([old, late], "A" as never, 1)).toEqual([late]);
});

describe("KG9 similar repairs", () => {
  test("are of the same model, with the same fault or one close by; what shares no component is none", () => {
    const [same, sibling, elsewhere, other, unheard] = [
      repair("B", "bearing-wear", 10),
      repair("B", "overheating", 10),
      repair("B", "supply", 10),
      repair("C", "bearing-wear", 10),
      repair("Z", "bearing-wear", 10),
    ];
    // Bearings and motor are both of the drive.
    expect(similar(elsewhere, sibling, same, other, unheard)).toEqual([same.id, sibling.id]);
    expect(similar(...(["false-alarm", "other-fault"] as const).map((finding) => repair("B", "bearing-wear", 1, { finding })))).toEqual([]);
  });

  test("the same fault comes before a neighbour's, the machine's own before another's, the new before the old", () => {
    const [old, own, fresh, near] = [
      repair("B", "bearing-wear", 700),
      repair("A", "overheating", 5),
      repair("B", "bearing-wear", 5),
      repair("B", "overheating", 5),
    ];
    expect(similar(near, old, own, fresh)).toEqual([fresh.id, own.id, near.id, old.id]);
  });

  test("each says why, and how much it says: half of it after a year", () => {
    const [one] = similarRepairs(graph, [repair("A", "overheating", HALF_LIFE_MS / DAY)], assets, job, NOW);
    expect(one?.because).toEqual([
      { code: "same-component", about: { component: "drive", faultMode: "overheating" } },
      { code: "same-asset", about: {} },
      { code: "age", about: { days: 365 } },
    ]);
    expect(one?.score).toBeCloseTo((one?.similarity ?? 0) / 2, 9);
    const [same] = similarRepairs(graph, [repair("B", "bearing-wear", -3)], assets, job, NOW);
    expect(same).toMatchObject({ score: 1, because: [{ code: "same-fault-mode" }, { about: { days: 0 } }] });
  });

  const AnyRepair = fc.record({
    asset: fc.constantFrom("A", "B", "C", "Z"),
    mode: fc.constantFrom("bearing-wear", "overheating", "supply", "never-heard"),
    days: fc.nat(3_000),
  });
  test("never more than the limit, never of another model, scores falling and within 0 to 1", () => {
    fc.assert(
      fc.property(fc.array(AnyRepair, { maxLength: 120 }), fc.integer({ min: 1, max: 60 }), (list, limit) => {
        const found = similarRepairs(
          graph,
          list.map(({ asset, mode, days }) => repair(asset, mode, days)),
          assets,
          job,
          NOW,
          limit,
        );
        expect(found.length).toBeLessThanOrEqual(limit);
        for (const [i, { repair: one, score }] of found.entries()) {
          expect(["A", "B"]).toContain(one.asset);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(found[i - 1]?.score ?? 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("KG10 what held", () => {
  test("a repair held when its fault stayed away long enough, and not when it came back or a job had to follow", () => {
    const again = repair("A", "supply", 100);
    const second = repair("A", "supply", 100 - AGAIN_MS / DAY + 1);
    const held = repair("A", "bearing-wear", 100);
    const late = repair("A", "overheating", 3);
    const followed = repair("B", "supply", 100, { ticket: "t9" });
    const outcomes = outcomesOf([late, second, held, again, followed], NOW, new Set(["t9"]));
    expect([again, second, held, late, followed].map(({ id }) => outcomes.get(id))).toEqual(["came-back", "held", "held", "unproved", "came-back"]);
  });

  test("actions are counted however they are written, and ranked by what is sure of them", () => {
    const nine = Array.from({ length: 9 }, (_, i) => repair(`n${i}`, "supply", 200, { action: i % 2 === 0 ? "Replaced  bearing." : "replaced bearing" }));
    const back = [repair("n9", "supply", 200, { action: "replaced bearing。" }), repair("n9", "supply", 190, { action: "Replaced bearing" })];
    const once = repair("o1", "supply", 200, { action: "更换轴承" });
    const early = repair("e1", "supply", 2, { action: "Greased" });
    const all = [...nine, ...back, once, early, repair("x", "supply", 200, { action: "  " })];
    expect(actionsOf(all, outcomesOf(all, NOW))).toEqual([
      { action: "Replaced bearing", done: 11, held: 10, proved: 11, rate: 10 / 11, atLeast: expect.closeTo(0.6226, 3) as number, last: back[1]?.id },
      { action: "更换轴承", done: 1, held: 1, proved: 1, rate: 1, atLeast: expect.closeTo(0.2065, 3) as number, last: once.id },
      { action: "Greased", done: 1, held: 0, proved: 0, rate: null, atLeast: 0, last: early.id },
    ]);
  });

  test("parts most used, by repairs that used them", () => {
    const list = [
      repair("A", "supply", 1, {
        parts: [
          { part: "P", quantity: 2 },
          { part: "P", quantity: 1 },
          { part: "Q", quantity: 1 },
        ],
      }),
      repair("A", "supply", 1, { parts: [{ part: "P", quantity: 1 }] }),
      repair("A", "supply", 1),
      repair("A", "supply", 1),
    ];
    expect(partsMostUsed(list)).toEqual([
      { part: "P", repairs: 2, share: 0.5, quantity: 2 },
      { part: "Q", repairs: 1, share: 0.25, quantity: 1 },
    ]);
    expect(partsMostUsed([])).toEqual([]);
  });
});
