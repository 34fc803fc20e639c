/** What a demo consists of, once it is set up. */
import type { Board } from "../../../contracts/board.ts";
import type { Crm } from "../../../hub/peers/crm/server.ts";
import type { Wms } from "../../../hub/peers/wms/server.ts";
import type { Server } from "../../server/server.ts";
import type { Fleet } from "../../simulator/simulate.ts";
import type { DemoSite } from "../../simulator/site.ts";
import type { Api } from "../api.ts";
import type { Plug } from "./hub-plug.ts";

export const UNIT = "demo";
/** Chooses the past of the site and the weather of the networks. */
export const SEED = 7;

export type Scene = {
  readonly api: Api;
  readonly server: Server;
  readonly site: DemoSite;
  readonly crm: Crm;
  readonly wms: Wms;
  /** Signs in to the hub's page, once it is there. */
  readonly hubLink: string;
  /** Null when hub and edge are one process. */
  readonly plug: Plug | null;
  readonly fleet: Fleet;
  readonly mqtt: string;
  /** Where a phone finds the unit. Another host than the board's on this machine, so that one browser keeps two sign-ins. */
  readonly phoneUrl: string;
  /** Leaves an engineer's phone to a person. */
  play(engineer: string): void;
};

export async function boardOf(scene: Scene): Promise<Board> {
  return await scene.api.ask<Board>("GET", `/api/u/${UNIT}/board`);
}
