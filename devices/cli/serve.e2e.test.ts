import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import type { IClientOptions, MqttClient } from "mqtt";
import { afterEach, expect, test } from "vitest";
import type { Glances, TailLine, Trace } from "../../contracts/board.ts";
import { findServer } from "../server/folder.ts";
import type { Running } from "../server/folder.ts";
import { gone, portIsFree } from "../server/processes.ts";
import { apiOf } from "./api.ts";
import type { Api } from "./api.ts";
import { runCli, startCli } from "./run-cli.ts";
import type { Run } from "./run-cli.ts";

const HOST = "127.0.0.1";
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "outpost-serve-"));
  ends.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

type Served = Run & { readonly at: Running; readonly api: Api; readonly httpPort: number; readonly mqttPort: number };

async function serve(data: string, port = 0, mqttPort = 0): Promise<Served> {
  const run = startCli(["serve", "--port", String(port), "--mqtt-port", String(mqttPort), "--host", HOST, "--data", data]);
  ends.push(async () => {
    run.child.kill("SIGTERM");
    await run.ended;
  });
  const ready = await run.line(/^ready /);
  const [, http = "", tcp = ""] = /^ready (http:\S+) (mqtt:\S+)$/.exec(ready) ?? [];
  const at = findServer(data);
  if (at === null) throw new Error("no server.json");
  expect([at.url, at.mqtt]).toEqual([http, tcp]);
  return { ...run, at, api: apiOf(at.url, at.token, at), httpPort: Number(new URL(http).port), mqttPort: Number(new URL(tcp).port) };
}

/** Neither the server nor its workerd is left, and its ports are free: a kill test that leaves workerd tests nothing. */
async function kill(served: Served): Promise<void> {
  served.child.kill("SIGKILL");
  process.kill(served.at.workerdPid, "SIGKILL");
  await served.ended;
  expect([await gone(served.at.workerdPid, 5_000), await portIsFree(HOST, served.httpPort, 5_000), await portIsFree(HOST, served.mqttPort, 5_000)]).toEqual([
    true,
    true,
    true,
  ]);
}

async function device(
  id: string,
  data: string,
): Promise<{
  readonly user: string;
  readonly password: string;
  readonly webSocket: string;
  readonly topic: string;
  readonly snippets: { readonly mosquitto_pub: string };
}> {
  const { code, out, err } = await runCli(["device", "add", id, "--unit", "plant", "--data", data, "--json"]);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  return JSON.parse(out) as Awaited<ReturnType<typeof device>>;
}

async function client(url: string, options: IClientOptions): Promise<MqttClient> {
  const made = await mqtt.connectAsync(url, { reconnectPeriod: 0, ...options });
  made.on("error", () => undefined);
  ends.push(() => made.endAsync(true));
  return made;
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const seen = await look();
    if (seen !== null) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it never came");
}

const samplesOf = async (api: Api) => (await api.ask<Glances>("GET", "/api/u/plant/devices")).counters.samples;
const telemetry = (ts: number) => JSON.stringify({ ts, channels: { "vibration.a.rms": 0.027 } });

test("L30 the first start shows an administrator's token once; the folder keeps only what its owner may read", async () => {
  const data = folder();
  const first = await serve(data);
  const token = /^admin token {2}(\S{22}) /.exec(await first.line(/^admin token/))?.[1] ?? "";
  expect(await apiOf(first.at.url, token).ask("POST", "/api/units", { unit: "north", template: "pump-vibration" })).toMatchObject({ unit: "north" });
  for (const file of ["server.json", "admin.json"]) expect(statSync(join(data, file)).mode & 0o777).toBe(0o600);

  const busy = await runCli(["serve", "--port", "0", "--mqtt-port", "0", "--data", data]);
  expect([busy.code, busy.err.includes("is in use by the server with process id")]).toEqual([2, true]);

  first.child.kill("SIGTERM");
  const { code } = await first.ended;
  expect([
    code,
    await gone(first.at.workerdPid, 5_000),
    await portIsFree(HOST, first.httpPort),
    await portIsFree(HOST, first.mqttPort),
    findServer(data),
  ]).toEqual([0, true, true, true, null]);

  const again = await serve(data, first.httpPort, first.mqttPort);
  again.child.kill("SIGTERM");
  expect((await again.ended).out).not.toContain("admin token");
  const folderOnly = await runCli(["token", "add", "--role", "operations", "--unit", "north", "--data", data, "--json"]);
  expect([folderOnly.code, JSON.parse(folderOnly.out)]).toMatchObject([0, { role: "operations", unit: "north" }]);
});

test("L31 real clients: MQTT.js over TCP and WebSocket, mosquitto_pub where it is installed; tail shows the verdict of each field", async () => {
  const data = folder();
  const { api, at } = await serve(data);
  const pump = await device("pump-7", data);
  // A typed link takes the same profile.
  expect((await runCli(["device", "types", "--unit", "plant", "--data", data])).out).toMatch(/^export const profile = \{\n {2}id: "pump",/);
  const tcp = await client(at.mqtt, { username: pump.user, password: pump.password });
  await tcp.publishAsync(pump.topic, telemetry(Date.now() - 2_000), { qos: 1 });
  const ws = await client(pump.webSocket, { username: "pump-7", password: pump.password, protocolVersion: 5 });
  await ws.publishAsync(pump.topic, telemetry(Date.now() - 1_000), { qos: 1 });
  const mosquitto = spawnSync("mosquitto_pub", ["--help"]).error === undefined;
  if (mosquitto) {
    const sent = spawn("bash", ["-c", pump.snippets.mosquitto_pub.replace("$(date +%s000)", String(Date.now()))], { stdio: "ignore" });
    expect(await new Promise((resolve) => sent.once("close", resolve))).toBe(0);
  }
  const sent = mosquitto ? 3 : 2;
  expect(await until(async () => ((await samplesOf(api)) >= sent ? samplesOf(api) : null))).toBe(sent);

  const tail = await runCli(["tail", "plant", "pump-7", "--data", data, "--count", String(sent), "--json"]);
  const lines = tail.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TailLine);
  expect(lines.map((line) => line.fields.find((field) => field.field === "channels.vibration.a.rms")?.verdict)).toEqual(
    Array.from({ length: sent }, () => "ok"),
  );

  const stranger = await mqtt.connectAsync(at.mqtt, { username: pump.user, password: "wrong", reconnectPeriod: 0 }).then(
    () => "let in",
    () => "refused",
  );
  expect(stranger).toBe("refused");
});

test("L32 kill -9 of server and workerd in the middle, three times: every instant with a PUBACK is in the trace, none twice", async () => {
  const data = folder();
  const first = await serve(data);
  const pump = await device("pump-7", data);
  let served = first;
  let last = 0;
  const published = new Set<number>();
  const acknowledged = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const link = await client(served.at.mqtt, { username: pump.user, password: pump.password });
    const enough = acknowledged.size + 100;
    const dead = new Promise<void>((resolve) => link.once("close", () => resolve()));
    let alive = true;
    void dead.then(() => (alive = false));
    const speaking = (async () => {
      for (let n = 1; alive; n++) {
        const ts = (last = Math.max(last + 1, Date.now()));
        published.add(ts);
        const acked = link.publishAsync(pump.topic, telemetry(ts), { qos: 1 }).then(
          () => acknowledged.add(ts),
          () => undefined,
        );
        // Always some on the way, so that a kill finds messages without their PUBACK.
        if (n % 20 === 0) await Promise.race([acked, dead]);
      }
    })();
    await until(async () => (acknowledged.size >= enough ? true : null));
    await kill(served);
    await Promise.all([speaking, dead]);
    await link.endAsync(true);
    served = await serve(data, first.httpPort, first.mqttPort);
    const kept = await until(async () => {
      const trace = await served.api.ask<Trace>("GET", "/api/u/plant/devices/pump-7/trace");
      const instants = (trace.columns[0] ?? []).flatMap((ts) => ts ?? []);
      return instants.length >= acknowledged.size ? instants : null;
    });
    expect([...acknowledged].filter((ts) => !kept.includes(ts))).toEqual([]);
    expect(kept.filter((ts) => !published.has(ts))).toEqual([]);
    // The trace shows an instant once; the counters would show it twice.
    const { counters } = await served.api.ask<Glances>("GET", "/api/u/plant/devices");
    expect([counters.samples, counters.duplicates]).toEqual([kept.length, 0]);
  }
});

test("L33 a server that was killed leaves workerd behind; the next start on the folder ends it and goes on", async () => {
  const data = folder();
  const first = await serve(data);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await portIsFree(HOST, first.httpPort)).toBe(false);
  const again = await serve(data, first.httpPort, first.mqttPort);
  expect(await gone(first.at.workerdPid, 0)).toBe(true);
  expect(await again.api.ask("GET", "/api/u/plant/me")).toMatchObject({ role: "admin" });
});

test("L34 workerd that is killed under a running server is started again, and it says so", async () => {
  const data = folder();
  const served = await serve(data);
  process.kill(served.at.workerdPid, "SIGKILL");
  await served.complaint(/died and was started again with the same state/);
  expect(await until(() => served.api.ask<object>("GET", "/api/u/plant/me").catch(() => null))).toMatchObject({ role: "admin" });
  expect(findServer(data)?.workerdPid).not.toBe(served.at.workerdPid);
});

test("L35 open access is loud, and lets a client in without credentials", async () => {
  const data = folder();
  const run = startCli(["serve", "--port", "0", "--mqtt-port", "0", "--data", data, "--open-access"]);
  ends.push(async () => {
    run.child.kill("SIGTERM");
    await run.ended;
  });
  await run.line(/^OPEN ACCESS: every MQTT client/);
  const [, tcp = ""] = /^ready \S+ (\S+)$/.exec(await run.line(/^ready /)) ?? [];
  const at = findServer(data);
  await device("pump-7", data);
  const link = await client(tcp, { username: "plant/pump-7" });
  await link.publishAsync("u/plant/d/pump-7/telemetry", telemetry(Date.now()), { qos: 1 });
  expect(await until(async () => ((await samplesOf(apiOf(at?.url ?? "", at?.token ?? ""))) === 1 ? 1 : null))).toBe(1);
});
