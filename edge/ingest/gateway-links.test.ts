import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { frameWriter, LINK_ASKS, readFrames, type Stored } from "../../contracts/gateway-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { openBroker } from "./broker/broker.ts";
import type { ConnId } from "./broker/order.ts";
import { LINK_SILENT_MS, type LinksDeps, openGatewayLinks } from "./gateway-links.ts";

const NOW = 1_000_000;
const packet = { protocolId: "MQTT" as const, protocolVersion: 4 as const, clean: true, keepalive: 60 };
const connect = (clientId: string) => generate({ cmd: "connect", clientId, ...packet });
const subscribe = generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
const publish = (text: string, messageId = 7) => generate({ cmd: "publish", qos: 1, messageId, topic: "t", payload: text, dup: false, retain: false });

test("GW21 members of two links and a broker that is the real one: what one publishes the others hear, each on its own link", () => {
  const { links, send, heard } = joined();
  for (const socket of ["a", "b"]) send(socket, (writer) => writer.put({ kind: "hello", version: 1, gateway: socket }));
  for (const [socket, member, client] of [
    ["a", 1, "one"],
    ["a", 2, "two"],
    ["b", 1, "three"],
  ] as const)
    send(socket, (writer) => {
      writer.put({ kind: "open", member, secure: false, verified: false });
      writer.data(member, connect(client));
      writer.data(member, subscribe);
    });
  send("a", (writer) => writer.data(1, publish("hello")));
  expect(heard("a", 1)).toEqual(["connack", "suback", "puback", "publish hello"].sort());
  expect(heard("a", 2)).toEqual(["connack", "suback", "publish hello"].sort());
  expect(heard("b", 1)).toEqual(["connack", "suback", "publish hello"].sort());
  expect(links.members()).toBe(3);
});

test("GW21 a packet in pieces over messages is one packet to the broker", () => {
  const { send, heard } = joined();
  send("a", (writer) => writer.put({ kind: "hello", version: 1, gateway: "a" }));
  send("a", (writer) => {
    writer.put({ kind: "open", member: 1, secure: false, verified: false });
    writer.data(1, connect("one"));
    writer.data(1, publish("x".repeat(600 * 1024)));
  });
  expect(heard("a", 1)).toEqual(["connack", "puback"]);
});

test("GW21 whoever the broker ends is closed on the link, and a link that goes takes its members along", () => {
  const { links, broker, send, closed } = joined();
  send("a", (writer) => {
    writer.put({ kind: "hello", version: 1, gateway: "a" });
    for (const member of [1, 2]) {
      writer.put({ kind: "open", member, secure: false, verified: false });
      // The same identifier: the first is taken over [MQTT-3.1.4-3].
      writer.data(member, connect("one"));
    }
  });
  expect(closed("a")).toEqual([1]);
  expect([links.members(), broker.counts().connections]).toEqual([1, 1]);
  links.lost("a", NOW);
  expect([links.members(), broker.counts().connections]).toEqual([0, 0]);
});

test("GW21 what breaks a link's order ends it and all its members, and no other link", () => {
  const { links, broker, send } = joined();
  for (const socket of ["a", "b"])
    send(socket, (writer) => {
      writer.put({ kind: "hello", version: 1, gateway: socket });
      writer.put({ kind: "open", member: 1, secure: false, verified: false });
    });
  expect(isRefusal(links.take("a", "nonsense", NOW))).toBe(true);
  expect([links.has("a"), links.has("b"), broker.counts().connections]).toEqual([false, true, 1]);
});

test("GW25 the broker doesn't end a quiet member, whose gateway keeps its keep-alive and is told that of the unit; a socket of its own it does", () => {
  const { broker, send, bytes, closed } = joined({}, {}, ["a 1"]);
  send("a", (writer) => {
    writer.put({ kind: "hello", version: 1, gateway: "a" });
    writer.put({ kind: "open", member: 1, secure: false, verified: false });
    writer.data(1, generate({ cmd: "connect", clientId: "one", ...packet, protocolVersion: 5, keepalive: 600 }));
  });
  const read = parser({ protocolVersion: 5 });
  const packets: Packet[] = [];
  read.on("packet", (one) => packets.push(one));
  read.parse(bytes("a", 1));
  expect(packets).toMatchObject([{ cmd: "connack", properties: { serverKeepAlive: 60 } }]);
  broker.open(99, NOW);
  broker.bytes(99, connect("two"), NOW);
  send("a", () => {});
  expect(broker.counts().connected).toBe(2);
  broker.instant(NOW + 3_600_000);
  send("a", () => {});
  expect([broker.counts().connected, closed("a")]).toEqual([1, []]);
});

test("GW22 a member without credit pauses in the broker, and goes on where it stopped", () => {
  const calls: string[] = [];
  const { links } = joined({ pause: (conn, paused) => calls.push(`${conn} ${String(paused)}`) });
  const put = put_(links);
  put("a", (writer) => {
    writer.put({ kind: "hello", version: 1, gateway: "a" });
    writer.put({ kind: "open", member: 9, secure: false, verified: false });
  });
  expect(links.say(1, new Uint8Array(256 * 1024))).toBe(true);
  put("a", (writer) => writer.put({ kind: "credit", member: 9, bytes: 1_000 }));
  expect(calls).toEqual(["1 true", "1 false"]);
  expect(links.say(2, new Uint8Array(1))).toBe(false);
});

test("GW23 stored packets are handed on with their gateway, and each of its links is told what is committed", () => {
  const came: string[] = [];
  const { links } = joined({}, { restored: (gateway, packets) => came.push(`${gateway} ${packets.map(({ seq }) => seq).join()}`), through: () => 4 });
  const stored = (seq: number): Stored => ({ seq, ageMs: 0, version: 4, device: "P-1", client: "c", packet: Uint8Array.of(0x30, 0) });
  put_(links)("a", (writer) => {
    writer.put({ kind: "hello", version: 1, gateway: "g" });
    for (const seq of [4, 5, 6]) writer.put({ kind: "stored", ...stored(seq) });
  });
  links.accepted("g", 6);
  links.accepted("other", 9);
  const frames = links.settle().map(({ message }) => (typeof message === "string" ? message : readFrames(message)));
  expect(came).toEqual(["g 5,6"]);
  expect(frames.flat()).toMatchObject([
    { kind: "welcome", through: 4 },
    { kind: "accepted", through: 6 },
  ]);
});

test("GW21 a link that hasn't asked for three questions' time is silent", () => {
  const { links } = joined();
  links.take("a", LINK_ASKS, NOW);
  expect(links.settle()).toEqual([{ socket: "a", message: "!" }]);
  const askedAt = (socket: string) => (socket === "a" ? NOW : NOW - 1);
  expect(links.silent(NOW + LINK_SILENT_MS, askedAt)).toEqual(["b"]);
});

type Links = ReturnType<typeof joined>["links"];
type Member = { readonly read: ReturnType<typeof parser>; readonly packets: string[]; readonly bytes: Buffer[] };
type Put = (writer: ReturnType<typeof frameWriter>) => void;

/** Two links, "a" and "b", of one broker. */
function joined(own: Partial<LinksDeps["broker"]> = {}, deps: Partial<LinksDeps> = {}, five: readonly string[] = []) {
  const fives = new Set(five);
  const broker = openBroker({
    rules: {
      unit: "plant",
      knows: () => true,
      open: true,
      newId: () => "made",
      carriedBy: () => null,
      quota: () => true,
      keepAliveMsMax: 60_000,
      receiveMax: 20,
    },
    now: NOW,
    head: 0,
    through: 0,
    retained: [],
    sessions: [],
  });
  let conns: ConnId = 0;
  const links = openGatewayLinks<string>({
    broker: { ...broker, ...own },
    newConn: () => (conns += 1),
    hasRoom: () => true,
    through: () => 0,
    restored: () => {},
    ...deps,
  });
  for (const socket of ["a", "b"]) links.opened(socket);
  const put = put_(links);
  const members = new Map<string, Member>();
  const closes: string[] = [];

  function settle(): void {
    for (let commit = "now"; commit !== "none";) {
      const orders = broker.take();
      for (const { conn, bytes } of orders.sends) links.say(conn, bytes);
      for (const { conn } of orders.closes) links.end(conn);
      for (const { conn } of orders.admits) broker.admitted(conn, "anybody", NOW);
      ({ commit } = orders);
      if (orders.admits.length > 0) commit = "now";
      broker.group(NOW);
      broker.committed(NOW);
    }
    for (const { socket, message } of links.settle()) {
      const frames = typeof message === "string" ? [] : readFrames(message);
      if (isRefusal(frames)) throw new Error(frames.rule);
      for (const frame of frames) {
        if (frame.kind === "close") closes.push(`${socket} ${frame.member}`);
        if (frame.kind !== "data") continue;
        const bytes = Buffer.from(frame.bytes);
        memberOf(`${socket} ${frame.member}`).bytes.push(bytes);
        // Those of 5.0 are looked at as bytes.
        if (!fives.has(`${socket} ${frame.member}`)) memberOf(`${socket} ${frame.member}`).read.parse(bytes);
      }
    }
  }

  function memberOf(name: string) {
    const found = members.get(name);
    if (found !== undefined) return found;
    const packets: string[] = [];
    const read = parser();
    read.on("packet", (one: Packet) => packets.push(one.cmd === "publish" ? `publish ${one.payload.toString()}` : one.cmd));
    const made: Member = { read, packets, bytes: [] };
    members.set(name, made);
    return made;
  }

  return {
    links,
    broker,
    send(socket: string, what: Put) {
      put(socket, what);
      settle();
    },
    bytes: (socket: string, member: number) => Buffer.concat(memberOf(`${socket} ${member}`).bytes),
    heard: (socket: string, member: number) => memberOf(`${socket} ${member}`).packets.toSorted(),
    closed: (socket: string) => closes.filter((one) => one.startsWith(`${socket} `)).map((one) => Number(one.split(" ")[1])),
  };
}

function put_(links: Links) {
  return (socket: string, what: Put): void => {
    const writer = frameWriter();
    what(writer);
    for (const message of writer.take()) expect(links.take(socket, message, NOW)).toBeNull();
  };
}
