/** Brokers side by side, each in processes of its own: ours as `outpost serve` runs it, aedes, and mosquitto where it is installed. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServed } from "../chaos/served.ts";
import { failure } from "../cli/outcome.ts";
import { startMosquitto } from "../conformance/peer.ts";
import { gone } from "../server/processes.ts";
import type { Target } from "./mqtt-load.ts";

/** `pid`: the broker's own process. `beside`: the one that carries TCP to it, where that is another. */
export type Broker = { readonly name: string; readonly target: Target; readonly pid: number; readonly beside: number | null; stop(): Promise<void> };

/** The unit that a first `serve` makes. */
const UNIT = "plant";
const START_MS = 20_000;
const STOP_MS = 5_000;
const AEDES = fileURLToPath(new URL("./mqtt-aedes.ts", import.meta.url));

/** One server of ours, met in two ways: straight by WebSocket, and by TCP through the gateway. */
export async function startOurs(): Promise<readonly [Broker, Broker]> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-mqtt-"));
  const served = await startServed({ dir, openAccess: true });
  const stop = async (): Promise<void> => {
    await served.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return [
    { name: "websocket", target: { ws: `${served.url.replace(/^http/, "ws")}/mqtt/${UNIT}` }, pid: served.workerdPid, beside: null, stop },
    { name: "gateway", target: { tcp: served.mqttPort }, pid: served.workerdPid, beside: served.pid, stop: async () => undefined },
  ];
}

/** What each peer is started by, anew for each case: aedes was seen to end by a stack that overflows when it had been through another one. */
export const PEERS: readonly (() => Promise<Broker | null>)[] = [startAedes, startBeside];

/** Null where mosquitto is not installed. */
async function startBeside(): Promise<Broker | null> {
  const mosquitto = await startMosquitto();
  if (mosquitto === null) return null;
  return { name: "mosquitto", target: { tcp: mosquitto.port }, pid: mosquitto.pid, beside: null, stop: () => mosquitto.stop() };
}

async function startAedes(): Promise<Broker> {
  const child = spawn(process.execPath, [AEDES], { stdio: ["pipe", "pipe", "inherit"] });
  const pid = child.pid ?? 0;
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(failure("aedes does not start")), START_MS);
    child.once("exit", () => reject(failure("aedes ended")));
    child.stdout.once("data", (chunk: Buffer) => {
      clearTimeout(timer);
      resolve(Number(chunk.toString().trim()));
    });
  });
  return {
    name: "aedes",
    target: { tcp: port },
    pid,
    beside: null,
    async stop() {
      child.stdin.end();
      if (!(await gone(pid, STOP_MS))) child.kill("SIGKILL");
    },
  };
}
