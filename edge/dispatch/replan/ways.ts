/** How the planner reckons ways: as the unit does. */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Place } from "../../../contracts/instant.ts";
import type { Facts } from "../facts.ts";
import type { Ways } from "./ask.ts";

/** By the great circle the planner reckons itself; what a routing service said is only known here, and goes along as a table. */
export function waysOf(view: UnitView, { travel }: Facts, places: readonly Place[]): Ways {
  if (view.travel === undefined) {
    const { speedKmh, detour } = view.scenario.dispatch;
    return { speedKmh, detour, factor: view.get("calibration", "travel")?.factor ?? 1 };
  }
  const ways = places.flatMap((from) => places.map((to) => travel.leg(from, to).ms));
  return { table: Int32Array.from(ways, (ms) => (Number.isFinite(ms) ? Math.round(ms) : -1)) };
}
