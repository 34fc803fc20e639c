/** Whether the parts of a job would be there if somebody went: the stock, the depots on the way, what the warehouse keeps, and everybody else's vans. */
import type { PartCount } from "../../contracts/asset.ts";
import type { UnitView, View } from "../../contracts/entity.ts";
import { type DepotId, type EngineerId, type KitId, type PartId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { StockFor } from "../../contracts/plan.ts";
import { type Reservation, reservationStateOf } from "../../contracts/reservation.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { type Depot, depotOf, levelId, type StockLevel, type StockPlace, vanOf } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { hasSkills } from "../dispatch/eligible.ts";
import { readFacts, siteOf, type Worker } from "../dispatch/facts.ts";
import { isOnShift, nextShiftAt } from "../dispatch/shift.ts";
import { preflight, type Preflight, type Situation } from "../kit/preflight.ts";
import { availableOf, type StockView } from "../kit/stock.ts";

/** A live unit that is bound to a warehouse: depots are the warehouse's own, and it is asked for what vans lack. */
export function hasWms({ connectors, kind }: Scenario): boolean {
  return connectors.wms !== undefined && kind === "live";
}

export function stockView(view: View): StockView {
  return { level: (place, part) => view.get("stock", levelId(place, part)), made: (id) => view.get("movement", id) };
}

/** Refuses `unknown-engineer`. */
export function preflightFor(view: UnitView, ticket: Ticket, engineer: EngineerId, now: Millis): Preflight | Refusal {
  const { workers, travel } = readFacts(view, now, ticket.id);
  const self = workers.find((worker) => worker.engineer.id === engineer);
  if (self === undefined) return refuse("unknown-engineer", "no such engineer in this unit", "choose one of the board", "engineer");
  const kit = view.get("kit", ticket.kit);
  const held = heldAtWms(view, ticket.kit);
  const site = siteOf(view, ticket);
  const depots = view.list("depot");
  // Where a warehouse's depot lies is not known here unless somebody said so: then no way round is reckoned.
  const unknown: readonly Depot[] =
    held === null || depots.some(({ id }) => id === held.depot) ? [] : [{ id: held.depot, title: { en: held.depot, zh: held.depot }, place: site }];
  const situation: Situation = {
    kit: ticket.kit,
    asset: site,
    now,
    by: ticket.respondBy,
    depots: [...depots, ...unknown],
    vans: workers
      .filter((worker) => worker !== self)
      .map((worker) => ({ ...vanAt(worker), able: worker.duty.state === "on" && hasSkills(worker.engineer, ticket) })),
    travel,
    level: (place, part) => withHeld(view.get("stock", levelId(place, part)), place, part, ticket.kit, held),
    openAt: ({ opens }, at) =>
      opens === undefined || isOnShift(opens, at, view.scenario.timeZone) ? at : (nextShiftAt(opens, at, view.scenario.timeZone) ?? Infinity),
    substitutesOf: (part) => view.knows?.substitutesOf(part) ?? [],
    leadMsOf: (part) => view.knows?.leadMsOf(part),
  };
  return preflight(kit?.lines ?? [], vanAt(self), situation);
}

/**
 * What of a job's parts an engineer could not bring, as far as anybody keeps books. `levels`: all shelves. While the warehouse has not answered, or
 * keeps the parts, nobody is kept from the job by them.
 */
export function stockForOf(view: View & { readonly scenario: Scenario }, levels: () => ReadonlyMap<string, StockLevel>): StockFor {
  return (engineer, ticket) => {
    const kit = view.get("kit", ticket.kit);
    if (kit === undefined || kit.lines.length === 0) return undefined;
    const shelves = levels();
    const inVan = ({ part, quantity }: PartCount): PartCount | null => short(part, quantity - availableOf(shelves.get(levelId(vanOf(engineer), part)), kit.id));
    if (hasWms(view.scenario)) return kit.state === "short" ? (kit.missing ?? []).flatMap((line) => inVan(line) ?? []) : undefined;
    if (shelves.size === 0) return undefined;
    const depots = view.list("depot");
    return kit.lines.flatMap((line) => {
      const missing = inVan(line);
      const at = depots.reduce((sum, { id }) => sum + availableOf(shelves.get(levelId(depotOf(id), line.part)), kit.id), 0);
      return missing === null ? [] : (short(line.part, missing.quantity - at) ?? []);
    });
  };
}

type Held = { readonly depot: DepotId; readonly lines: readonly PartCount[] };

function heldAtWms(view: View, kit: KitId): Held | null {
  const row: Reservation | undefined = view.get("reservation", kit);
  if (row?.held === undefined || reservationStateOf(row) !== "reserved") return null;
  return { depot: (row.held.depot === "" ? "wms" : row.held.depot) as DepotId, lines: row.lines };
}

function withHeld(level: StockLevel | undefined, place: StockPlace, part: PartId, kit: KitId, held: Held | null): StockLevel | undefined {
  const line = held !== null && place === depotOf(held.depot) ? held.lines.find((one) => one.part === part) : undefined;
  if (line === undefined) return level;
  const { quantity } = line;
  const base = level ?? { id: levelId(place, part), place, part, onHand: 0, holds: [] };
  return { ...base, onHand: base.onHand + quantity, holds: [...base.holds.filter((hold) => hold.kit !== kit), { kit, quantity, at: 0 }] };
}

function vanAt({ engineer, from, freeAt }: Worker): { readonly engineer: EngineerId; readonly place: Worker["from"]; readonly freeAt: Millis } {
  return { engineer: engineer.id, place: from, freeAt };
}

function short(part: PartId, quantity: number): PartCount | null {
  return quantity > 0 ? { part, quantity } : null;
}
