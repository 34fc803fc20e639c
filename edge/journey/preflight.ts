/** Whether the parts of a job would be there if somebody went: the stock, the depots on the way, what the warehouse keeps, and everybody else's vans. */
import type { PartCount } from "../../contracts/asset.ts";
import type { StockOf, UnitView, View } from "../../contracts/entity.ts";
import { type DepotId, type EngineerId, type KitId, type PartId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import type { Kit } from "../../contracts/kit.ts";
import type { PartsWay } from "../../contracts/plan.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { type Reservation, reservationStateOf } from "../../contracts/reservation.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { type Depot, depotOf, levelId, type StockLevel, type StockPlace, vanOf } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Leg, Travel } from "../../contracts/travel.ts";
import { hasSkills } from "../dispatch/eligible.ts";
import { readFacts, siteOf, type Worker } from "../dispatch/facts.ts";
import { isOnShift, nextShiftAt } from "../dispatch/shift.ts";
import { fetchWay, preflight, type Preflight, type Situation } from "../kit/preflight.ts";
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
    // Whoever comes late for the parts is late, which the choice has its price for: that is no reason to send nobody.
    now,
    depots: [...depots, ...unknown],
    vans: workers
      .filter((worker) => worker !== self)
      .map((worker) => ({ ...vanAt(worker), able: worker.duty.state === "on" && hasSkills(worker.engineer, ticket) })),
    travel,
    level: (place, part) => withHeld(view.get("stock", levelId(place, part)), place, part, ticket.kit, held),
    openAt: openAtOf(view),
    substitutesOf: (part) => view.knows?.substitutesOf(part) ?? [],
    leadMsOf: (part) => view.knows?.leadMsOf(part),
  };
  return preflight(kit?.lines ?? [], vanAt(self), situation);
}

/**
 * How a job's parts come along with an engineer, as far as anybody keeps books: by the way of the pre-flight. While the warehouse has not answered,
 * or keeps the parts, nobody is kept from the job by them. All shelves and depots are read once.
 */
export const stockOf: StockOf = (view, travel, now) => {
  const kits = new Map<KitId, Kit | undefined>();
  let depots: readonly Depot[] | null = null;
  let shelves: Shelves | null = null;
  const kitOf = (id: KitId): Kit | undefined => {
    if (!kits.has(id)) kits.set(id, view.get("kit", id));
    return kits.get(id);
  };
  const known = remembered(travel);
  const openAt = openAtOf(view);
  const all = new Map<string, number>();
  const inAllOf = (kit: KitId, part: PartId): number => {
    const key = `${kit} ${part}`;
    const pieces = all.get(key) ?? (depots ?? []).reduce((sum, { id }) => sum + availableOf(shelves?.levels.get(levelId(depotOf(id), part)), kit), 0);
    all.set(key, pieces);
    return pieces;
  };
  return ({ engineer, from, freeAt }, ticket, asset) => {
    shelves ??= shelvesOf(view);
    const { levels, atDepots } = shelves;
    if (levels.size === 0 && !hasWms(view.scenario)) return undefined;
    // Their own job: what lies at a depot for it is to be fetched, and all else they have.
    if ("acceptedAt" in ticket && ticket.to === engineer.id && !atDepots.has(ticket.kit)) return NOTHING_TO_FETCH;
    const kit = kitOf(ticket.kit);
    if (kit === undefined || kit.lines.length === 0) return undefined;
    if (hasWms(view.scenario)) {
      if (kit.state !== "short" && kit.state !== "refused") return undefined;
      const inVan = ({ part, quantity }: PartCount): PartCount[] => short(part, quantity - availableOf(levels.get(levelId(vanOf(engineer.id), part)), kit.id));
      return { missing: (kit.state === "refused" ? kit.lines : (kit.missing ?? [])).flatMap(inVan), stops: [] };
    }
    depots ??= view.list("depot");
    const { missing, stops } = fetchWay(
      kit.lines,
      { engineer: engineer.id, place: from, freeAt },
      {
        kit: kit.id,
        asset,
        now,
        depots,
        travel: known,
        openAt,
        level: (place, part) => levels.get(levelId(place, part)),
        inAll: (part) => inAllOf(kit.id, part),
      },
    );
    return { missing, stops: stops.map(({ depot, ms }) => ({ place: depot.place, ms })) };
  };
};

/** Ways between the same two places, asked for once. */
function remembered(travel: Travel): Travel {
  const legs = new Map<Place, Map<Place, Leg>>();
  return {
    leg: (from, to) => {
      const row = legs.get(from) ?? new Map<Place, Leg>();
      const leg = row.get(to) ?? travel.leg(from, to);
      legs.set(from, row.set(to, leg));
      return leg;
    },
  };
}

/** By the very list that they were made of: a view whose stock has not changed gives the same one. */
const SHELVES = new WeakMap<readonly StockLevel[], Shelves>();
const NOTHING_TO_FETCH: PartsWay = { missing: [], stops: [] };

/** `atDepots`: kits for which depots keep some. */
type Shelves = { readonly levels: ReadonlyMap<string, StockLevel>; readonly atDepots: ReadonlySet<KitId> };

function shelvesOf(view: View): Shelves {
  const list = view.list("stock");
  const known = SHELVES.get(list) ?? {
    levels: new Map(list.map((level) => [level.id, level])),
    atDepots: new Set(list.filter(({ place }) => place.startsWith("depot:")).flatMap(({ holds }) => holds.map(({ kit }) => kit))),
  };
  SHELVES.set(list, known);
  return known;
}

function openAtOf({ scenario }: UnitView): Situation["openAt"] {
  return ({ opens }, at) => (opens === undefined || isOnShift(opens, at, scenario.timeZone) ? at : (nextShiftAt(opens, at, scenario.timeZone) ?? Infinity));
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

function short(part: PartId, quantity: number): PartCount[] {
  return quantity > 0 ? [{ part, quantity }] : [];
}
