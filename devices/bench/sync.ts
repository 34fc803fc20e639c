/**
 * How long a change takes: from a unit's commit until the CRM reads it in the feed, and from the CRM's write until the unit has it and has
 * told its pages. 20 units, 100 changes a second in total, half in each direction. Once with units and hub on one platform, once with the
 * units elsewhere, behind a link of 150 ms round trip that loses 2 % of its segments.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import mqtt from "mqtt";
import { WebSocket } from "ws";
import { Down } from "../../contracts/down.ts";
import { FeedItem } from "../../contracts/delta/operation.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";
import { type Api, apiOf } from "../cli/api.ts";
import { failure } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { type Link, openLink } from "./link.ts";
import { cpuMs, machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";

const HOST = "127.0.0.1";
const UNITS = 20;
const CHANGES_HZ = 100;
const WARM_MS = 4_000;
const RUN_MS = 20_000;
/** After the last change, everything has arrived; or the run fails. */
const DRAIN_MS = 20_000;
const SHAPE = { roundTripMs: 150, loss: 0.02 };
/** What is asked at the 99th percentile: on one machine, and over the shaped link. */
const PLAIN_MS = 300;
const SHAPED_MS = 1_000;

type Taken = { readonly toCrm: readonly number[]; readonly toUnit: readonly number[]; /** Of all servers. */ readonly cpuMsPerChange: number };

export async function sync(tell: Tell): Promise<Measured> {
  await build(["web", "embedded"], tell);
  tell("units and hub on one platform …");
  const plain = await run(tell, false);
  tell(`units elsewhere, ${SHAPE.roundTripMs} ms and ${SHAPE.loss * 100} % away …`);
  const shaped = await run(tell, true);
  const p99 = (values: readonly number[]) => Math.round(quantile(values, 0.99));
  const p50 = (values: readonly number[]) => Math.round(quantile(values, 0.5));
  return {
    bench: "sync",
    ratios: {
      plainToCrmP99OfAsked: p99(plain.toCrm) / PLAIN_MS,
      plainToUnitP99OfAsked: p99(plain.toUnit) / PLAIN_MS,
      shapedToCrmP99OfAsked: p99(shaped.toCrm) / SHAPED_MS,
      shapedToUnitP99OfAsked: p99(shaped.toUnit) / SHAPED_MS,
    },
    figures: {
      units: UNITS,
      changesPerSecond: CHANGES_HZ,
      plainChanges: plain.toCrm.length + plain.toUnit.length,
      plainCpuMsPerChange: round(plain.cpuMsPerChange),
      plainToCrmP50Ms: p50(plain.toCrm),
      plainToCrmP99Ms: p99(plain.toCrm),
      plainToUnitP50Ms: p50(plain.toUnit),
      plainToUnitP99Ms: p99(plain.toUnit),
      shapedChanges: shaped.toCrm.length + shaped.toUnit.length,
      shapedCpuMsPerChange: round(shaped.cpuMsPerChange),
      shapedToCrmP50Ms: p50(shaped.toCrm),
      shapedToCrmP99Ms: p99(shaped.toCrm),
      shapedToUnitP50Ms: p50(shaped.toUnit),
      shapedToUnitP99Ms: p99(shaped.toUnit),
    },
    machine: machine(),
  };
}

async function run(tell: Tell, elsewhere: boolean): Promise<Taken> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-sync-"));
  const admin = makeToken();
  const start = (name: string) =>
    startServer({
      layout: "embedded",
      host: HOST,
      port: 0,
      dataDir: join(dir, name),
      vars: { ADMIN_TOKEN_SHA256: digestOfToken(admin) },
      onLine: (line, grave) => grave && tell(line),
    });
  const hub = await start("hub");
  const edge = elsewhere ? await start("edge") : hub;
  let link: Link | null = null;
  const closing: (() => void)[] = [];
  try {
    const [edgeApi, hubApi] = [apiOf(edge.url, admin), apiOf(hub.url, admin)];
    if (elsewhere) link = await openLink(hub.port, SHAPE);
    const units = Array.from({ length: UNITS }, (_, i) => `unit-${i}`);
    const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${edge.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: "unit-0" });
    closing.push(() => void gateway.close());
    const tickets = new Map<string, Ticket>();
    for (const unit of units) tickets.set(unit, await settle(edgeApi, hubApi, unit, gateway.port, link));
    const seen = watchers(closing);
    await Promise.all(units.map((unit) => seen.unit(edge.url, admin, unit)));
    await seen.crm(hub.url, await hubApi.addIntegratorToken());
    await arrived(hubApi, tickets);
    tell(`${CHANGES_HZ} changes a second for ${(WARM_MS + RUN_MS) / 1_000} s …`);
    const servers = [...new Set([hub, edge])];
    const used = (): number => servers.reduce((sum, server) => sum + cpuMs(server.workerdPid()), 0);
    const usedBefore = used();
    const sent = await change(edgeApi, hubApi, units, tickets);
    const until = Date.now() + DRAIN_MS;
    while (seen.toCrm.size < sent.toCrm || seen.toUnit.size < sent.toUnit.size) {
      if (Date.now() > until)
        throw failure(`${seen.toCrm.size} of ${sent.toCrm} changes reached the CRM, ${seen.toUnit.size} of ${sent.toUnit.size} the units`);
      await wait(50);
    }
    const fromAt = sent.startedAt + WARM_MS;
    return {
      cpuMsPerChange: (used() - usedBefore) / (sent.toCrm + sent.toUnit.size),
      toCrm: [...seen.toCrm.values()].filter(({ at }) => at >= fromAt).map(({ ms }) => ms),
      toUnit: [...sent.toUnit].filter(([, at]) => at >= fromAt).map(([n, at]) => (seen.toUnit.get(n) ?? Number.NaN) - at),
    };
  } finally {
    for (const close of closing) close();
    await link?.close();
    if (edge !== hub) await edge.dispose();
    await hub.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A unit with one asset and one open ticket, joined to its hub. */
async function settle(edge: Api, hub: Api, unit: string, mqttPort: number, link: Link | null): Promise<Ticket> {
  await edge.createUnit({ unit, template: "pump-vibration" });
  if (link !== null) await edge.joinHub(unit, { url: `http://${HOST}:${link.port}`, token: await hub.addHubToken("unit", unit) });
  // Ids are the tenant's: what two units name alike is one thing to the hub.
  const device = `${unit}-pump`;
  const { password } = await edge.addDevice(unit, { device });
  const client = await mqtt.connectAsync(`mqtt://${HOST}:${mqttPort}`, { username: `${unit}/${device}`, password });
  await client.publishAsync(`u/${unit}/d/${device}/telemetry`, JSON.stringify({ ts: Date.now(), events: [{ code: "E12" }] }), { qos: 1 });
  await client.endAsync();
  for (;;) {
    const [ticket] = await edge.ask<readonly Ticket[]>("GET", `/api/u/${unit}/tickets`);
    if (ticket !== undefined) return ticket;
    await wait(50);
  }
}

/** Until the hub holds every ticket: a write to what it has not heard of is refused. */
async function arrived(hub: Api, tickets: ReadonlyMap<string, Ticket>): Promise<void> {
  for (const [unit, { id }] of tickets) {
    for (let tries = 0; ; tries++) {
      const no = await write(hub, id, { reason: `warm ${unit}` }).then(
        () => null,
        (error: unknown) => error,
      );
      if (no === null) break;
      if (tries > 100) throw failure(`the hub has not heard of the ticket of ${unit}: ${no instanceof Error ? no.message : String(no)}`);
      await wait(100);
    }
  }
}

type Sent = { readonly startedAt: number; readonly toCrm: number; readonly toUnit: ReadonlyMap<number, number> };

/** Half of the changes are made at the units, half at the hub, each unit in its turn. */
async function change(edge: Api, hub: Api, units: readonly string[], tickets: ReadonlyMap<string, Ticket>): Promise<Sent> {
  const startedAt = Date.now();
  const toUnit = new Map<number, number>();
  const flying: Promise<unknown>[] = [];
  let toCrm = 0;
  for (let n = 0; n < ((WARM_MS + RUN_MS) / 1_000) * CHANGES_HZ; n++) {
    await wait(Math.max(0, startedAt + (n * 1_000) / CHANGES_HZ - Date.now()));
    const unit = units[Math.floor(n / 2) % units.length] ?? "";
    const ticket = tickets.get(unit);
    if (ticket === undefined) continue;
    if (n % 2 === 0) {
      toCrm += 1;
      flying.push(edge.writeEntities(unit, [{ family: "customer", entity: { id: `customer-of-${unit}`, name: `change ${n}` } }]));
    } else {
      toUnit.set(n, Date.now());
      flying.push(write(hub, ticket.id, { reason: `change ${n}` }));
    }
  }
  await Promise.all(flying);
  return { startedAt, toCrm, toUnit };
}

async function write(hub: Api, id: string, hold: { readonly reason: string }): Promise<void> {
  await hub.ask("POST", "/api/writes", { key: `${id} ${hold.reason}`, entity: "ticket", id, changes: { hold }, reason: "the customer called" });
}

type Watchers = {
  readonly toCrm: Map<string, { readonly at: number; readonly ms: number }>;
  readonly toUnit: Map<number, number>;
  unit(url: string, token: string, unit: string): Promise<void>;
  crm(url: string, token: string): Promise<void>;
};

/** What arrived, and when: at the CRM by the feed's events, at a unit by its live socket. */
function watchers(closing: (() => void)[]): Watchers {
  const toCrm: Watchers["toCrm"] = new Map();
  const toUnit: Watchers["toUnit"] = new Map();
  return {
    toCrm,
    toUnit,
    async unit(url, token, unit) {
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/u/${unit}/live`, { headers: { authorization: `Bearer ${token}` } });
      closing.push(() => socket.terminate());
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      socket.send(JSON.stringify({ type: "hello", version: PROTOCOL_VERSION }));
      socket.on("message", (data: Buffer) => {
        const down = Down.parse(JSON.parse(data.toString()));
        if (down.type !== "changes") return;
        for (const { family, entity } of down.changes) {
          const n = family === "ticket" ? numberOf(entity.hold?.reason) : null;
          if (n === null) continue;
          // Two writes that came in one pull are told as one: the later one has the earlier one in it.
          for (let one = n; one >= 0 && !toUnit.has(one); one -= 2 * UNITS) toUnit.set(one, Date.now());
        }
      });
    },
    async crm(url, token) {
      const stop = new AbortController();
      closing.push(() => stop.abort());
      let cursor: string | null = null;
      const follow = async (): Promise<void> => {
        const response = await fetch(`${url}/api/feed/stream`, {
          headers: { authorization: `Bearer ${token}`, ...(cursor === null ? {} : { "last-event-id": cursor }) },
          signal: stop.signal,
        });
        let text = "";
        for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          text += chunk;
          const events = text.split("\n\n");
          text = events.pop() ?? "";
          for (const event of events) {
            const line = event.split("\n").find((one) => one.startsWith("data: {"));
            if (line === undefined) continue;
            const item = FeedItem.parse(JSON.parse(line.slice("data: ".length)));
            cursor = item.cursor;
            const { origin, seq, entity, attr, value, at } = item.operation;
            if (entity === "customer" && attr === "name" && numberOf(value) !== null) toCrm.set(`${origin} ${seq}`, { at, ms: Date.now() - at });
          }
        }
      };
      void (async () => {
        // The events of one connection end after a while, as its contract says: whoever follows connects again.
        while (!stop.signal.aborted) await follow().catch(() => wait(100));
      })();
    },
  };
}

function numberOf(text: unknown): number | null {
  const n = typeof text === "string" ? /^change (\d+)$/.exec(text)?.[1] : undefined;
  return n === undefined ? null : Number(n);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
