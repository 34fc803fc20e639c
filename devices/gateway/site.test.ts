import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { generate, parser, type Packet } from "mqtt-packet";
import { expect, onTestFinished, test, vi } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { PAYLOAD_BYTES_MAX } from "../../edge/ingest/broker/packet.ts";
import { type Site, type SiteOptions, startSite } from "./site.ts";
import { emptyDisk, startUnit, type TestUnit, type TestUnitOptions } from "./test-unit.ts";

const soon = { timeout: 20_000, interval: 5 };
const publish = (text: string, qos: 0 | 1 | 2 = 1, messageId = 7, dup = false) =>
  generate({ cmd: "publish", qos, topic: "t", payload: text, dup, retain: false, ...(qos === 0 ? {} : { messageId }) });
const hello = (clientId: string, more: { readonly clean?: boolean; readonly keepalive?: number; readonly user?: string; readonly password?: string } = {}) =>
  generate({
    cmd: "connect",
    clientId,
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: more.clean ?? true,
    keepalive: more.keepalive ?? 60,
    username: more.user ?? "P-1",
    password: Buffer.from(more.password ?? "secret"),
  });

test.each([4, 5] as const)("GW24 many clients, one WebSocket, protocol %i: each is answered for itself", async (protocolVersion) => {
  const { unit, site } = await sited();
  const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => mqttClient(site, { clientId: `c${i}`, protocolVersion })));
  await Promise.all(clients.map((client, i) => client.publishAsync("t", `from ${i}`, { qos: 1 })));
  expect([unit.links(), unit.members()]).toEqual([1, 20]);
  expect(unit.disk.received.map(({ client, text }) => [client, text]).sort()).toEqual(clients.map((_, i) => [`c${i}`, `from ${i}`]).sort());
  await Promise.all(clients.map((client) => client.endAsync()));
  await vi.waitUntil(() => unit.members() === 0, soon);
  expect(new Set(unit.disk.gone.map(({ why }) => why))).toEqual(new Set(["ended"]));
  await vi.waitUntil(() => site.clients() === 0, soon);
});

test("GW24 a packet of the greatest length, however TCP cuts it, arrives whole; who ends without a word is lost to the unit", async () => {
  const { unit, site } = await sited();
  const client = await talking(site, hello("big"));
  const large = publish("x".repeat(PAYLOAD_BYTES_MAX));
  for (let at = 0; at < large.length; at += 5_000) client.socket.write(large.subarray(at, at + 5_000));
  await client.until("puback");
  expect(unit.disk.received).toMatchObject([{ client: "big", bytes: PAYLOAD_BYTES_MAX }]);
  client.socket.destroy();
  await vi.waitUntil(() => unit.disk.gone.length === 1, soon);
  expect(unit.disk.gone).toEqual([{ client: "big", why: "lost" }]);
});

test("GW25 PINGREQ is answered here; a client silent for one and a half keep-alives is closed, and its will is due", async () => {
  let now = 0;
  const { unit, site } = await sited({ now: () => now });
  const client = await talking(site, hello("quiet", { keepalive: 10 }));
  client.socket.write(generate({ cmd: "pingreq" }));
  await client.until("pingresp");
  expect(unit.disk.pings.count).toBe(0);
  now = 14_000;
  client.socket.write(generate({ cmd: "pingreq" }));
  await client.until("pingresp");
  now = 28_000;
  client.socket.write(generate({ cmd: "pingreq" }));
  await client.until("pingresp");
  now = 44_000;
  await once(client.socket, "close");
  await vi.waitUntil(() => unit.disk.gone.length === 1, soon);
  expect(unit.disk.gone).toEqual([{ client: "quiet", why: "silent" }]);
});

test("GW25 the keep-alive that the unit asks for is kept instead of the client's", async () => {
  let now = 0;
  const { unit, site } = await sited({ now: () => now }, { serverKeepAlive: 2 });
  const client = await mqttClient(site, { protocolVersion: 5, keepalive: 0, reconnectPeriod: 0 });
  const disconnected = new Promise<Packet>((resolve) => {
    client.once("disconnect", resolve);
  });
  now = 3_100;
  expect(await disconnected).toMatchObject({ cmd: "disconnect", reasonCode: 0x8d });
  await vi.waitUntil(() => unit.disk.gone.length === 1, soon);
});

test("GW26 when the link goes its clients end, and connect anew when it is back; while it is away they are refused, in both versions", async () => {
  const { unit, site, again } = await sited();
  const client = await talking(site, hello("c"));
  await unit.stop();
  await once(client.socket, "close");
  expect(site.counts().ends).toMatchObject({ "unit-away": 1 });
  expect(await refusal(site, 4)).toBe(3);
  expect(await refusal(site, 5)).toBe(0x88);
  await again();
  await vi.waitUntil(() => Object.values(site.counts().units)[0]?.state === "up", soon);
  await talking(site, hello("c"));
  expect(site.counts().units["plant"]).toMatchObject({ up: 2, members: 1 });
});

test("GW26 a link that the unit cuts is dialled again", async () => {
  const { unit, site } = await sited();
  await talking(site, hello("c"));
  unit.cut();
  await vi.waitUntil(() => site.counts().units["plant"]?.up === 2, soon);
  expect(unit.links()).toBe(1);
});

test("GW26 a link is asked whether it is alive: one that answers stays, one that doesn't is dead, whatever TCP says", async () => {
  let now = 0;
  const { unit, site } = await sited({ now: () => now });
  const client = await talking(site, hello("c", { keepalive: 0 }));
  for (let asked = 1; asked <= 4; asked++) {
    now += 20_000;
    await vi.waitUntil(() => unit.disk.asks.count === asked, soon);
    // Its answer has come before this one.
    unit.tellAll(publish(`${asked}`, 0));
    await client.until("publish");
  }
  expect(site.counts().units["plant"]?.up).toBe(1);
  unit.freeze(true);
  now += 45_001;
  await vi.waitUntil(() => site.counts().units["plant"]?.up === 2, soon);
  expect(site.counts().ends).toMatchObject({ "unit-away": 1 });
});

test("GW27 a unit without room stops the client that floods, within a bound, and not its neighbour", async () => {
  let room = true;
  const limits = { memberBytes: 64 * 1024, linkBytes: 1024 * 1024 };
  const { unit, site } = await sited({}, { hasRoom: () => room, limits });
  const flood = await talking(site, hello("flood"));
  const neighbour = await talking(site, hello("neighbour"));
  room = false;
  const chunk = publish("x".repeat(16 * 1024), 0);
  let written = 0;
  while (flood.socket.write(chunk) || written < 4e6) if ((written += chunk.length) > 40e6) break;
  neighbour.socket.write(publish("heard"));
  await neighbour.until("puback");
  const flooded = () => unit.disk.received.filter(({ client }) => client === "flood").length * 16 * 1024;
  const before = flooded();
  neighbour.socket.write(publish("heard again"));
  await neighbour.until("puback");
  // Its window, and what one read of the socket held.
  expect(flooded()).toBeLessThanOrEqual(64 * 1024 + 2 * 64 * 1024 + 16 * 1024);
  expect(flooded()).toBe(before);
  room = true;
  neighbour.socket.write(publish("and again"));
  await vi.waitUntil(() => flooded() > before, soon);
});

test("GW27 a link that doesn't move stops the clients by what waits in it, whatever credit they have; nothing is lost when it moves", async () => {
  const { unit, site } = await sited({}, { limits: { memberBytes: 1e9, linkBytes: 1e9 } });
  const client = await talking(site, hello("c"));
  unit.freeze(true);
  const total = 1_500;
  for (let i = 0; i < total; i++) client.socket.write(publish(`${i}`.padEnd(16 * 1024, "."), 0));
  const carried = () => site.counts().units["plant"]?.packets ?? 0;
  let [last, still] = [0, 0];
  const stands = (): boolean => {
    still = carried() === last ? still + 1 : 0;
    last = carried();
    return last > 1 && still >= 20;
  };
  await vi.waitUntil(stands, { timeout: 20_000, interval: 10 });
  // The link's bound, what the system holds of two sockets, and what one read of the client held; not the 24 MB.
  expect(carried()).toBeLessThan(1_000);
  unit.freeze(false);
  await vi.waitUntil(() => unit.disk.received.length === total, soon);
  expect(unit.disk.received.map(({ text }) => Number.parseInt(text, 10))).toEqual(Array.from({ length: total }, (_, i) => i));
});

test("GW24 a member's number isn't used again before the unit has confirmed its end: the link outlives any coming and going", async () => {
  const { unit, site } = await sited();
  for (let round = 0; round < 15; round++) {
    const crowd = await Promise.all(Array.from({ length: 10 }, (_, i) => talking(site, hello(`c${round}-${i}`))));
    // Half of them go while others come.
    crowd.forEach(({ socket }, i) => (i % 2 === 0 ? socket.destroy() : socket.end(generate({ cmd: "disconnect" }))));
  }
  await vi.waitUntil(() => unit.members() === 0 && unit.disk.gone.length === 150, soon);
  expect(site.counts().units["plant"]).toMatchObject({ up: 1, members: 0 });
  expect(new Set(unit.disk.gone.map(({ why }) => why))).toEqual(new Set(["lost", "ended"]));
});

test("GW27 a client that doesn't read can't hear any more, within a bound, and its neighbour does", async () => {
  const { unit, site } = await sited({}, { limits: { memberBytes: 64 * 1024 } });
  const deaf = await talking(site, hello("deaf"));
  const neighbour = await talking(site, hello("neighbour"));
  deaf.socket.pause();
  const message = publish("y".repeat(32 * 1024), 0);
  await vi.waitUntil(() => unit.tellAll(message) === 1, { timeout: 20_000, interval: 1 });
  const heard = neighbour.bytes();
  unit.tellAll(message);
  await vi.waitUntil(() => neighbour.bytes() > heard, soon);
  deaf.socket.resume();
  await vi.waitUntil(() => unit.tellAll(message) === 2, soon);
});

test("GW28 a storm is let in at a pace: no more CONNECTs are out at a time than the line allows, and all are answered", async () => {
  const { unit, site } = await sited();
  const clients = await Promise.all(Array.from({ length: 300 }, (_, i) => talking(site, hello(`s${i}`))));
  expect(unit.disk.connects).toHaveLength(300);
  for (const { socket } of clients) socket.destroy();
});

test("GW28 what is over the cap, or faster than connections are taken, is closed unread and counted; half packets are bounded over all clients", async () => {
  let now = 0;
  const { site } = await sited({ clientsMax: 3, acceptsPerS: 4, heldBytesMax: 6_000, now: () => now });
  const first = await talking(site, hello("a"));
  const second = await talking(site, hello("b"));
  const third = await talking(site, hello("c"));
  await closed(site);
  expect(site.counts()).toMatchObject({ accepted: 3, refusedFull: 1 });
  third.socket.destroy();
  await vi.waitUntil(() => site.clients() === 2, soon);
  const fourth = await talking(site, hello("d"));
  fourth.socket.destroy();
  await vi.waitUntil(() => site.clients() === 2, soon);
  await closed(site);
  expect(site.counts()).toMatchObject({ accepted: 4, refusedStorm: 1 });
  const half = publish("x".repeat(5_000));
  first.socket.write(half.subarray(0, 4_000));
  second.socket.write(half.subarray(0, 4_000));
  await Promise.race([once(first.socket, "close"), once(second.socket, "close")]);
  expect(site.counts().ends).toMatchObject({ "no-room": 1 });
  now = 1;
});

test("GW29 a unit that this gateway doesn't serve is refused as not authorized", async () => {
  const { site } = await sited();
  expect(await refusal(site, 4, "quarry/P-1")).toBe(5);
  expect(site.counts().ends).toMatchObject({ "unit-unknown": 1 });
});

test("GW29 the link carries the gateway's token", async () => {
  const { unit, site } = await sited({ token: "word" });
  await talking(site, hello("c"));
  expect(unit.disk.tokens).toEqual(["Bearer word"]);
});

test("GW34 while the unit is away, known clients publish onto the disk; when it is back it has each packet once, and then the clients", async () => {
  const { unit, site, again } = await sited({ folder: folder() });
  const before = await talking(site, hello("c"));
  await unit.stop();
  await once(before.socket, "close");
  const client = await talking(site, hello("c"));
  client.socket.write(publish("one", 1, 11));
  client.socket.write(publish("none", 0));
  client.socket.write(publish("two", 1, 12));
  client.socket.write(generate({ cmd: "subscribe", messageId: 13, subscriptions: [{ topic: "#", qos: 0 }] }));
  client.socket.write(generate({ cmd: "pingreq" }));
  expect(await client.until("suback")).toMatchObject({ granted: [0x80] });
  await client.until("pingresp");
  await vi.waitUntil(() => client.heard().filter((cmd) => cmd === "puback").length === 2, soon);
  expect(site.counts().units["plant"]).toMatchObject({ queued: 2, qos0Dropped: 1 });
  // Others are refused: unknown ones, and wrong passwords.
  expect(await refusal(site, 4, "P-2")).toBe(3);
  expect(await refusal(site, 4, "P-1", "guess")).toBe(3);
  const back = await again();
  await once(client.socket, "close");
  expect(back.disk.stored).toMatchObject([
    { seq: 1, device: "P-1", client: "c", type: "publish", text: "one" },
    { seq: 2, device: "P-1", client: "c", type: "publish", text: "two" },
  ]);
  await vi.waitUntil(() => site.counts().units["plant"]?.state === "up", soon);
  expect(site.counts().units["plant"]).toMatchObject({ queued: 0, returned: 2 });
  await talking(site, hello("c"));
  expect(back.members()).toBe(1);
});

test("GW34 QoS 2 while the unit is away: the same identifier is one message until it is released, also after the client came back", async () => {
  const { unit, site, again } = await sited({ folder: folder() });
  const known = await talking(site, hello("c", { clean: false }));
  await unit.stop();
  await once(known.socket, "close");
  const first = await talking(site, hello("c", { clean: false }));
  expect(first.connack()).toMatchObject({ sessionPresent: true });
  first.socket.write(publish("once", 2, 5));
  await first.until("pubrec");
  first.socket.destroy();
  const second = await talking(site, hello("c", { clean: false }));
  second.socket.write(publish("once", 2, 5, true));
  await second.until("pubrec");
  second.socket.write(generate({ cmd: "pubrel", messageId: 5 }));
  await second.until("pubcomp");
  second.socket.write(publish("another", 2, 5));
  await second.until("pubrec");
  const back = await again();
  await vi.waitUntil(() => back.disk.stored.length === 3, soon);
  expect(back.disk.stored.map(({ type, text }) => `${type} ${text}`)).toEqual(["publish once", "pubrel ", "publish another"]);
});

test("GW35 a full queue withholds the acknowledgement and takes nothing more; the unit's return frees it and nothing acknowledged is missing", async () => {
  const { unit, site, again } = await sited({ folder: folder(), queueBytesMax: 3_000 });
  const known = await talking(site, hello("c"));
  await unit.stop();
  await once(known.socket, "close");
  const client = await talking(site, hello("c"));
  for (let id = 1; id <= 20; id++) client.socket.write(publish(`m${id}`.padEnd(500, "."), 1, id));
  client.socket.write(generate({ cmd: "pingreq" }));
  await vi.waitUntil(() => (site.counts().units["plant"]?.queued ?? 0) >= 5, soon);
  const back = await again();
  await once(client.socket, "close");
  await vi.waitUntil(() => site.counts().units["plant"]?.state === "up", soon);
  const acknowledged = client.heard().filter((cmd) => cmd === "puback").length;
  expect(acknowledged).toBeGreaterThanOrEqual(5);
  expect(back.disk.stored.length).toBeGreaterThanOrEqual(acknowledged);
  expect(back.disk.stored.map(({ text }) => text.slice(0, text.indexOf(".")))).toEqual(back.disk.stored.map((_, i) => `m${i + 1}`));
});

test("GW36 a gateway that dies with a full disk sends it all when both are back, under its old name, and nothing twice", async () => {
  const place = folder();
  const { unit, site, url, again } = await sited({ folder: place });
  const known = await talking(site, hello("c"));
  await unit.stop();
  await once(known.socket, "close");
  const client = await talking(site, hello("c"));
  for (let id = 1; id <= 300; id++) client.socket.write(publish(`m${id}`, 1, id));
  await vi.waitUntil(() => client.heard().filter((cmd) => cmd === "puback").length === 300, soon);
  await site.close();
  const other = await gateway({ folder: place, upstream: () => url });
  await vi.waitUntil(() => other.counts().units["plant"]?.queued === 300, soon);
  // The unit hears of some, and its answers get lost.
  let commits = false;
  const deaf = await again({ commits: () => commits });
  await vi.waitUntil(() => deaf.links() === 1, soon);
  await vi.waitUntil(() => other.counts().units["plant"]?.state === "returning", soon);
  deaf.cut();
  commits = true;
  await vi.waitUntil(() => other.counts().units["plant"]?.state === "up", soon);
  expect(deaf.disk.stored.map(({ text }) => text)).toEqual(Array.from({ length: 300 }, (_, i) => `m${i + 1}`));
  expect(deaf.disk.throughByGateway.size).toBe(1);
});

test("GW37 the will of a client that is lost while the unit is away waits on the disk with its messages", async () => {
  const { unit, site, again } = await sited({ folder: folder() });
  const known = await talking(site, hello("c"));
  await unit.stop();
  await once(known.socket, "close");
  const will = { topic: "gone", payload: Buffer.from("lost"), qos: 1 as const, retain: true };
  const packet = { cmd: "connect" as const, clientId: "c", protocolId: "MQTT" as const, protocolVersion: 4 as const, clean: true, keepalive: 60 };
  const client = await talking(site, generate({ ...packet, username: "P-1", password: Buffer.from("secret"), will }));
  client.socket.destroy();
  await vi.waitUntil(() => site.counts().units["plant"]?.queued === 1, soon);
  const back = await again();
  await vi.waitUntil(() => back.disk.stored.length === 1, soon);
  expect(back.disk.stored).toMatchObject([{ type: "publish", text: "lost" }]);
});

function folder(): string {
  const place = mkdtempSync(join(tmpdir(), "outpost-gateway-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

async function gateway(options: Partial<SiteOptions> & Pick<SiteOptions, "upstream">): Promise<Site> {
  const site = await startSite({ host: "127.0.0.1", port: 0, units: ["plant"], checkMs: 10, random: () => 1, ...options });
  if (isRefusal(site)) throw new Error(site.rule);
  onTestFinished(() => site.close().catch(() => {}));
  return site;
}

async function sited(options: Partial<SiteOptions> = {}, how: TestUnitOptions = {}) {
  const disk = emptyDisk();
  const start = async (port: number, more: TestUnitOptions): Promise<TestUnit> => {
    const started = await startUnit({ port, disk, ...how, ...more });
    onTestFinished(() => started.stop());
    return started;
  };
  const unit = await start(0, {});
  const url = `ws://127.0.0.1:${unit.port}/mqtt/plant`;
  const site = await gateway({ upstream: () => url, ...options });
  await vi.waitUntil(() => site.counts().units["plant"]?.state === "up", soon);
  return { unit, site, url, again: (more: TestUnitOptions = {}) => start(unit.port, more) };
}

async function mqttClient(site: Site, options: IClientOptions): Promise<MqttClient> {
  const client = await mqtt.connectAsync({ host: "127.0.0.1", port: site.port ?? 0, username: "P-1", password: "secret", reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  return client;
}

/** A client by hand, connected. */
async function talking(site: Site, connectPacket: Uint8Array) {
  const socket = connect(site.port ?? 0, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const packets: Packet[] = [];
  let bytes = 0;
  let taken = 0;
  const read = parser();
  read.on("packet", (packet) => packets.push(packet));
  socket.on("data", (piece) => {
    bytes += piece.length;
    read.parse(piece);
  });
  socket.on("error", () => {});
  socket.write(connectPacket);
  /** The next packet of this kind. */
  async function until(cmd: Packet["cmd"]): Promise<Packet> {
    await vi.waitUntil(() => packets.slice(taken).some((packet) => packet.cmd === cmd), soon);
    const at = packets.findIndex((packet, i) => i >= taken && packet.cmd === cmd);
    taken = at + 1;
    const [found] = packets.slice(at);
    if (found === undefined) throw new Error(cmd);
    return found;
  }
  const connack = await until("connack");
  return { socket, until, heard: () => packets.map(({ cmd }) => cmd), bytes: () => bytes, connack: () => connack };
}

async function refusal(site: Site, protocolVersion: 4 | 5, username = "P-1", password = "secret"): Promise<number> {
  const socket: Socket = connect(site.port ?? 0, "127.0.0.1");
  socket.write(
    generate({ cmd: "connect", clientId: "r", protocolId: "MQTT", protocolVersion, clean: true, keepalive: 60, username, password: Buffer.from(password) }),
  );
  const bytes: Buffer[] = [];
  socket.on("data", (piece) => bytes.push(piece));
  await once(socket, "close");
  return Buffer.concat(bytes)[3] ?? -1;
}

async function closed(site: Site): Promise<void> {
  const socket = connect(site.port ?? 0, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "close");
}
