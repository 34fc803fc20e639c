import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Board, Glances } from "../../contracts/board.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { apiOf, type Api } from "../cli/api.ts";
import { startGateway, type Gateway } from "../gateway/gateway.ts";
import { connectDevice } from "../sdk/device.ts";
import { build } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { startEngineers, type EngineerEvent } from "./engineers.ts";
import { demoSite } from "./fleet.ts";
import { startFleet } from "./simulate.ts";
import type { DemoSite } from "./site.ts";

const HOST = "127.0.0.1";
const soon = { timeout: 120_000, interval: 100 };
/** People who do not keep a test waiting. */
const BRISK = { lookMs: 200, thinkMs: [300, 600], packMs: [200, 400], workMs: [300, 600], driveMps: 10_000, positionEveryMs: 200, declines: 0 } as const;

test("M17 from a failing bearing to a resolved job: simulated machines over TCP, simulated engineers over HTTP, the real unit between them", async () => {
  const { api, gateway, url } = await unit();
  const site = await import_(api);
  const devices = await Promise.all(site.devices.map((device) => api.addDevice("plant", { device: device.id })));
  const engineers = await Promise.all(
    site.engineers.map(async (engineer) => ({ id: engineer.id, token: await api.addToken("plant", "engineer", engineer.id) })),
  );

  const fleet = startFleet({
    mqttUrl: `mqtt://${HOST}:${gateway.port}`,
    unit: "plant",
    devices: devices.map(({ device, password }) => ({ id: device, password })),
    seed: 1,
  });
  onTestFinished(() => fleet.stop());
  const events: EngineerEvent[] = [];
  const people = startEngineers({ httpUrl: url, unit: "plant", engineers, seed: 1, delays: BRISK, onEvent: (event) => events.push(event) });
  onTestFinished(() => people.stop());
  await fleet.ready();
  await vi.waitUntil(async () => Glances.parse(await api.ask("GET", "/api/u/plant/devices")).counters.scored > 60, soon);

  expect(fleet.inject("pump-103", "bearing-wear")).toHaveProperty("at");
  await vi.waitUntil(() => people.stats().resolved === 1, soon);
  const board = Board.parse(await api.ask("GET", "/api/u/plant/board"));
  expect(board.tickets).toMatchObject([{ asset: "P-103", faultMode: "bearing-wear", state: "resolved", cause: expect.stringContaining("bearing") }]);
  const { counters } = Glances.parse(await api.ask("GET", "/api/u/plant/devices"));
  expect(counters.duplicates).toBeGreaterThan(0);
  expect(counters.refused).toBe(0);
  expect(events.filter((event) => event.type === "failed")).toEqual([]);
  expect(fleet.stats()).toMatchObject({ refused: 0, dropped: 0, up: 12 });
});

test("S12 GW12 the unit acknowledges the SDK over TCP and over WebSocket, and refuses a wrong password", async () => {
  const { api, gateway, url } = await unit();
  const { password } = await api.addDevice("plant", { device: "PUMP-7" });
  for (const at of [`mqtt://${HOST}:${gateway.port}`, `${url.replace(/^http/, "ws")}/mqtt/plant`]) {
    for (const protocolVersion of [4, 5] as const) {
      const device = connectDevice({ url: at, unit: "plant", device: "PUMP-7", password, protocolVersion });
      onTestFinished(() => device.close());
      const published = await Promise.all(Array.from({ length: 50 }, (_, i) => device.publish({ ts: Date.now() + i, channels: { current: 50 + i } })));
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

async function unit(): Promise<{ readonly api: Api; readonly gateway: Gateway; readonly url: string }> {
  await build(["embedded"], () => {});
  const dataDir = mkdtempSync(join(tmpdir(), "outpost-fleet-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ port: 0, host: HOST, upstream: (name) => `${server.url.replace(/^http/, "ws")}/mqtt/${name}`, unit: "plant" });
  onTestFinished(async () => {
    await gateway.close();
    await server.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const api = apiOf(server.url, token);
  await api.createUnit({ unit: "plant", template: "pump-vibration" });
  return { api, gateway, url: server.url };
}

async function import_(api: Api): Promise<DemoSite> {
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
    "plant",
    rows.flatMap(([family, entities]) => entities.map((entity) => ({ family, entity }))),
  );
  return site;
}
