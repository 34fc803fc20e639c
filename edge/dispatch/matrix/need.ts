/**
 * Which ways dispatch will look up: between all who are there or soon will be, their homes, what they have to do and what waits; and to and from
 * everything that may fail next, so that a new ticket finds its ways answered already.
 */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis, Place } from "../../../contracts/instant.ts";
import { siteOf, type Facts, type Worker } from "../facts.ts";
import { cellOf, type Cell } from "./grid.ts";
import { PLACES_MAX } from "./known.ts";
import type { Need } from "./tile.ts";

/** Whose shift begins within so long is planned for. */
const SOON_MS = 2 * 3_600_000;
const WAITING = ["open", "reopened", "offered"] as const;

/** Cells of the grid, most urgent first, at most `PLACES_MAX` together. Of who is off shift nothing is told but where they begin. */
export function needOf(view: UnitView, facts: Facts): Need {
  const active = new Set<Cell>();
  const add = (place: Place): void => {
    if (active.size < PLACES_MAX) active.add(cellOf(place));
  };
  for (const { from, locked, stops, engineer } of facts.workers.filter((worker) => isSoon(worker, facts.now))) {
    add(from);
    for (const { site } of [...locked, ...stops]) add(site);
    add(engineer.home);
  }
  for (const state of WAITING) for (const ticket of view.list("ticket", { state })) add(siteOf(view, ticket));
  const ahead = new Set<Cell>();
  for (const { position } of view.list("asset")) {
    if (active.size + ahead.size >= PLACES_MAX) break;
    const cell = cellOf(position);
    if (!active.has(cell)) ahead.add(cell);
  }
  // Without anybody to send there is nothing to ask for.
  return active.size === 0 ? { active: [], ahead: [] } : { active: [...active], ahead: [...ahead] };
}

function isSoon({ duty, stops, locked }: Worker, now: Millis): boolean {
  return stops.length + locked.length > 0 || duty.state === "on" || (duty.backAt !== undefined && duty.backAt - now <= SOON_MS);
}
