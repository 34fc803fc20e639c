/**
 * Whether ingest and offers wait for the planner: two units in one real server with the same full day, one with a planner and one without, in
 * short phases that take turns. In each phase a device publishes all the time, machines report a fault one after another, each of which changes
 * the plan, and somebody says that they will be late; the same is asked of both units.
 *
 *   sample ─▶ PUBACK                                   ack
 *   sample with a fault code ─▶ alarm raised           verdict
 *                               alarm ─▶ offer at the desk's socket   offer
 *
 * What was measured while the planner slept says nothing: then there are no figures.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { WebSocket } from "ws";
import type { Board } from "../../contracts/board.ts";
import { Down } from "../../contracts/down.ts";
import { quantileIn, SLICE_ITERATIONS_FROM, SLICE_MS_FROM, SLICE_MS_LONG, type PlannerWork } from "../../contracts/planner.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";
import { apiOf, type Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build, type Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { randomOf } from "../simulator/random.ts";
import { cpuMs, machine, quantile, type Measured } from "./machine.ts";
import { workBetween } from "./planner-work.ts";
import { ratioOf, type Pair } from "./ratio.ts";
import { startSpins } from "./spins.ts";

const HOST = "127.0.0.1";
/** By whether there is a planner. */
const UNITS = { without: "plain", with: "planned" } as const;
type Side = keyof typeof UNITS;
const SIDES = ["without", "with"] as const;
const ENGINEERS = 30;
/** Accepted jobs that fill everybody's day. */
const JOBS = 60;
/** Phases of each unit; they change places from pair to pair, so that what grows with time falls on both. */
const PAIRS = 16;
const PHASE_MS = 3_000;
const FAULT_EVERY_MS = 250;
/** Machines that fail once each, in all phases. */
const FAULTS = Math.ceil((PAIRS * PHASE_MS) / FAULT_EVERY_MS);
const PUBLISH_EVERY_MS = 20;
/** An offer that is not there by then has been missed, and the bench fails. */
const OFFER_MS_MAX = 10_000;
const REST_LOOK_MS = 100;
const REST_MS_MAX = 30_000;
/** What the planner must have been at work of its phases, at least, for the figures to say anything. */
const SHARE_MIN = 0.02;
const LATE_MS = [30 * 60_000, 4 * 3_600_000] as const;
const ROWS_AT_ONCE = 200;
const SITE = { lat: 28.2, lon: 112.9 };
const KM = 1 / 111.195;
const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
const SKILLS = ["mechanical", "bearings", "hydraulics", "electrical"];
const METRICS = ["ack", "verdict", "offer"] as const;
type Metric = (typeof METRICS)[number];
const SHARES = { P50: 0.5, P95: 0.95, P99: 0.99 };
type Phase = Readonly<Record<Metric, number[]>>;
type Took = { readonly phases: Phase[]; cpu: number; ms: number };
type Plant = { readonly unit: string; readonly api: Api; readonly client: MqttClient; readonly desk: Desk; readonly engineers: readonly Api[] };

export async function planner(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-planner-"));
  const token = makeToken();
  // One client speaks for all machines of a unit.
  const vars = { ADMIN_TOKEN_SHA256: digestOfToken(token), OPEN_ACCESS: "1" };
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars });
  const closing: (() => Promise<void>)[] = [];
  try {
    const api = apiOf(server.url, token);
    const plants = new Map<Side, Plant>();
    for (const side of SIDES) {
      tell(`a full day for the unit ${side} a planner …`);
      const unit = UNITS[side];
      const engineers = await settle(api, side);
      const gateway = await startGateway({ host: HOST, port: 0, upstream: (one) => `${server.url.replace(/^http/, "ws")}/mqtt/${one}`, unit });
      closing.push(() => gateway.close());
      const client = await mqtt.connectAsync(`mqtt://${HOST}:${gateway.port}`, { clientId: `${side}-site` });
      closing.unshift(() => client.endAsync(true));
      const desk = await openDesk(server.url, unit, await api.addToken(unit, "operations", "desk"));
      closing.unshift(async () => desk.close());
      plants.set(side, { unit, api, client, desk, engineers });
    }
    const took: Record<Side, Took> = { without: { phases: [], cpu: 0, ms: 0 }, with: { phases: [], cpu: 0, ms: 0 } };
    for (const plant of plants.values()) await atRest(plant);
    const before = { with: await workOf(api, "with"), without: await workOf(api, "without") };
    const next = { with: 0, without: 0 };
    const spins = startSpins();
    for (let pair = 0; pair < PAIRS; pair++) {
      tell(`pair ${pair + 1} of ${PAIRS}`);
      for (const side of pair % 2 === 0 ? SIDES : SIDES.toReversed()) {
        const plant = plants.get(side);
        if (plant === undefined) continue;
        const [cpu, from] = [cpuMs(server.workerdPid()), Date.now()];
        const phase: Phase = { ack: [], verdict: [], offer: [] };
        const publishing = publish(plant, from + PHASE_MS, phase.ack);
        await sayLate(plant, pair);
        next[side] = await breakMachines(plant, next[side], from + PHASE_MS, phase);
        await publishing;
        took[side].cpu += cpuMs(server.workerdPid()) - cpu;
        took[side].ms += Date.now() - from;
        took[side].phases.push(phase);
        await atRest(plant);
      }
    }
    const done = { with: workBetween(before.with, await workOf(api, "with")), without: workBetween(before.without, await workOf(api, "without")) };
    return measured(took, done, spins.stop());
  } finally {
    for (const close of closing) await close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Its engineers, each with a full day. */
async function settle(api: Api, side: Side): Promise<readonly Api[]> {
  const unit = UNITS[side];
  await api.createUnit({ unit, template: "pump-vibration", planner: side === "with", offerMs: 600_000 });
  const at = (i: number) => ({ lat: SITE.lat + (((i * 7) % 31) - 15) * KM, lon: SITE.lon + (((i * 11) % 29) - 14) * KM });
  // Names are a unit's own: the hub takes two of one name for one thing.
  const customer = `${unit}-works`;
  const asset = { kind: "pump", model: "bench", customer, moves: false, installedAt: 0 };
  const all = Array.from({ length: JOBS + FAULTS }, (_, i) => i);
  const rows = [
    { family: "customer", entity: { id: customer, name: "Works" } },
    ...all.map((i) => ({ family: "asset", entity: { ...asset, id: `${unit}-p${i}`, name: `p${i}`, position: at(i) } })),
    ...Array.from({ length: ENGINEERS }, (_, i) => ({
      family: "engineer",
      entity: { id: `${unit}-e${i}`, name: `e${i}`, skills: SKILLS, shifts: ALWAYS, home: at(i * 3 + 1), locatable: false },
    })),
    ...all.map((i) => ({ family: "device", entity: { id: `${unit}-d${i}`, asset: `${unit}-p${i}`, profile: "pump", name: `d${i}`, addedAt: 0 } })),
  ];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) await api.writeEntities(unit, rows.slice(from, from + ROWS_AT_ONCE));
  const engineers = new Map<string, Api>();
  for (let i = 0; i < ENGINEERS; i++) engineers.set(`${unit}-e${i}`, apiOf(api.at.url, await api.addToken(unit, "engineer", `${unit}-e${i}`)));
  for (let i = 0; i < JOBS; i++) {
    const job = { id: `${unit}-job-${i}`, asset: `${unit}-p${i}`, words: "look at it", faultMode: "loosening", priority: "p2" };
    await api.ask("POST", `/api/u/${unit}/tickets`, job);
  }
  for (let round = 0; round < JOBS; round++) {
    const { offers } = await api.ask<Board>("GET", `/api/u/${unit}/board`);
    const waiting = offers.filter(({ state }) => state === "open");
    if (waiting.length === 0) break;
    for (const offer of waiting)
      await engineers
        .get(offer.engineer)
        ?.ask("POST", `/api/u/${unit}/offers/${offer.id}/accept`, {})
        .catch(() => null);
  }
  return [...engineers.values()];
}

type Seen = { readonly ticket: string; readonly raisedAt: number; readonly offeredAt: number };
type Desk = {
  /** When the machine's alarm was raised by the unit's clock, and when the offer for it was here; ms since the epoch. */
  readonly seen: (device: string) => Promise<Seen>;
  readonly close: () => void;
};

async function openDesk(url: string, unit: string, token: string): Promise<Desk> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/u/${unit}/live`, { headers: { authorization: `Bearer ${token}` } });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  const alarms = new Map<string, { readonly device: string; readonly raisedAt: number }>();
  const waiting = new Map<string, (seen: Seen) => void>();
  socket.on("message", (text: Buffer) => {
    const at = performance.timeOrigin + performance.now();
    const down = Down.parse(JSON.parse(text.toString()));
    if (down.type !== "changes") return;
    for (const { family, entity } of down.changes) if (family === "alarm" && entity.ticket !== undefined) alarms.set(entity.ticket, entity);
    for (const { family, entity } of down.changes) {
      const alarm = family === "offer" ? alarms.get(entity.ticket) : undefined;
      if (family === "offer" && alarm !== undefined) waiting.get(alarm.device)?.({ ticket: entity.ticket, raisedAt: alarm.raisedAt, offeredAt: at });
    }
  });
  socket.send(JSON.stringify({ type: "hello", version: PROTOCOL_VERSION }));
  return {
    seen: (device) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(failure(`no offer for the fault of ${device} within ${OFFER_MS_MAX / 1_000} s`)), OFFER_MS_MAX);
        waiting.set(device, (seen) => {
          clearTimeout(timer);
          waiting.delete(device);
          resolve(seen);
        });
      }),
    close: () => socket.terminate(),
  };
}

/** Machines that report a fault one after another; each job is called off before the next. The number of the next machine. */
async function breakMachines({ unit, api, client, desk }: Plant, from: number, until: number, { verdict, offer }: Phase): Promise<number> {
  let machineNo = from;
  for (; Date.now() < until && machineNo < FAULTS; machineNo++) {
    const device = `${unit}-d${JOBS + machineNo}`;
    const seeing = desk.seen(device);
    const sentAt = performance.timeOrigin + performance.now();
    const payload = JSON.stringify({ ts: Date.now(), events: [{ code: "E12", at: Date.now() }] });
    await client.publishAsync(`u/${unit}/d/${device}/telemetry`, payload, { qos: 1 });
    const { ticket, raisedAt, offeredAt } = await seeing;
    // The unit's clock shows whole milliseconds.
    verdict.push(Math.max(0, raisedAt + 0.5 - sentAt));
    offer.push(Math.max(0, offeredAt - raisedAt - 0.5));
    await wait(FAULT_EVERY_MS);
    await api.ask("POST", `/api/u/${unit}/tickets/${ticket}/cancel`, { why: "seen" });
  }
  return machineNo;
}

async function publish({ unit, client }: Plant, until: number, acked: number[]): Promise<void> {
  const flying: Promise<unknown>[] = [];
  while (Date.now() < until) {
    const begun = performance.now();
    const payload = JSON.stringify({ ts: Date.now(), channels: { current: 10, pressure: 4 } });
    flying.push(client.publishAsync(`u/${unit}/d/${unit}-d0/telemetry`, payload, { qos: 1 }).then(() => acked.push(performance.now() - begun)));
    await wait(PUBLISH_EVERY_MS);
  }
  await Promise.all(flying);
}

/** One of the engineers will be at one of their jobs at another time than was told. */
async function sayLate({ unit, api, engineers }: Plant, turn: number): Promise<void> {
  const { tickets } = await api.ask<Board>("GET", `/api/u/${unit}/board`);
  const held = tickets.flatMap((ticket) => (ticket.state === "assigned" ? [ticket] : []));
  const job = held[(turn * 7) % Math.max(1, held.length)];
  const engineer = engineers[Number(job?.to.split("-e").at(-1))];
  if (job === undefined || engineer === undefined) return;
  const arriveAt = Date.now() + LATE_MS[0] + ((turn * 7_919_000) % (LATE_MS[1] - LATE_MS[0]));
  await engineer.ask("POST", `/api/u/${unit}/tickets/${job.id}/late`, { arriveAt });
}

function workOf(api: Api, side: Side): Promise<PlannerWork> {
  return api.ask<PlannerWork>("GET", `/api/u/${UNITS[side]}/planner`);
}

async function atRest({ unit, api }: Plant): Promise<void> {
  for (const until = Date.now() + REST_MS_MAX; Date.now() < until; await wait(REST_LOOK_MS))
    if ((await api.ask<PlannerWork>("GET", `/api/u/${unit}/planner`)).resting) return;
  throw failure(`the planner of ${unit} found no rest within ${REST_MS_MAX / 1_000} s`);
}

function measured(took: Readonly<Record<Side, Took>>, done: Readonly<Record<Side, PlannerWork>>, spins: readonly number[]): Measured {
  const share = done.with.workMs / took.with.ms;
  if (done.with.answered === 0 || done.with.iterations === 0 || share < SHARE_MIN)
    throw failure(
      `the planner was at work ${Math.round(share * 1_000) / 10} % of its phases, with ${done.with.answered} answers to ${done.with.asked} asks and ${done.with.iterations} iterations: there is nothing to compare`,
    );
  if (done.without.asked > 0) throw failure(`the planner of the unit without one was asked ${done.without.asked} times`);
  const random = randomOf(1, "bench/planner");
  const of = (metric: Metric): readonly Pair[] =>
    took.with.phases.map((phase, i) => ({ with: phase[metric], without: took.without.phases[i]?.[metric] ?? [] }));
  const all = (side: Side, metric: Metric): number[] => took[side].phases.flatMap((phase) => phase[metric]);
  if (SIDES.some((side) => METRICS.some((metric) => all(side, metric).length === 0))) throw failure("nothing was measured");
  const ratios: Record<string, number> = {};
  const figures: Record<string, number> = { engineers: ENGINEERS, jobs: JOBS, pairs: PAIRS, phaseMs: PHASE_MS };
  for (const metric of METRICS) {
    for (const [name, at] of Object.entries(SHARES)) {
      const { ratio, low, high } = ratioOf(of(metric), at, random);
      ratios[`${metric}${name}`] = round(ratio);
      ratios[`${metric}${name}Low`] = round(low);
      ratios[`${metric}${name}High`] = round(high);
      figures[`${metric}${name}Ms`] = round(quantile(all("with", metric), at));
      figures[`${metric}${name}MsWithout`] = round(quantile(all("without", metric), at));
    }
    figures[`${metric}s`] = all("with", metric).length;
    figures[`${metric}sWithout`] = all("without", metric).length;
  }
  const { asked, answered, adopted, kept, stale, failed, iterations, slices, workMs, sliceMsMax, sliceMs, slicesLong, sliceIterations } = done.with;
  return {
    bench: "planner",
    ratios,
    figures: {
      ...figures,
      workerdCores: round(took.with.cpu / took.with.ms),
      workerdCoresWithout: round(took.without.cpu / took.without.ms),
      plannerAsked: asked,
      plannerAnswered: answered,
      decisionsByPlanner: adopted,
      plannerKept: kept,
      plannerStale: stale,
      plannerFailed: failed,
      plannerIterations: iterations,
      plannerSlices: slices,
      plannerShare: round(share),
      // With the turns of others; what follows is of the slices alone, beside a fixed piece of work in a process of its own.
      turnMeanMs: round(workMs / slices),
      sliceP50Ms: round(quantileIn(sliceMs, 0.5, SLICE_MS_FROM)),
      sliceP99Ms: round(quantileIn(sliceMs, 0.99, SLICE_MS_FROM)),
      sliceMaxMs: round(sliceMsMax),
      slicesLongShare: slicesLong / slices,
      sliceP50Iterations: round(quantileIn(sliceIterations, 0.5, SLICE_ITERATIONS_FROM)),
      sliceP99Iterations: round(quantileIn(sliceIterations, 0.99, SLICE_ITERATIONS_FROM)),
      sliceMaxIterations: round(quantileIn(sliceIterations, 1, SLICE_ITERATIONS_FROM)),
      spins: spins.length,
      spinP50Ms: round(quantile(spins, 0.5)),
      spinP99Ms: round(quantile(spins, 0.99)),
      spinMaxMs: round(quantile(spins, 1)),
      spinsLongShare: spins.filter((ms) => ms > SLICE_MS_LONG).length / spins.length,
    },
    machine: machine(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
