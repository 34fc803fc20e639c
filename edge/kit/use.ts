/** The end of a visit for the stock: what was built in leaves the van, what was kept for the kit and not needed is free again. */
import type { PartCount } from "../../contracts/asset.ts";
import type { EngineerId, KitId, MovementId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Movement, type StockLevel, vanOf } from "../../contracts/stock.ts";
import { movementId } from "./movement-id.ts";
import { availableOf, heldBy, levelAt, type StockView } from "./stock.ts";

/**
 * The movements that a report of parts used amounts to, in their order; each id follows from the ticket, so that the same report again moves
 * nothing. A report is never refused: where the books have fewer than were built in, the van is counted first by what must have been there.
 * `held`: the van's shelves that keep something for the kit.
 */
export function settleUse(
  view: StockView,
  visit: { readonly ticket: TicketId; readonly kit: KitId; readonly engineer: EngineerId; readonly used: readonly PartCount[] },
  held: readonly StockLevel[],
  at: Millis,
): readonly Movement[] {
  const place = vanOf(visit.engineer);
  const pieces = new Map<PartCount["part"], number>();
  for (const { part, quantity } of visit.used) pieces.set(part, (pieces.get(part) ?? 0) + quantity);
  const idOf = (what: string, part: string): MovementId => movementId(visit.ticket, what, part);
  const own = { at, by: visit.engineer, place } as const;
  const built = [...pieces].flatMap(([part, quantity]): readonly Movement[] => {
    if (view.made(idOf("use", part)) !== undefined) return [];
    const level = levelAt(view, place, part);
    const missing = Math.max(0, quantity - availableOf(level, visit.kit));
    return [
      ...(missing === 0 ? [] : [{ ...own, type: "count" as const, id: idOf("count", part), part, counted: level.onHand + missing }]),
      { ...own, type: "use" as const, id: idOf("use", part), part, quantity, kit: visit.kit, ticket: visit.ticket },
    ];
  });
  const spare = held.flatMap((level): readonly Movement[] => {
    const left = heldBy(level, visit.kit) - (view.made(idOf("use", level.part)) === undefined ? (pieces.get(level.part) ?? 0) : 0);
    if (level.place !== place || left <= 0 || view.made(idOf("release", level.part)) !== undefined) return [];
    return [{ ...own, type: "release", id: idOf("release", level.part), part: level.part, quantity: left, kit: visit.kit }];
  });
  return [...built, ...spare];
}
