/** What else a unit may have to do while machines break: put on for the second half of a run, so that figures with and without stand side by side. */
import { setTimeout as wait } from "node:timers/promises";
import type { Board } from "../../contracts/board.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import type { Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { workBetween } from "./planner-work.ts";

export type At = {
  readonly api: Pick<Api, "ask" | "writeEntities">;
  readonly unit: string;
};
/** `stop` says what was done; rejects when what was to be a load was none. */
export type Load = (at: At) => { stop(): Promise<Readonly<Record<string, number>>> };

/** Between two looks at the whole board, the dearest question there is. */
const BOARDS_EVERY_MS = 100;
/** Between two looks whether the planner rests. */
const LOOK_EVERY_MS = 50;
/** Overtime that an engineer may be asked for, in minutes, one way and the other: enough for another plan, and nobody has less time for a job. */
const OVERTIMES_MIN = [60, 61] as const;

/** People at the desk who look at the whole board, one after the other. */
const boards: Load = ({ api, unit }) =>
  again(async (count) => {
    await api.ask<Board>("GET", `/api/u/${unit}/board`);
    count("boards");
    await wait(BOARDS_EVERY_MS);
  });

/**
 * A desk that enters somebody's hours anew whenever the planner rests: the plan is another one, and the whole day is planned again. What people do
 * all day is left as it is. Engineers who come hours late would be a load too, of another kind: their days are full then, and jobs wait for time.
 */
const planner: Load = ({ api, unit }) => {
  const workNow = async (): Promise<PlannerWork> => api.ask<PlannerWork>("GET", `/api/u/${unit}/planner`);
  const people = api.ask<Board>("GET", `/api/u/${unit}/board`).then(({ engineers }) => engineers);
  const begun = workNow();
  let changes = 0;
  const changing = again(async (count) => {
    const [all, { resting }] = [await people, await workNow()];
    const one = all[changes % all.length];
    if (resting && one !== undefined) {
      const overtimeMin = OVERTIMES_MIN[Math.floor(changes++ / all.length) % OVERTIMES_MIN.length];
      await api.writeEntities(unit, [{ family: "engineer", entity: { ...one, overtimeMin } }]);
      count("hoursEntered");
    }
    await wait(LOOK_EVERY_MS);
  });
  return {
    async stop() {
      const did = await changing.stop();
      const { asked, answered, adopted, stale, iterations, slices } = workBetween(await begun, await workNow());
      if (answered === 0 || iterations === 0) throw failure(`the planner answered ${answered} of ${asked} asks: there was no load to compare with`);
      return {
        ...did,
        plannerAsked: asked,
        plannerAnswered: answered,
        decisionsByPlanner: adopted,
        plannerStale: stale,
        plannerIterations: iterations,
        plannerSlices: slices,
      };
    },
  };
};

export const LOADS: Readonly<Record<string, Load>> = { boards, planner };

/** One piece after the other until it is stopped. What fails is counted. */
function again(piece: (count: (what: string) => void) => Promise<void>): ReturnType<Load> {
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  let running = true;
  const working = (async () => {
    while (running) {
      await piece(count).catch(async () => {
        count("loadFailed");
        await wait(BOARDS_EVERY_MS);
      });
    }
  })();
  return {
    async stop() {
      running = false;
      await working;
      return counts;
    },
  };
}
