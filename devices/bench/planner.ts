/**
 * Whether ingest and offers wait for the planner: two units in one real server with the same full day, one whose planner works and one whose
 * planner is left out, in turns. In each turn tickets are opened one after another, each of which changes the plan and has it planned anew, while
 * a device publishes; the same is asked of both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import type { Board } from "../../contracts/board.ts";
import type { Decision } from "../../contracts/decision.ts";
import { apiOf, type Api } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build, type Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { cpuMs, machine, quantile, type Measured } from "./machine.ts";

const HOST = "127.0.0.1";
/** By whether the planner works. */
const UNITS = { without: "plain", with: "planned" } as const;
type Side = keyof typeof UNITS;
const SIDES = ["without", "with"] as const;
const ENGINEERS = 30;
/** Accepted jobs that fill everybody's day. */
const JOBS = 60;
const PROBES = 40;
/** Turns of each unit, so that what the machine does besides falls on both. */
const TURNS = 3;
const TURN_MS = 7_000;
const PROBE_EVERY_MS = 400;
const PUBLISH_EVERY_MS = 40;
/** What was asked at the end of a turn is answered before the next. */
const SETTLE_MS = 1_500;
const SITE = { lat: 28.2, lon: 112.9 };
const KM = 1 / 111.195;
const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];

type Took = { readonly opened: number[]; readonly acked: number[]; cpu: number; ms: number };

export async function planner(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-planner-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: UNITS.with });
  const clients: MqttClient[] = [];
  try {
    const api = apiOf(server.url, token);
    const took: Record<Side, Took> = { without: { opened: [], acked: [], cpu: 0, ms: 0 }, with: { opened: [], acked: [], cpu: 0, ms: 0 } };
    const devices = new Map<Side, MqttClient>();
    for (const side of SIDES) {
      tell(`a full day for the unit ${side} a planner …`);
      const password = await settle(api, side);
      const client = await mqtt.connectAsync(`mqtt://${HOST}:${gateway.port}`, {
        username: `${UNITS[side]}/${UNITS[side]}-d0`,
        password,
        clientId: `${side}-d0`,
      });
      clients.push(client);
      devices.set(side, client);
    }
    let asked = 0;
    for (let turn = 0; turn < TURNS * SIDES.length; turn++) {
      const side = SIDES[turn % SIDES.length] ?? "with";
      const client = devices.get(side);
      if (client === undefined) continue;
      tell(`turn ${turn + 1} of ${TURNS * SIDES.length}: ${side}`);
      const [cpu, from] = [cpuMs(server.workerdPid()), Date.now()];
      const publishing = publish(client, UNITS[side], from + TURN_MS, took[side].acked);
      asked = await probe(api, UNITS[side], { from: asked, until: from + TURN_MS, opened: took[side].opened });
      await publishing;
      took[side].cpu += cpuMs(server.workerdPid()) - cpu;
      took[side].ms += Date.now() - from;
      await wait(SETTLE_MS);
    }
    return measured(took, await proposals(api, UNITS.with), await proposals(api, UNITS.without));
  } finally {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await gateway.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The password of the unit's device. */
async function settle(api: Api, side: Side): Promise<string> {
  const unit = UNITS[side];
  await api.createUnit({ unit, template: "pump-vibration", planner: side === "with", offerMs: 600_000 });
  const at = (i: number) => ({ lat: SITE.lat + (((i * 7) % 31) - 15) * KM, lon: SITE.lon + (((i * 11) % 29) - 14) * KM });
  // Names are a unit's own: the hub takes two of one name for one thing.
  const customer = `${unit}-works`;
  const asset = { kind: "pump", model: "bench", customer, moves: false, installedAt: 0 };
  await api.writeEntities(unit, [
    { family: "customer", entity: { id: customer, name: "Works" } },
    ...Array.from({ length: JOBS + PROBES }, (_, i) => ({ family: "asset", entity: { ...asset, id: `${unit}-p${i}`, name: `p${i}`, position: at(i) } })),
    ...Array.from({ length: ENGINEERS }, (_, i) => ({
      family: "engineer",
      entity: { id: `${unit}-e${i}`, name: `e${i}`, skills: ["mechanical"], shifts: ALWAYS, home: at(i * 3 + 1), locatable: false },
    })),
  ]);
  await api.writeEntities(unit, [{ family: "device", entity: { id: `${unit}-d0`, asset: `${unit}-p0`, profile: "pump", name: "d0", addedAt: 0 } }]);
  const tokens = new Map<string, string>();
  for (let i = 0; i < ENGINEERS; i++) tokens.set(`${unit}-e${i}`, await api.addToken(unit, "engineer", `${unit}-e${i}`));
  for (let i = 0; i < JOBS; i++) await open(api, unit, `job-${i}`, i);
  for (let round = 0; round < JOBS; round++) {
    const { offers } = await api.ask<Board>("GET", `/api/u/${unit}/board`);
    const waiting = offers.filter(({ state }) => state === "open");
    if (waiting.length === 0) break;
    for (const offer of waiting)
      await apiOf(api.at.url, tokens.get(offer.engineer) ?? "")
        .ask("POST", `/api/u/${unit}/offers/${offer.id}/accept`, {})
        .catch(() => null);
  }
  return (await api.addDevice(unit, { device: `${unit}-d0` })).password;
}

async function open(api: Api, unit: string, id: string, asset: number): Promise<void> {
  await api.ask("POST", `/api/u/${unit}/tickets`, {
    id: `${unit}-${id}`,
    asset: `${unit}-p${asset}`,
    words: "look at it",
    faultMode: "loosening",
    priority: "p2",
  });
}

/** Tickets one after another, each called off before the next. The number of the next one. */
async function probe(
  api: Api,
  unit: string,
  { from, until, opened }: { readonly from: number; readonly until: number; readonly opened: number[] },
): Promise<number> {
  let next = from;
  for (; Date.now() < until; next++) {
    const begun = performance.now();
    await open(api, unit, `probe-${next}`, JOBS + (next % PROBES));
    opened.push(performance.now() - begun);
    await wait(PROBE_EVERY_MS);
    await api.ask("POST", `/api/u/${unit}/tickets/${unit}-probe-${next}/cancel`, { why: "seen" });
  }
  return next;
}

async function publish(client: MqttClient, unit: string, until: number, acked: number[]): Promise<void> {
  const flying: Promise<unknown>[] = [];
  while (Date.now() < until) {
    const begun = performance.now();
    const payload = JSON.stringify({ ts: Date.now(), channels: { current: 10, pressure: 4 } });
    flying.push(client.publishAsync(`u/${unit}/d/${unit}-d0/telemetry`, payload, { qos: 1 }).then(() => acked.push(performance.now() - begun)));
    await wait(PUBLISH_EVERY_MS);
  }
  await Promise.all(flying);
}

async function proposals(api: Api, unit: string): Promise<number> {
  let [count, after] = [0, ""];
  for (;;) {
    const page = await api.ask<readonly Decision[]>("GET", `/api/u/${unit}/decisions?after=${encodeURIComponent(after)}`);
    count += page.filter(({ trigger }) => trigger.type === "proposal").length;
    const last = page.at(-1)?.id;
    if (last === undefined || last === after) return count;
    after = last;
  }
}

function measured(took: Readonly<Record<Side, Took>>, changed: number, changedWithout: number): Measured {
  if (took.with.opened.length === 0 || took.without.opened.length === 0 || took.with.acked.length === 0) throw failure("nothing was measured");
  const ratio = (of: "opened" | "acked", share: number): number => round(quantile(took.with[of], share) / quantile(took.without[of], share));
  const figures = (side: Side, name: string) => ({
    [`offerP50Ms${name}`]: round(quantile(took[side].opened, 0.5)),
    [`offerP99Ms${name}`]: round(quantile(took[side].opened, 0.99)),
    [`ackP50Ms${name}`]: round(quantile(took[side].acked, 0.5)),
    [`ackP99Ms${name}`]: round(quantile(took[side].acked, 0.99)),
    [`offers${name}`]: took[side].opened.length,
    [`samples${name}`]: took[side].acked.length,
    [`workerdCores${name}`]: round(took[side].cpu / took[side].ms),
  });
  return {
    bench: "planner",
    ratios: { offerP50: ratio("opened", 0.5), offerP99: ratio("opened", 0.99), ackP50: ratio("acked", 0.5), ackP99: ratio("acked", 0.99) },
    figures: {
      engineers: ENGINEERS,
      jobs: JOBS,
      ...figures("with", ""),
      ...figures("without", "Without"),
      decisionsByPlanner: changed,
      decisionsByPlannerWithout: changedWithout,
    },
    machine: machine(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
