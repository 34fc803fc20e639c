import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LINES_MAX } from "../../contracts/reservation.ts";
import { KIT_PRICES, type KitSources, listKit, thresholdOf } from "./kit-list.ts";

const from = { entry: "fault-mode:f", version: 3 };
const need = (part: string, quantity = 1, probability = 1) => ({ part: part as never, quantity, probability });
const repair = (id: string, parts: Readonly<Record<string, number>>, weight = 1) => ({
  id: id as never,
  weight,
  parts: Object.entries(parts).map(([part, quantity]) => ({ part: part as never, quantity })),
});
const sources = (more: Partial<KitSources> = {}): KitSources => ({
  needs: [],
  needsFrom: from,
  bill: new Map(),
  similar: [],
  weightKgOf: () => undefined,
  standsFor: (part) => part,
  ...more,
});
const times = (n: number, parts: Readonly<Record<string, number>>) => Array.from({ length: n }, (_, i) => repair(`r${n}-${i}`, parts));
const taken = (more: Partial<KitSources>) => Object.fromEntries(listKit(sources(more)).lines.map(({ part, quantity }) => [part, quantity]));

describe("KT4 the kit list", () => {
  test("takes what the fault mode asks for, and says which entry that is", () => {
    const { lines, left } = listKit(sources({ needs: [need("BRG", 2), need("SEAL")] }));
    expect(lines.map(({ part, quantity, cites }) => [part, quantity, cites])).toEqual(
      [
        ["BRG", 2, [from]],
        ["SEAL", 1, [from]],
      ].toSorted(),
    );
    expect(lines[0]?.because).toEqual([
      { code: "fault-mode-needs", about: { quantity: 2, probability: 1 } },
      { code: "worth-carrying", about: { probability: 1, gainMin: 150 } },
    ]);
    expect(left).toEqual([]);
  });

  test("leaves what is hardly ever needed, unless visits like this one used it", () => {
    const bill = new Map([["GASKET", { quantity: 4, cites: [{ entry: "component:c", version: 1 }] }]]);
    expect(taken({ needs: [need("FAN", 1, 0.01)], bill })).toEqual({});
    const after = listKit(sources({ bill, similar: [...times(9, {}), repair("one", { GASKET: 2 }), repair("two", { GASKET: 1 })] }));
    expect(after.lines).toMatchObject([
      {
        part: "GASKET",
        quantity: 2,
        repairs: ["one", "two"],
        cites: [{ entry: "component:c", version: 1 }],
        because: [{ code: "in-bill" }, { code: "used-in-similar", about: { repairs: 2, of: 11 } }, { code: "worth-carrying" }],
      },
    ]);
  });

  test("corrects the entry by what visits used: fewer of what was never needed, more of what always was", () => {
    expect(taken({ needs: [need("BRG", 2)], similar: times(500, {}) })).toEqual({});
    expect(taken({ needs: [need("BRG", 2)], similar: times(40, { BRG: 4 }) })).toEqual({ BRG: 4 });
    // A tenth of the visits needed a third piece: that is worth it, a hundredth is not.
    expect(taken({ needs: [need("BRG", 2)], similar: [...times(90, { BRG: 2 }), ...times(10, { BRG: 3 })] })).toEqual({ BRG: 3 });
    expect(taken({ needs: [need("BRG", 2)], similar: [...times(995, { BRG: 2 }), ...times(1, { BRG: 3 })] })).toEqual({ BRG: 2 });
  });

  test("weighs a repair by how much it says, and counts a substitute as what it replaces", () => {
    expect(taken({ similar: [repair("old", { P: 1 }, 0.05), ...times(9, {})] })).toEqual({});
    expect(taken({ similar: [repair("new", { P: 1 }, 1), ...times(9, {})] })).toEqual({ P: 1 });
    expect(taken({ similar: times(5, { "BRG-C3": 2 }), standsFor: (part) => ((part as string) === "BRG-C3" ? ("BRG" as never) : part) })).toEqual({ BRG: 2 });
  });

  test("a heavy part must be needed oftener: at the threshold it is left, above it taken", () => {
    const light = thresholdOf(KIT_PRICES.pieceMin, KIT_PRICES);
    const heavy = thresholdOf(KIT_PRICES.pieceMin + 200 * KIT_PRICES.kgMin, KIT_PRICES);
    expect([light, heavy].map((one) => Math.round(one * 1_000) / 1_000)).toEqual([0.029, 0.411]);
    for (const [threshold, kg] of [
      [light, 0],
      [heavy, 200],
    ] as const) {
      const at = (probability: number) => listKit(sources({ needs: [need("P", 1, probability)], weightKgOf: () => kg }));
      expect(at(threshold - 0.001).lines).toEqual([]);
      expect(at(threshold - 0.001).left[0]?.because.at(-1)).toMatchObject({
        code: "not-worth-carrying",
        about: { threshold: Math.round(threshold * 1_000) / 1_000 },
      });
      expect(at(threshold + 0.001).lines).toHaveLength(1);
    }
  });

  test("no kit has more lines than a kit may; what does not fit is told", () => {
    const { lines, left } = listKit(sources({ needs: Array.from({ length: LINES_MAX + 2 }, (_, i) => need(`P${i}`, 1, 0.5 + i / 1_000)) }));
    expect(lines).toHaveLength(LINES_MAX);
    expect(left.map(({ part, because }) => [part, because.at(-1)?.code])).toEqual([
      ["P1", "kit-full"],
      ["P0", "kit-full"],
    ]);
  });

  const Parts = fc.dictionary(fc.constantFrom("A", "B", "C"), fc.integer({ min: 1, max: 6 }), { maxKeys: 3 });
  test("whatever the sources, the quantity taken is the cheapest by its own rule, and none is as cheap for what is left", () => {
    const Need = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), probability: fc.double({ min: 0.01, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(Parts, fc.double({ min: 0.01, max: 1, noNaN: true })), { maxLength: 20 }),
        fc.option(Need, { nil: undefined }),
        (list, needed) => {
          const similar = list.map(([parts, weight], i) => repair(`r${i}`, parts, weight));
          const needs = needed === undefined ? [] : [need("A", needed.quantity, needed.probability)];
          const { lines, left } = listKit(sources({ needs, similar }));
          // Straight from the costs, over the distribution of what each visit needed.
          const visits = [...similar.map(({ weight, parts }) => ({ weight, parts })), ...needs.map((one) => ({ weight: 5 * one.probability, parts: [one] }))];
          const all = 5 + similar.reduce((sum, { weight }) => sum + weight, 0);
          const shareOf = (part: string, is: (q: number) => boolean): number =>
            visits.reduce((sum, { weight, parts }) => (is(parts.find((one) => one.part === (part as never))?.quantity ?? 0) ? sum + weight : sum), 0) / all;
          const costOf = (part: string, q: number): number =>
            shareOf(part, (n) => n > q) * KIT_PRICES.secondVisitMin +
            Array.from({ length: q }, (_, k) => (1 - shareOf(part, (n) => n >= k + 1)) * (KIT_PRICES.pieceMin + (k === 0 ? KIT_PRICES.lineMin : 0))).reduce(
              (a, b) => a + b,
              0,
            );
          for (const { part, quantity } of lines) for (let q = 0; q <= 8; q++) expect(costOf(part, quantity)).toBeLessThanOrEqual(costOf(part, q) + 1e-9);
          for (const { part } of left) for (let q = 1; q <= 8; q++) expect(costOf(part, 0)).toBeLessThanOrEqual(costOf(part, q) + 1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });
});
