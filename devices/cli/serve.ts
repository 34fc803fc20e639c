/** `serve`: the servers for real devices. State lives in a folder and survives restarts, whatever ended the process before. */
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { isRefusal } from "../../contracts/refusal.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build } from "../server/build.ts";
import { digestOfToken, leaveFolder, makeToken, openAdmin, stateFolder, takeFolder, tellServer } from "../server/folder.ts";
import type { Taken } from "../server/folder.ts";
import { portIsFree } from "../server/processes.ts";
import { startServer } from "../server/server.ts";
import { apiOf } from "./api.ts";
import type { Api } from "./api.ts";
import { startClosing } from "./closing.ts";
import { sandboxFleets } from "./sandbox-fleet.ts";
import { hubLinkUrl, linkUrl } from "./link.ts";
import { failure, print, progress, refusalLine, refusalOf, usage } from "./outcome.ts";

const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "0.0.0.0";
/** The unit that the first start makes, so that a device has somewhere to go. */
const FIRST_UNIT = "plant";
const FIRST_TEMPLATE = "pump-vibration";
/** Both ports answer within a second of their start; two busy cores can make it many times that. */
const READY_MS = 60_000;
/** How long the system may hold the port of a workerd that was just ended. */
const LEFT_PORT_MS = 5_000;

export type Serve = { readonly port: number; readonly mqttPort: number; readonly data: string; readonly host?: string; readonly openAccess: boolean };

export async function serve(options: Serve): Promise<void> {
  if (options.openAccess && options.host !== undefined && options.host !== LOOPBACK)
    throw usage(`--open-access listens on loopback only: leave out --host ${options.host}`);
  const host = options.openAccess ? LOOPBACK : (options.host ?? EVERYWHERE);
  // The folder first: a server that was killed left a workerd that holds its port.
  const taken = await takeFolder(options.data);
  if (isRefusal(taken)) throw usage(refusalLine(taken));

  const closing = startClosing();
  closing.onSignals(true);
  closing.add(() => leaveFolder(options.data));
  try {
    await needPort(host, options.port, "--port", taken);
    await needPort(host, options.mqttPort, "--mqtt-port", taken);
    await build(["web", "embedded"], progress);
    await start(options, host, closing);
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function start(options: Serve, host: string, closing: ReturnType<typeof startClosing>): Promise<void> {
  const admin = openAdmin(options.data);
  const token = makeToken();
  // Until everything is there, a restart has nobody to tell.
  let tell = (): void => undefined;
  const sandboxes = sandboxFleets();
  const server = await startServer({
    layout: "embedded",
    host,
    port: options.port,
    dataDir: stateFolder(options.data),
    vars: { ADMIN_TOKEN_SHA256: [...admin.sha256, digestOfToken(token)].join(","), OPEN_ACCESS: options.openAccess ? "1" : "" },
    ownSignals: true,
    simulation: sandboxes.answer,
    onRestart: () => {
      progress("the Workers' runtime died and was started again with the same state");
      tell();
    },
    onLost: () => {
      progress("outpost: the Workers' runtime died and does not start again");
      void closing.close().then(() => process.exit(1));
    },
    onLine: (line, grave) => grave && progress(line),
  });
  closing.add(() => server.dispose());
  const api = apiOf(server.url, token);
  const fresh = await firstUnit(api);
  const gateway = await startGateway({
    host,
    port: options.mqttPort,
    upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`,
    unit: FIRST_UNIT,
    onLog: progress,
  });
  closing.add(() => gateway.close());
  const mqtt = `mqtt://${LOOPBACK}:${gateway.port}`;
  tell = () => tellServer(options.data, { url: server.url, hub: server.url, mqtt, pid: process.pid, workerdPid: server.workerdPid(), token });
  tell();
  await answers(server.url, gateway.port);
  sandboxes.serve({ api, mqtt, http: server.url, closing });

  if (admin.made !== undefined) print(`admin token  ${admin.made}   (shown once; only its digest is kept)`);
  if (fresh) {
    print(`board  ${await linkUrl(api, FIRST_UNIT, "operations", "operations")}   (opens once, within a day)`);
    print(`hub  ${await hubLinkUrl(api, "operations", "operations")}   (opens once, within a day)`);
  }
  if (options.openAccess) print("OPEN ACCESS: every MQTT client on this machine is let in without credentials. Never use this with real devices.");
  print(`ready ${server.url} ${mqtt}`);
  const elsewhere = host === EVERYWHERE ? addresses() : [];
  if (elsewhere.length > 0) progress(`from other machines: ${elsewhere.map((address) => `${address}:${gateway.port}`).join(", ")}`);
  if (host !== LOOPBACK) progress("plain HTTP and MQTT, not encrypted: put TLS in front, or --host 127.0.0.1");
  const rest = `--unit ${FIRST_UNIT}${options.data === ".outpost" ? "" : ` --data ${options.data}`}`;
  progress(`unit ${FIRST_UNIT}; a device of your own: npm run outpost -- device add ID ${rest}`);
  progress(`an engineer: npm run outpost -- engineer add ID ${rest}`);
  progress(`a board link: npm run outpost -- link add --role operations ${rest}; the hub's: --hub instead of --unit`);
}

/** This machine's addresses as others see them. */
export function addresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((one) => one.family === "IPv4" && !one.internal).map((one) => one.address));
}

/** False for a folder that was served before: it has its units. */
async function firstUnit(api: Api): Promise<boolean> {
  try {
    await api.createUnit({ unit: FIRST_UNIT, template: FIRST_TEMPLATE });
    return true;
  } catch (error) {
    if (refusalOf(error)?.refused !== "exists") throw error;
    return false;
  }
}

export async function needPort(host: string, port: number, flag: string, taken: Taken): Promise<void> {
  if (!(await portIsFree(host, port, taken.endedOne ? LEFT_PORT_MS : 0)))
    throw usage(`port ${port} is in use: choose another with ${flag} (0 takes any free one)`);
}

/** Resolves when both ports answer. */
export async function answers(url: string, mqttPort: number): Promise<void> {
  for (const until = Date.now() + READY_MS; Date.now() < until; await wait(50)) {
    const http = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(READY_MS) }).then(
      (response) => response.ok,
      () => false,
    );
    if (http && (await takesConnections(mqttPort))) return;
  }
  throw failure(`${url} or port ${mqttPort} did not answer within ${READY_MS / 1000} s`);
}

async function takesConnections(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once("connect", () => resolve(socket.destroy() !== null)).once("error", () => resolve(false));
  });
}
