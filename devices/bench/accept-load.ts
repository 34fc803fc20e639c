/** What else a unit may have to do while machines break: put on for the second half of a run, so that figures with and without stand side by side. */
import { setTimeout as wait } from "node:timers/promises";
import type { Board } from "../../contracts/board.ts";
import type { Api } from "../cli/api.ts";

/** `stop` says what was done. */
export type Load = (at: { readonly api: Api; readonly unit: string }) => { stop(): Promise<Readonly<Record<string, number>>> };

/** People at the desk who look at the whole board, one after the other: the dearest question there is. */
const BOARDS_EVERY_MS = 100;

const boards: Load = ({ api, unit }) => {
  let [running, looks] = [true, 0];
  const looking = (async () => {
    for (; running; looks++) {
      await api.ask<Board>("GET", `/api/u/${unit}/board`);
      await wait(BOARDS_EVERY_MS);
    }
  })();
  return {
    async stop() {
      running = false;
      await looking;
      return { boards: looks };
    },
  };
};

export const LOADS: Readonly<Record<string, Load>> = { boards };
