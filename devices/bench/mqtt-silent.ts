/** Thousands of devices that are connected through gateways and say no more than that they are there: what they cost the unit's isolate. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { apiOf } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { heldBy, openInspector } from "./inspect.ts";
import { cpuMs, machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { SilentSeen, startLoad } from "./mqtt-load.ts";

const DEVICES = 10_000;
/** Of one gateway: what a site has, and what a process may open. */
const PER_GATEWAY = 2_000;
const CONNECTED_MS = 180_000;
const SETTLE_MS = 15_000;
const WATCHED_MS = 30_000;
const HEAP_MB_MAX = 100;
const CPU_MAX = 0.05;
const MEBIBYTE = 2 ** 20;
const START_MS = 20_000;
const PROGRAM = fileURLToPath(new URL("./mqtt-gateway.ts", import.meta.url));

export async function benchSilent(tell: Tell, devices = DEVICES): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-silent-"));
  const token = makeToken();
  const vars = { ADMIN_TOKEN_SHA256: digestOfToken(token), OPEN_ACCESS: "1" };
  const server = await startServer({ layout: "embedded", host: "127.0.0.1", port: 0, dataDir: dir, vars, inspect: true });
  const ends: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }), () => server.dispose()];
  try {
    await apiOf(server.url, token).createUnit({ unit: "plant", template: "pump-vibration" });
    const inspector = await openInspector(server.inspectorUrl ?? "");
    ends.push(() => inspector.close());
    const before = await heldBy(inspector);
    const gateways: number[] = [];
    const loads: Promise<{ readonly connected: number; readonly refused: number }>[] = [];
    for (let left = devices; left > 0; left -= PER_GATEWAY) {
      const gateway = await startBeside(server.url.replace(/^http/, "ws"));
      ends.push(gateway.stop);
      gateways.push(gateway.pid);
      const load = startLoad({ kind: "silent", target: { tcp: gateway.port }, connections: Math.min(left, PER_GATEWAY) }, SilentSeen);
      ends.push(load.stop);
      loads.push(load.result);
    }
    const seen = await Promise.race([Promise.all(loads), wait(CONNECTED_MS).then(() => null)]);
    if (seen === null) throw failure(`not all were answered within ${CONNECTED_MS / 1_000} s`);
    const connected = seen.reduce((sum, one) => sum + one.connected, 0);
    tell(`${connected} connected, ${devices - connected} refused; watching …`);
    await wait(SETTLE_MS);
    const pids = [server.workerdPid(), ...gateways];
    const cpu = pids.map((pid) => cpuMs(pid));
    await wait(WATCHED_MS);
    const [workerd = 0, ...beside] = pids.map((pid, i) => (cpuMs(pid) - (cpu[i] ?? 0)) / WATCHED_MS);
    const held = await heldBy(inspector);
    const isolateMb = (held.heapBytes + held.buffersBytes) / MEBIBYTE;
    const more = held.heapBytes + held.buffersBytes - before.heapBytes - before.buffersBytes;
    return {
      bench: "silent",
      ratios: { connectedOfDevices: round(connected / devices), isolateOfPromise: round(isolateMb / HEAP_MB_MAX), cpuOfPromise: round(workerd / CPU_MAX) },
      figures: {
        devices,
        connected,
        isolateMb: round(isolateMb),
        isolateBeforeMb: round((before.heapBytes + before.buffersBytes) / MEBIBYTE),
        bytesPerConnection: Math.round(more / Math.max(1, connected)),
        residentMb: round(residentMb(server.workerdPid())),
        workerdOfACore: round(workerd),
        gatewaysOfACore: round(beside.reduce((sum, one) => sum + one, 0)),
      },
      machine: machine(),
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function startBeside(url: string): Promise<{ readonly port: number; readonly pid: number; stop(): void }> {
  const child = spawn(process.execPath, [PROGRAM, url], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(failure("a gateway does not start")), START_MS);
    child.once("exit", () => reject(failure("a gateway ended")));
    child.stdout.once("data", (chunk: Buffer) => {
      clearTimeout(timer);
      resolve(Number(chunk.toString().trim()));
    });
  });
  return { port, pid: child.pid ?? 0, stop: () => void child.kill("SIGKILL") };
}

/** What the operating system counts for a process, where /proc tells. */
function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
  } catch {
    return Number.NaN;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
