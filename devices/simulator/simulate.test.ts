import { expect, onTestFinished, test, vi } from "vitest";
import { TelemetryPayload, type Telemetry } from "../../contracts/telemetry.ts";
import { startGateway } from "../gateway/gateway.ts";
import { startBroker, type Received, type TestBroker } from "../sdk/test-broker.ts";
import { startFleet, type FleetEvent, type FleetOptions } from "./simulate.ts";
import { bareSite } from "./site.ts";

const soon = { timeout: 30_000, interval: 5 };
const devices = bareSite(1, 1_763_750_000_000).devices.map((device) => ({ id: device.id, password: `secret-${device.id}` }));

test("M12 twelve devices, each with its own name and connection through the gateway, send telemetry that keeps the contract", async () => {
  const { broker, fleet } = await air({ rateHz: 20 });
  await fleet.ready();
  await vi.waitUntil(() => broker.received.length > 600, soon);
  expect(new Set(broker.received.map((message) => message.user))).toEqual(new Set(devices.map((device) => device.id)));
  for (const message of broker.received) expect(message.topic).toBe(`u/plant/d/${message.user}/telemetry`);
  const positions = broker.received.filter((message) => telemetryOf(message).some((telemetry) => telemetry.position !== undefined));
  expect(new Set(positions.map((message) => message.user))).toEqual(new Set(["truck-201", "truck-202", "truck-203", "truck-204"]));
  expect(fleet.stats()).toMatchObject({ devices: 12, up: 12, refused: 0, dropped: 0 });
});

test("M12 what it sent twice and out of order is what arrives twice and out of order", async () => {
  const { broker, fleet } = await air({ rateHz: 50, mischief: { duplicate: 0.2, reorder: 0.1, lose: 0.05, outage: 0, outageSamplesMax: 0, jitterMs: 0 } });
  await vi.waitUntil(() => fleet.stats().duplicates > 50 && fleet.stats().reordered > 20, soon);
  await fleet.stop();
  const { duplicates, measured, lost } = fleet.stats();
  const bySeq = Map.groupBy(
    broker.received.flatMap((message) => telemetryOf(message).map((telemetry) => `${message.user} ${telemetry.seq}`)),
    (key) => key,
  );
  const twice = [...bySeq.values()].filter((same) => same.length === 2).length;
  expect(twice).toBeGreaterThan(0);
  // What was on its way when the fleet stopped is missing: at most a few a device.
  expect(duplicates - twice).toBeLessThanOrEqual(devices.length * 3);
  expect(measured - lost - bySeq.size).toBeLessThanOrEqual(devices.length * 3);
  const order = Map.groupBy(
    broker.received.flatMap((message) => telemetryOf(message).map((telemetry) => ({ user: message.user, seq: telemetry.seq ?? 0 }))),
    (each) => each.user,
  );
  const swaps = [...order.values()].reduce((sum, each) => sum + each.filter(({ seq }, i) => seq < (each[i - 1]?.seq ?? 0)).length, 0);
  expect(swaps).toBeGreaterThan(10);
});

test("M13 a fault is injected by name into one device, its fresh samples go out twice, and mending ends it", async () => {
  const events: FleetEvent[] = [];
  const { broker, fleet } = await air({ rateHz: 20, onEvent: (event) => events.push(event) });
  await fleet.ready();
  expect(fleet.inject("pump-103", "gremlins")).toMatchObject({ refused: "malformed" });
  expect(fleet.inject("pump-999", "bearing-wear")).toMatchObject({ refused: "unknown-device" });
  await vi.waitUntil(() => vibration(broker, "pump-103") > 0 && vibration(broker, "pump-102") > 0, soon);
  const before = vibration(broker, "pump-103");
  expect(fleet.inject("pump-103", "bearing-wear")).toEqual({ at: expect.any(Number) });
  await vi.waitUntil(() => vibration(broker, "pump-103") > 4 * before, soon);
  expect(vibration(broker, "pump-102")).toBeLessThan(2 * before);
  expect(fleet.stats().duplicates).toBeGreaterThan(5);
  fleet.mend("pump-103");
  await vi.waitUntil(() => vibration(broker, "pump-103") < 2 * before, soon);
  expect(events.filter((event) => event.type !== "link").map((event) => event.type)).toEqual(["fault", "mended"]);
});

test("M13 a fault can be planned", async () => {
  const events: FleetEvent[] = [];
  await air({ rateHz: 20, fault: { device: "truck-201", mode: "overheating", afterMs: 50 }, onEvent: (event) => events.push(event) });
  await vi.waitUntil(() => events.some((event) => event.type === "fault"), soon);
  expect(events.find((event) => event.type === "fault")).toMatchObject({ device: "truck-201", mode: "overheating" });
});

test("M14 the fleet outlives its server: what it measured meanwhile follows", async () => {
  const received: Received[] = [];
  const { broker, fleet } = await air({ rateHz: 20 }, received);
  await fleet.ready();
  await broker.stop();
  await vi.waitUntil(() => fleet.stats().up === 0 && fleet.stats().waiting > 50, soon);
  const again = await startBroker({ transport: "ws", received, port: broker.port });
  onTestFinished(() => again.stop());
  await vi.waitUntil(() => fleet.stats().up === 12 && fleet.stats().waiting < 30, soon);
  expect(fleet.stats()).toMatchObject({ refused: 0, dropped: 0 });
  expect(again.received.some((message) => message.text.startsWith("["))).toBe(true);
});

async function air(
  options: Partial<FleetOptions>,
  received: Received[] = [],
): Promise<{ readonly broker: TestBroker; readonly fleet: ReturnType<typeof startFleet> }> {
  const passwords = new Map<string, string>(devices.map((device) => [device.id, device.password]));
  const broker = await startBroker({ transport: "ws", received, admit: (user, password) => (passwords.get(user) === password ? 0 : 5) });
  const gateway = await startGateway({ port: 0, host: "127.0.0.1", upstream: (unit) => `ws://127.0.0.1:${broker.port}/mqtt/${unit}`, unit: "other" });
  const fleet = startFleet({ mqttUrl: `mqtt://127.0.0.1:${gateway.port}`, unit: "plant", devices, seed: 1, ...options });
  onTestFinished(async () => {
    await fleet.stop();
    await gateway.close();
    await broker.stop();
  });
  return { broker, fleet };
}

function telemetryOf(message: Received): readonly Telemetry[] {
  const payload = TelemetryPayload.parse(JSON.parse(message.text));
  return Array.isArray(payload) ? payload : [payload];
}

/** The latest that is a number. */
function vibration(broker: TestBroker, device: string): number {
  const values = broker.received
    .filter((message) => message.user === device)
    .flatMap(telemetryOf)
    .map((telemetry) => Object.entries(telemetry.channels ?? {}).find(([id]) => id === "vibration.a.rms")?.[1]);
  return values.findLast((value) => typeof value === "number") ?? 0;
}
