/**
 * 1,000 devices of 8 channels at 1 Hz over MQTT into the real server and one Intake object. Three stretches, after a warm one:
 *
 *   alone      nobody looks: acknowledgements, workerd's CPU per sample; at its end, what the isolate holds
 *   profiled   which parts of the isolate's work those are
 *   looked at  samples drawn by lot are looked up by HTTP until their score is there: sample → verdict, the look itself in it
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import type { Glances, Trace } from "../../contracts/board.ts";
import { apiOf } from "../cli/api.ts";
import type { Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { heldBy, openInspector, profiled } from "./inspect.ts";
import { cpuMs } from "./machine.ts";
import { enterPumps, noisyChannels } from "./pump-fleet.ts";

const HOST = "127.0.0.1";
const UNIT = "bench";
const PERIOD_MS = 1_000;
/** Code compiled, sessions open, the first minute of each trace full. */
const WARM_MS = 25_000;
/** Long enough for a part of a checkpoint and some rounds of the collector. */
const PROFILE_MS = 20_000;
/** Functions by their names in the bundle, which numbers those of one name. What is awaited goes on without its caller; only models are wasm here. */
const MODEL = /^(?:(?:runModel|inTurn|gatherStates|scatterStates)\d*|wasm-function.*|js-to-wasm.*)$/;
const FOLD = /^(?:(?:nextRows|foldRows|askModel|runModel|inTurn)\d*|wasm-function.*|js-to-wasm.*)$/;
const CONNECT_AT_ONCE = 20;
/** Between two looks at one sample. */
const LOOK_MS = 4;
/** Everything that was acknowledged is scored within this, or the run fails. */
const DRAIN_MS = 30_000;

export type ScaleLive = {
  readonly devices: number;
  readonly samples: number;
  readonly scored: number;
  readonly verdictMs: readonly number[];
  readonly ackMs: readonly number[];
  /** Of the whole server: sockets, MQTT, log, SQLite, scoring, checkpoints. */
  readonly workerdUs: number;
  /** Of its main thread, which runs the isolate: what is not sockets' or the collector's. */
  readonly isolateUs: number;
  /** Of JavaScript and wasm in it: the fold from bytes to verdicts, the model in it, checkpoints, the collector of what nobody holds. */
  readonly foldUs: number;
  readonly modelUs: number;
  readonly saveUs: number;
  readonly collectorUs: number;
  /** Of the isolate, in which the unit and the hub live too. */
  readonly heapMb: number;
  readonly buffersMb: number;
  /** Of the process: the runtime, its caches of SQLite, every socket. */
  readonly residentMb: number;
};

export async function scaleLive(devices: number, seconds: number, tell: Tell): Promise<ScaleLive> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const token = makeToken();
  const vars = { ADMIN_TOKEN_SHA256: digestOfToken(token) };
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars, inspect: true });
  const clients: MqttClient[] = [];
  let load: Load | null = null;
  try {
    const api = apiOf(server.url, token);
    const ids = Array.from({ length: devices }, (_, i) => `pump-${i}`);
    const passwords = await enterPumps(api, UNIT, ids);
    tell(`connecting ${devices} devices …`);
    for (let i = 0; i < devices; i += CONNECT_AT_ONCE)
      clients.push(...(await Promise.all(ids.slice(i, i + CONNECT_AT_ONCE).map((id) => connect(server.url, id, passwords.get(id) ?? "")))));
    load = speak(clients, ids);
    tell("warming …");
    await wait(WARM_MS);
    tell(`${seconds} s alone …`);
    const before = { cpu: cpuMs(server.workerdPid()), main: cpuMs(server.workerdPid(), "main thread"), said: load.acked(), at: Date.now() };
    await wait(seconds * 1_000);
    const after = { cpu: cpuMs(server.workerdPid()), main: cpuMs(server.workerdPid(), "main thread"), said: load.acked(), at: Date.now() };
    // A busy isolate does not answer its inspector: what is asked of it is asked in pauses.
    await load.pause(true);
    const inspector = await openInspector(server.inspectorUrl ?? "");
    const held = await heldBy(inspector);
    const saidBefore = load.acked();
    const spentUs = await profiled(inspector, async () => {
      await load?.pause(false);
      await wait(PROFILE_MS);
      await load?.pause(true);
    });
    const saidIn = load.acked() - saidBefore;
    inspector.close();
    await load.pause(false);
    tell(`${seconds} s looked at …`);
    const verdictMs = await look(api, load, ids, seconds * 1_000);
    const said = await load.end();
    await until("everything is scored", async () => (await scoredBy(api)) >= said.length);
    return {
      devices,
      samples: said.length,
      scored: await scoredBy(api),
      verdictMs,
      ackMs: said.filter(({ sentAt }) => sentAt >= before.at && sentAt < after.at).map(({ sentAt, ackedAt }) => ackedAt - sentAt),
      workerdUs: ((after.cpu - before.cpu) * 1_000) / (after.said - before.said),
      isolateUs: ((after.main - before.main) * 1_000) / (after.said - before.said),
      foldUs: spentUs(FOLD) / saidIn,
      modelUs: spentUs(MODEL) / saidIn,
      saveUs: spentUs(/^saveSome\d*$/) / saidIn,
      collectorUs: spentUs(/^\(garbage collector\)$/) / saidIn,
      heapMb: mb(held.heapBytes),
      buffersMb: mb(held.buffersBytes),
      residentMb: residentMb(server.workerdPid()),
    };
  } finally {
    await load?.end();
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

function connect(url: string, id: string, password: string): Promise<MqttClient> {
  return mqtt.connectAsync(`${url.replace(/^http/, "ws")}/mqtt/${UNIT}`, { username: id, password, clientId: id });
}

type Said = { readonly sentAt: number; readonly ackedAt: number };
type Load = {
  acked(): number;
  /** Resolves when that device has said its next sample. */
  next(device: number): Promise<number>;
  /** Nobody speaks from now on, or everybody again. Resolves when nobody waits for an acknowledgement. */
  pause(is: boolean): Promise<void>;
  end(): Promise<readonly Said[]>;
};

/** Everybody speaks once a second, each at a phase of its own, until the end. */
function speak(clients: readonly MqttClient[], ids: readonly string[]): Load {
  const said: Said[] = [];
  const flying = new Set<Promise<unknown>>();
  const asked = new Map<number, (sentAt: number) => void>();
  let ended = false;
  let paused = false;
  const speaking = Promise.all(
    clients.map(async (client, i) => {
      await wait(((i * 7919) % clients.length) * (PERIOD_MS / clients.length));
      for (let at = Date.now(); !ended; at += PERIOD_MS) {
        await wait(Math.max(0, at - Date.now()));
        if (paused) continue;
        const sentAt = Date.now();
        const payload = JSON.stringify({ ts: sentAt, channels: noisyChannels(false) });
        const flight = client.publishAsync(`u/${UNIT}/d/${ids[i]}/telemetry`, payload, { qos: 1 }).then(() => said.push({ sentAt, ackedAt: Date.now() }));
        flying.add(flight);
        void flight.finally(() => flying.delete(flight));
        asked.get(i)?.(sentAt);
        asked.delete(i);
      }
    }),
  );
  return {
    acked: () => said.length,
    next: (device) => new Promise((resolve) => asked.set(device, resolve)),
    async pause(is) {
      paused = is;
      if (is) await Promise.all(flying);
    },
    async end() {
      ended = true;
      await speaking;
      await Promise.all(flying);
      return said;
    },
  };
}

/** One sample after the other, of one device after the other: from its publishing until its score is told. */
async function look(api: Api, load: Load, ids: readonly string[], forMs: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (const end = Date.now() + forMs; Date.now() < end;) {
    // A device near its turn: looks are one at a time, devices speak in the order of their phases.
    const device = Math.floor(Math.random() * ids.length);
    const near = Array.from({ length: 16 }, (_, i) => (device + i * 61) % ids.length);
    const [sentAt, id] = await Promise.race(near.map(async (one) => [await load.next(one), ids[one] ?? ""] as const));
    for (;;) {
      const { columns } = await api.ask<Trace>("GET", `/api/u/${UNIT}/devices/${id}/trace?after=${sentAt - 1}`, undefined, DRAIN_MS);
      if (typeof columns[1]?.[0] === "number") break;
      if (Date.now() - sentAt > DRAIN_MS) throw failure(`a sample was not scored within ${DRAIN_MS / 1_000} s`);
      await wait(LOOK_MS);
    }
    took.push(Date.now() - sentAt);
  }
  return took;
}

async function scoredBy(api: Api): Promise<number> {
  return (await api.ask<Glances>("GET", `/api/u/${UNIT}/devices`)).counters.scored;
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + DRAIN_MS; !(await is()); await wait(100)) if (Date.now() > end) throw failure(`${what}: not within ${DRAIN_MS / 1_000} s`);
}

function residentMb(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return mb(pages * 4_096);
  } catch {
    return Number.NaN;
  }
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
