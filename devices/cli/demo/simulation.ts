/**
 * What the Worker finds behind SIMULATION: the buttons of the demo, and fleets for sandboxes.
 *
 *   GET demo/demo · POST demo/hub {plugged} · POST demo/fault {device, mode} · POST fleets {unit, assets, devices, engineers}
 */
import { z } from "zod";
import type { Demo } from "../../../contracts/board.ts";
import { EngineerId } from "../../../contracts/ids.ts";
import { isRefusal, refuse } from "../../../contracts/refusal.ts";
import type { Refusal } from "../../../contracts/refusal.ts";
import { startEngineers } from "../../simulator/engineers.ts";
import { startFleet } from "../../simulator/simulate.ts";
import type { Fleet } from "../../simulator/simulate.ts";
import type { startClosing } from "../closing.ts";
import { hubLinkUrl } from "../link.ts";
import { SEED, UNIT } from "./parts.ts";
import type { Scene } from "./parts.ts";

/** Fleets of sandboxes at a time: each is as many MQTT connections as its unit has devices. */
const SANDBOXES_MAX = 5;
/** A link opens once: those on the board are made anew after this, so that one that was used is soon replaced. */
const LINKS_MS = 30_000;
/** The hub's leads whoever is signed in already to the page as well: it may be older. */
const HUB_LINK_MS = 600_000;

const Plug = z.object({ plugged: z.boolean() });
const Fault = z.object({ device: z.string(), mode: z.string() });
const NewFleet = z.object({
  unit: z.string(),
  devices: z.array(z.object({ id: z.string(), asset: z.string(), password: z.string() })),
  engineers: z.array(z.object({ id: z.string(), token: z.string() })),
});

export type Simulation = {
  answer(request: Request): Promise<Response>;
  /** Until the scene is set, every button answers `unavailable`. */
  show(scene: Scene): void;
};

export function startSimulation(closing: ReturnType<typeof startClosing>): Simulation {
  const fleets = new Map<string, Fleet>();
  let scene: Scene | null = null;
  let hubLink: { readonly at: number; readonly url?: string } = { at: 0 };
  let links: { readonly at: number; readonly phones: Demo["phones"] } = { at: 0, phones: [] };

  async function phones(on: Scene): Promise<Demo["phones"]> {
    if (Date.now() - links.at >= LINKS_MS) {
      const made = await Promise.all(
        on.site.engineers.map(async ({ id }) => ({ engineer: EngineerId.parse(id), url: on.phoneUrl + (await on.api.addLink(UNIT, "engineer", id)) })),
      );
      links = { at: Date.now(), phones: made };
    }
    return links.phones;
  }

  /** Undefined while the hub is not there. */
  async function hubPage(on: Scene): Promise<string | undefined> {
    if (on.plug !== null && !on.plug.isIn()) return undefined;
    if (Date.now() - hubLink.at >= HUB_LINK_MS) {
      const url = await hubLinkUrl(on.api, "operations", "demo").catch(() => undefined);
      if (url !== undefined) hubLink = { at: Date.now(), url };
    }
    return hubLink.url;
  }

  async function show(on: Scene): Promise<Demo> {
    const page = await hubPage(on);
    const hub = on.plug === null || on.plug.isIn() ? "plugged" : "unplugged";
    return { simulated: true, hub, crm: on.crm.url, ...(page === undefined ? {} : { hubPage: page }), phones: await phones(on), mqtt: on.mqtt };
  }

  async function plug(on: Scene, body: unknown): Promise<Demo | Refusal> {
    if (on.plug === null) return refuse("wrong-state", "a hub of its own process", "start the demo without --once");
    await on.plug.set(Plug.parse(body).plugged);
    return await show(on);
  }

  function fault(body: unknown, unit: string): { readonly at: number } | Refusal {
    const { device, mode } = Fault.parse(body);
    const fleet = unit === UNIT ? scene?.fleet : fleets.get(unit);
    return (
      fleet?.inject(device, mode) ?? refuse("unknown-unit", "a unit whose fleet is simulated here", "choose the demo's unit or one of its sandboxes", "unit")
    );
  }

  function addFleet(on: Scene, body: unknown): { readonly devices: number } | Refusal {
    const given = NewFleet.parse(body);
    if (fleets.size >= SANDBOXES_MAX) return refuse("too-many", `at most ${SANDBOXES_MAX} simulated sandboxes`, "start the demo again");
    const fleet = startFleet({ mqttUrl: on.mqtt, unit: given.unit, devices: given.devices, seed: SEED + fleets.size + 1 });
    fleets.set(given.unit, fleet);
    closing.add(() => fleet.stop());
    const mend = (asset: string) => given.devices.filter((device) => device.asset === asset).forEach((device) => fleet.mend(device.id));
    const engineers = startEngineers({ httpUrl: on.server.url, unit: given.unit, engineers: given.engineers, seed: SEED, onResolved: mend });
    closing.add(() => engineers.stop());
    return { devices: given.devices.length };
  }

  async function answer(on: Scene, request: Request): Promise<object> {
    const url = new URL(request.url);
    const unit = url.searchParams.get("unit") ?? UNIT;
    switch (`${request.method} ${url.pathname}`) {
      case "GET /demo/demo":
        // A sandbox has simulated machines too, but no line to the hub and nobody's phone.
        return unit === UNIT ? await show(on) : { ...(await show(on)), phones: [] };
      case "POST /demo/hub":
        return await plug(on, await request.json());
      case "POST /demo/fault":
        return fault(await request.json(), unit);
      case "POST /fleets":
        return addFleet(on, await request.json());
      default:
        return refuse("malformed", "no such route", "see devices/cli/demo/simulation.ts");
    }
  }

  return {
    show: (on) => void (scene = on),
    async answer(request) {
      const said = scene === null ? refuse("unavailable", "the demo is still starting", "try again in a second") : await answer(scene, request);
      return Response.json(said, { status: isRefusal(said) ? 409 : 200 });
    },
  };
}
