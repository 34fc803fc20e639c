import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { BATCH_MAX, TelemetryPayload } from "../../contracts/telemetry.ts";
import { BURSTS_WAITING_MAX } from "./bursts.ts";
import { BATCH_BYTES_MAX, connectDevice, type DeviceLink, type DeviceOptions } from "./device.ts";
import { fileStore } from "./file-store.ts";
import { startBroker, type BrokerOptions, type Received, type TestBroker } from "./test-broker.ts";

const NOW = 1_763_750_000_000;
const soon = { timeout: 20_000, interval: 5 };

test.each(["tcp", "ws"] as const)("S1 publish resolves with its sequence number on the PUBACK, over %s", async (transport) => {
  const broker = await broker_({ transport });
  const device = device_(broker, { transport });
  expect(await device.publish(sample(1))).toEqual({ seq: 100 });
  expect(await device.publish({ ...sample(2), seq: 500 })).toEqual({ seq: 500 });
  expect(await device.publish(sample(3))).toEqual({ seq: 501 });
  expect(seqs(broker.received)).toEqual([100, 500, 501]);
  expect(broker.received.map((message) => message.topic)).toEqual(Array(3).fill("u/plant/d/P-1/telemetry"));
  expect(device.counts()).toMatchObject({ published: 3, acknowledged: 3, waiting: 0 });
});

test("S2 telemetry published while the unit is away arrives in order, in batches within both bounds", async () => {
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const device = device_(gone, { transport: "tcp" });
  const published = Array.from({ length: 2_000 }, (_, i) => device.publish(sample(i)));
  const broker = await broker_({ transport: "tcp", port: gone.port });
  const answers = await Promise.all(published);
  expect(answers).toEqual(Array.from({ length: 2_000 }, (_, i) => ({ seq: 100 + i })));
  expect(seqs(broker.received)).toEqual(Array.from({ length: 2_000 }, (_, i) => 100 + i));
  expect(broker.received.length).toBeLessThan(20);
  for (const message of broker.received) {
    expect(message.bytes).toBeLessThanOrEqual(BATCH_BYTES_MAX);
    const payload = TelemetryPayload.parse(JSON.parse(message.text));
    expect(Array.isArray(payload) ? payload.length : 1).toBeLessThanOrEqual(BATCH_MAX);
  }
});

test("S3 across a broker's restarts nothing acknowledged is lost and nothing published is lost", async () => {
  const received: Received[] = [];
  let broker = await startBroker({ transport: "ws", received });
  const device = device_(broker, { transport: "ws" });
  const published = [];
  for (let round = 0; round < 4; round++) {
    const from = received.length;
    for (let i = 0; i < 50; i++) published.push(device.publish(sample(round * 100 + i)));
    await vi.waitUntil(() => received.length > from, soon);
    await broker.stop();
    for (let i = 50; i < 100; i++) published.push(device.publish(sample(round * 100 + i)));
    broker = await startBroker({ transport: "ws", received, port: broker.port });
  }
  onTestFinished(() => broker.stop());
  const answers = await Promise.all(published);
  expect(answers.some(isRefusal)).toBe(false);
  expect(new Set(seqs(received))).toEqual(new Set(Array.from({ length: 400 }, (_, i) => 100 + i)));
  expect(device.counts()).toMatchObject({ published: 400, acknowledged: 400, refusedFull: 0, droppedOldest: 0, waiting: 0, connects: 5 });
});

test("S3 a message whose PUBACK never came is sent again on the next link", async () => {
  const received: Received[] = [];
  const seen: string[] = [];
  const deaf = await startBroker({ transport: "tcp", received, acknowledge: (message) => seen.push(message.text) === 0 });
  const device = device_(deaf, { transport: "tcp" });
  const published = device.publish(sample(1));
  await vi.waitUntil(() => seen.length === 1, soon);
  await deaf.stop();
  await broker_({ transport: "tcp", received, port: deaf.port });
  expect(await published).toEqual({ seq: 100 });
  expect(received.map((message) => message.text)).toEqual(seen);
});

test.each(["tcp", "ws"] as const)("VB30 a burst is sent block after block and resolves when each is acknowledged, over %s", async (transport) => {
  const broker = await broker_({ transport });
  const device = device_(broker, { transport });
  const samples = Int16Array.from({ length: 25_600 }, (_, i) => i);
  const axes = ["x", "y"].map((id) => ({ id, scale: 0.001, samples }));
  const [first, second] = await Promise.all([device.burst({ start: NOW, rate: 25_600, axes }), device.burst({ start: NOW + 10_000, rate: 25_600, axes })]);
  expect([first, second]).toEqual([{ blocks: 2 }, { blocks: 2 }]);
  expect(broker.received.map(({ topic, bytes }) => [topic, bytes])).toEqual(
    Array.from({ length: 4 }, (_, i) => ["u/plant/d/P-1/burst", i % 2 === 0 ? 65_536 : 2 * 25_600 * 2 - (65_536 - 76) + 76]),
  );
  expect(device.counts()).toMatchObject({ bursts: 2, burstsWaiting: 0 });
});

test("VB30 while the unit is away the newest bursts are kept; the older ones are told so", async () => {
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const device = device_(gone, { transport: "tcp" });
  const axes = [{ id: "x", samples: new Float32Array(256) }];
  const sent = Array.from({ length: BURSTS_WAITING_MAX + 3 }, (_, i) => device.burst({ start: NOW + i, rate: 1_000, axes }));
  const broker = await broker_({ transport: "tcp", port: gone.port });
  const answers = await Promise.all(sent);
  expect(answers.map((one) => isRefusal(one) && one.refused)).toEqual([...Array(3).fill("too-many"), ...Array(BURSTS_WAITING_MAX).fill(false)]);
  expect(broker.received).toHaveLength(BURSTS_WAITING_MAX);
  expect(device.counts()).toMatchObject({ bursts: BURSTS_WAITING_MAX, burstsDropped: 3, burstsWaiting: 0 });
});

test("VB30 a burst whose acknowledgement never came goes again from its first block", async () => {
  const received: Received[] = [];
  let seen = 0;
  const deaf = await startBroker({ transport: "tcp", received, acknowledge: () => ++seen === 1 });
  const device = device_(deaf, { transport: "tcp" });
  const sent = device.burst({ start: NOW, rate: 25_600, axes: [{ id: "x", samples: new Float32Array(25_600) }] });
  await vi.waitUntil(() => seen === 2, soon);
  await deaf.stop();
  await broker_({ transport: "tcp", received, port: deaf.port });
  expect(await sent).toEqual({ blocks: 2 });
  expect(received.map(({ bytes }) => bytes)).toEqual([65_536, 65_536, 25_600 * 4 + 56 * 2 - 65_536]);
});

test("VB30 what no unit would take is refused before it is sent; a closed link takes nothing", async () => {
  const broker = await broker_({ transport: "tcp" });
  const device = device_(broker, { transport: "tcp" });
  const of = (samples: Float32Array, more: object = {}) => device.burst({ start: NOW, rate: 25_600, axes: [{ id: "x", samples }], ...more });
  const good = new Float32Array(256);
  expect(await of(good, { start: 1.5 })).toMatchObject({ refused: "malformed", field: "start" });
  expect(await of(good, { rate: Number.NaN })).toMatchObject({ refused: "malformed", field: "rate" });
  expect(await of(new Float32Array(257))).toMatchObject({ refused: "malformed", field: "axes.0.samples" });
  expect(await of(Float32Array.from(good, (_, i) => (i === 9 ? Infinity : 0)))).toMatchObject({ mend: "sample 9 is none" });
  expect(device.counts()).toMatchObject({ bursts: 0, burstsMalformed: 4 });
  await device.close();
  expect(await of(good)).toMatchObject({ refused: "unavailable" });
});

test("S4 a full store refuses the newest, says so and counts it", async () => {
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const device = device_(gone, { transport: "tcp", storeMax: 3 });
  const published = [1, 2, 3].map((i) => device.publish(sample(i)));
  expect(await device.publish(sample(4))).toMatchObject({ refused: "too-many" });
  const broker = await broker_({ transport: "tcp", port: gone.port });
  await Promise.all(published);
  expect(seqs(broker.received)).toEqual([100, 101, 102]);
  expect(device.counts()).toMatchObject({ published: 3, acknowledged: 3, refusedFull: 1, droppedOldest: 0 });
  expect(await device.publish(sample(5))).toEqual({ seq: 103 });
});

test("S4 with drop-oldest the oldest gives way, is told so and counted", async () => {
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const device = device_(gone, { transport: "tcp", storeMax: 3, whenFull: "drop-oldest" });
  const published = [1, 2, 3, 4, 5].map((i) => device.publish(sample(i)));
  expect(await published[0]).toMatchObject({ refused: "too-many" });
  expect(await published[1]).toMatchObject({ refused: "too-many" });
  const broker = await broker_({ transport: "tcp", port: gone.port });
  expect(await Promise.all(published.slice(2))).toEqual([{ seq: 102 }, { seq: 103 }, { seq: 104 }]);
  expect(seqs(broker.received)).toEqual([102, 103, 104]);
  expect(device.counts()).toMatchObject({ published: 5, acknowledged: 3, droppedOldest: 2 });
});

test("S5 what breaks the telemetry contract is refused before it is stored", async () => {
  const broker = await broker_({ transport: "tcp" });
  const device = device_(broker, { transport: "tcp" });
  expect(await device.publish({ ts: NOW })).toMatchObject({ refused: "malformed", rule: "needs at least one of channels, events, position" });
  expect(await device.publish({ ts: -1, channels: { current: 1 } })).toMatchObject({ refused: "malformed", field: "ts" });
  expect(device.counts()).toMatchObject({ published: 0, malformed: 2 });
});

test("S6 a refused password is reported and tried again", async () => {
  let known = false;
  const broker = await broker_({ transport: "ws", admit: (user, password) => (known && user === "P-1" && password === "secret" ? 0 : 5) });
  const why: string[] = [];
  const device = device_(broker, { transport: "ws", onState: (state, reason) => void (state === "waiting" && why.push(reason)) });
  const published = device.publish(sample(1));
  await vi.waitUntil(() => why.length >= 2, soon);
  expect(why[0]).toMatch(/not authorized/i);
  known = true;
  expect(await published).toEqual({ seq: 100 });
});

test("S7 closing answers what is not acknowledged and ends at once", async () => {
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const device = device_(gone, { transport: "tcp" });
  const published = device.publish(sample(1));
  await device.close();
  expect(await published).toMatchObject({ refused: "unavailable" });
  expect(await device.publish(sample(2))).toMatchObject({ refused: "unavailable" });
  await device.idle();
});

test("S8 a file store brings what was not acknowledged into the next life, and the sequence goes on", async () => {
  const path = join(folder(), "telemetry.log");
  const gone = await broker_({ transport: "tcp" });
  await gone.stop();
  const first = device_(gone, { transport: "tcp", store: fileStore(path) });
  void first.publish(sample(1));
  void first.publish(sample(2));
  await first.close();
  // The program ended in the middle of a write.
  writeFileSync(path, `${readFileSync(path, "utf8")}+ {"n":2,"seq":1`);
  const broker = await broker_({ transport: "tcp", port: gone.port });
  const second = device_(broker, { transport: "tcp", store: fileStore(path), now: () => 7 });
  expect(await second.publish(sample(3))).toEqual({ seq: 102 });
  await second.idle();
  expect(seqs(broker.received)).toEqual([100, 101, 102]);
  await second.close();
  const third = fileStore(path);
  expect(third.load()).toEqual({ entries: [], lastSeq: 102 });
  third.close();
});

test("S8 a store that fails refuses the publisher", async () => {
  const broker = await broker_({ transport: "tcp" });
  const device = device_(broker, {
    transport: "tcp",
    store: {
      load: () => ({ entries: [], lastSeq: null }),
      add: () => {
        throw new Error("disk full");
      },
      remove: () => {},
      close: () => {},
    },
  });
  expect(await device.publish(sample(1))).toMatchObject({ refused: "unavailable", rule: "the store failed: disk full" });
  expect(device.counts()).toMatchObject({ published: 0, refusedByStore: 1, waiting: 0 });
});

async function broker_(options: BrokerOptions): Promise<TestBroker> {
  const broker = await startBroker(options);
  onTestFinished(() => broker.stop());
  return broker;
}

function device_(broker: TestBroker, options: Partial<DeviceOptions> & { readonly transport: "tcp" | "ws" }): DeviceLink {
  const { transport, ...rest } = options;
  const url = transport === "tcp" ? `mqtt://127.0.0.1:${broker.port}` : `ws://127.0.0.1:${broker.port}/mqtt/plant`;
  const device = connectDevice({
    url,
    unit: "plant",
    device: "P-1",
    password: "secret",
    backoff: { firstMs: 5, mostMs: 20 },
    random: () => 0.5,
    now: () => 100,
    ...rest,
  });
  onTestFinished(() => device.close());
  return device;
}

function sample(i: number) {
  return { ts: NOW + i * 1_000, channels: { "vibration.a.rms": 0.027, current: 61.5, pressure: null } };
}

function seqs(received: readonly Received[]): readonly (number | undefined)[] {
  return received.flatMap((message) => TelemetryPayload.parse(JSON.parse(message.text))).map((telemetry) => telemetry.seq);
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "outpost-sdk-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
