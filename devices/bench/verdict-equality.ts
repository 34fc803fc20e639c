/**
 * Whether a score is the same wherever it is made. Every model that ships, in Node, against what the training kit says of it. Then a live server: a
 * unit for each model for pumps, whose devices tell minutes with faults in them over MQTT; what workerd scored is read over HTTP, and 1,000 of these
 * scores, drawn at random, are held bit for bit against a replay in Node from the same messages and baselines.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import type { Glances, Trace } from "../../contracts/board.ts";
import { Device } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged } from "../../edge/journey/track.ts";
import { takeTrace, traceOf } from "../../edge/journey/view.ts";
import { numbersOf } from "../../edge/verdict/fixtures/ask.ts";
import { differenceOf, PROBE_DIFFERENCE_MAX, Probes } from "../../edge/verdict/fixtures/probe.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { type Api, apiOf } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { build } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { FAULT_SIGMAS, healthyBaseline, isVibration, pumpChannels } from "../simulator/healthy-pump.ts";
import { enterPumps } from "./pump-fleet.ts";
import { PUMP_MODELS } from "./verdict-models.ts";
import { atLeast, atMost, type Section, type SectionOptions, tableOfRows } from "./verdict-section.ts";

const HOST = "127.0.0.1";
const SAMPLED = 1_000;
const PUMPS = ["pump-1", "pump-2"];
/** Of each pump; the second half of the last minutes is a fault. */
const ROWS = 300;
const FAULT_FROM = 220;
const FAULT_UNTIL = 270;
const ROWS_A_PAYLOAD = 100;
const PERIOD_MS = 1_000;
const LOOK_MS = 100;
/** The fold stores finished minutes every 30 s. */
const GIVE_UP_MS = 90_000;

/** One score, as the unit told it and as the replay made it. */
type Pair = { readonly model: string; readonly live: number | null; readonly replayed: number | null };

export async function equalitySection({ tell }: SectionOptions): Promise<Section> {
  const probes = Probes.parse(JSON.parse(await readFile(fileURLToPath(new URL("../../edge/verdict/fixtures/probes.json", import.meta.url)), "utf8")));
  const kit: Record<string, number> = {};
  for (const model of Object.keys(probes.models)) kit[model] = await differenceOf(await opened(model), probes, model);
  const pairs = (await livePairs(tell)).filter(({ live }) => live !== null);
  const next = numbersOf(1);
  const drawn = pairs
    .map((pair) => ({ pair, at: next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, SAMPLED)
    .map(({ pair }) => pair);
  const differ = (all: readonly Pair[]): number => all.filter(({ live, replayed }) => live !== replayed).length;
  const apart = (all: readonly Pair[]): number => all.reduce((most, { live, replayed }) => Math.max(most, Math.abs((live ?? 0) - (replayed ?? Number.NaN))), 0);
  const of = (model: string): readonly Pair[] => pairs.filter((pair) => pair.model === model);
  const alarms = (all: readonly Pair[]): number => all.filter(({ live }) => (live ?? 0) >= 0.5).length;
  return {
    section: "equality",
    title: "the same scores in the training kit, in Node and in workerd",
    asked: [
      atMost("Node, difference from the kit", PROBE_DIFFERENCE_MAX, Math.max(...Object.values(kit)), 8, `(${Object.keys(kit).length} models)`),
      atMost("workerd, difference from Node", PROBE_DIFFERENCE_MAX, apart(pairs), 8, `(${pairs.length} scores of a live server, ${PUMP_MODELS.length} models)`),
      atLeast("replayed bit for bit", SAMPLED, drawn.length - differ(drawn), 0, `of ${drawn.length} drawn; ${alarms(drawn)} of them alarms`),
    ],
    table: tableOfRows(
      ["", "Node − kit", "workerd − Node", "scores", "not bit for bit", "alarms"],
      Object.entries(kit).map(([model, difference]) => {
        const mine = of(model);
        const live = mine.length === 0 ? ["–", "–", "–", "–"] : [apart(mine).toExponential(1), mine.length, differ(mine), alarms(mine)];
        return [model, difference.toExponential(1), ...live];
      }),
    ),
    figures: { kit, scores: pairs.length, drawn: drawn.length, differ: differ(drawn), workerdDifference: apart(pairs) },
  };
}

async function opened(model: string): Promise<Scorer> {
  const scorer = await openModelFile(modelPath(model));
  if (isRefusal(scorer)) throw failure(`${model}: ${scorer.rule}`);
  return scorer;
}

async function livePairs(tell: (line: string) => void): Promise<readonly Pair[]> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: "none" });
  try {
    const api = apiOf(server.url, token);
    const told: { readonly model: string; readonly scorer: Scorer; readonly unit: string; readonly messages: readonly Logged[] }[] = [];
    for (const model of PUMP_MODELS) {
      tell(`a unit that runs ${model} …`);
      const scorer = await opened(model);
      const unit = `replay-${model}`;
      const passwords = await enterPumps(api, unit, PUMPS, [], scorer.hash);
      told.push({ model, scorer, unit, messages: await speak(gateway.port, unit, passwords) });
    }
    tell("reading what was scored …");
    const pairs: Pair[] = [];
    for (const { model, scorer, unit, messages } of told) {
      const replayed = await replayLogged(scorer, messages);
      for (const pump of PUMPS) {
        const live = await scoresOf(api, unit, pump);
        pairs.push(...[...live].map(([ts, score]) => ({ model, live: score, replayed: replayed(pump).get(ts) ?? null })));
      }
    }
    return pairs;
  } finally {
    await gateway.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The minutes before now of every pump; what was published, as the log of the unit holds it but for the arrivals. */
async function speak(port: number, unit: string, passwords: ReadonlyMap<string, string>): Promise<readonly Logged[]> {
  const end = Date.now();
  const next = numbersOf(7);
  // About normal.
  const noise = (): number => (next() + next() + next() + next() - 2) * Math.sqrt(3);
  const messages: Logged[] = [];
  for (const [pump, password] of passwords) {
    const client = await mqtt.connectAsync(`mqtt://${HOST}:${port}`, { username: `${unit}/${pump}`, password, clientId: pump });
    try {
      for (let from = 0; from < ROWS; from += ROWS_A_PAYLOAD) {
        const rows = Array.from({ length: Math.min(ROWS_A_PAYLOAD, ROWS - from) }, (_, i) => {
          const bad = from + i >= FAULT_FROM && from + i < FAULT_UNTIL;
          const channels = pumpChannels((channel) => noise() + (bad && isVibration(channel) ? FAULT_SIGMAS : 0));
          return { ts: end - (ROWS - from - i) * PERIOD_MS, channels };
        });
        const payload = new TextEncoder().encode(JSON.stringify(rows));
        messages.push({ device: pump, payload, arrivedAt: Date.now() });
        await client.publishAsync(`u/${unit}/d/${pump}/telemetry`, Buffer.from(payload), { qos: 1 });
      }
    } finally {
      await client.endAsync(true);
    }
  }
  return messages;
}

/** Scores by instant, once the unit has all of them to show. */
async function scoresOf(api: Api, unit: string, pump: string): Promise<ReadonlyMap<number, number | null>> {
  for (const end = Date.now() + GIVE_UP_MS; ; await wait(LOOK_MS)) {
    const { columns } = await api.ask<Trace>("GET", `/api/u/${unit}/devices/${pump}/trace?after=0`);
    const [at = [], scores = []] = columns;
    if (scores.filter((score) => score !== null).length >= ROWS) return new Map(at.map((ts, i) => [ts ?? 0, scores[i] ?? null]));
    if (Date.now() > end) {
      const { counters } = await api.ask<Glances>("GET", `/api/u/${unit}/devices`);
      throw failure(`${unit} shows ${scores.length} scores of ${pump} after ${GIVE_UP_MS / 1_000} s: ${JSON.stringify(counters)}`);
    }
  }
}

/** The journey over the same messages, as one call after the other would have it: the trace of a pump, by instant. */
async function replayLogged(scorer: Scorer, messages: readonly Logged[]): Promise<(pump: string) => ReadonlyMap<number, number | null>> {
  const baseline = healthyBaseline(0);
  const devices = PUMPS.map((id) => Device.parse({ id, asset: id, profile: "pump", name: id, baseline, addedAt: 0 }));
  const tracks = startTracks({ unit: "replay", version: 1, scenario: pumpVibration, devices, openAccess: false }, () => scorer.hash, []);
  for (const message of messages) {
    onTelemetry(tracks, [message]);
    for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
  }
  const stored = takeTrace(tracks);
  return (pump) => {
    const trace = traceOf(
      tracks,
      pump,
      0,
      stored.filter(({ device }) => device === pump).map(({ bytes }) => bytes),
    );
    if (isRefusal(trace)) throw failure(`${pump}: ${trace.rule}`);
    const [at = [], scores = []] = trace.columns;
    return new Map(at.map((ts, i) => [ts ?? 0, scores[i] ?? null]));
  };
}
