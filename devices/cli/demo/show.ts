/** The demo for a person: says where everything is, lets a machine go bad, and leaves the first phone that rings to them. */
import { setTimeout as wait } from "node:timers/promises";
import { isRefusal } from "../../../contracts/refusal.ts";
import { print, progress } from "../outcome.ts";
import { SEED, UNIT, boardOf } from "./parts.ts";
import type { Scene } from "./parts.ts";
import { randomOf } from "../../simulator/random.ts";

/** Time to open the board and see everything healthy. */
const FIRST_FAULT_MS = 10_000;
/** Afterwards one machine after the other, seldom enough that the engineers keep up. */
const NEXT_FAULT_MS = 180_000;
const LOOK_MS = 500;
const FIRST = { device: "pump-101", mode: "bearing-wear" } as const;
const MODES = ["bearing-wear", "cavitation", "loosening", "overheating", "supply"] as const;

/** Never resolves: a signal ends the demo. */
export async function show(scene: Scene, startedAt: number): Promise<never> {
  const { server, mqtt, crm, wms, plug, hubLink } = scene;
  const board = server.url + (await scene.api.addLink(UNIT, "operations", "operations"));
  print(`
Outpost demo, ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s. The machines and engineers are simulated; what watches over them is not.

  board   ${board}   (opens once; afterwards ${server.url}/u/${UNIT})
  hub     ${hubLink}   (once the hub is plugged in; opens once, the board has another)
  CRM     ${crm.url}
  WMS     ${wms.url}/reservations
  MQTT    ${mqtt}

The hub's process is not running: the board's button starts it${plug === null ? "" : ` on ${plug.url}`}, and kills it again. In ${FIRST_FAULT_MS / 1000} s a pump goes bad; the phone that rings is yours.
Kill the Workers' runtime if you like (kill -9 ${server.workerdPid()}): it comes back and nothing is lost. Ctrl-C ends all of it.
`);
  print(`ready ${server.url} ${mqtt}`);
  void fail(scene);
  const mine = await firstAsked(scene);
  scene.play(mine);
  const name = scene.site.engineers.find((engineer) => engineer.id === mine)?.name ?? mine;
  print(`☎ ${name} is asked: ${scene.phoneUrl}${await scene.api.addLink(UNIT, "engineer", mine)}`);
  return await new Promise<never>(() => undefined);
}

/** Simulated engineers think for seconds before they answer; this looks more often than that. */
async function firstAsked(scene: Scene): Promise<string> {
  for (;;) {
    const offer = (await boardOf(scene).catch(() => null))?.offers.find((one) => one.state === "open");
    if (offer !== undefined) return offer.engineer;
    await wait(LOOK_MS);
  }
}

async function fail(scene: Scene): Promise<void> {
  const random = randomOf(SEED, "faults");
  await wait(FIRST_FAULT_MS);
  inject(scene, FIRST.device, FIRST.mode);
  for (;;) {
    await wait(NEXT_FAULT_MS);
    const device = scene.site.devices[Math.floor(random() * scene.site.devices.length)]?.id;
    const mode = MODES[Math.floor(random() * MODES.length)];
    if (device !== undefined && mode !== undefined) inject(scene, device, mode);
  }
}

function inject(scene: Scene, device: string, mode: string): void {
  const fault = scene.fleet.inject(device, mode);
  progress(isRefusal(fault) ? `${device}: ${fault.rule}` : `${new Date(fault.at).toLocaleTimeString("en-GB")} ${device}: ${mode} begins`);
}
