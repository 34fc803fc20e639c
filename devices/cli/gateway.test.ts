import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { startUnit } from "../gateway/test-unit.ts";
import { startBroker } from "../sdk/test-broker.ts";
import { type GatewayVerb, openGateway } from "./gateway.ts";
import { exitCodeOf } from "./outcome.ts";

const plain: GatewayVerb = {
  uplink: "http://127.0.0.1:9",
  unit: ["plant"],
  host: "127.0.0.1",
  mqttPort: 0,
  tlsPort: 0,
  tcp: true,
  requireCertificate: false,
  perClient: false,
};

test("GW40 `outpost gateway` carries a site's clients to their unit, and says where it listens", async () => {
  const unit = await startUnit();
  onTestFinished(() => unit.stop());
  const folder = mkdtempSync(join(tmpdir(), "outpost-gateway-verb-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const up = { line: () => {} };
  const linked = new Promise<void>((resolve) => (up.line = resolve));
  const options = { ...plain, uplink: `http://127.0.0.1:${unit.port}/`, queue: folder, queueMb: 1 };
  const opened = await openGateway(options, (line) => line.includes("linked to plant") && up.line());
  onTestFinished(() => opened.close());
  await linked;
  expect(opened.addresses).toEqual([expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/)]);
  const client = await mqtt.connectAsync(opened.addresses[0] ?? "", { clientId: "c", username: "P-1", reconnectPeriod: 0 });
  await client.publishAsync("t", "hello", { qos: 1 });
  await client.endAsync();
  expect(unit.disk.received).toMatchObject([{ user: "P-1", text: "hello" }]);
});

test("GW40 with --per-client each client has a WebSocket of its own, for units that take no links", async () => {
  const broker = await startBroker({ transport: "ws" });
  onTestFinished(() => broker.stop());
  const opened = await openGateway({ ...plain, uplink: `http://127.0.0.1:${broker.port}`, perClient: true }, () => {});
  onTestFinished(() => opened.close());
  const client = await mqtt.connectAsync(opened.addresses[0] ?? "", { username: "P-1", reconnectPeriod: 0 });
  await client.publishAsync("t", "hello", { qos: 1 });
  await client.endAsync();
  expect(broker.received).toMatchObject([{ user: "P-1", text: "hello" }]);
});

test.each([
  [{ uplink: "ftp://unit.example" }, "begins with http://"],
  [{ tlsCert: "a.pem" }, "go together"],
  [{ clientCa: "ca.pem" }, "need TLS"],
  [{ tcp: false }, "--no-tcp"],
  [{ tlsCert: "a.pem", tlsKey: "a.key", clientCa: "ca.pem" }, "give both"],
  [{ tlsCert: "a.pem", tlsKey: "a.key", requireCertificate: true }, "--require-certificate needs"],
  [{ tlsCert: "/nowhere/a.pem", tlsKey: "/nowhere/a.key" }, "there is no file /nowhere/a.pem"],
  [{ perClient: true, queue: "q" }, "--per-client knows no"],
] as const)("GW40 what doesn't fit is bad usage, in one line: %o", async (options, complaint) => {
  const error = await openGateway({ ...plain, ...options }, () => {}).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect([exitCodeOf(error), String(error)]).toEqual([2, expect.stringContaining(complaint)]);
});

test("GW40 a port that is in use is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  for (const perClient of [false, true]) await expect(openGateway({ ...plain, mqttPort: port, perClient }, () => {})).rejects.toThrow(`port ${port} is in use`);
});
