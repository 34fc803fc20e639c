/** Small moves of one proposed shift, where tearing several out would find the same places again: an hour earlier or later, or to somebody else. */
import { below, type Random, draw } from "../route/random.ts";
import { changed, type Closed, placedAt, placedOf } from "./close.ts";
import { type Grid, SLOT_MS, type Tour } from "./grid.ts";
import { broken } from "./rules.ts";

/** Half the length of a usual shift either way. */
const SLIDE_MAX_SLOTS = (4 * 3_600_000) / SLOT_MS;

/** Null where the move that was drawn would break a rule, or there is nothing to move. */
export function move(grid: Grid, current: Closed, chance: Random): Closed | null {
  const proposed = current.tours.filter(({ existing }) => existing === undefined);
  const tour = proposed[below(chance, proposed.length)];
  if (tour === undefined) return null;
  const slides = draw(chance) < 0.5;
  const engineer = slides ? tour.engineer : below(chance, grid.engineers.length);
  const one = grid.engineers[engineer];
  const lengths = one?.rules.shiftsMs ?? [];
  const ms = lengths.includes(tour.placed.ms) ? tour.placed.ms : lengths[below(chance, lengths.length)];
  const wanted = tour.slot + (slides ? Math.round((2 * draw(chance) - 1) * SLIDE_MAX_SLOTS) : 0);
  const slot = grid.starts[engineer]?.find((start) => start >= wanted);
  if (one === undefined || ms === undefined || slot === undefined || (slot === tour.slot && engineer === tour.engineer)) return null;
  const placed = placedAt(grid, engineer, tour.placed.kind, slot, ms);
  const others = current.tours.filter((other) => other !== tour);
  if (broken(one, placedOf(others, engineer), placed, true).length > 0) return null;
  const moved: Tour = { engineer, slot, end: slot + Math.floor(ms / SLOT_MS), placed };
  return changed(grid, current, [...others, moved], Math.min(tour.slot, slot), Math.max(tour.end, moved.end));
}
