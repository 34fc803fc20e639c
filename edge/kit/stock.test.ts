import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { HOLDS_MAX, levelId, Movement, ON_HAND_MAX, StockLevel, type StockPlace } from "../../contracts/stock.ts";
import { availableOf, heldBy, move, type Moved, reservedOf, type StockView } from "./stock.ts";
import { settleUse } from "./use.ts";

/** Shelves and the journal of what was made. */
function shelves() {
  const levels = new Map<string, StockLevel>();
  const made = new Map<string, Movement>();
  const view: StockView = { level: (place, part) => levels.get(levelId(place, part)), made: (id) => made.get(id) };
  return {
    levels,
    view,
    do(movement: Movement): Moved | Refusal {
      const moved = move(view, movement);
      if (isRefusal(moved)) return moved;
      for (const level of moved.levels) levels.set(level.id, level);
      made.set(movement.id, movement);
      return moved;
    },
    at: (place: string, part = "P") => levels.get(levelId(place as StockPlace, part as never)),
  };
}

let next = 0;
const mk = (type: string, place: string, quantity: number | undefined, more: object = {}): Movement =>
  Movement.parse({ id: `m${++next}`, at: 1_000 + next, by: "desk", type, place, part: "P", ...(quantity === undefined ? {} : { quantity }), ...more });
const kit = (id: string) => ({ kit: id });
const to = (place: string) => ({ to: place });

describe("KT1 movements", () => {
  test("a part's way: received, kept, picked, built in; the rest comes back", () => {
    const stock = shelves();
    for (const movement of [
      mk("receive", "depot:east", 10),
      mk("reserve", "depot:east", 4, kit("k")),
      mk("pick", "depot:east", 3, { ...kit("k"), ...to("van:li") }),
      mk("use", "van:li", 2, kit("k")),
      mk("return", "van:li", 1, { ...kit("k"), ...to("depot:east") }),
      mk("release", "depot:east", 1, kit("k")),
    ])
      expect(isRefusal(stock.do(movement)), JSON.stringify(movement)).toBe(false);
    expect(stock.at("depot:east")).toMatchObject({ onHand: 8, holds: [] });
    expect(stock.at("van:li")).toMatchObject({ onHand: 0, holds: [] });
  });

  test("what is kept for one kit is nobody else's, and a use takes what is kept before what is free", () => {
    const stock = shelves();
    stock.do(mk("receive", "van:li", 5));
    stock.do(mk("reserve", "van:li", 3, kit("k")));
    expect(stock.do(mk("use", "van:li", 3))).toMatchObject({ refused: "wrong-state", field: "quantity", rule: "van:li has 2 of P free, 3 are asked for" });
    expect(stock.do(mk("reserve", "van:li", 3, kit("other")))).toMatchObject({ refused: "wrong-state" });
    expect(stock.do(mk("transfer", "van:li", 3, to("van:wang")))).toMatchObject({ refused: "wrong-state" });
    expect(stock.do(mk("release", "van:li", 4, kit("k")))).toMatchObject({ refused: "wrong-state" });
    stock.do(mk("use", "van:li", 4, kit("k")));
    expect(stock.at("van:li")).toMatchObject({ onHand: 1, holds: [] });
    expect(availableOf(stock.at("van:li"))).toBe(1);
    expect(availableOf(undefined)).toBe(0);
  });

  test("a count is what is so: the latest holds give way, and say so", () => {
    const stock = shelves();
    stock.do(mk("receive", "van:li", 9));
    for (const [id, n] of [
      ["a", 3],
      ["b", 3],
      ["c", 2],
    ] as const)
      stock.do(mk("reserve", "van:li", n, kit(id)));
    const counted = stock.do(mk("count", "van:li", undefined, { counted: 4 }));
    expect(counted).toMatchObject({
      cut: [
        { kit: "b", quantity: 2 },
        { kit: "c", quantity: 2 },
      ],
    });
    expect(stock.at("van:li")).toMatchObject({
      onHand: 4,
      holds: [
        { kit: "a", quantity: 3 },
        { kit: "b", quantity: 1 },
      ],
    });
    stock.do(mk("count", "van:li", undefined, { counted: 40 }));
    expect(stock.at("van:li")).toMatchObject({ onHand: 40, holds: { length: 2 } });
  });

  test("the same movement again changes nothing, another one under its id is refused, and so is what exceeds a limit or leads nowhere", () => {
    const stock = shelves();
    const movement = mk("receive", "depot:east", 10);
    stock.do(movement);
    expect(stock.do(movement)).toEqual({ levels: [], cut: [] });
    expect(stock.do(Object.fromEntries(Object.entries(movement).toReversed()) as Movement)).toEqual({ levels: [], cut: [] });
    expect(stock.do({ ...movement, quantity: 11 } as Movement)).toMatchObject({ refused: "exists" });
    expect(stock.do(mk("receive", "depot:east", ON_HAND_MAX))).toMatchObject({ refused: "too-many" });
    for (const type of ["pick", "transfer", "return"]) {
      expect(stock.do(mk(type, "depot:east", 1, { ...to("depot:east"), ...(type === "pick" ? kit("k") : {}) }))).toMatchObject({
        refused: "malformed",
        field: "to",
      });
    }
    stock.do(mk("receive", "depot:west", HOLDS_MAX + 1));
    for (let i = 0; i < HOLDS_MAX; i++) stock.do(mk("reserve", "depot:west", 1, kit(`k${i}`)));
    expect(stock.do(mk("reserve", "depot:west", 1, kit("late")))).toMatchObject({ refused: "too-many", field: "kit" });
    expect(stock.at("depot:east")?.onHand).toBe(10);
  });
});

const PLACES = ["depot:east", "depot:west", "van:li", "van:wang"] as const;
const AnyMovement = fc
  .record({
    id: fc.nat(60),
    type: fc.constantFrom("receive", "reserve", "release", "pick", "transfer", "use", "return", "count"),
    place: fc.constantFrom(...PLACES),
    to: fc.constantFrom(...PLACES),
    part: fc.constantFrom("P", "Q"),
    kit: fc.constantFrom("a", "b", "c"),
    quantity: fc.integer({ min: 1, max: 6 }),
    withKit: fc.boolean(),
  })
  .map(({ id, type, place, to: there, part, kit: of, quantity, withKit }): Movement => {
    const goes = ["pick", "transfer", "return"].includes(type) ? { to: there } : {};
    const keeps = ["reserve", "release", "pick"].includes(type) || (withKit && ["use", "return"].includes(type)) ? { kit: of } : {};
    const many = type === "count" ? { counted: quantity - 1 } : { quantity };
    return Movement.parse({ id: `m${id}`, at: id, by: "x", type, place, part, ...goes, ...keeps, ...many });
  });

test("KT2 whatever moves, no shelf falls below zero or is kept for more than it has, nothing appears or vanishes, and repeats do nothing", () => {
  fc.assert(
    fc.property(fc.array(AnyMovement, { maxLength: 120 }), (movements) => {
      const stock = shelves();
      const [total, done] = [new Map<string, number>(), new Set<string>()];
      for (const movement of movements) {
        const before = stock.at(movement.place, movement.part)?.onHand ?? 0;
        const isNew = !done.has(movement.id);
        const moved = stock.do(movement);
        if (isRefusal(moved)) continue;
        if (!isNew) expect(moved).toEqual({ levels: [], cut: [] });
        if (isNew) {
          done.add(movement.id);
          const grown =
            movement.type === "receive"
              ? movement.quantity
              : movement.type === "use"
                ? -movement.quantity
                : movement.type === "count"
                  ? movement.counted - before
                  : 0;
          total.set(movement.part, (total.get(movement.part) ?? 0) + grown);
        }
        for (const level of stock.levels.values()) {
          StockLevel.parse(level);
          expect(level.onHand).toBeGreaterThanOrEqual(0);
          expect(reservedOf(level)).toBeLessThanOrEqual(level.onHand);
          expect(new Set(level.holds.map((hold) => hold.kit)).size).toBe(level.holds.length);
        }
        for (const part of ["P", "Q"]) {
          const there = [...stock.levels.values()].filter((level) => level.part === part).reduce((sum, { onHand }) => sum + onHand, 0);
          expect(there).toBe(total.get(part) ?? 0);
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe("KT3 the end of a visit", () => {
  const visit = (used: readonly (readonly [string, number])[]) => ({
    ticket: "t1" as never,
    kit: "k" as never,
    engineer: "li" as never,
    used: used.map(([part, quantity]) => ({ part: part as never, quantity })),
  });
  const held = (stock: ReturnType<typeof shelves>) => [...stock.levels.values()].filter((level) => heldBy(level, "k" as never) > 0);

  test("what was built in leaves the van, what was not is free; the same report again moves nothing", () => {
    const stock = shelves();
    stock.do(mk("receive", "van:li", 5));
    stock.do({ ...mk("receive", "van:li", 2), part: "Q" as never });
    stock.do(mk("reserve", "van:li", 4, kit("k")));
    stock.do({ ...mk("reserve", "van:li", 2, kit("k")), part: "Q" as never });
    for (let i = 0; i < 2; i++)
      for (const movement of settleUse(
        stock.view,
        visit([
          ["P", 1],
          ["P", 1],
        ]),
        held(stock),
        9_000 + i,
      ))
        expect(isRefusal(stock.do(Movement.parse(movement)))).toBe(false);
    expect(stock.at("van:li")).toMatchObject({ onHand: 3, holds: [] });
    expect(stock.at("van:li", "Q")).toMatchObject({ onHand: 2, holds: [] });
  });

  test("a report is never refused: the books are put right first", () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 9 }), (there, own, others, used) => {
        const stock = shelves();
        if (there > 0) stock.do(mk("receive", "van:li", there));
        if (own > 0) stock.do(mk("reserve", "van:li", own, kit("k")));
        if (others > 0) stock.do(mk("reserve", "van:li", others, kit("x")));
        const kept = heldBy(stock.at("van:li") ?? ({ holds: [] } as never), "x" as never);
        for (const movement of settleUse(stock.view, visit([["P", used]]), held(stock), 9_000))
          expect(isRefusal(stock.do(Movement.parse(movement)))).toBe(false);
        const after = stock.at("van:li");
        expect(after === undefined ? 0 : heldBy(after, "k" as never)).toBe(0);
        expect(after === undefined ? 0 : heldBy(after, "x" as never)).toBe(kept);
      }),
      { numRuns: 200 },
    );
  });
});
