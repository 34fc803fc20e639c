/** A plant to be broken: pumps that talk, pumps that will fail once, and engineers, on a server that was just started. */
import { apiOf, type Api } from "../cli/api.ts";
import type { Board, DeviceMeter, Glances, Trace } from "../../contracts/board.ts";
import { enterPumps } from "../bench/pump-fleet.ts";
import type { Served } from "./served.ts";

export const UNIT = "chaos";
const ENGINEERS = ["engineer-1", "engineer-2"];

export function apiTo(served: Served): Api {
  return apiOf(served.url, served.token, served);
}

export async function enterPlant(api: Api, devices: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return await enterPumps(api, UNIT, devices, ENGINEERS);
}

/** Event times in a device's trace, from `after` on. */
export async function instantsOf(api: Api, device: string, after = 0): Promise<readonly number[]> {
  const trace = await api.ask<Trace>("GET", `/api/u/${UNIT}/devices/${device}/trace?after=${after}`);
  return (trace.columns[0] ?? []).flatMap((ts) => ts ?? []);
}

export async function countersOf(api: Api): Promise<Glances["counters"]> {
  return (await api.ask<Glances>("GET", `/api/u/${UNIT}/devices`)).counters;
}

/** How many tickets each of these machines has. */
export async function ticketsOf(api: Api, devices: readonly string[]): Promise<readonly number[]> {
  const { tickets } = await api.ask<Board>("GET", `/api/u/${UNIT}/board`);
  return devices.map((device) => tickets.filter((one) => one.asset === device).length);
}

/** Numbers of a device that never came, as the unit has it. */
export async function missingOf(api: Api, device: string): Promise<number> {
  const meters = await api.ask<readonly DeviceMeter[]>("GET", `/api/u/${UNIT}/meters`);
  return meters.find((one) => one.device === device)?.gaps?.missing ?? 0;
}
