/** What else a unit may have to do while machines break: put on for the second half of a run, so that figures with and without stand side by side. */
import { setTimeout as wait } from "node:timers/promises";
import type { Board } from "../../contracts/board.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import type { Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { workBetween } from "./planner-work.ts";

export type At = {
  readonly api: Api;
  readonly url: string;
  readonly unit: string;
  readonly engineers: readonly { readonly id: string; readonly token: string }[];
};
/** `stop` says what was done; rejects when what was to be a load was none. */
export type Load = (at: At) => { stop(): Promise<Readonly<Record<string, number>>> };

/** Between two looks at the whole board, the dearest question there is. */
const BOARDS_EVERY_MS = 100;
/** As often as the unit asks its planner, which takes what comes meanwhile together: so it is asked again as soon as it has answered. */
const LATE_EVERY_MS = 250;
/** How late people are. */
const LATE_MS = [30 * 60_000, 4 * 3_600_000] as const;
/** Jobs in hand change slowly: they are asked for after so many words of people. */
const LATES_A_LOOK = 20;
const ANSWER_MS = 10_000;

/** People at the desk who look at the whole board, one after the other. */
const boards: Load = ({ api, unit }) =>
  again(async (count) => {
    await api.ask<Board>("GET", `/api/u/${unit}/board`);
    count("boards");
    await wait(BOARDS_EVERY_MS);
  });

/** Engineers who say again and again that they will be there at another time: each word changes the plan, and the whole day is planned anew. */
const planner: Load = ({ api, url, unit, engineers }) => {
  const tokenOf = new Map(engineers.map(({ id, token }) => [id, token]));
  const workNow = async (): Promise<PlannerWork> => api.ask<PlannerWork>("GET", `/api/u/${unit}/planner`);
  const begun = workNow();
  let said = 0;
  const saying = again(async (count) => {
    const { tickets } = await api.ask<Board>("GET", `/api/u/${unit}/board`);
    const held = tickets.flatMap((ticket) => (ticket.state === "assigned" ? [{ id: ticket.id, token: tokenOf.get(ticket.to) ?? "" }] : []));
    for (let i = 0; i < LATES_A_LOOK; i++) {
      const job = held[said++ % Math.max(1, held.length)];
      if (job !== undefined) {
        const arriveAt = Date.now() + LATE_MS[0] + ((said * 7_919_000) % (LATE_MS[1] - LATE_MS[0]));
        const response = await fetch(`${url}/api/u/${unit}/tickets/${job.id}/late`, {
          method: "POST",
          headers: { authorization: `Bearer ${job.token}`, "content-type": "application/json" },
          body: JSON.stringify({ arriveAt }),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        await response.body?.cancel();
        count(response.ok ? "saidLate" : "saidLateRefused");
      }
      await wait(LATE_EVERY_MS);
    }
  });
  return {
    async stop() {
      const did = await saying.stop();
      const { asked, answered, adopted, stale, iterations, slices, workMs } = workBetween(await begun, await workNow());
      if (answered === 0 || iterations === 0) throw failure(`the planner answered ${answered} of ${asked} asks: there was no load to compare with`);
      return {
        ...did,
        plannerAsked: asked,
        plannerAnswered: answered,
        decisionsByPlanner: adopted,
        plannerStale: stale,
        plannerIterations: iterations,
        plannerSlices: slices,
        plannerWorkMs: Math.round(workMs),
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
