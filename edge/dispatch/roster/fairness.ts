/** How the hours, nights and weekends of a roster fall on its engineers. */
import type { EngineerId } from "../../../contracts/ids.ts";
import { weekdayOf } from "../../../contracts/zone.ts";
import type { Grid, Tour } from "./grid.ts";

/** Of the shifts that begin in the horizon. `unliked`: shifts on weekdays that they would rather not work. */
export type Share = {
  readonly engineer: EngineerId;
  readonly dutyMs: number;
  readonly nightMs: number;
  readonly nights: number;
  readonly weekends: number;
  readonly onCalls: number;
  readonly unliked: number;
};

export function fairnessOf({ engineers, ask }: Grid, tours: readonly Tour[]): readonly Share[] {
  return engineers.map(({ id, preferred }, engineer) => {
    const mine = tours.filter((tour) => tour.engineer === engineer && tour.placed.from >= ask.from && tour.placed.from < ask.until).map(({ placed }) => placed);
    const duties = mine.filter(({ kind }) => kind === "duty");
    return {
      engineer: id,
      dutyMs: duties.reduce((ms, duty) => ms + duty.ms, 0),
      nightMs: duties.reduce((ms, duty) => ms + duty.nightMs, 0),
      nights: duties.filter(({ night }) => night).length,
      weekends: mine.filter(({ weekend }) => weekend).length,
      onCalls: mine.length - duties.length,
      unliked: preferred.length === 0 ? 0 : mine.filter(({ day }) => !preferred.includes(weekdayOf(day))).length,
    };
  });
}

/** Jain's index of a load: 1 where all bear the same, 1/n where one bears all; 1 where there is none. */
export function evenness(loads: readonly number[]): number {
  const total = loads.reduce((sum, load) => sum + load, 0);
  const squares = loads.reduce((sum, load) => sum + load ** 2, 0);
  return squares === 0 ? 1 : total ** 2 / (loads.length * squares);
}
