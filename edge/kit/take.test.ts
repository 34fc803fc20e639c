import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { levelId, Movement, type StockLevel } from "../../contracts/stock.ts";
import type { LineSource } from "./preflight.ts";
import { move, type StockView } from "./stock.ts";
import { movementId } from "./movement-id.ts";
import { keepFor, letGo, linesToAsk, pickUp } from "./take.ts";

function shelves(start: Readonly<Record<string, number>>) {
  const levels = new Map<string, StockLevel>(
    Object.entries(start).map(([at, onHand]) => {
      const [place = "", part = ""] = at.split(" ");
      const id = levelId(place as never, part as never);
      return [id, { id, place: place as never, part: part as never, onHand, holds: [] }];
    }),
  );
  const made = new Map<string, Movement>();
  const view: StockView = { level: (place, part) => levels.get(levelId(place, part)), made: (id) => made.get(id) };
  return {
    view,
    levels: () => [...levels.values()],
    held: () => Object.fromEntries([...levels.values()].map(({ id, onHand, holds }) => [id, [onHand, holds.reduce((sum, { quantity }) => sum + quantity, 0)]])),
    /** How many there were to make. */
    make(movements: readonly Movement[]): number {
      for (const movement of movements) {
        const moved = move(view, Movement.parse(movement));
        if (isRefusal(moved)) throw new Error(moved.rule);
        for (const level of moved.levels) levels.set(level.id, level);
        made.set(movement.id, movement);
      }
      return movements.length;
    },
  };
}

const kit = (version: number) => ({ kit: "k" as never, version });
const sources: readonly LineSource[] = [
  { part: "P" as never, quantity: 2, from: "van" },
  { part: "P" as never, quantity: 1, from: "depot", depot: "east" as never },
  { part: "Q" as never, quantity: 1, from: "order" },
];
const li = "li" as never;

test("KT9 what a kit needs is kept where it lies, once; picked up it is kept in the van; called off it is free", () => {
  const stock = shelves({ "van:li P": 2, "depot:east P": 5 });
  const keep = () => stock.make(keepFor(stock.view, kit(1), sources, li, 10, false));
  expect([keep(), keep()]).toEqual([2, 0]);
  expect(stock.held()).toEqual({ "van:li:P": [2, 2], "depot:east:P": [5, 1] });
  const pick = (at: number) => stock.make(pickUp(stock.view, kit(1), sources, li, at));
  expect([pick(20), pick(25)]).toEqual([1, 0]);
  expect(stock.held()).toEqual({ "van:li:P": [3, 3], "depot:east:P": [4, 0] });
  const free = () => stock.make(letGo(stock.view, kit(1), stock.levels(), "desk", 30));
  expect([free(), free()]).toEqual([1, 0]);
  expect(stock.held()).toEqual({ "van:li:P": [3, 0], "depot:east:P": [4, 0] });
  // The next version is another matter.
  expect(stock.make(keepFor(stock.view, kit(2), sources, li, 40, false))).toBe(2);
});

test("KT9 where there is a warehouse, depots are its own: it is asked for what the van lacks", () => {
  const stock = shelves({ "van:li P": 2, "depot:east P": 5 });
  stock.make(keepFor(stock.view, kit(1), sources, li, 10, true));
  expect(stock.held()).toEqual({ "van:li:P": [2, 2], "depot:east:P": [5, 0] });
  expect(linesToAsk(sources)).toEqual([
    { part: "P", quantity: 1 },
    { part: "Q", quantity: 1 },
  ]);
});

test("KT9 a movement's id follows from what it is for, however long the names are", () => {
  expect(movementId("k", "v1", "keep", "van:li", "P")).toBe("k:v1:keep:van:li:P");
  const long = (last: string) => movementId("k".repeat(100), "v1", "p".repeat(60), last);
  expect(long("a")).not.toBe(long("b"));
  expect(Movement.safeParse({ type: "receive", id: long("a"), at: 1, by: "x", place: "van:li", part: "P", quantity: 1 }).success).toBe(true);
});
