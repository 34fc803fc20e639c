/** The Intake object with its real unit, over real WebSockets. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { DeviceId, ModelHash, type TenantId, type UnitId } from "../contracts/ids.ts";
import { intakeObject, unitObject } from "../contracts/object-name.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { DeviceMeter, Quarantined } from "../contracts/board.ts";
import { writeBurst } from "../contracts/burst-wire.ts";
import type { Scenario } from "../contracts/scenario.ts";
import { bearingVibration } from "../hub/catalogue/bearing-vibration.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import type { Intake } from "./intake.ts";
import { CARRIED_BYTES_MAX, PAYLOAD_BYTES_MAX } from "./ingest/broker/packet.ts";
import { RETAINED_PER_DEVICE_MAX } from "./ingest/broker/retain.ts";
import { loggedOf } from "./ingest/entry.ts";
import { decodeEntries } from "./ingest/entry-row.ts";
import { type Client, connectClient, connectPacket } from "./shell/intake-client.ts";
import type { Unit } from "./unit.ts";
import gru from "./verdict/models/gru.onnx";

type Site = {
  readonly unit: DurableObjectStub<Unit>;
  readonly intake: DurableObjectStub<Intake>;
  readonly name: string;
  readonly passwords: Readonly<Record<string, string>>;
};

async function site(name: string, scenario: Scenario = pumpVibration, devices: readonly string[] = ["pump-1", "pump-2"]): Promise<Site> {
  const unit = env.UNIT.getByName(unitObject("default" as TenantId, name as UnitId));
  await unit.create(name, scenario);
  const passwords: Record<string, string> = {};
  for (const device of devices) {
    const added = await unit.addDevice({ device }, "test");
    if (isRefusal(added)) throw new Error(added.rule);
    passwords[device] = added.password;
  }
  return { unit, name, passwords, intake: env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)) };
}

async function join(at: Site, device: string, fields: object = {}, version: 4 | 5 = 4): Promise<Client> {
  const client = await connectClient(at.intake, version);
  client.say(connectPacket(device, at.passwords[device] ?? "", { clientId: device, protocolVersion: version, ...fields }));
  const connack = await client.hear("connack");
  expect(version === 5 ? connack.reasonCode : connack.returnCode).toBe(0);
  return client;
}

const telemetry = (at: Site, device: string, payload: string | Uint8Array, id: number): Packet => ({
  cmd: "publish",
  topic: `u/${at.name}/d/${device}/telemetry`,
  payload: Buffer.from(payload),
  qos: 1,
  messageId: id,
  retain: false,
  dup: false,
});
const sample = (ts: number, value: number | null | string = 0.1): string => JSON.stringify({ ts, channels: { "vibration.a.rms": value } });
const plain = (topic: string, payload: string, more: object = {}): Packet => ({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false, ...more });

/** Every logged payload of the object, read from its tables. */
function logged(at: Site): Promise<string[]> {
  return runInDurableObject(at.intake, (_, state) =>
    state.storage.sql
      .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM log ORDER BY n")
      .toArray()
      .flatMap(({ bytes }) => decodeEntries(bytes).flatMap((entry) => loggedOf(entry) ?? []))
      .map(({ payload }) => new TextDecoder().decode(payload)),
  );
}

test("I30 a unit that nobody created has no MQTT, and looking at it writes nothing", async () => {
  const intake = env.INTAKE.getByName(intakeObject("default" as TenantId, "nowhere" as UnitId, 0));
  const response = await intake.fetch(new Request("http://unit/mqtt/nowhere", { headers: { upgrade: "websocket", "sec-websocket-protocol": "mqtt" } }));
  expect([response.status, await response.json()]).toMatchObject([404, { refused: "unknown-unit" }]);
  expect((await intake.fetch(new Request("http://unit/mqtt/nowhere"))).status).toBe(400);
  expect(await runInDurableObject(intake, (_, state) => state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray())).toEqual([]);
});

test("I31 telemetry is acknowledged when it is in the log, scored by the model, and seen at a glance", async () => {
  const at = await site("glance");
  const client = await join(at, "pump-1");
  const now = Date.now();
  client.say(telemetry(at, "pump-1", sample(now), 5));
  expect((await client.hear("puback")).messageId).toBe(5);
  expect(await logged(at)).toEqual([sample(now)]);
  await expect.poll(async () => (await at.intake.glances()).devices).toMatchObject([{ device: "pump-1", connected: true, ts: now }]);
  expect(await at.intake.tailAfter(0)).toMatchObject([{ device: "pump-1", fields: [{ field: "ts" }, { field: "channels.vibration.a.rms", verdict: "ok" }] }]);
  expect((await at.intake.glances()).counters).toMatchObject({ messages: 1, samples: 1 });
  expect(await at.intake.traceOf("pump-1", 0)).toMatchObject({
    device: "pump-1",
    columns: [[now], [null], [Math.fround(0.1)], [null], [null], [null], [null], [null], [null], [null]],
  });
  expect(await at.intake.traceOf("pump-9", 0)).toMatchObject({ refused: "unknown-device" });
});

test("MF18 a device in its own words is acknowledged, in the log and in quarantine; a yes later its next message is read, and another's is not its to send", async () => {
  const at = await site("foreign");
  const client = await join(at, "pump-1");
  const topic = "sensors/pump-1/raw";
  const now = Date.now();
  const say = async (id: number, on: string, value: number): Promise<void> => {
    client.say(plain(on, JSON.stringify({ t: now + id, motor_temp: value }), { qos: 1, messageId: id }));
    expect((await client.hear("puback")).messageId).toBe(id);
  };
  await say(1, topic, 60);
  expect(await logged(at)).toHaveLength(1);
  await expect.poll(() => at.intake.quarantine()).toMatchObject([{ device: "pump-1", field: topic, count: 1 }]);
  const [unread] = structuredClone(await at.intake.quarantine()) as readonly Quarantined[];
  const { route } = unread?.proposal ?? {};
  if (route === undefined) throw new Error("nothing is proposed");
  expect(await at.unit.acceptMapping({ device: DeviceId.parse("pump-1"), route }, "li")).toMatchObject({ profile: "pump" });
  const meter = async () => structuredClone(await at.intake.meters()) as readonly DeviceMeter[];
  // The plan comes to the Intake by itself; until then messages are as before.
  let id = 1;
  await expect
    .poll(async () => {
      await say(++id, topic, 61);
      return (await meter())[0]?.samples ?? 0;
    })
    .toBeGreaterThan(0);
  const trace = await at.intake.traceOf("pump-1", 0);
  expect(isRefusal(trace) ? trace : trace.columns[2 + trace.channels.findIndex((one) => one === "temperature.motor")]?.at(-1)).toBe(61);
  await say(++id, "sensors/pump-2/raw", 99);
  await expect.poll(async () => (await meter())[0]?.reasons).toContainEqual(expect.objectContaining({ rule: "a device speaks for itself" }));
  expect((await meter()).map(({ device }) => device)).toEqual(["pump-1"]);
});

test("I31 with ackWithinMs a group is committed as one row, and acknowledged then", async () => {
  const at = await site("grouped", { ...pumpVibration, ackWithinMs: 50 });
  const client = await join(at, "pump-1");
  const now = Date.now();
  client.say(...Array.from({ length: 20 }, (_, i) => telemetry(at, "pump-1", sample(now + i), i + 1)));
  for (let i = 1; i <= 20; i++) expect((await client.hear("puback")).messageId).toBe(i);
  expect(await logged(at)).toHaveLength(20);
  const rows = await runInDurableObject(at.intake, (_, state) => state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM log").one().n);
  expect(rows).toBeLessThan(5);
});

test("VB24 blocks of a burst are acknowledged when they are in the log; an object that dies between them makes its row of both; what is refused is shown", async () => {
  const at = await site("bursts", bearingVibration, ["bearing-1"]);
  const start = Date.now();
  const samples = Int16Array.from({ length: 2_560 }, (_, i) => 1_000 * Math.sin((2 * Math.PI * i) / 4));
  const blocks = writeBurst({ start, rate: 25_600, axes: [{ id: "vertical", scale: 0.001, samples }] }, 3_000);
  if (isRefusal(blocks)) throw new Error(blocks.rule);
  expect(blocks).toHaveLength(2);
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = blocks;
  const send = async (id: number, payload: Uint8Array): Promise<void> => {
    const client = await join(at, "bearing-1", { clientId: `bearing-${id}` });
    client.say({ ...telemetry(at, "bearing-1", payload, id), topic: `u/${at.name}/d/bearing-1/burst` } as Packet);
    expect((await client.hear("puback")).messageId).toBe(id);
  };
  await send(1, first);
  await expect.poll(async () => (await at.intake.glances()).counters.messages).toBe(1);
  await evictDurableObject(at.intake);
  await send(2, second);
  await expect.poll(async () => (await at.intake.glances()).counters).toMatchObject({ messages: 2, samples: 1, refused: 0 });
  const trace = await at.intake.traceOf("bearing-1", 0);
  if (isRefusal(trace)) throw new Error(trace.rule);
  const of = (channel: string): number | null | undefined => trace.columns[2 + trace.channels.findIndex((one) => one === channel)]?.[0];
  expect([trace.columns[0], of("vertical.rms"), of("horizontal.rms")]).toEqual([[start], expect.closeTo(1 / Math.SQRT2, 5), null]);
  expect([of("vertical.band.2"), of("vertical.kurtosis")]).toEqual([expect.closeTo(1 / Math.SQRT2, 5), expect.closeTo(2, 5)]);
  await send(3, second.subarray(0, 900));
  await expect.poll(() => at.intake.quarantine()).toMatchObject([{ device: "bearing-1", field: "count", count: 1 }]);
  expect((await at.intake.tailAfter(0)).slice(-2)).toMatchObject([
    { fields: [{ field: "burst" }, {}, {}, {}, {}] },
    { refused: expect.stringContaining("it held 900") },
  ]);
});

test("I32 ordinary messages go to who subscribed, at QoS 0 and 1, and are never logged", async () => {
  const at = await site("plain");
  const [one, two] = [await join(at, "pump-1"), await join(at, "pump-2", {}, 5)];
  two.say({
    cmd: "subscribe",
    messageId: 1,
    subscriptions: [
      { topic: "lines/+/state", qos: 1 },
      { topic: "u/plain/d/pump-1/telemetry", qos: 0 },
    ],
  });
  expect((await two.hear("suback")).granted).toEqual([1, 0x87]);
  one.say(plain("lines/3/state", "on", { qos: 1, messageId: 9 }), plain("lines/3/state", "off"));
  expect((await one.hear("puback")).messageId).toBe(9);
  const first = await two.hear("publish");
  expect([first.topic, first.payload.toString(), first.qos]).toEqual(["lines/3/state", "on", 1]);
  two.say({ cmd: "puback", messageId: first.messageId ?? 0, reasonCode: 0 });
  expect((await two.hear("publish")).qos).toBe(0);
  two.say({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["lines/+/state"] });
  await two.hear("unsuback");
  one.say(plain("lines/3/state", "again", { qos: 1, messageId: 10 }), { cmd: "pingreq" });
  await one.hear("pingresp");
  expect(two.heard("publish")).toBe(0);
  expect(await logged(at)).toEqual([]);
});

test("I32 who subscribes to everything does not hear other devices", async () => {
  const at = await site("curious");
  const [one, two] = [await join(at, "pump-1"), await join(at, "pump-2")];
  two.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 0 }] });
  expect((await two.hear("suback")).granted).toEqual([0]);
  one.say(telemetry(at, "pump-1", sample(Date.now()), 1), plain("lines/1", "x", { qos: 1, messageId: 2 }));
  await one.hear("puback");
  expect((await two.hear("publish")).topic).toBe("lines/1");
  expect(two.heard("publish")).toBe(0);
});

test("I33 retained messages outlive the object, reach new subscribers, and an empty one clears", async () => {
  const at = await site("retained");
  const one = await join(at, "pump-1");
  one.say(plain("lines/1", "kept", { qos: 1, messageId: 1, retain: true }));
  await one.hear("puback");
  await evictDurableObject(at.intake);
  const two = await join(at, "pump-2");
  two.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 1 }] });
  const kept = await two.hear("publish");
  expect([kept.payload.toString(), kept.retain]).toEqual(["kept", true]);
  two.say(plain("lines/1", "", { qos: 1, messageId: 2, retain: true }), { cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "lines/1", qos: 0 }] });
  await two.hear("puback");
  expect((await two.hear("publish")).retain).toBe(false);
  two.say({ cmd: "pingreq" });
  await two.hear("pingresp");
  expect(two.heard("publish")).toBe(0);
});

test("I34 a wrong password, an unknown device and no credentials are refused with a return code", async () => {
  const at = await site("closed");
  for (const [user, password, version, code] of [
    ["pump-1", "wrong", 4, 4],
    ["pump-9", "x", 4, 4],
    [null, "", 4, 4],
    ["pump-1", "wrong", 5, 0x86],
  ] as const) {
    const client = await connectClient(at.intake, version);
    client.say(connectPacket(user, password, { protocolVersion: version }));
    const connack = await client.hear("connack");
    expect(version === 5 ? connack.reasonCode : connack.returnCode).toBe(code);
    await client.closed();
  }
});

test("I34 the same client identifier takes over; another device's is another client", async () => {
  const at = await site("taken");
  const first = await join(at, "pump-1", { clientId: "same", will: { topic: "lines/gone", payload: "bye", qos: 0, retain: false } }, 5);
  const other = await join(at, "pump-2", { clientId: "same" });
  other.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/gone", qos: 0 }] });
  await other.hear("suback");
  await join(at, "pump-1", { clientId: "same" }, 5);
  expect((await first.hear("disconnect")).reasonCode).toBe(0x8e);
  await first.closed();
  expect((await other.hear("publish")).payload.toString()).toBe("bye");
});

const bad: readonly (readonly [string, 4 | 5, (at: Site) => Packet | Uint8Array | string, number | null])[] = [
  ["malformed bytes", 5, () => Uint8Array.of(0x36, 2, 0, 0), 0x81],
  ["malformed bytes", 4, () => Uint8Array.of(0x36, 2, 0, 0), null],
  ["an oversized packet", 5, () => Uint8Array.of(0x32, 0xff, 0xff, 0xff, 0x7f, 0, 1, 97), 0x95],
  ["a wildcard in a topic", 5, () => Uint8Array.of(0x30, 5, 0, 2, 97, 35, 0), 0x90],
  ["a second CONNECT", 5, () => connectPacket("pump-1", "x", { protocolVersion: 5 }), 0x82],
  ["another device's topic", 4, (at) => telemetry(at, "pump-2", "{}", 1), null],
  ["an unknown unit", 4, (at) => telemetry({ ...at, name: "elsewhere" }, "pump-1", "{}", 1), null],
  ["a text frame", 5, () => "hello", 0x81],
];
test.each(bad.map((one, i) => [...one, i] as const))(
  "I35 %s closes the connection (version %i), and the object lives on",
  async (_what, version, packet, code, i) => {
    const at = await site(`bad-${i}`);
    const client = await join(at, "pump-1", {}, version);
    const said = packet(at);
    if (typeof said === "string" || said instanceof Uint8Array) client.sayBytes(said);
    else client.say(said);
    if (code !== null) expect((await client.hear("disconnect")).reasonCode).toBe(code);
    expect((await client.closed()).code).not.toBe(1011);
    const next = await join(at, "pump-1");
    next.say({ cmd: "pingreq" });
    await next.hear("pingresp");
    expect((await at.intake.quarantine()).length).toBeGreaterThan(0);
  },
);

test("I36 telemetry that breaks its contract is acknowledged, counted and shown; the connection stays", async () => {
  const at = await site("contract");
  const client = await join(at, "pump-1");
  const now = Date.now();
  const payloads = [
    "not json",
    '{"ts":NaN,"channels":{}}',
    "[]",
    "",
    sample(now, null),
    sample(now + 1, "NaN"),
    sample(now + 2, 1e9),
    sample(now + 86_400_000),
    sample(now - 9),
    JSON.stringify({ ts: now + 3, channels: { nosuch: 1 } }),
    "\u0000\ufffd",
  ];
  client.say(...payloads.map((payload, i) => telemetry(at, "pump-1", payload, i + 1)));
  for (const i of payloads.keys()) expect((await client.hear("puback")).messageId).toBe(i + 1);
  await expect.poll(async () => (await at.intake.glances()).counters.messages).toBe(payloads.length);
  const shown = await at.intake.quarantine();
  expect(shown.length).toBeGreaterThanOrEqual(4);
  for (const one of shown) expect([one.device, one.rule.length > 0, one.mend.length > 0]).toEqual(["pump-1", true, true]);
  client.say({ cmd: "pingreq" });
  await client.hear("pingresp");
});

test("I35 a client that just closes is answered, and its will is published", async () => {
  const at = await site("left");
  const [one, two] = [await join(at, "pump-1", { will: { topic: "lines/gone", payload: "bye", qos: 1, retain: false } }), await join(at, "pump-2")];
  two.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/gone", qos: 0 }] });
  await two.hear("suback");
  one.end();
  expect((await two.hear("publish")).payload.toString()).toBe("bye");
  expect((await one.closed()).code).toBe(1000);
});

test("I37 an eviction loses nothing acknowledged, and a sleeping connection goes on", async () => {
  const at = await site("evicted");
  const client = await join(at, "pump-1");
  client.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 0 }] });
  await client.hear("suback");
  const now = Date.now();
  for (let i = 1; i <= 6; i++) {
    client.say(telemetry(at, "pump-1", sample(now + i), i));
    await client.hear("puback");
    if (i % 2 === 0) await evictDurableObject(at.intake);
  }
  expect(await logged(at)).toEqual([1, 2, 3, 4, 5, 6].map((i) => sample(now + i)));
  await runDurableObjectAlarm(at.intake);
  expect((await at.intake.glances()).counters).toMatchObject({ messages: 6, samples: 6, duplicates: 0 });
  const other = await join(at, "pump-2");
  other.say(plain("lines/1", "still there"));
  expect((await client.hear("publish")).payload.toString()).toBe("still there");
});

test("I37 a crash loses nothing acknowledged", async () => {
  const at = await site("crashed");
  const client = await join(at, "pump-1");
  const now = Date.now();
  client.say(...[1, 2, 3].map((i) => telemetry(at, "pump-1", sample(now + i), i)));
  for (let i = 1; i <= 3; i++) await client.hear("puback");
  await runInDurableObject(at.intake, (_, state) => state.abort("crash")).catch(() => null);
  // A stub of an object that crashed stays broken.
  const again = { ...at, intake: env.INTAKE.getByName(intakeObject("default" as TenantId, at.name as UnitId, 0)) };
  expect(await logged(again)).toEqual([1, 2, 3].map((i) => sample(now + i)));
  await runDurableObjectAlarm(again.intake);
  expect((await again.intake.glances()).counters).toMatchObject({ messages: 3, samples: 3, duplicates: 0 });
});

test("I38 silence closes: no CONNECT, and one and a half keep-alives", async () => {
  const at = await site("silent");
  const client = await join(at, "pump-1", { keepalive: 1 }, 5);
  expect(await runInDurableObject(at.intake, (_, state) => state.storage.getAlarm())).toBeLessThanOrEqual(Date.now() + 1_500);
  expect((await client.hear("disconnect")).reasonCode).toBe(0x8d);
  await client.closed();
});

test("I39 an uploaded model is kept when it is one and its hash is its own", async () => {
  const at = await site("models");
  await join(at, "pump-1");
  const hashOf = async (bytes: ArrayBuffer): Promise<string> =>
    [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const junk = new TextEncoder().encode("no graph").buffer;
  expect(await at.intake.putModel("0".repeat(64), junk)).toMatchObject({ refused: "bad-model", field: "hash" });
  expect(await at.intake.putModel("nothash", junk)).toMatchObject({ refused: "malformed", field: "hash" });
  expect(await at.intake.putModel(await hashOf(junk), junk)).toMatchObject({ refused: "bad-model" });
  expect(await at.intake.putModel(await hashOf(gru), gru)).toEqual({ hash: await hashOf(gru) });
  // One that does not ship, twice at a time: it is kept once.
  const other = new Uint8Array([...new Uint8Array(gru), 0x32, 1, 0x79]).buffer;
  const hash = await hashOf(other);
  expect(await Promise.all([at.intake.putModel(hash, other), at.intake.putModel(hash, other)])).toEqual([{ hash }, { hash }]);
  expect(await at.intake.heldModels()).toEqual([hash]);
});

test("I39 a model that can't run on the channels of a profile that names it is refused", async () => {
  // The same graph, of another hash: a doc_string is appended. It reads eight channels.
  const other = new Uint8Array([...new Uint8Array(gru), 0x32, 1, 0x78]).buffer;
  const hash = ModelHash.parse([...new Uint8Array(await crypto.subtle.digest("SHA-256", other))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  const narrow = await site("narrow", { ...pumpVibration, profiles: [{ ...profile, modelHash: hash, channels: profile.channels.slice(0, 3) }] });
  const refused = await narrow.intake.putModel(hash, other);
  expect(refused).toMatchObject({ refused: "bad-model", rule: expect.stringContaining("the 3 channels of profile pump") });
  const fitting = await site("fitting", { ...pumpVibration, profiles: [{ ...profile, modelHash: hash }] });
  const client = await join(fitting, "pump-1");
  client.say(telemetry(fitting, "pump-1", sample(Date.now()), 1));
  await client.hear("puback");
  expect(await fitting.intake.putModel(hash, other)).toEqual({ hash });
});

test("I34 a new password ends the connection that came in with the old one, and no other", async () => {
  const at = await site("changed");
  const [one, two] = [await join(at, "pump-1", {}, 5), await join(at, "pump-2", {}, 5)];
  const added = await at.unit.addDevice({ device: DeviceId.parse("pump-1") }, "test");
  if (isRefusal(added)) throw new Error(added.rule);
  expect((await one.hear("disconnect")).reasonCode).toBe(0x87);
  await one.closed();
  two.say({ cmd: "pingreq" });
  await two.hear("pingresp");
  const again = await join({ ...at, passwords: { "pump-1": added.password } }, "pump-1");
  again.say({ cmd: "pingreq" });
  await again.hear("pingresp");
});

test("I7 a device that retains too much is told so in 5.0; another device goes on", async () => {
  const at = await site("hoarder");
  const [one, two] = [await join(at, "pump-1", {}, 5), await join(at, "pump-2", {}, 5)];
  for (let i = 0; i <= RETAINED_PER_DEVICE_MAX; i++) one.say(plain(`lines/${i}`, "kept", { qos: 1, messageId: i + 1, retain: true }));
  const codes: (number | undefined)[] = [];
  for (let i = 0; i <= RETAINED_PER_DEVICE_MAX; i++) codes.push((await one.hear("puback")).reasonCode ?? 0);
  // Nobody hears it: 0x10.
  expect([codes.slice(0, -1).every((code) => code === 0x10), codes.at(-1)]).toEqual([true, 0x97]);
  // Counted from its rows, too.
  await evictDurableObject(at.intake);
  one.say(plain("lines/more", "kept", { qos: 1, messageId: 99, retain: true }));
  expect((await one.hear("puback")).reasonCode).toBe(0x97);
  two.say(plain("lines/other", "kept", { qos: 1, messageId: 1, retain: true }));
  expect((await two.hear("puback")).reasonCode).toBe(0x10);
});

test("I31 a tail that has seen another life of the object begins anew", async () => {
  const at = await site("tailed");
  const client = await join(at, "pump-1");
  client.say(telemetry(at, "pump-1", sample(Date.now()), 1));
  await client.hear("puback");
  await expect.poll(async () => (await at.intake.tailAfter(0)).length).toBe(1);
  expect(await at.intake.tailAfter(1)).toEqual([]);
  expect(await at.intake.tailAfter(500)).toMatchObject([{ n: 1, device: "pump-1" }]);
});

test("I40 a copy carries the fold and the numbering into an Intake of its own", async () => {
  const at = await site("source");
  const client = await join(at, "pump-1");
  const now = Date.now();
  client.say(...[1, 2, 3].map((i) => telemetry(at, "pump-1", sample(now + i), i)));
  for (let i = 1; i <= 3; i++) await client.hear("puback");
  const copy = env.INTAKE.getByName(intakeObject("default" as TenantId, "copy" as UnitId, 0));
  let after: string | undefined;
  for (let next: string | null = ""; next !== null; after = next ?? undefined) {
    const chunk = await at.intake.exportState(after);
    await copy.importState(chunk);
    next = chunk.next;
  }
  await site("copy", { ...pumpVibration, kind: "sandbox" });
  await copy.refresh(0);
  expect((await copy.glances()).counters).toMatchObject({ messages: 3, samples: 3 });
  expect((await copy.glances()).devices).toMatchObject([{ device: "pump-1", ts: now + 3, connected: false }]);
  expect(await runInDurableObject(copy, (_, state) => state.storage.sql.exec("SELECT n FROM log").toArray())).toEqual([]);
});

const HOT = 40;
/** A baseline in which a vibration of 0.1 g is normal and `HOT` g is not. */
const baseline = {
  mean: Array.from({ length: 8 }, () => 0.1),
  scale: Array.from({ length: 8 }, () => 0.1),
  floor: Array.from({ length: 8 }, () => 1),
  rows: 400,
  learntAt: 1,
};

test("I41 a pump that goes bad reaches its unit as one alarm, by the model that ships, also across an eviction", async () => {
  const at = await site("journey", pumpVibration, []);
  const now = Date.now();
  await at.unit.putEntities(
    {
      entities: [
        { family: "customer", entity: { id: "own", name: "Works" } },
        {
          family: "asset",
          entity: { id: "pump-1", name: "Pump 1", kind: "pump", model: "P", customer: "own", position: { lat: 28, lon: 112 }, moves: false, installedAt: 1 },
        },
        { family: "device", entity: { id: "pump-1", asset: "pump-1", profile: "pump", name: "Pump 1", baseline, addedAt: 1 } },
      ],
    },
    "test",
  );
  const added = await at.unit.addDevice({ device: "pump-1" }, "test");
  if (isRefusal(added)) throw new Error(added.rule);
  const client = await join({ ...at, passwords: { "pump-1": added.password } }, "pump-1");
  const channels = (hot: boolean): string =>
    JSON.stringify(Object.fromEntries((pumpVibration.profiles[0]?.channels ?? []).map(({ id }) => [id, hot ? HOT : 0.1])));
  let id = 0;
  // Two minutes in one message, from which the model learns this pump's noise.
  const past = Array.from({ length: 120 }, (_, i) => `{"ts":${now - 180_000 + i * 1_000},"channels":${channels(false)}}`);
  client.say(telemetry(at, "pump-1", `[${past.join()}]`, ++id));
  await client.hear("puback");
  // Half a minute of normal, half a minute of fault, as a burst; the last second arrives twice.
  for (const s of [...Array.from({ length: 60 }, (_, i) => i), 59]) {
    client.say(telemetry(at, "pump-1", `{"ts":${now - 60_000 + s * 1_000},"channels":${channels(s >= 30)}}`, ++id));
    await client.hear("puback");
    if (s === 45) await evictDurableObject(at.intake);
  }
  await expect
    .poll(
      async () => {
        const board = await at.unit.board();
        return isRefusal(board) ? [] : board.alarms;
      },
      { timeout: 10_000 },
    )
    .toMatchObject([{ device: "pump-1", asset: "pump-1" }]);
  // In a crowd samples wait a moment for others, to be scored together.
  await expect.poll(async () => (await at.intake.glances()).counters).toMatchObject({ messages: 62, duplicates: 1, scored: 180 });
});

test("I42 what commissioning learns is told to the unit, and holds from then on", async () => {
  const at = await site("learning", { ...pumpVibration, commissioningRows: 50 }, ["pump-1"]);
  const client = await join(at, "pump-1");
  const now = Date.now() - 30_000;
  const batch = Array.from({ length: 55 }, (_, i) => ({ ts: now + i * 100, channels: { "vibration.a.rms": 0.1 + (i % 5) / 100 } }));
  client.say(telemetry(at, "pump-1", JSON.stringify(batch), 1));
  await client.hear("puback");
  await expect
    .poll(
      async () => {
        const board = await at.unit.board();
        return isRefusal(board) ? null : board.devices.find((device) => device.id === "pump-1")?.baseline?.rows;
      },
      { timeout: 10_000 },
    )
    .toBe(50);
  await expect.poll(async () => (await at.intake.glances()).devices).toMatchObject([{ device: "pump-1", commissioned: true }]);
});

const lasting = { clean: false };
/** The object dies with its sockets; a stub of an object that crashed stays broken. */
async function crash(at: Site): Promise<Site> {
  await runInDurableObject(at.intake, (_, state) => state.abort("crash")).catch(() => null);
  return { ...at, intake: env.INTAKE.getByName(intakeObject("default" as TenantId, at.name as UnitId, 0)) };
}
const lines = (payload: string, qos: 1 | 2, messageId: number): Packet => plain("lines/1", payload, { qos, messageId });
const told = (packet: Packet): string => String("payload" in packet ? packet.payload : "");

test("MD9 QoS 2 across crashes: telemetry is in the log once, a session that lasts hears each message once", async () => {
  let at = await site("exactly");
  const ts = Date.now();
  let hears = await join(at, "pump-2", lasting);
  hears.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 2 }] });
  await hears.hear("suback");
  let sends = await join(at, "pump-1", lasting);
  const both = [{ ...telemetry(at, "pump-1", sample(ts), 1), qos: 2 } as Packet, lines("one", 2, 2)];
  sends.say(...both);
  for (const id of [1, 2]) expect((await sends.hear("pubrec")).messageId).toBe(id);
  const first = await hears.hear("publish");
  expect([told(first), first.qos]).toEqual(["one", 2]);
  // Both ends have said and heard nothing further when it dies: what they hold by its identifier they say again.
  at = await crash(at);
  sends = await join(at, "pump-1", lasting);
  sends.say(...both.map((packet) => ({ ...packet, dup: true }) as Packet));
  for (const id of [1, 2]) expect((await sends.hear("pubrec")).messageId).toBe(id);
  sends.say({ cmd: "pubrel", messageId: 1 }, { cmd: "pubrel", messageId: 2 });
  for (const id of [1, 2]) expect((await sends.hear("pubcomp")).messageId).toBe(id);
  hears = await join(at, "pump-2", lasting);
  expect(await hears.hear("publish")).toMatchObject({ messageId: first.messageId, dup: true });
  hears.say({ cmd: "pubrec", messageId: first.messageId ?? 0 });
  await hears.hear("pubrel");
  at = await crash(at);
  hears = await join(at, "pump-2", lasting);
  expect((await hears.hear("pubrel")).messageId).toBe(first.messageId);
  hears.say({ cmd: "pubcomp", messageId: first.messageId ?? 0 });
  sends = await join(at, "pump-1", lasting);
  // It did not hear that its release was completed, and the identifier is free for the next one.
  sends.say({ cmd: "pubrel", messageId: 2 }, lines("two", 2, 2));
  await sends.hear("pubcomp");
  expect(told(await hears.hear("publish"))).toBe("two");
  expect(hears.heard("publish")).toBe(0);
  expect(await logged(at)).toEqual([sample(ts)]);
  await expect.poll(async () => (await at.intake.glances()).counters).toMatchObject({ messages: 1, samples: 1, duplicates: 0 });
});

test("MD9 an object that sleeps in the middle of QoS 2 goes on with the same sockets, in both directions", async () => {
  const at = await site("asleep");
  const [hears, sends] = [await join(at, "pump-2", lasting), await join(at, "pump-1", {}, 5)];
  hears.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 2 }] });
  await hears.hear("suback");
  sends.say(lines("one", 2, 7));
  await sends.hear("pubrec");
  const { messageId = 0, payload } = await hears.hear("publish");
  expect(String(payload)).toBe("one");
  await evictDurableObject(at.intake);
  // Said again by one side, gone on with by the other.
  sends.say({ ...lines("one", 2, 7), dup: true } as Packet);
  expect((await sends.hear("pubrec")).messageId).toBe(7);
  hears.say({ cmd: "pubrec", messageId });
  await hears.hear("pubrel");
  await evictDurableObject(at.intake);
  sends.say({ cmd: "pubrel", messageId: 7 });
  await sends.hear("pubcomp");
  hears.say({ cmd: "pubcomp", messageId }, { cmd: "pingreq" });
  await hears.hear("pingresp");
  expect([hears.heard("publish"), hears.heard("pubrel")]).toEqual([0, 0]);
});

test("MD10 who was away hears in order what was acknowledged meanwhile, after a crash and a checkpoint too", async () => {
  let at = await site("absent");
  const first = await join(at, "pump-2", lasting);
  first.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 1 }] }, { cmd: "disconnect" });
  await first.closed();
  const sends = await join(at, "pump-1");
  const now = Date.now();
  for (let i = 1; i <= 20; i++) {
    sends.say(lines(`message ${i}`, 1, i), telemetry(at, "pump-1", sample(now + i), 100 + i));
    await sends.hear("puback");
    await sends.hear("puback");
    if (i === 10) {
      await expect.poll(async () => (await at.intake.glances()).counters.messages).toBe(i);
      await runDurableObjectAlarm(at.intake);
    }
  }
  at = await crash(at);
  const again = await join(at, "pump-2", lasting);
  for (let i = 1; i <= 20; i++) {
    const { payload, messageId = 0 } = await again.hear("publish");
    expect(String(payload)).toBe(`message ${i}`);
    again.say({ cmd: "puback", messageId });
  }
  again.say({ cmd: "pingreq" });
  await again.hear("pingresp");
  expect(again.heard("publish")).toBe(0);
  await expect.poll(async () => (await at.intake.glances()).counters.messages).toBe(20);
});

test("MD11 a payload of a megabyte is passed on and kept, in whatever frames it comes; telemetry has at most 64 KiB", async () => {
  const at = await site("large");
  const [one, two] = [await join(at, "pump-1", {}, 5), await join(at, "pump-2", { clientId: "hears", clean: false }, 4)];
  two.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "images/#", qos: 1 }] });
  await two.hear("suback");
  const payload = Buffer.alloc(PAYLOAD_BYTES_MAX, "image");
  const bytes = generate(plain("images/1", "", { payload, qos: 1, messageId: 3, retain: true }), { protocolVersion: 5 });
  for (let from = 0; from < bytes.length; from += 300_000) one.sayBytes(bytes.subarray(from, from + 300_000));
  expect((await one.hear("puback")).reasonCode ?? 0).toBe(0);
  expect(told(await two.hear("publish")) === payload.toString()).toBe(true);
  one.say(telemetry(at, "pump-1", new Uint8Array(CARRIED_BYTES_MAX + 1), 4));
  expect((await one.hear("puback")).reasonCode).toBe(0x97);
  expect(await logged(at)).toEqual([]);
});
