import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StockLevel } from "../../contracts/stock.ts";
import { ALTERNATIVES_MAX, DETOUR_MS_MAX, LOAD_MS, preflight, type Situation } from "./preflight.ts";

const MIN = 60_000;
const NOW = 1_000_000;
/** A line of places, a minute a step. */
const at = (lat: number) => ({ lat, lon: 0 });
const travel = { leg: (from: { lat: number }, to: { lat: number }) => ({ ms: Math.abs(from.lat - to.lat) * MIN, m: 0, source: "great-circle" as const }) };
const line = (part: string, quantity = 1) => ({ part: part as never, quantity });
const van = (engineer: string, lat: number, freeAt = 0) => ({ engineer: engineer as never, place: at(lat), freeAt });
const depot = (id: string, lat: number) => ({ id: id as never, title: { en: id, zh: id }, place: at(lat) });

/** Shelves as `place part` → pieces, or pieces and who has them. */
type Shelves = Readonly<Record<string, number | { readonly onHand: number; readonly kit: string; readonly held: number }>>;
function situation(shelves: Shelves, more: Partial<Situation> = {}): Situation {
  return {
    kit: "k" as never,
    asset: at(40),
    now: NOW,
    depots: [depot("east", 10), depot("west", 20)],
    vans: [],
    travel,
    level: (place, part): StockLevel | undefined => {
      const there = shelves[`${place} ${part}`];
      if (there === undefined) return undefined;
      const { onHand, holds } =
        typeof there === "number" ? { onHand: there, holds: [] } : { onHand: there.onHand, holds: [{ kit: there.kit as never, quantity: there.held, at: 0 }] };
      return { id: `${place}:${part}`, place, part, onHand, holds };
    },
    openAt: (_depot, when) => when,
    substitutesOf: () => [],
    leadMsOf: () => undefined,
    ...more,
  };
}
const li = van("li", 0);

describe("KT5 before an engineer is asked", () => {
  test("who has it all goes at once; what others' kits keep does not count, what this kit keeps does", () => {
    expect(preflight([line("P"), line("P")], li, situation({ "van:li P": 2 }))).toEqual({
      outcome: "ready",
      sources: [{ part: "P", quantity: 2, from: "van" }],
      stops: [],
      arriveAt: NOW + 40 * MIN,
      extraMs: 0,
      alternatives: [],
    });
    expect(preflight([line("P", 2)], li, situation({ "van:li P": { onHand: 2, kit: "other", held: 1 } })).outcome).toBe("blocked");
    expect(preflight([line("P", 2)], li, situation({ "van:li P": { onHand: 2, kit: "k", held: 1 } })).outcome).toBe("ready");
    expect(preflight([], li, situation({})).outcome).toBe("ready");
  });

  test("a depot on the way brings the rest, two where one lacks some; each line says where from", () => {
    expect(preflight([line("P", 3)], li, situation({ "van:li P": 1, "depot:east P": 2 }))).toMatchObject({
      outcome: "depot",
      stops: ["east"],
      extraMs: LOAD_MS,
      sources: [
        { part: "P", quantity: 1, from: "van" },
        { part: "P", quantity: 2, from: "depot", depot: "east" },
      ],
    });
    const both = preflight([line("P", 3), line("Q")], li, situation({ "depot:east P": 2, "depot:west P": 1, "depot:west Q": 5 }));
    expect(both).toMatchObject({ outcome: "depot", stops: ["east", "west"], extraMs: 2 * LOAD_MS });
    expect(both.sources.map(({ part, quantity, from }) => [part, quantity, from])).toEqual([
      ["P", 2, "depot"],
      ["P", 1, "depot"],
      ["Q", 1, "depot"],
    ]);
  });

  test("of several depots the one by which the engineer arrives soonest, doors included", () => {
    const shelves = { "depot:east P": 1, "depot:west P": 1, "depot:far P": 1 };
    const depots = [depot("far", 60), depot("east", 10), depot("west", 20)];
    expect(preflight([line("P")], li, situation(shelves, { depots })).stops).toEqual(["east"]);
    const late = preflight([line("P")], li, situation(shelves, { depots, openAt: (one, when) => (one.id === ("east" as never) ? when + 60 * MIN : when) }));
    expect(late.stops).toEqual(["west"]);
  });

  test("too far round, or too late, is blocked: the way is proposed, not assumed", () => {
    const round = { "depot:off P": 1 };
    const depots = (lat: number) => [depot("off", lat)];
    const edge = 40 + (DETOUR_MS_MAX - LOAD_MS) / MIN / 2;
    expect(preflight([line("P")], li, situation(round, { depots: depots(edge) })).outcome).toBe("depot");
    const blocked = preflight([line("P")], li, situation(round, { depots: depots(edge + 1) }));
    expect(blocked).toMatchObject({ outcome: "blocked", sources: [{ from: "order" }], alternatives: [{ type: "depot", depots: ["off"] }] });
    const hurry = situation({ "depot:east P": 1 }, { by: NOW + 45 * MIN });
    expect(preflight([line("P")], li, hurry)).toMatchObject({ outcome: "blocked", alternatives: [{ type: "depot", arriveAt: NOW + 50 * MIN }] });
  });

  test("what is blocked tells every way out, the soonest first", () => {
    const blocked = preflight(
      [line("P", 2), line("Q")],
      li,
      situation(
        { "van:li Q": 1, "van:li PX": 2, "van:wang P": 2, "van:wang Q": 1, "van:zhao P": 5, "depot:far P": 9 },
        {
          depots: [depot("far", 120)],
          vans: [
            { ...van("wang", 45, NOW + 5 * MIN), able: true },
            { ...van("zhao", 38), able: false },
          ],
          substitutesOf: (part) => (part === ("P" as never) ? [{ part: "PX" as never, cite: { entry: "part:PX", version: 2 } }] : []),
          leadMsOf: (part) => (part === ("P" as never) ? 24 * 60 * MIN : undefined),
        },
      ),
    );
    expect(blocked.outcome).toBe("blocked");
    expect(blocked.alternatives).toEqual([
      { type: "engineer", engineer: "wang", arriveAt: NOW + 10 * MIN },
      { type: "substitute", part: "P", by: "PX", quantity: 2, cite: { entry: "part:PX", version: 2 }, arriveAt: NOW + 40 * MIN },
      { type: "transfer", engineer: "zhao", parts: [{ part: "P", quantity: 2 }], extraMs: LOAD_MS, arriveAt: NOW + 50 * MIN },
      { type: "transfer", engineer: "wang", parts: [{ part: "P", quantity: 2 }], extraMs: 10 * MIN + LOAD_MS, arriveAt: NOW + 60 * MIN },
      { type: "depot", depots: ["far"], extraMs: 160 * MIN + LOAD_MS, arriveAt: NOW + 200 * MIN + LOAD_MS },
      { type: "later", leadMs: 1440 * MIN, arriveAt: NOW + 1640 * MIN + LOAD_MS },
    ]);
    expect(blocked.sources).toEqual([
      { part: "P", quantity: 2, from: "order", leadMs: 1440 * MIN },
      { part: "Q", quantity: 1, from: "van" },
    ]);
  });

  test("where nothing is known of a part there is no way out, and what can't be reached is none", () => {
    expect(preflight([line("P")], li, situation({}))).toMatchObject({ outcome: "blocked", alternatives: [] });
    const island = { leg: () => ({ ms: Number.POSITIVE_INFINITY, m: 0, source: "great-circle" as const }) };
    expect(preflight([line("P")], li, situation({ "depot:east P": 1 }, { travel: island, leadMsOf: () => 1 }))).toMatchObject({
      outcome: "blocked",
      alternatives: [],
    });
  });

  const Shelf = fc.dictionary(
    fc.constantFrom("van:li P", "van:li Q", "depot:east P", "depot:east Q", "depot:west P", "van:wang P", "van:wang Q", "van:wang PX"),
    fc.nat(4),
  );
  const Lines = fc.array(fc.record({ part: fc.constantFrom("P" as never, "Q" as never), quantity: fc.integer({ min: 1, max: 4 }) }), { maxLength: 4 });
  test("whatever is where: sources add up to the lines, nothing is taken twice or from where it is not, and blocked is what two depots can't bring", () => {
    fc.assert(
      fc.property(Shelf, Lines, fc.option(fc.nat(100), { nil: undefined }), (shelves, lines, hurry) => {
        const here = situation(shelves, {
          vans: [{ ...van("wang", 30), able: true }],
          substitutesOf: (part) => (part === ("P" as never) ? [{ part: "PX" as never, cite: { entry: "part:PX", version: 1 } }] : []),
          ...(hurry === undefined ? {} : { by: NOW + hurry * MIN }),
        });
        const { outcome, sources, stops, alternatives, arriveAt } = preflight(lines, li, here);
        const sum = (list: readonly { readonly part: string; readonly quantity: number }[], part: string) =>
          list.reduce((n, one) => (one.part === part ? n + one.quantity : n), 0);
        for (const part of ["P", "Q"]) {
          expect(sum(sources, part)).toBe(sum(lines, part));
          for (const place of ["van:li", "depot:east", "depot:west"]) {
            const from = sources.filter((one) => one.part === (part as never) && `${one.from}${one.from === "depot" ? `:${one.depot}` : ":li"}` === place);
            const there = shelves[`${place} ${part}`] ?? 0;
            expect(sum(from, part)).toBeLessThanOrEqual(there);
          }
        }
        expect(sources.some(({ from }) => from === "order")).toBe(outcome === "blocked");
        if (outcome === "depot") expect(stops.length).toBeGreaterThan(0);
        if (outcome !== "blocked" && stops.length > 0 && hurry !== undefined) expect(arriveAt).toBeLessThanOrEqual(NOW + hurry * MIN);
        expect(alternatives.length).toBeLessThanOrEqual(ALTERNATIVES_MAX);
        expect(alternatives.map((one) => one.arriveAt)).toEqual(alternatives.map((one) => one.arriveAt).toSorted((a, b) => a - b));
        if (outcome !== "blocked") expect(alternatives).toEqual([]);
        const enough = ["P", "Q"].every(
          (part) => ["van:li", "depot:east", "depot:west"].reduce((n, place) => n + (shelves[`${place} ${part}`] ?? 0), 0) >= sum(lines, part),
        );
        if (enough && hurry === undefined) expect(outcome).not.toBe("blocked");
        if (!enough) expect(outcome).toBe("blocked");
        if (alternatives.some(({ type }) => type === "engineer"))
          expect(["P", "Q"].every((part) => (shelves[`van:wang ${part}`] ?? 0) >= sum(lines, part))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
