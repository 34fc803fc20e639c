/** From where a kit's parts come to what is kept for it: in the van and at depots whose shelves the unit minds itself, and, where there is a warehouse, there. */
import type { PartCount } from "../../contracts/asset.ts";
import type { EngineerId, KitId, MovementId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { depotOf, type Movement, type StockLevel, type StockPlace, vanOf } from "../../contracts/stock.ts";
import { movementId } from "./movement-id.ts";
import type { LineSource } from "./preflight.ts";
import { heldBy, levelAt, type StockView } from "./stock.ts";

export type KitVersion = { readonly kit: KitId; readonly version: number };

/**
 * What is to be kept for this version of a kit that is not kept yet; each id follows from kit, version and shelf, so that the same call again keeps
 * nothing twice. With a warehouse (`wms`) depots are its own: those lines are asked of it, see `linesToAsk`.
 */
export function keepFor(view: StockView, of: KitVersion, sources: readonly LineSource[], by: EngineerId, at: Millis, wms: boolean): readonly Movement[] {
  return sources.flatMap((source): readonly Movement[] => {
    if (source.from === "order" || (source.from === "depot" && wms)) return [];
    const place = source.from === "van" ? vanOf(by) : depotOf(source.depot);
    const quantity = source.quantity - heldBy(levelAt(view, place, source.part), of.kit);
    const id = idOf(of, "keep", place, source.part);
    if (quantity <= 0 || view.made(id) !== undefined) return [];
    return [{ type: "reserve", id, at, by, place, part: source.part, quantity, kit: of.kit }];
  });
}

/** What nobody has with them: for the warehouse to keep. */
export function linesToAsk(sources: readonly LineSource[]): readonly PartCount[] {
  const pieces = new Map<PartCount["part"], number>();
  for (const { part, quantity, from } of sources) if (from !== "van") pieces.set(part, (pieces.get(part) ?? 0) + quantity);
  return [...pieces].map(([part, quantity]) => ({ part, quantity }));
}

/**
 * All that is kept for a kit is free again: it was called off, its lines changed, or another engineer goes. `levels`: the shelves that keep some.
 * `version`: the one that ends.
 */
export function letGo(view: StockView, of: KitVersion, levels: readonly StockLevel[], by: string, at: Millis): readonly Movement[] {
  return levels.flatMap(({ place, part, ...level }): readonly Movement[] => {
    const quantity = heldBy({ ...level, place, part }, of.kit);
    const id = idOf(of, "free", place, part);
    return quantity === 0 || view.made(id) !== undefined ? [] : [{ type: "release", id, at, by, place, part, quantity, kit: of.kit }];
  });
}

/** The depot's lines into the van: they stay kept for the kit. */
export function pickUp(view: StockView, of: KitVersion, sources: readonly LineSource[], by: EngineerId, at: Millis): readonly Movement[] {
  return sources.flatMap((source): readonly Movement[] => {
    if (source.from !== "depot") return [];
    const place = depotOf(source.depot);
    const id = idOf(of, "pick", place, source.part);
    if (view.made(id) !== undefined) return [];
    return [{ type: "pick", id, at, by, place, part: source.part, quantity: source.quantity, kit: of.kit, to: vanOf(by) }];
  });
}

function idOf({ kit, version }: KitVersion, what: string, place: StockPlace, part: string): MovementId {
  return movementId(kit, `v${version}`, what, place, part);
}
