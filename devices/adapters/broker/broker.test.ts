import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import fc from "fast-check";
import mqtt, { type MqttClient } from "mqtt";
import { expect, onTestFinished, test, vi } from "vitest";
import { refuse } from "../../../contracts/refusal.ts";
import { fileStore } from "../../sdk/file-store.ts";
import { memoryStore } from "../../sdk/store.ts";
import { readConfig } from "../config.ts";
import { startBridge, type Bridge, type Keep } from "./bridge.ts";
import { capture, fill, overlaps } from "./filter.ts";
import { telemetryOf } from "./payload.ts";
import { openRelay, type Message, type Relay, type RelayOptions } from "./relay.ts";
import { BridgeConfig, route, Row } from "./table.ts";

const soon = { timeout: 20_000, interval: 5 };
const NOW = 1_763_750_000_000;
const MOSQUITTO = "/usr/sbin/mosquitto";
const quick = { firstMs: 5, mostMs: 20 };
type Told = { readonly device: string; readonly ts?: number; readonly channels?: unknown; readonly message?: Message };

const level = fc.constantFrom("a", "b", "+", "c1");
const filters = fc.tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([levels, rest]) => [...levels, ...(rest ? ["#"] : [])].join("/"));
const topics = fc.array(fc.constantFrom("a", "b", "c1", "d"), { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));

test("AD40 two filters overlap exactly when some topic is taken by both", () => {
  fc.assert(
    fc.property(filters, filters, topics, (a, b, topic) => {
      if (capture(a, topic) !== null && capture(b, topic) !== null) expect(overlaps(a, b)).toBe(true);
    }),
  );
  expect(overlaps("a/+", "b/#")).toBe(false);
  expect(overlaps("a/+/c", "a/b/+")).toBe(true);
  expect(overlaps("a/+", "a/b/c")).toBe(false);
  expect(overlaps("#", "$SYS/x")).toBe(false);
  expect(overlaps("a/#", "a")).toBe(true);
});

test("AD40 what the wildcards took fills the names of devices and topics, and nothing that would be a filter", () => {
  expect(capture("plant/+/motor/#", "plant/7/motor/de/temp")).toEqual(["7", "de/temp"]);
  expect(fill("M-{1}", ["7"])).toBe("M-7");
  expect(fill("tele/{2}/{1}", ["a", "b"])).toBe("tele/b/a");
  expect(fill("{1}", [""])).toBeNull();
  const rows = [Row.parse({ from: "tele/+/SENSOR", device: "{1}", topic: "tele/{1}/SENSOR" })];
  expect(route(rows, "tele/plug-1/SENSOR")).toMatchObject({ device: "plug-1", topic: "tele/plug-1/SENSOR" });
  expect(route(rows, "tele/plug-1/STATE")).toBeNull();
});

test("AD41 numbers, words for a switch and fields of JSON become channels, with the message's own instant where it has one", () => {
  const plain = Row.parse({ from: "t", device: "D", channels: [{ channel: "a", scale: 0.1 }] });
  expect(telemetryOf(plain, " 215 ", NOW)).toEqual({ ts: NOW, channels: { a: 21.5 } });
  expect(telemetryOf(plain, "ON", NOW)).toEqual({ ts: NOW, channels: { a: 0.1 } });
  expect(telemetryOf(plain, "nan", NOW)).toEqual({ ts: NOW, channels: { a: null } });
  expect(telemetryOf(plain, "open the valve", NOW)).toMatchObject({ refused: "malformed" });
  const json = Row.parse({
    from: "t",
    device: "D",
    at: "time",
    channels: [
      { channel: "a", field: "data.temp" },
      { channel: "b", field: "data.on" },
      { channel: "c", field: "data.none" },
    ],
  });
  const body = { time: "2025-11-21T18:33:20.000Z", data: { temp: 21.5, on: true } };
  expect(telemetryOf(json, JSON.stringify(body), 1)).toEqual({ ts: NOW, channels: { a: 21.5, b: 1 } });
  expect(telemetryOf(json, JSON.stringify({ ...body, time: "yesterday" }), 1)).toMatchObject({ refused: "malformed", field: "time" });
  expect(telemetryOf(json, "{", 1)).toMatchObject({ refused: "malformed" });
  expect(telemetryOf(json, '{"time":1,"data":null}', 1)).toMatchObject({ refused: "malformed" });
});

test("AD42 what comes while the bridge is away waits in its session there, and comes once, in order, at QoS 1 and 2", async () => {
  const theirs = await broker_();
  const { bridge } = bridged(theirs.port);
  await vi.waitUntil(() => bridge.isUp(), soon);
  await bridge.close();
  const client = await speaker(theirs.port);
  for (let i = 0; i < 20; i++) await client.publishAsync("plant/7/temp", String(i), { qos: i % 2 === 0 ? 1 : 2 });
  const { told } = bridged(theirs.port);
  await vi.waitUntil(() => told.length >= 20, soon);
  await client.publishAsync("plant/7/temp", "20", { qos: 1 });
  await vi.waitUntil(() => told.length >= 21, soon);
  expect(told.map(({ channels }) => channels)).toEqual(Array.from({ length: 21 }, (_, i) => ({ temperature: i })));
  expect(told.every(({ device }) => device === "M-7")).toBe(true);
});

test("AD42 a message is acknowledged there only once it is kept here; until there is room, it stays there", async () => {
  const theirs = await broker_();
  let room = false;
  const told: Told[] = [];
  let tried = 0;
  const { bridge } = bridged(theirs.port, {
    telemetry: (device, { ts, channels }) => {
      tried += 1;
      if (!room) return Promise.resolve(refuse("too-many", "full", "wait"));
      told.push({ device, ts, channels });
      return Promise.resolve("kept" as const);
    },
  });
  await vi.waitUntil(() => bridge.isUp(), soon);
  const client = await speaker(theirs.port);
  await client.publishAsync("plant/7/temp", "1", { qos: 1 });
  await vi.waitUntil(() => tried >= 1, soon);
  expect(theirs.acknowledged()).toBe(0);
  await bridge.close();
  room = true;
  const next = bridged(theirs.port);
  await vi.waitUntil(() => next.told.length === 1, soon);
  await vi.waitUntil(() => theirs.acknowledged() === 1, soon);
  expect(told).toEqual([]);
});

test("AD42 their broker's restart without our session is counted, and the bridge goes on", async () => {
  const theirs = await broker_();
  const { told, bridge } = bridged(theirs.port);
  await vi.waitUntil(() => bridge.isUp(), soon);
  theirs.stop();
  const again = await broker_(theirs.port);
  await vi.waitUntil(() => bridge.isUp() && bridge.counts().sessionsLost === 1, soon);
  await (await speaker(again.port)).publishAsync("plant/7/temp", "1", { qos: 1 });
  await vi.waitUntil(() => told.length === 1, soon);
  expect(bridge.counts()).toMatchObject({ sessionsLost: 1, kept: 1 });
});

test("AD43 what is not listed, not a number, or retained and without an instant is counted and acknowledged, and stops nothing", async () => {
  const theirs = await broker_();
  const client = await speaker(theirs.port);
  await client.publishAsync("plant/7/temp", "99", { qos: 1, retain: true });
  const { told, bridge } = bridged(theirs.port);
  await vi.waitUntil(() => bridge.isUp(), soon);
  for (const [topic, payload] of [
    ["plant/8/temp", "1"],
    ["plant/7/temp", "hot"],
    ["plant/7/temp", "2"],
  ] as const)
    await client.publishAsync(topic, payload, { qos: 1 });
  await vi.waitUntil(() => told.length === 1, soon);
  expect(told[0]?.channels).toEqual({ temperature: 2 });
  expect(bridge.counts()).toMatchObject({ unmapped: 1, refused: 1, retained: 1, kept: 1 });
});

test("AD44 a payload goes on as it is, byte for byte, at the quality of service that it came with", async () => {
  const theirs = await broker_();
  const ours = await broker_();
  const heard: { topic: string; payload: Buffer; qos: number }[] = [];
  const listener = await speaker(ours.port);
  listener.on("message", (topic, payload, { qos }) => heard.push({ topic, payload, qos }));
  await listener.subscribeAsync("#", { qos: 2 });
  const relay = relay_(ours.port, memoryStore());
  const { bridge } = bridged(theirs.port, {
    message: async (_, message) => ((await relay.offer(message)) ? ("kept" as const) : refuse("too-many", "full", "wait")),
  });
  await vi.waitUntil(() => bridge.isUp(), soon);
  const client = await speaker(theirs.port);
  const payload = Buffer.from([0, 255, 1, 254]);
  for (const qos of [0, 1, 2] as const) await client.publishAsync("tele/7/SENSOR", payload, { qos });
  await vi.waitUntil(() => heard.length === 3, soon);
  expect(heard.map(({ topic, qos }) => [topic, qos])).toEqual([0, 1, 2].map((qos) => ["site/7/SENSOR", qos]));
  expect(heard.every((one) => one.payload.equals(payload))).toBe(true);
  await vi.waitUntil(() => relay.counts().waiting === 0, soon);
  expect(bridge.counts()).toMatchObject({ kept: 3 });
});

test("AD44 what the relay kept outlives the program, in order; beyond its room it says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-bridge-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const gone = await broker_();
  gone.stop();
  const first = relay_(gone.port, fileStore(join(folder, "m.log")), { waitingMax: 3 });
  const message = (n: number): Message => ({ topic: "t", qos: 1, payload: Buffer.from(String(n)), properties: {} });
  const kept: boolean[] = [];
  for (const n of [1, 2, 3, 4]) kept.push(await first.offer(message(n)));
  expect(kept).toEqual([true, true, true, false]);
  await first.close();
  const ours = await broker_(gone.port);
  const heard: string[] = [];
  const listener = await speaker(ours.port);
  listener.on("message", (_, payload) => heard.push(payload.toString()));
  await listener.subscribeAsync("t", { qos: 1 });
  const second = relay_(gone.port, fileStore(join(folder, "m.log")));
  expect(await second.offer(message(5))).toBe(true);
  await vi.waitUntil(() => heard.length === 4 && second.counts().waiting === 0, soon);
  expect(heard).toEqual(["1", "2", "3", "5"]);
  await second.close();
  const left = fileStore(join(folder, "m.log"));
  expect(left.load().entries).toEqual([]);
  left.close();
});

test("AD45 without MQTT 5 a table whose messages could go round is refused", () => {
  const round = { from: "tele/+/SENSOR", device: "{1}", topic: "tele/{1}/SENSOR" };
  const config = { broker: { url: "mqtt://h", clientId: "b" }, devices: [{ device: "D" }], topics: [round] };
  expect(readConfig(BridgeConfig, config)).toHaveProperty("config");
  const with4 = readConfig(BridgeConfig, { ...config, broker: { ...config.broker, protocolVersion: 4 } });
  expect("faults" in with4 && with4.faults[0]).toMatchObject({ field: "topics.0.topic" });
});

test.runIf(existsSync(MOSQUITTO))(
  "AD45 what our relay sent and somebody brought back is not sent again, over MQTT 5 with mosquitto, where it is installed",
  async () => {
    const port = await mosquitto_();
    const { told, bridge } = bridged(port, {}, 5);
    await vi.waitUntil(() => bridge.isUp(), soon);
    const back = relay_(port, memoryStore(), { protocolVersion: 5 });
    await back.offer({ topic: "plant/7/temp", qos: 2, payload: Buffer.from("1"), properties: { userProperties: { line: "3" } } });
    await vi.waitUntil(() => bridge.counts().loops === 1, soon);
    const client = await speaker(port);
    await client.publishAsync("plant/7/temp", "2", { qos: 2 });
    await vi.waitUntil(() => told.length === 1, soon);
    expect(told[0]?.channels).toEqual({ temperature: 2 });
    await bridge.close();
    for (const n of [3, 4, 5]) await client.publishAsync("plant/7/temp", String(n), { qos: 2 });
    const next = bridged(port, {}, 5);
    await vi.waitUntil(() => next.told.length === 3, soon);
    expect(next.told.map(({ channels }) => channels)).toEqual([3, 4, 5].map((temperature) => ({ temperature })));
  },
);

test.each([
  [{ broker: { url: "10.0.0.9", clientId: "b" } }, "broker.url"],
  [{ broker: { url: "mqtt://h" } }, "broker.clientId"],
  [{ topics: [{ from: "a/#/b", device: "D", topic: "t" }] }, "topics.0.from"],
  [{ topics: [{ from: "a/+", device: "{2}", topic: "t" }] }, "topics.0.device"],
  [{ topics: [{ from: "a/+", device: "D" }] }, "topics.0.channels"],
  [
    {
      topics: [
        { from: "a/+", device: "D", topic: "t" },
        { from: "a/b", device: "D", topic: "u" },
      ],
    },
    "topics.1.from",
  ],
])("AD8 a configuration for a bridge that does not fit is refused by field, with the rule and what to do (%#)", (value, field) => {
  const read = readConfig(BridgeConfig, {
    broker: { url: "mqtt://h", clientId: "b" },
    devices: [{ device: "D" }],
    topics: [{ from: "a", device: "D", topic: "b" }],
    ...value,
  });
  const fault = "faults" in read ? read.faults.find((one) => one.field === field) : undefined;
  expect(fault?.rule).toMatch(/.{4}/);
  expect(fault?.mend).toMatch(/.{4}/);
});

type TheirBroker = {
  readonly port: number;
  subscriptions(): number;
  acknowledged(): number;
  stop(): void;
};

/** Another's broker: aedes, with sessions in memory. */
async function broker_(port = 0): Promise<TheirBroker> {
  const broker = await Aedes.createBroker();
  const server: Server = createServer(broker.handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  let [subscriptions, acknowledged, running] = [0, 0, true];
  broker.on("subscribe", (list) => void (subscriptions += list.length));
  broker.on("ack", () => void (acknowledged += 1));
  const stop = (): void => {
    if (!running) return;
    running = false;
    // Their ends are not waited for: the port is free at once, and neither calls back where a client's socket is gone already.
    server.close();
    for (const socket of sockets) socket.destroy();
    broker.close();
  };
  onTestFinished(stop);
  return {
    port: (server.address() as AddressInfo).port,
    subscriptions: () => subscriptions,
    acknowledged: () => acknowledged,
    stop,
  };
}

/** Not a library: a process on a port that was free a moment ago. */
async function mosquitto_(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const child = spawn(MOSQUITTO, ["-p", String(port)], { stdio: "ignore" });
  onTestFinished(async () => {
    const gone = once(child, "exit");
    child.kill();
    await gone;
  });
  await vi.waitUntil(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() !== null)).on("error", () => resolve(false));
      }),
    soon,
  );
  return port;
}

async function speaker(port: number): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  onTestFinished(() => client.endAsync(true));
  return client;
}

function bridged(port: number, keep: Partial<Keep> = {}, protocolVersion: 4 | 5 = 4): { readonly told: readonly Told[]; readonly bridge: Bridge } {
  const read = readConfig(BridgeConfig, {
    broker: { url: `mqtt://127.0.0.1:${port}`, clientId: "outpost-plant", protocolVersion },
    devices: [{ device: "M-7" }],
    topics: [
      { from: "plant/+/temp", qos: 2, device: "M-{1}", channels: [{ channel: "temperature" }] },
      { from: "tele/+/SENSOR", qos: 2, device: "M-{1}", topic: "site/{1}/SENSOR" },
    ],
  });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  const told: Told[] = [];
  const all: Keep = {
    telemetry: (device, { ts, channels }) => {
      told.push({ device, ts, channels });
      return Promise.resolve("kept" as const);
    },
    message: (device, message) => {
      told.push({ device, message });
      return Promise.resolve("kept" as const);
    },
    ...keep,
  };
  const bridge = startBridge(read.config, all, { via: "plant", backoff: quick });
  onTestFinished(() => bridge.close());
  return { told, bridge };
}

function relay_(port: number, store: RelayOptions["store"], more: Partial<RelayOptions> = {}): Relay {
  const relay = openRelay({
    url: `mqtt://127.0.0.1:${port}`,
    user: "plant/M-7",
    password: "secret",
    clientId: "M-7-relay",
    via: "plant",
    store,
    protocolVersion: 4,
    backoff: quick,
    ...more,
  });
  onTestFinished(() => relay.close());
  return relay;
}
