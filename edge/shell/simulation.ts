/**
 * The process beside the Worker that runs simulated fleets, and in a demo the hub's own process. Where there is none (deployed), the
 * credentials are handed to whoever asked, to run a simulator of their own.
 */
import { isRefusal } from "../../contracts/refusal.ts";
import { unitNamed } from "./stubs.ts";

/** Devices that one simulated fleet speaks for. */
const FLEET_MAX = 500;

export type Simulated = {
  readonly running: boolean;
  readonly devices: readonly { readonly device: string; readonly password: string }[];
  readonly engineers: readonly { readonly id: string; readonly token: string }[];
};

/** Gives a unit's devices and engineers fresh credentials and has them simulated. */
export async function addSimulation(env: Env, unit: string): Promise<Simulated> {
  const stub = unitNamed(env, unit);
  const board = await stub.board();
  if (isRefusal(board)) return { running: false, devices: [], engineers: [] };
  const devices: { device: string; password: string }[] = [];
  for (const device of board.devices.slice(0, FLEET_MAX)) {
    const added = await stub.addDevice({ device: device.id }, "sandbox");
    if (!isRefusal(added)) devices.push({ device: added.device, password: added.password });
  }
  const engineers: { id: string; token: string }[] = [];
  for (const engineer of board.engineers) {
    const added = await stub.addToken("engineer", engineer.id);
    if (!isRefusal(added)) engineers.push({ id: engineer.id, token: added.token });
  }
  if (env.SIMULATION === undefined) return { running: false, devices, engineers };
  const body = JSON.stringify({
    unit,
    assets: board.assets,
    devices: board.devices.map((d) => ({ ...d, password: devices.find((x) => x.device === d.id)?.password })),
    engineers,
  });
  const response = await env.SIMULATION.fetch("http://simulation/fleets", { method: "POST", headers: { "content-type": "application/json" }, body });
  await response.body?.cancel();
  return { running: response.ok, devices, engineers };
}
