import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Board, Glances } from "../../contracts/board.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { apiOf, type Api } from "../cli/api.ts";
import { startGateway, type Gateway } from "../gateway/gateway.ts";
import { connectDevice } from "../sdk/device.ts";
import { build } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer, type Server } from "../server/server.ts";
import { soundOf } from "./bearing.ts";
import { startEngineers, type EngineerEvent } from "./engineers.ts";
import { demoSite } from "./fleet.ts";
import { randomOf } from "./random.ts";
import { HISTORY, startFleet } from "./simulate.ts";
import type { DemoSite } from "./site.ts";

const HOST = "127.0.0.1";
const UNIT = "works";
const soon = { timeout: 120_000, interval: 100 };
/** People who do not keep a test waiting. */
const BRISK = { lookMs: 200, thinkMs: [300, 600], packMs: [200, 400], workMs: [300, 600], driveMps: 10_000, positionEveryMs: 200, declines: 0 } as const;

let server: Server;
let gateway: Gateway;
let api: Api;
const dataDir = mkdtempSync(join(tmpdir(), "outpost-fleet-"));

// One server for all tests of this file, a unit for each.
beforeAll(async () => {
  await build(["web", "embedded"], () => {});
  const token = makeToken();
  server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  gateway = await openGateway(0);
  api = apiOf(server.url, token);
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await server.dispose();
  rmSync(dataDir, { recursive: true, force: true });
});

test("M17 M18 from a failing bearing to a resolved job: simulated machines over TCP, simulated engineers over HTTP, the real unit between them; without the gateway the board stands still", async () => {
  await api.createUnit({ unit: UNIT, template: "pump-vibration" });
  const site = await import_();
  const devices = await Promise.all(site.devices.map((device) => api.addDevice(UNIT, { device: device.id })));
  const engineers = await Promise.all(site.engineers.map(async (engineer) => ({ id: engineer.id, token: await api.addToken(UNIT, "engineer", engineer.id) })));

  const fleet = startFleet({
    mqttUrl: `mqtt://${HOST}:${gateway.port}`,
    unit: UNIT,
    devices: devices.map(({ device, password }) => ({ id: device, password })),
    seed: 1,
    history: HISTORY,
  });
  onTestFinished(() => fleet.stop());
  const events: EngineerEvent[] = [];
  const people = startEngineers({ httpUrl: server.url, unit: UNIT, engineers, seed: 1, delays: BRISK, onEvent: (event) => events.push(event) });
  onTestFinished(() => people.stop());
  await fleet.ready();
  await vi.waitUntil(async () => (await glances()).counters.scored > (HISTORY + 5) * devices.length, soon);

  await gateway.close();
  await vi.waitUntil(async () => (await glances()).devices.every((device) => !device.connected), soon);
  const still = await glances();
  const { measured, acknowledged } = fleet.stats();
  await vi.waitUntil(() => fleet.stats().measured >= measured + 3 * devices.length, soon);
  const later = await glances();
  expect([later.devices, later.counters, fleet.stats().acknowledged]).toEqual([still.devices, still.counters, acknowledged]);
  expect(fleet.stats()).toMatchObject({ up: 0, dropped: 0 });
  gateway = await openGateway(gateway.port);
  await vi.waitUntil(async () => {
    const { devices: seen, counters } = await glances();
    return seen.every((device) => device.connected) && counters.scored > still.counters.scored + devices.length;
  }, soon);

  expect(fleet.inject("pump-103", "bearing-wear")).toHaveProperty("at");
  await vi.waitUntil(() => people.stats().resolved === 1, soon);
  const board = Board.parse(await api.ask("GET", `/api/u/${UNIT}/board`));
  expect(board.tickets).toMatchObject([{ asset: "P-103", faultMode: "bearing-wear", state: "resolved", cause: expect.stringContaining("bearing") }]);
  const { counters } = await glances();
  expect(counters.duplicates).toBeGreaterThan(0);
  expect(counters.refused).toBe(0);
  expect(events.filter((event) => event.type === "failed")).toEqual([]);
  expect(fleet.stats()).toMatchObject({ refused: 0, dropped: 0, up: 12 });
});

test("VB31 waveforms of a bearing whose ring fails, over MQTT into the real unit, become the ticket for it", async () => {
  await api.createUnit({ unit: "mill", template: "bearing-vibration" });
  const { password } = await api.addDevice("mill", { device: "B-1" });
  const device = connectDevice({ url: `mqtt://${HOST}:${gateway.port}`, unit: "mill", device: "B-1", password });
  onTestFinished(() => device.close());
  // Ten minutes of a life, told in one breath: 60 bursts to learn from, 20 more of a good bearing, 50 of a bad one.
  const [learnt, good, all, everyMs] = [60, 80, 130, 4_000];
  const from = Date.now() - all * everyMs;
  const soundAt = (i: number, samples = 2_560) => soundOf(Math.max(0, i - good) / (all - good), from + i * everyMs, samples, randomOf(3, `burst/${i}`));
  const seen = async () => Glances.parse(await api.ask("GET", "/api/u/mill/devices"));
  for (let i = 0; i < good; i++) expect(isRefusal(await device.burst(soundAt(i)))).toBe(false);
  await vi.waitUntil(async () => (await seen()).counters.scored === good - learnt, soon);
  expect((await seen()).devices).toMatchObject([{ device: "B-1", state: "normal", commissioned: true }]);
  // A second of two axes is two blocks.
  expect(await device.burst(soundAt(good, 25_600))).toEqual({ blocks: 2 });
  for (let i = good + 1; i < all; i++) expect(isRefusal(await device.burst(soundAt(i)))).toBe(false);
  await vi.waitUntil(async () => (await seen()).counters.scored === all - learnt, soon);
  const glances = await seen();
  expect(glances.devices).toMatchObject([{ device: "B-1", state: "anomalous" }]);
  expect(glances.counters).toMatchObject({ samples: all, messages: all + 1, refused: 0, duplicates: 0 });
  const alarmed = async () => Board.parse(await api.ask("GET", "/api/u/mill/board")).tickets.length > 0;
  await vi.waitUntil(alarmed, soon);
  expect(Board.parse(await api.ask("GET", "/api/u/mill/board")).tickets).toMatchObject([{ faultMode: "bearing-wear", priority: "p1" }]);
});

test("S12 GW12 the unit acknowledges the SDK over TCP and over WebSocket, and refuses a wrong password", async () => {
  await api.createUnit({ unit: "plant", template: "pump-vibration" });
  const { password } = await api.addDevice("plant", { device: "PUMP-7" });
  // No instant is told twice with another value: that would be refused.
  let ts = Date.now();
  for (const at of [`mqtt://${HOST}:${gateway.port}`, `${server.url.replace(/^http/, "ws")}/mqtt/plant`]) {
    for (const protocolVersion of [4, 5] as const) {
      const device = connectDevice({ url: at, unit: "plant", device: "PUMP-7", password, protocolVersion });
      onTestFinished(() => device.close());
      const published = await Promise.all(Array.from({ length: 50 }, (_, i) => device.publish({ ts: ts++, channels: { current: 50 + i } })));
      expect(published.filter(isRefusal)).toEqual([]);
      await device.close();
    }
    const why: string[] = [];
    const stranger = connectDevice({
      url: at,
      unit: "plant",
      device: "PUMP-7",
      password: "wrong",
      onState: (state, reason) => void (state === "waiting" && why.push(reason)),
    });
    onTestFinished(() => stranger.close());
    await vi.waitUntil(() => why.length > 0, soon);
    expect(why[0]).toMatch(/authorized|password/i);
    await stranger.close();
  }
  const { counters } = Glances.parse(await api.ask("GET", "/api/u/plant/devices"));
  // Each stranger is counted.
  expect(counters).toMatchObject({ samples: 200, refused: 2 });
});

function openGateway(port: number): Promise<Gateway> {
  return startGateway({ port, host: HOST, upstream: (name) => `${server.url.replace(/^http/, "ws")}/mqtt/${name}`, unit: "plant" });
}

async function glances(): Promise<Glances> {
  return Glances.parse(await api.ask("GET", `/api/u/${UNIT}/devices`));
}

async function import_(): Promise<DemoSite> {
  const site = await demoSite(1, Date.now());
  if (isRefusal(site)) throw new Error(site.rule);
  const rows = [
    ["customer", site.customers],
    ["asset", site.assets],
    ["device", site.devices],
    ["engineer", site.engineers],
    ["repair", site.repairs],
  ] as const;
  await api.writeEntities(
    UNIT,
    rows.flatMap(([family, entities]) => entities.map((entity) => ({ family, entity }))),
  );
  return site;
}
