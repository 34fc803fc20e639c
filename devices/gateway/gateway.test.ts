import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { expect, onTestFinished, test, vi } from "vitest";
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from "../../edge/ingest/broker/packet.ts";
import { startBroker, type BrokerOptions, type TestBroker } from "../sdk/test-broker.ts";
import { startGateway, type Gateway, type GatewayOptions } from "./gateway.ts";

const soon = { timeout: 20_000, interval: 5 };
const MOSQUITTO_PUB = "/usr/bin/mosquitto_pub";
const hello = generate({
  cmd: "connect",
  clientId: "c",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  keepalive: 60,
  username: "P-1",
  password: Buffer.from("secret"),
});
const publish = (text: string) =>
  generate({ cmd: "publish", qos: 1, messageId: 7, topic: "u/plant/d/P-1/telemetry", payload: text, dup: false, retain: false });

test.each([4, 5] as const)("GW3 MQTT.js over TCP, protocol %i: publish, acknowledge, subscribe, hear, end", async (protocolVersion) => {
  const { broker, gateway } = await site();
  const client = await client_(gateway, { protocolVersion });
  await client.subscribeAsync("t");
  const heard = event(client, "message");
  await client.publishAsync("t", "x".repeat(20_000), { qos: 1 });
  expect(String((await heard)[1])).toHaveLength(20_000);
  expect(broker.received).toMatchObject([{ user: "P-1", topic: "t", bytes: 20_000 }]);
  expect(broker.paths).toEqual(["/mqtt/plant"]);
  await client.endAsync();
  await vi.waitUntil(() => gateway.connections() === 0, soon);
  expect(gateway.counts()).toMatchObject({ accepted: 1, "client-closed": 1 });
});

test.runIf(existsSync(MOSQUITTO_PUB))("GW3 mosquitto_pub, where it is installed", async () => {
  const { broker, gateway } = await site();
  await promisify(execFile)(MOSQUITTO_PUB, [
    "-h",
    "127.0.0.1",
    "-p",
    String(gateway.port),
    "-u",
    "P-1",
    "-P",
    "secret",
    "-q",
    "1",
    "-t",
    "u/plant/d/P-1/telemetry",
    "-m",
    '{"ts":1,"channels":{}}',
  ]);
  expect(broker.received).toMatchObject([{ user: "P-1", text: '{"ts":1,"channels":{}}' }]);
});

test("GW4 a user name `unit/device` chooses the unit and arrives as the device", async () => {
  const { broker, gateway } = await site();
  await client_(gateway, { username: "quarry/Z-9" });
  expect(broker.paths).toEqual(["/mqtt/quarry"]);
  expect(broker.connects).toMatchObject([{ username: "Z-9", clientId: "me" }]);
  expect(broker.connects[0]?.password?.toString()).toBe("secret");
});

test("GW4 an unknown unit is refused as not authorized", async () => {
  const { gateway } = await site();
  expect(await refusal(gateway, { username: "nowhere/Z-9" })).toMatchObject({ code: 5 });
  expect(await refusal(gateway, { username: "nowhere/Z-9", protocolVersion: 5 })).toMatchObject({ code: 0x87 });
  expect(
    await talk(gateway, [
      generate({
        cmd: "connect",
        clientId: "c",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        keepalive: 60,
        username: "../x/Z",
        password: Buffer.from(""),
      }),
    ]),
  ).toHaveLength(0);
  expect(gateway.counts()).toMatchObject({ "unit-unknown": 2, malformed: 1 });
});

test("GW1 a stream cut at every byte boundary arrives as the same packets", async () => {
  const { broker, gateway } = await site();
  const stream = Buffer.concat([hello, publish("a"), publish("b"), generate({ cmd: "disconnect" })]);
  for (let at = 1; at < stream.length; at++) await talk(gateway, [stream.subarray(0, at), stream.subarray(at)]);
  await talk(
    gateway,
    Array.from(stream, (byte) => Buffer.of(byte)),
  );
  expect(broker.received.map((message) => message.text)).toEqual(Array.from({ length: stream.length }, () => ["a", "b"]).flat());
});

test("GW5 first bytes that are no CONNECT close the connection, and the unit never hears of it", async () => {
  const { broker, gateway } = await site();
  expect(await talk(gateway, [Buffer.from("GET / HTTP/1.1\r\n\r\n")])).toHaveLength(0);
  expect(await talk(gateway, [publish("x")])).toHaveLength(0);
  expect(await talk(gateway, [Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff])])).toHaveLength(0);
  expect(await talk(gateway, [Buffer.from([0x10, 3, 1, 2, 3])])).toHaveLength(0);
  expect(broker.paths).toEqual([]);
  expect(gateway.counts()).toMatchObject({ "not-mqtt": 2, malformed: 2 });
});

test("GW5 who says nothing is closed after the greeting time; who stops before CONNECT is complete, too", async () => {
  let now = 0;
  const { gateway } = await site({ now: () => now });
  const mute = raw(gateway);
  const slow = raw(gateway);
  slow.write(hello.subarray(0, 5));
  await vi.waitUntil(() => gateway.connections() === 2, soon);
  now = 10_001;
  await Promise.all([once(mute, "close"), once(slow, "close")]);
  expect(gateway.counts()).toMatchObject({ silent: 2 });
});

test("GW6 an oversized packet is refused with its reason in 5.0 and closes the connection in 3.1.1; one at the limit passes", async () => {
  const { broker, gateway } = await site();
  const overhead = 1 + 3 + 2 + 1 + 2;
  const client = await client_(gateway, { protocolVersion: 4 });
  await client.publishAsync("t", "x".repeat(PACKET_BYTES_MAX - overhead), { qos: 1 });
  expect(broker.received).toHaveLength(1);

  const closed = event(client, "close");
  client.publish("t", "x".repeat(PACKET_BYTES_MAX - overhead + 1), { qos: 1 }, () => {});
  await closed;

  const five = await client_(gateway, { protocolVersion: 5 });
  const told = event(five, "disconnect");
  five.publish("t", "x".repeat(PACKET_BYTES_MAX), { qos: 1 }, () => {});
  expect((await told)[0]).toMatchObject({ cmd: "disconnect", reasonCode: 0x95 });
  expect(broker.received).toHaveLength(1);

  const longName = generate({
    cmd: "connect",
    clientId: "c",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    username: "u",
    password: Buffer.alloc(CONNECT_BYTES_MAX),
  });
  expect(await talk(gateway, [longName])).toHaveLength(0);
  expect(await talk(gateway, [longName.subarray(0, 100), longName.subarray(100)])).toHaveLength(0);
  expect(gateway.counts()).toMatchObject({ "too-large": 4 });
});

test("GW7 while the unit is away clients are refused at once; when it is back they are let in", async () => {
  const { broker, gateway } = await site();
  await broker.stop();
  expect(await refusal(gateway, {})).toMatchObject({ code: 3 });
  expect(await refusal(gateway, { protocolVersion: 5 })).toMatchObject({ code: 0x88 });
  const again = await startBroker({ transport: "ws", port: broker.port });
  onTestFinished(() => again.stop());
  await client_(gateway, {});
  expect(again.connects).toHaveLength(1);
  expect(gateway.counts()).toMatchObject({ "unit-away": 2 });
});

test("GW7 when the unit ends, its clients end", async () => {
  const { broker, gateway } = await site();
  const client = await client_(gateway, {});
  const closed = event(client, "close");
  await broker.stop();
  await closed;
  await vi.waitUntil(() => gateway.connections() === 0, soon);
  expect(gateway.counts()).toMatchObject({ "unit-closed": 1 });
});

test("GW8 connections over the cap are closed unread and counted; a place that becomes free is given again", async () => {
  const { gateway } = await site({ connectionsMax: 2 });
  const first = await client_(gateway, {});
  await client_(gateway, { clientId: "two" });
  await once(raw(gateway), "close");
  expect(gateway.counts()).toMatchObject({ accepted: 2, refusedFull: 1 });
  await first.endAsync();
  await vi.waitUntil(() => gateway.connections() === 1, soon);
  await client_(gateway, { clientId: "three" });
});

test("GW9 a client silent for one and a half times its keep-alive is closed, with the reason in 5.0", async () => {
  let now = 0;
  const { gateway } = await site({ now: () => now });
  const five = await client_(gateway, { protocolVersion: 5, keepalive: 60 });
  const told = event(five, "disconnect");
  now = 90_001;
  expect((await told)[0]).toMatchObject({ reasonCode: 0x8d });
  expect(gateway.counts()).toMatchObject({ silent: 1 });
});

test("GW10 a client that does not read stops the unit's side, and one that is stuck is closed", async () => {
  let now = 0;
  const { broker, gateway } = await site({ now: () => now });
  const greedy = raw(gateway);
  greedy.write(hello);
  greedy.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 0 }] }));
  await once(greedy, "data");
  greedy.pause();
  const message = generate({ cmd: "publish", qos: 0, topic: "t", payload: "x".repeat(60_000), dup: false, retain: false });
  let sent = 0;
  const push = (): void => {
    while (sent < 1_000 && greedy.write(message)) sent += 1;
  };
  greedy.on("drain", push);
  push();
  await vi.waitUntil(() => broker.received.length >= 1_000, soon);
  // Neither kernel nor gateway takes 60 MB for somebody who does not read: the echo waits where it came from.
  expect(broker.unsent()).toBeGreaterThan(30_000_000);
  await vi.waitUntil(() => {
    now += 1_000;
    return gateway.counts().stuck === 1;
  }, soon);
  await vi.waitUntil(() => {
    now += 1_000;
    return gateway.connections() === 0;
  }, soon);
});

test("GW10 a unit that does not read stops its client, within the bound on bytes, and nothing is lost", async () => {
  let taking = false;
  const { broker, gateway } = await site({}, { paused: () => !taking });
  const client = raw(gateway);
  client.write(hello);
  await once(client, "data");
  const message = generate({ cmd: "publish", qos: 0, topic: "t", payload: "x".repeat(60_000), dup: false, retain: false });
  let sent = 0;
  const push = (): void => {
    while (sent < 1_000 && client.write(message)) sent += 1;
  };
  client.on("drain", () => push());
  push();
  await stillness(() => client.bytesWritten - client.writableLength);
  expect(sent).toBeLessThan(1_000);
  taking = true;
  await vi.waitUntil(() => sent === 1_000 && broker.received.length >= 1_000, soon);
});

test("GW11 closing ends every connection and frees the port", async () => {
  const { gateway } = await site();
  const client = await client_(gateway, {});
  const closed = event(client, "close");
  await gateway.close();
  await closed;
  const again = await startGateway({ port: gateway.port, host: "127.0.0.1", upstream: () => "ws://127.0.0.1:9", unit: "plant" });
  await again.close();
});

test("GW11 a busy port is told to the caller", async () => {
  const { gateway } = await site();
  const tried = await startGateway({ port: gateway.port, host: "127.0.0.1", upstream: () => "ws://127.0.0.1:9", unit: "plant" }).catch(
    (error: unknown) => error,
  );
  expect(tried).toMatchObject({ code: "EADDRINUSE" });
});

async function site(
  options: Partial<GatewayOptions> = {},
  brokerOptions: Partial<BrokerOptions> = {},
): Promise<{ readonly broker: TestBroker; readonly gateway: Gateway }> {
  const broker = await startBroker({ transport: "ws", ...brokerOptions });
  const gateway = await startGateway({
    port: 0,
    host: "127.0.0.1",
    upstream: (unit) => `ws://127.0.0.1:${broker.port}/mqtt/${unit}`,
    unit: "plant",
    ...options,
  });
  onTestFinished(async () => {
    await gateway.close().catch(() => {});
    await broker.stop();
  });
  return { broker, gateway };
}

async function client_(gateway: Gateway, options: IClientOptions): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.port}`, {
    username: "P-1",
    password: "secret",
    clientId: "me",
    reconnectPeriod: 0,
    ...options,
  });
  client.on("error", () => {});
  onTestFinished(() => client.endAsync(true).catch(() => {}));
  return client;
}

async function refusal(gateway: Gateway, options: IClientOptions): Promise<unknown> {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.port}`, { username: "P-1", password: "secret", reconnectPeriod: 0, ...options }, false).then(
    () => null,
    (error: unknown) => error,
  );
}

function event(client: MqttClient, name: "close" | "disconnect" | "message"): Promise<readonly unknown[]> {
  return new Promise((resolve) => void client.once(name, (...about: unknown[]) => resolve(about)));
}

/** Until a figure has not changed for half a second: what still flowed would have shown. */
async function stillness(figure: () => number): Promise<void> {
  let last = { figure: figure(), at: performance.now() };
  await vi.waitUntil(() => {
    if (figure() !== last.figure) last = { figure: figure(), at: performance.now() };
    return performance.now() - last.at > 500;
  }, soon);
}

function raw(gateway: Gateway): Socket {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Sends each part as a segment of its own and answers what came until the other side closed. */
async function talk(gateway: Gateway, parts: readonly Uint8Array[]): Promise<Buffer> {
  const socket = raw(gateway).setNoDelay(true);
  const came: Buffer[] = [];
  socket.on("data", (bytes) => came.push(Buffer.from(bytes)));
  const closed = once(socket, "close");
  for (const part of parts) await new Promise<void>((resolve) => socket.write(part, () => setImmediate(resolve)));
  await closed;
  return Buffer.concat(came);
}
