/**
 * Sample → verdict under load: 200 devices at 1 Hz over MQTT/TCP into the real server, each of which goes bad once, at an instant of its own.
 *
 * Two latencies. Of every sample, from outside: from the instant it is published until the server says over HTTP that so many samples
 * are scored. Devices, clients, gateway, network, log, model and the look itself are in it, so it is an upper bound. Of the samples that
 * raised an alarm, the unit's own record: from the sample's arrival to the alarm, on its disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import type { Board, Glances } from "../../contracts/board.ts";
import { apiOf } from "../cli/api.ts";
import type { Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { cpuMs, machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { enterPumps, noisyChannels, tellPast } from "./pump-fleet.ts";

const HOST = "127.0.0.1";
const UNIT = "bench";
const DEVICES = 200;
const PERIOD_MS = 1_000;
/** Model compiled, sessions open, first windows full. */
const WARM_MS = 15_000;
/** Onsets are spread over this. */
const ONSETS_MS = 30_000;
/** After the last onset: enough for the model to be sure of it. */
const AFTER_MS = 20_000;
/** What is promised at the 99th percentile. */
const PROMISED_MS = 200;
/** Between two looks at how many samples are scored: small against the promise, and no load to speak of. */
const LOOK_MS = 10;
/** Everything that was acknowledged is scored within this, or the run fails. */
const DRAIN_MS = 30_000;
const CONNECT_AT_ONCE = 20;
/** Samples that each device has kept from before, told first: the model that ships learns each one's noise from them. */
const PAST = 200;

export async function ingest(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: UNIT });
  const clients: MqttClient[] = [];
  try {
    const api = apiOf(server.url, token);
    const ids = Array.from({ length: DEVICES }, (_, i) => `pump-${i}`);
    const passwords = await enterPumps(api, UNIT, ids);
    tell(`connecting ${DEVICES} devices …`);
    for (let i = 0; i < DEVICES; i += CONNECT_AT_ONCE) {
      clients.push(
        ...(await Promise.all(
          ids
            .slice(i, i + CONNECT_AT_ONCE)
            .map((id) => mqtt.connectAsync(`mqtt://${HOST}:${gateway.port}`, { username: `${UNIT}/${id}`, password: passwords.get(id) ?? "", clientId: id })),
        )),
      );
    }
    tell("telling what was measured before …");
    await tellPast(clients, UNIT, ids, PAST);
    const looks = watchScored(api, PAST * DEVICES);
    await looks.reached(0);
    const cpu = cpuMs(server.workerdPid());
    const said = await speak(clients, ids, tell);
    const { scored, seen } = await looks.until(said.length);
    const spentMs = cpuMs(server.workerdPid()) - cpu;
    const { alarms } = await api.ask<Board>("GET", `/api/u/${UNIT}/board`);
    const warm = said.filter(({ sentAt }) => sentAt >= (said[0]?.sentAt ?? 0) + WARM_MS);
    return measured({
      verdicts: verdictsOf(said, seen).slice(said.length - warm.length),
      alarms: alarms.map((alarm) => alarm.raisedAt - alarm.sampleAt),
      acks: warm.map(({ sentAt, ackedAt }) => ackedAt - sentAt),
      scored,
      workerdUs: (spentMs * 1_000) / said.length,
      looks: seen.length,
    });
  } finally {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await gateway.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Said = { readonly sentAt: number; readonly ackedAt: number };

/** Everybody speaks once a second, each at a phase of its own. Returns what was said, in the order of saying. */
async function speak(clients: readonly MqttClient[], ids: readonly string[], tell: Tell): Promise<readonly Said[]> {
  const said: Said[] = [];
  const startAt = Date.now();
  const onsetAt = ids.map((_, i) => startAt + WARM_MS + (i * ONSETS_MS) / DEVICES);
  const endAt = startAt + WARM_MS + ONSETS_MS + AFTER_MS;
  const told = setInterval(
    () => tell(`${Math.round((Date.now() - startAt) / 1000)} of ${Math.round((endAt - startAt) / 1000)} s, ${said.length} acknowledged`),
    10_000,
  );
  const flying: Promise<unknown>[] = [];
  await Promise.all(
    clients.map(async (client, i) => {
      await wait(((i * 7919) % DEVICES) * (PERIOD_MS / DEVICES));
      for (let at = Date.now(); at < endAt; at += PERIOD_MS) {
        await wait(Math.max(0, at - Date.now()));
        const sentAt = Date.now();
        const payload = JSON.stringify({ ts: sentAt, channels: noisyChannels(sentAt >= (onsetAt[i] ?? 0)) });
        flying.push(client.publishAsync(`u/${UNIT}/d/${ids[i]}/telemetry`, payload, { qos: 1 }).then(() => said.push({ sentAt, ackedAt: Date.now() })));
      }
    }),
  );
  clearInterval(told);
  await Promise.all(flying);
  return said.toSorted((a, b) => a.sentAt - b.sentAt);
}

type Look = { readonly at: number; readonly scored: number };

/** Looks again and again at how many samples are scored, `before` not counted. `until` ends it once there are `enough`. */
function watchScored(
  api: Api,
  before: number,
): { reached(enough: number): Promise<void>; until(enough: number): Promise<{ readonly scored: number; readonly seen: readonly Look[] }> } {
  const seen: Look[] = [];
  let giveUpAt = Number.POSITIVE_INFINITY;
  let enough = Number.POSITIVE_INFINITY;
  const looking = (async () => {
    for (;;) {
      const { counters } = await api.ask<Glances>("GET", `/api/u/${UNIT}/devices`);
      const scored = counters.scored - before;
      seen.push({ at: Date.now(), scored });
      if (scored >= enough) return scored;
      if (Date.now() > giveUpAt) throw failure(`${scored} of ${enough} samples were scored within ${DRAIN_MS / 1000} s`);
      await wait(LOOK_MS);
    }
  })();
  // Whoever waits for it hears of its end; until then nobody does.
  looking.catch(() => undefined);
  return {
    async reached(count) {
      for (const end = Date.now() + DRAIN_MS; (seen.at(-1)?.scored ?? -1) < count; await wait(LOOK_MS))
        if (Date.now() > end) throw failure(`what was measured before was not scored within ${DRAIN_MS / 1000} s`);
      seen.splice(0);
    },
    async until(count) {
      enough = count;
      giveUpAt = Date.now() + DRAIN_MS;
      return { scored: await looking, seen };
    },
  };
}

/** The log is first in, first out: the n-th sample said has its verdict at the first look that counts n. */
function verdictsOf(said: readonly Said[], seen: readonly Look[]): readonly number[] {
  let look = 0;
  return said.map(({ sentAt }, n) => {
    while ((seen[look]?.scored ?? Number.POSITIVE_INFINITY) <= n) look++;
    return (seen[look]?.at ?? Number.NaN) - sentAt;
  });
}

type Taken = {
  readonly verdicts: readonly number[];
  readonly alarms: readonly number[];
  readonly acks: readonly number[];
  readonly scored: number;
  readonly workerdUs: number;
  readonly looks: number;
};

function measured({ verdicts, alarms, acks, scored, workerdUs, looks }: Taken): Measured {
  const p99 = quantile(verdicts, 0.99);
  return {
    bench: "ingest",
    ratios: {
      verdictP99OfPromise: round(p99 / PROMISED_MS),
      alarmP99OfPromise: round(quantile(alarms, 0.99) / PROMISED_MS),
      alarmsOfDevices: round(alarms.length / DEVICES),
    },
    figures: {
      devices: DEVICES,
      hz: 1000 / PERIOD_MS,
      samples: verdicts.length,
      sampleToVerdictP50Ms: quantile(verdicts, 0.5),
      sampleToVerdictP99Ms: p99,
      sampleToVerdictMaxMs: quantile(verdicts, 1),
      alarms: alarms.length,
      sampleToAlarmP50Ms: quantile(alarms, 0.5),
      sampleToAlarmP99Ms: quantile(alarms, 0.99),
      sampleToAlarmMaxMs: quantile(alarms, 1),
      publishToPubackP50Ms: quantile(acks, 0.5),
      publishToPubackP99Ms: quantile(acks, 0.99),
      scored,
      workerdCpuUsPerMessage: Math.round(workerdUs),
      looks,
    },
    machine: machine(),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
