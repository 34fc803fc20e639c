/** Everything a demo needs, started in order and ended in reverse: WMS, hub, edge, unit, gateway, CRM, engineers, fleet. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRefusal } from "../../../contracts/refusal.ts";
import { pumpKnowledge } from "../../../hub/catalogue/pump-knowledge.ts";
import { startCrm } from "../../../hub/peers/crm/server.ts";
import { startTeams } from "../../../hub/peers/teams/server.ts";
import { startWms } from "../../../hub/peers/wms/server.ts";
import { startGateway } from "../../gateway/gateway.ts";
import { digestOfToken, makeToken, tellServer } from "../../server/folder.ts";
import { startServer } from "../../server/server.ts";
import { startEngineers } from "../../simulator/engineers.ts";
import { demoSite } from "../../simulator/fleet.ts";
import { HISTORY, startFleet } from "../../simulator/simulate.ts";
import type { Fleet } from "../../simulator/simulate.ts";
import type { DemoSite } from "../../simulator/site.ts";
import { apiOf } from "../api.ts";
import type { Api } from "../api.ts";
import type { startClosing } from "../closing.ts";
import { progress, refusedJob, usage } from "../outcome.ts";
import { hubLinkUrl } from "../link.ts";
import { answers } from "../serve.ts";
import { makePlug } from "./hub-plug.ts";
import type { Plug } from "./hub-plug.ts";
import { SEED, UNIT } from "./parts.ts";
import type { Scene } from "./parts.ts";
import { startSimulation } from "./simulation.ts";

const LOOPBACK = "127.0.0.1";
const TEMPLATE = "pump-vibration";

export type SceneOptions = {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly mqttPort: number;
  /** Hub and edge as two processes, the hub's not running; otherwise embedded in one. */
  readonly apart: boolean;
  /** How a phone reaches this machine. */
  readonly publicHost: string;
  readonly closing: ReturnType<typeof startClosing>;
  readonly model?: string;
};

export async function setScene(options: SceneOptions): Promise<Scene> {
  const { closing, dir } = options;
  const adminToken = makeToken();
  const vars = { ADMIN_TOKEN_SHA256: digestOfToken(adminToken) };
  const registry = join(dir, "registry");
  mkdirSync(join(dir, "peers"), { recursive: true });
  const model = options.model === undefined ? null : readModel(options.model);

  const wms = await startWms({ databasePath: join(dir, "peers", "wms.sqlite"), host: LOOPBACK, port: 0 });
  closing.add(() => wms.close());
  const plug = options.apart ? await makePlug({ host: LOOPBACK, dataDir: join(dir, "hub"), registry, vars }) : null;
  if (plug !== null) closing.add(() => plug.set(false));

  const simulation = startSimulation(closing);
  // Until everything is there, a restart has nobody to tell.
  let tell = (): void => undefined;
  const server = await startServer({
    layout: options.apart ? "edge" : "embedded",
    host: options.host,
    port: options.port,
    dataDir: join(dir, "edge"),
    vars,
    simulation: simulation.answer,
    ownSignals: true,
    onLine: (line, grave) => grave && progress(line),
    onRestart: () => {
      progress("the Workers' runtime died and was started again with the same state");
      tell();
    },
    ...(options.apart ? { registry } : {}),
  });
  closing.add(() => server.dispose());
  const hub = plug?.url ?? server.url;
  const gateway = await startGateway({
    host: options.host,
    port: options.mqttPort,
    upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`,
    unit: UNIT,
  });
  closing.add(() => gateway.close());
  const mqtt = `mqtt://${LOOPBACK}:${gateway.port}`;
  tell = () => tellServer(dir, { url: server.url, hub, mqtt, pid: process.pid, workerdPid: server.workerdPid(), token: adminToken });
  tell();
  await answers(server.url, gateway.port);

  const api = apiOf(server.url, adminToken, { url: server.url, hub, mqtt });
  const { crmToken, hubLink } = await askHub(api, plug);
  const crm = await startCrm({ feedUrl: hub, token: crmToken, databasePath: join(dir, "peers", "crm.sqlite"), host: LOOPBACK, port: 0 });
  closing.add(() => crm.close());

  const teams = await startTeams({ host: LOOPBACK, port: 0 });
  closing.add(() => teams.close());
  const bound = Object.fromEntries(["account-owner", "product-team", "desk"].map((team) => [team, { url: teams.urlOf(team) }]));
  await api.createUnit({ unit: UNIT, template: TEMPLATE, wms: wms.url, teams: bound, ...(model === null ? {} : { model: model.hash }) });
  if (model !== null) await api.putModel(UNIT, model.hash, model.bytes);
  const site = await demoSite(SEED, Date.now());
  if (isRefusal(site)) throw refusedJob(site);
  const { devices, engineers } = await settle(api, site);

  const skipped = new Set<string>();
  const fleet = startFleet({ mqttUrl: mqtt, unit: UNIT, devices, seed: SEED, history: HISTORY });
  closing.add(() => fleet.stop());
  const people = startEngineers({
    httpUrl: server.url,
    unit: UNIT,
    engineers,
    seed: SEED,
    skip: (engineer) => skipped.has(engineer),
    onResolved: (asset) => mendAsset(fleet, site, asset),
  });
  closing.add(() => people.stop());
  await fleet.ready();

  const scene: Scene = {
    api,
    server,
    site,
    crm,
    wms,
    plug,
    hubLink,
    fleet,
    mqtt,
    phoneUrl: server.url.replace(LOOPBACK, options.publicHost === LOOPBACK ? "localhost" : options.publicHost),
    play: (engineer) => void skipped.add(engineer),
  };
  simulation.show(scene);
  return scene;
}

/** Everything that the site is, into the unit, in the order in which one thing refers to another; then credentials for each device and engineer. */
async function settle(
  api: Api,
  site: DemoSite,
): Promise<{
  readonly devices: readonly { readonly id: string; readonly password: string }[];
  readonly engineers: readonly { readonly id: string; readonly token: string }[];
}> {
  const rows = (family: string, entities: readonly object[]) => entities.map((entity) => ({ family, entity }));
  await api.writeEntities(UNIT, [
    ...rows("customer", site.customers),
    ...rows("asset", site.assets),
    ...rows("engineer", site.engineers),
    ...rows("device", site.devices),
    ...rows("repair", site.repairs),
  ]);
  await stock(api, site);
  const devices = await Promise.all(site.devices.map(async ({ id }) => ({ id, password: (await api.addDevice(UNIT, { device: id })).password })));
  const engineers = await Promise.all(site.engineers.map(async ({ id }) => ({ id, token: await api.addToken(UNIT, "engineer", id) })));
  return { devices, engineers };
}

/** What is known of its machines; where its warehouse's depots lie; and every second van with what is small and often needed. */
async function stock(api: Api, site: DemoSite): Promise<void> {
  await api.ask("POST", `/api/u/${UNIT}/knowledge`, pumpKnowledge);
  const { lat, lon } = site.assets[0]?.position ?? { lat: 0, lon: 0 };
  const depots = [
    { id: "changsha-east", title: { en: "Changsha East", zh: "长沙东库" }, place: { lat: lat + 0.005, lon: lon + 0.02 } },
    { id: "changsha-west", title: { en: "Changsha West", zh: "长沙西库" }, place: { lat: lat - 0.005, lon: lon - 0.02 } },
  ];
  await api.ask("PUT", `/api/u/${UNIT}/depots`, { depots });
  const vans = site.engineers.filter((_, i) => i % 2 === 0);
  const movements = vans.flatMap(({ id }) => [
    { id: `first-${id}-grease`, type: "receive", place: `van:${id}`, part: "GREASE-EP2", quantity: 4 },
    { id: `first-${id}-seal`, type: "receive", place: `van:${id}`, part: "SEAL-45", quantity: 2 },
  ]);
  await api.ask("POST", `/api/u/${UNIT}/stock/movements`, { movements });
}

/** The hub keeps its tokens and links itself: it is there for a moment before the unit exists, and then unplugged. */
async function askHub(api: Api, plug: Plug | null): Promise<{ readonly crmToken: string; readonly hubLink: string }> {
  await plug?.set(true);
  const given = { crmToken: await api.addIntegratorToken(UNIT), hubLink: await hubLinkUrl(api, "operations", "operations") };
  await plug?.set(false);
  return given;
}

function mendAsset(fleet: Fleet, site: DemoSite, asset: string): void {
  for (const device of site.devices) if (device.asset === asset) fleet.mend(device.id);
}

function readModel(path: string): { readonly hash: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  try {
    const bytes = new Uint8Array(readFileSync(path));
    return { hash: createHash("sha256").update(bytes).digest("hex"), bytes };
  } catch (error) {
    throw usage(error instanceof Error && "code" in error && error.code === "ENOENT" ? `--model: no file ${path}` : `--model: ${String(error)}`);
  }
}
