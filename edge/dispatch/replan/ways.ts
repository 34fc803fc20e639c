/** How the planner reckons ways: as the unit does. */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Place } from "../../../contracts/instant.ts";
import type { Facts } from "../facts.ts";
import type { Pieces } from "../route/pieces.ts";
import type { Ways } from "./ask.ts";

/** Look-ups in one piece: a millisecond or two. */
const WAYS_A_PIECE = 4_000;

/** By the great circle the planner reckons itself; what a routing service said is only known here, and goes along as a table. */
export function* waysOf(view: UnitView, { travel }: Facts, places: readonly Place[]): Pieces<Ways> {
  if (view.travel === undefined) {
    const { speedKmh, detour } = view.scenario.dispatch;
    return { speedKmh, detour, factor: view.get("calibration", "travel")?.factor ?? 1 };
  }
  const table = new Int32Array(places.length * places.length);
  let cell = 0;
  for (const from of places) {
    for (const to of places) {
      const { ms } = travel.leg(from, to);
      table[cell++] = Number.isFinite(ms) ? Math.round(ms) : -1;
    }
    if (cell % WAYS_A_PIECE < places.length) yield;
  }
  return { table };
}
