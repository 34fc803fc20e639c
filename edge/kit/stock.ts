/**
 * What a movement makes of the shelves it touches. Never below zero and never kept for more than is there: what would be is refused, but for a
 * count, which is what is so; then the latest holds give way, and say so.
 */
import type { KitId, PartId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import { type Hold, HOLDS_MAX, levelId, type Movement, ON_HAND_MAX, type StockLevel, type StockPlace } from "../../contracts/stock.ts";

/** What a movement may look at: shelves, and movements that were made before. */
export type StockView = {
  level(place: StockPlace, part: PartId): StockLevel | undefined;
  made(id: Movement["id"]): Movement | undefined;
};

/** `cut`: what a count took from kits. Their lines must be found elsewhere. `levels` is empty when the same movement was made before. */
export type Moved = {
  readonly levels: readonly StockLevel[];
  readonly cut: readonly { readonly kit: KitId; readonly part: PartId; readonly place: StockPlace; readonly quantity: number }[];
};

/** Refuses `wrong-state` (not so many there, or kept), `too-many` and `exists` (another movement under the same id). */
export function move(view: StockView, movement: Movement): Moved | Refusal {
  const before = view.made(movement.id);
  if (before !== undefined) return isSame(before, movement) ? { levels: [], cut: [] } : reused(movement);
  const level = levelAt(view, movement.place, movement.part);
  switch (movement.type) {
    case "receive":
      return levels(add(level, movement.quantity));
    case "reserve":
      return levels(reserve(level, movement));
    case "release":
      return levels(drop(level, movement.kit, movement.quantity));
    case "pick": {
      if (movement.to === movement.place) return nowhere();
      const left = then(drop(level, movement.kit, movement.quantity), (freed) => take(freed, movement.quantity));
      const there = then(add(levelAt(view, movement.to, movement.part), movement.quantity), (grown) => reserve(grown, movement));
      return levels(left, there);
    }
    case "transfer":
      if (movement.to === movement.place) return nowhere();
      return levels(take(level, movement.quantity), add(levelAt(view, movement.to, movement.part), movement.quantity));
    case "use":
      return levels(then(dropUpTo(level, movement.kit, movement.quantity), (freed) => take(freed, movement.quantity)));
    case "return":
      if (movement.to === movement.place) return nowhere();
      return levels(
        then(dropUpTo(level, movement.kit, movement.quantity), (freed) => take(freed, movement.quantity)),
        add(levelAt(view, movement.to, movement.part), movement.quantity),
      );
    case "count":
      return count(level, movement.counted, movement.at);
  }
}

export function reservedOf({ holds }: StockLevel): number {
  return holds.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Free for anybody; with a kit, what is kept for it as well. */
export function availableOf(level: StockLevel | undefined, kit?: KitId): number {
  if (level === undefined) return 0;
  return level.onHand - reservedOf(level) + (kit === undefined ? 0 : heldBy(level, kit));
}

export function heldBy({ holds }: StockLevel, kit: KitId): number {
  return holds.find((hold) => hold.kit === kit)?.quantity ?? 0;
}

export function levelAt(view: StockView, place: StockPlace, part: PartId): StockLevel {
  return view.level(place, part) ?? { id: levelId(place, part), place, part, onHand: 0, holds: [] };
}

function add(level: StockLevel, quantity: number): StockLevel | Refusal {
  const onHand = level.onHand + quantity;
  if (onHand > ON_HAND_MAX)
    return refuse("too-many", `a shelf holds at most ${ON_HAND_MAX} pieces`, "count what is there, and correct the delivery", "quantity");
  return { ...level, onHand };
}

function take(level: StockLevel, quantity: number): StockLevel | Refusal {
  const free = availableOf(level);
  if (free < quantity) return lacks(level, free, quantity);
  return { ...level, onHand: level.onHand - quantity };
}

function reserve(level: StockLevel, { kit, quantity, at }: { readonly kit: KitId; readonly quantity: number; readonly at: number }): StockLevel | Refusal {
  const free = availableOf(level);
  if (free < quantity) return lacks(level, free, quantity);
  if (level.holds.some((hold) => hold.kit === kit))
    return { ...level, holds: level.holds.map((hold) => (hold.kit === kit ? { ...hold, quantity: hold.quantity + quantity } : hold)) };
  if (level.holds.length >= HOLDS_MAX) return refuse("too-many", `a shelf is kept for at most ${HOLDS_MAX} kits`, "reserve at another place", "kit");
  return { ...level, holds: [...level.holds, { kit, quantity, at }] };
}

function drop(level: StockLevel, kit: KitId, quantity: number): StockLevel | Refusal {
  const held = heldBy(level, kit);
  if (held < quantity)
    return refuse("wrong-state", `${level.place} keeps ${held} of ${level.part} for this kit, not ${quantity}`, "load the stock again", "quantity");
  return { ...level, holds: without(level.holds, kit, quantity) };
}

/** What is kept for the kit goes first; beyond that, what is free. */
function dropUpTo(level: StockLevel, kit: KitId | undefined, quantity: number): StockLevel {
  if (kit === undefined) return level;
  const held = Math.min(heldBy(level, kit), quantity);
  return held === 0 ? level : { ...level, holds: without(level.holds, kit, held) };
}

function count(level: StockLevel, counted: number, at: number): Moved {
  const holds: Hold[] = [];
  const cut: Moved["cut"][number][] = [];
  let left = counted;
  for (const hold of level.holds) {
    const kept = Math.min(hold.quantity, left);
    left -= kept;
    if (kept > 0) holds.push({ ...hold, quantity: kept });
    if (kept < hold.quantity) cut.push({ kit: hold.kit, part: level.part, place: level.place, quantity: hold.quantity - kept });
  }
  return { levels: [{ ...level, onHand: counted, holds, countedAt: at }], cut };
}

function without(holds: readonly Hold[], kit: KitId, quantity: number): Hold[] {
  return holds.flatMap((hold) => (hold.kit !== kit ? [hold] : hold.quantity > quantity ? [{ ...hold, quantity: hold.quantity - quantity }] : []));
}

function levels(...after: readonly (StockLevel | Refusal)[]): Moved | Refusal {
  const refused = after.find(isRefusal);
  return refused ?? { levels: after.filter((level): level is StockLevel => !isRefusal(level)), cut: [] };
}

function then(level: StockLevel | Refusal, next: (level: StockLevel) => StockLevel | Refusal): StockLevel | Refusal {
  return isRefusal(level) ? level : next(level);
}

function lacks({ place, part }: StockLevel, free: number, quantity: number): Refusal {
  return refuse(
    "wrong-state",
    `${place} has ${free} of ${part} free, ${quantity} are asked for`,
    "ask for fewer, take them elsewhere, or count the shelf",
    "quantity",
  );
}

function nowhere(): Refusal {
  return refuse("malformed", "parts move from one place to another", "name another place", "to");
}

function reused(movement: Movement): Refusal {
  return refuse("exists", `another movement has the id ${movement.id}`, "give each movement an id of its own", "id");
}

/** Whatever order its fields came in. */
function isSame(a: Movement, b: Movement): boolean {
  const plain = (movement: Movement): string => JSON.stringify(Object.entries(movement).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return plain(a) === plain(b);
}
