import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jsmodbus from "jsmodbus";
import { expect, onTestFinished, test, vi } from "vitest";
import { startBroker } from "../sdk/test-broker.ts";
import { runCli, startCli } from "./run-cli.ts";

test("AD9 adapt runs an adapter with its devices' links until it is ended, and browses for a profile", async () => {
  const { folder, port } = await plant();
  const broker = await startBroker({ transport: "tcp", admit: (user, password) => (user === "plant/P-1" && password === "secret" ? 0 : 5) });
  onTestFinished(() => broker.stop());
  const file = join(folder, "adapt.json");
  const map = [{ channel: "level", table: "holding", address: 2 }];
  writeFileSync(file, JSON.stringify({ host: "127.0.0.1", port, to: 9, againMs: 0, everyMs: 50, devices: [{ device: "P-1", password: "secret", map }] }));
  const found = await runCli(["adapt", "modbus", file, "--browse"]);
  expect(JSON.parse(found.out)).toMatchObject({ bindings: [{ channel: "holding.2", table: "holding", address: 2, type: "uint16" }] });
  // What only browsing reads is a fault of a configuration that runs.
  writeFileSync(file, JSON.stringify({ host: "127.0.0.1", port, everyMs: 50, devices: [{ device: "P-1", password: "secret", map }] }));
  const run = startCli(["adapt", "modbus", file, "--unit", "plant", "--url", `mqtt://127.0.0.1:${broker.port}`, "--keep", join(folder, "keep")]);
  onTestFinished(() => void run.child.kill("SIGKILL"));
  await vi.waitUntil(() => broker.received.length >= 2, { timeout: 30_000, interval: 5 });
  expect(broker.received[0]).toMatchObject({ user: "plant/P-1", topic: "u/plant/d/P-1/telemetry" });
  expect([JSON.parse(broker.received[0]?.text ?? "")].flat()[0]).toMatchObject({ channels: { level: 77 } });
  run.child.kill("SIGTERM");
  expect((await run.ended).code).toBe(0);
});

test("AD9 a configuration that does not fit ends with exit 2, the file, the line, the rule and what to do", async () => {
  const { folder } = await plant();
  const file = join(folder, "adapt.json");
  writeFileSync(
    file,
    '{\n  "host": "10.0.0.5",\n  "devices": [{ "device": "P-1", "map": [\n    { "channel": "a", "table": "coil", "address": 0, "type": "float32" }\n  ] }]\n}\n',
  );
  const { code, err } = await runCli(["adapt", "modbus", file, "--unit", "plant"]);
  expect(code).toBe(2);
  expect(err).toContain(`${file}:4: devices.0.map.0.type: a coil is one bit; leave type out, or read input or holding registers (malformed)`);
});

async function plant(): Promise<{ readonly folder: string; readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), "outpost-adapt-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const holding = Buffer.alloc(20);
  holding.writeUInt16BE(77, 4);
  const server = createServer();
  const peer = new jsmodbus.server.TCP(server, { holding, input: Buffer.alloc(0), coils: Buffer.alloc(0), discrete: Buffer.alloc(0) });
  expect(peer.holding).toBe(holding);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { folder, port: (server.address() as AddressInfo).port };
}
