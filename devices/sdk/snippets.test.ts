import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { Telemetry } from "../../contracts/telemetry.ts";
import { startGateway } from "../gateway/gateway.ts";
import { snippets, type Snippets } from "./snippets.ts";
import { startBroker, type TestBroker } from "./test-broker.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PASSWORD = "Zm9v-YmFy_1234567890ab";
const hasPaho = await run("python3", ["-c", "import paho.mqtt.publish"]).then(
  () => true,
  () => false,
);

test.runIf(existsSync("/usr/bin/mosquitto_pub"))("S11 the mosquitto_pub line works in a shell, where it is installed", async () => {
  const { broker, code } = await site();
  await run("sh", ["-c", code.mosquitto_pub]);
  said(broker);
});

test("S11 the JavaScript works", async () => {
  const { broker, code } = await site();
  await run(process.execPath, ["--input-type=module", "-e", code.javascript], { cwd: ROOT });
  said(broker);
});

test.runIf(hasPaho)("S11 the Python works, where paho is installed", async () => {
  const { broker, code } = await site();
  await run("python3", ["-c", code.python]);
  said(broker);
});

test("S11 all four name the host, the topic, the user and the password", async () => {
  const code = snippets({ unit: "plant", device: "PUMP-7", password: PASSWORD, mqttHost: "10.1.2.3", mqttPort: 2883 });
  for (const text of Object.values(code))
    for (const part of ["10.1.2.3", "2883", "u/plant/d/PUMP-7/telemetry", "plant/PUMP-7", PASSWORD]) expect(text).toContain(part);
});

async function site(): Promise<{ readonly broker: TestBroker; readonly code: Snippets }> {
  const broker = await startBroker({ transport: "ws", admit: (user, password) => (user === "PUMP-7" && password === PASSWORD ? 0 : 5) });
  const gateway = await startGateway({ port: 0, host: "127.0.0.1", upstream: (unit) => `ws://127.0.0.1:${broker.port}/mqtt/${unit}`, unit: "other" });
  onTestFinished(async () => {
    await gateway.close();
    await broker.stop();
  });
  return { broker, code: snippets({ unit: "plant", device: "PUMP-7", password: PASSWORD, mqttHost: "127.0.0.1", mqttPort: gateway.port }) };
}

function said(broker: TestBroker): void {
  const [message, ...more] = broker.received;
  expect(more).toEqual([]);
  expect(broker.paths).toEqual(["/mqtt/plant"]);
  expect(message?.topic).toBe("u/plant/d/PUMP-7/telemetry");
  const telemetry = Telemetry.parse(JSON.parse(message?.text ?? ""));
  expect(Math.abs(telemetry.ts - Date.now())).toBeLessThan(60_000);
  expect(Object.entries(telemetry.channels ?? {})).toEqual([["vibration.a.rms", 0.027]]);
}
