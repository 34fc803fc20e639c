import fc from "fast-check";
import { generate, type Packet as Theirs } from "mqtt-packet";
import { expect, test } from "vitest";
import { REASON, type Version } from "../reason.ts";
import { chance } from "./fuzz.ts";
import { CONNECT_BYTES_MAX, type Malformed, type Packet, PACKET_BYTES_MAX, PAYLOAD_BYTES_MAX } from "./packet.ts";
import { openReader } from "./read.ts";
import { joinAs, openRig, publishOn, receiveAll, subscribeTo } from "./rig.ts";

const bytesOf = (packet: Theirs, version: Version = 5): Uint8Array => new Uint8Array(generate(packet, { protocolVersion: version }));
const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function readAll(version: Version | null, ...frames: readonly Uint8Array[]): (Packet | Malformed)[] {
  const reader = openReader(version);
  const found: (Packet | Malformed)[] = [];
  for (const frame of frames) {
    reader.take(frame);
    for (let packet = reader.next(); packet !== null; packet = reader.next()) {
      found.push(packet);
      if (packet.type === "malformed") return found;
    }
  }
  return found;
}

const text = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }).filter((value) => value.isWellFormed() && !/[\0+#]/.test(value));
const id = fc.integer({ min: 1, max: 65_535 });
const publish: fc.Arbitrary<Theirs> = fc.record({
  cmd: fc.constant("publish" as const),
  topic: text,
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.constantFrom(1, 2),
  retain: fc.boolean(),
  dup: fc.boolean(),
  messageId: id,
  properties: fc.record({ messageExpiryInterval: fc.nat(9_999), topicAlias: fc.integer({ min: 1, max: 9 }), contentType: text }, { requiredKeys: [] }),
});
const others: fc.Arbitrary<Theirs> = fc.oneof(
  publish,
  fc.record({ cmd: fc.constantFrom("puback", "pubrec"), messageId: id, reasonCode: fc.constantFrom(0, 0x10, 0x97) }),
  fc.record({ cmd: fc.constantFrom("pubrel", "pubcomp"), messageId: id, reasonCode: fc.constantFrom(0, 0x92) }),
  fc.record({
    cmd: fc.constant("subscribe" as const),
    messageId: id,
    subscriptions: fc.array(fc.record({ topic: text, qos: fc.constantFrom(0, 1, 2), nl: fc.boolean(), rap: fc.boolean(), rh: fc.nat(2) }), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  fc.record({ cmd: fc.constant("unsubscribe" as const), messageId: id, unsubscriptions: fc.array(text, { minLength: 1, maxLength: 4 }) }),
  fc.constantFrom({ cmd: "pingreq" as const }, { cmd: "disconnect" as const, reasonCode: 4 }, { cmd: "auth" as const, reasonCode: 0 }),
);

/** What ours says of a packet in their words. */
function theirsOf(packet: Packet | Malformed): object {
  switch (packet.type) {
    case "publish":
      return {
        cmd: packet.type,
        topic: packet.topic,
        payload: [...packet.payload],
        qos: packet.qos,
        retain: packet.retain,
        dup: packet.dup,
        messageId: packet.id,
        alias: packet.alias,
        expiryMs: packet.expiryMs,
      };
    case "subscribe":
      return {
        cmd: packet.type,
        messageId: packet.id,
        subscriptions: packet.subscriptions.map((one) => [one.filter, one.qos, one.noLocal, one.retainAsPublished, one.retainHandling]),
      };
    case "unsubscribe":
      return { cmd: packet.type, messageId: packet.id, unsubscriptions: packet.filters };
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return { cmd: packet.type, messageId: packet.id, reasonCode: packet.reason };
    case "disconnect":
      return { cmd: packet.type, reasonCode: packet.reason };
    default:
      return { cmd: packet.type };
  }
}
function wordsOf(packet: Theirs): object {
  switch (packet.cmd) {
    case "publish":
      return {
        cmd: packet.cmd,
        topic: packet.topic,
        payload: [...Buffer.from(packet.payload)],
        qos: packet.qos,
        retain: packet.retain,
        dup: packet.dup,
        messageId: packet.messageId,
        alias: packet.properties?.topicAlias ?? 0,
        expiryMs: packet.properties?.messageExpiryInterval === undefined ? null : packet.properties.messageExpiryInterval * 1000,
      };
    case "subscribe":
      return { cmd: packet.cmd, messageId: packet.messageId, subscriptions: packet.subscriptions.map((one) => [one.topic, one.qos, one.nl, one.rap, one.rh]) };
    case "unsubscribe":
      return { cmd: packet.cmd, messageId: packet.messageId, unsubscriptions: packet.unsubscriptions };
    case "pingreq":
    case "auth":
      return { cmd: packet.cmd };
    case "disconnect":
      return { cmd: packet.cmd, reasonCode: packet.reasonCode };
    default:
      return { cmd: packet.cmd, messageId: "messageId" in packet ? packet.messageId : 0, reasonCode: "reasonCode" in packet ? packet.reasonCode : 0 };
  }
}

test("MQ30 what mqtt-packet writes is read as it was meant, wherever frames are cut", () => {
  fc.assert(
    fc.property(fc.array(others, { minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }), (packets, cuts) => {
      const whole = Uint8Array.from(packets.flatMap((packet) => [...bytesOf(packet)]));
      const frames: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) frames.push(whole.slice(at, (at += cut)));
      frames.push(whole.slice(at));
      expect(readAll(5, ...frames).map(theirsOf)).toEqual(packets.map(wordsOf));
    }),
    { numRuns: 300 },
  );
});

test("MQ30 CONNECT is read with its will, its limits and its credentials [MQTT-3.1.3-1]", () => {
  const [packet] = readAll(
    null,
    bytesOf({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "c",
      clean: false,
      keepalive: 7,
      username: "u",
      password: Buffer.from("p"),
      properties: {
        sessionExpiryInterval: 0xffffffff,
        receiveMaximum: 3,
        maximumPacketSize: 99,
        topicAliasMaximum: 4,
        requestResponseInformation: true,
        requestProblemInformation: false,
        userProperties: { a: "b" },
      },
      will: { topic: "w", payload: Buffer.from("x"), qos: 2, retain: true, properties: { willDelayInterval: 5, messageExpiryInterval: 6, contentType: "t" } },
    }),
  );
  expect(packet).toMatchObject({
    type: "connect",
    client: "c",
    clean: false,
    keepAliveMs: 7_000,
    user: "u",
    password: "p",
    expiryMs: Infinity,
    receiveMax: 3,
    packetMax: 99,
    aliasMax: 4,
    wantsResponse: true,
    problem: "declined",
    will: { topic: "w", qos: 2, retain: true, delayMs: 5_000, expiryMs: 6_000, properties: Uint8Array.of(3, 0, 1, 116) },
  });
});

const CONNECTED: readonly (readonly [name: string, hex: string, reason: number])[] = [
  ["QoS 3 [MQTT-3.3.1-4]", "36 05 00 01 61 00 01", REASON.malformedPacket],
  ["DUP at QoS 0 [MQTT-3.3.1-2]", "38 04 00 01 61 00", REASON.malformedPacket],
  ["identifier 0 [MQTT-2.2.1-3]", "32 06 00 01 61 00 00 00", REASON.protocolError],
  ["no topic and no alias [MQTT-3.3.2-1]", "30 03 00 00 00", REASON.protocolError],
  ["a topic that is no UTF-8 [MQTT-1.5.4-1]", "30 04 00 01 ff 00", REASON.malformedPacket],
  ["a topic with U+0000 [MQTT-1.5.4-2]", "30 04 00 01 00 00", REASON.malformedPacket],
  ["a topic longer than the packet", "30 03 00 09 61", REASON.malformedPacket],
  ["a Remaining Length of five bytes [MQTT-1.5.5-1]", "30 ff ff ff ff 01", REASON.malformedPacket],
  ["a Remaining Length with bytes it does not need [MQTT-1.5.5-1]", "c0 80 00", REASON.malformedPacket],
  ["alias 0 [MQTT-3.3.2-8]", "30 07 00 01 61 03 23 00 00", REASON.topicAliasInvalid],
  ["a property twice [MQTT-2.2.2]", "30 08 00 01 61 04 01 00 01 00", REASON.protocolError],
  ["a subscription identifier from a client [MQTT-3.3.4-6]", "30 06 00 01 61 02 0b 01", REASON.protocolError],
  ["a property that does not exist", "30 06 00 01 61 02 7f 01", REASON.malformedPacket],
  ["properties longer than the packet", "30 04 00 01 61 09", REASON.malformedPacket],
  ["SUBSCRIBE with other flags [MQTT-3.8.1-1]", "80 07 00 01 00 00 01 61 00", REASON.malformedPacket],
  ["SUBSCRIBE without a filter [MQTT-3.8.3-2]", "82 03 00 01 00", REASON.protocolError],
  ["SUBSCRIBE at QoS 3", "82 07 00 01 00 00 01 61 03", REASON.malformedPacket],
  ["reserved options [MQTT-3.8.3-5]", "82 07 00 01 00 00 01 61 c0", REASON.malformedPacket],
  ["Retain Handling 3 [MQTT-3.8.3]", "82 07 00 01 00 00 01 61 30", REASON.malformedPacket],
  ["subscription identifier 0", "82 09 00 01 02 0b 00 00 01 61 00", REASON.protocolError],
  ["UNSUBSCRIBE without a filter [MQTT-3.10.3-2]", "a2 03 00 01 00", REASON.protocolError],
  ["PUBREL with other flags [MQTT-3.6.1-1]", "60 02 00 01", REASON.malformedPacket],
  ["PUBACK with an unknown reason [MQTT-3.4.2-1]", "40 03 00 01 55", REASON.protocolError],
  ["PINGREQ with a body", "c0 01 00", REASON.malformedPacket],
  ["CONNACK from a client", "20 02 00 00", REASON.protocolError],
  ["DISCONNECT with a server's reason [MQTT-3.14.2-1]", "e0 01 8e", REASON.protocolError],
];
for (const [name, bytes, reason] of CONNECTED)
  test(`MQ31 refused with its reason: ${name}`, () => {
    const [read] = readAll(5, hex(bytes));
    expect(read).toMatchObject({ type: "malformed", reason });
  });

const FIRST: readonly (readonly [name: string, hex: string, reason: number])[] = [
  ["a first packet that is no CONNECT [MQTT-3.1.0-1]", "c0 00", REASON.protocolError],
  ["another protocol [MQTT-3.1.2-1]", "10 0c 00 04 4d 51 54 58 05 02 00 00 00 00", REASON.unsupportedVersion],
  ["a level of the future [MQTT-3.1.2-2]", "10 0c 00 04 4d 51 54 54 06 02 00 00 00 00", REASON.unsupportedVersion],
  ["the reserved flag [MQTT-3.1.2-3]", "10 0d 00 04 4d 51 54 54 05 03 00 00 00 00 00", REASON.malformedPacket],
  ["a will's QoS without a will [MQTT-3.1.2-11]", "10 0d 00 04 4d 51 54 54 05 0a 00 00 00 00 00", REASON.malformedPacket],
  ["a password without a name in 3.1.1 [MQTT-3.1.2-22]", "10 0e 00 04 4d 51 54 54 04 42 00 00 00 00 00 00", REASON.malformedPacket],
  ["Receive Maximum 0", "10 10 00 04 4d 51 54 54 05 02 00 00 03 21 00 00 00 00", REASON.protocolError],
  ["bytes behind the fields", "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 00 61", REASON.malformedPacket],
];
for (const [name, bytes, reason] of FIRST)
  test(`MQ31 refused before it is in: ${name}`, () => {
    const [read] = readAll(null, hex(bytes));
    expect(read).toMatchObject({ type: "malformed", reason });
  });

test("MQ32 a packet that is too large is refused by its length, before its bytes are held", () => {
  const over = PACKET_BYTES_MAX + 1;
  const head = Uint8Array.of(0x30, (over & 127) | 128, ((over >> 7) & 127) | 128, (over >> 14) & 127);
  expect(readAll(4, head)).toMatchObject([{ type: "malformed", reason: REASON.packetTooLarge }]);
  expect(readAll(null, Uint8Array.of(0x10, 0xff, 0xff, 1))).toMatchObject([{ type: "malformed", reason: REASON.packetTooLarge }]);
  expect(CONNECT_BYTES_MAX).toBeLessThan(0x7fff);
});

test("MQ32 a megabyte in a thousand frames arrives whole, and so do its bytes", () => {
  const rig = openRig();
  const hears = joinAs(rig, "hears", 4);
  subscribeTo(hears, "big", 1);
  const says = joinAs(rig, "says", 4);
  const whole = bytesOf({ cmd: "publish", topic: "big", payload: Buffer.alloc(PAYLOAD_BYTES_MAX, "x"), qos: 1, retain: false, dup: false, messageId: 3 }, 4);
  for (let at = 0; at < whole.length; at += 1_000) says.sayBytes(whole.slice(at, at + 1_000));
  says.next("puback");
  expect(receiveAll(hears)[0]?.length).toBe(PAYLOAD_BYTES_MAX);
});

const SAMPLES: readonly Theirs[] = [
  {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clientId: "evil",
    clean: false,
    keepalive: 9,
    properties: { sessionExpiryInterval: 9 },
    will: { topic: "w", payload: Buffer.from("x"), qos: 2, retain: true },
  },
  {
    cmd: "publish",
    topic: "a/b",
    payload: "x",
    qos: 2,
    messageId: 4,
    retain: true,
    dup: false,
    properties: { topicAlias: 3, messageExpiryInterval: 4, userProperties: { a: "b" } },
  },
  { cmd: "publish", topic: "u/plant/d/d/telemetry", payload: "{}", qos: 1, messageId: 5, retain: false, dup: false },
  {
    cmd: "subscribe",
    messageId: 2,
    subscriptions: [
      { topic: "a/#", qos: 2 },
      { topic: "$share/g/+/b", qos: 1 },
    ],
    properties: { subscriptionIdentifier: 7 },
  },
  { cmd: "unsubscribe", messageId: 3, unsubscriptions: ["a/#"] },
  { cmd: "puback", messageId: 1, reasonCode: 0 },
  { cmd: "pubrec", messageId: 1, reasonCode: 0 },
  { cmd: "pubrel", messageId: 4, reasonCode: 0 },
  { cmd: "pubcomp", messageId: 1, reasonCode: 0 },
  { cmd: "pingreq" },
  { cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 3 } },
];

test("MQ33 whatever arrives, nothing throws, whoever breaks a rule is closed, and its neighbours go on", () => {
  const random = chance(20_261_122);
  const pick = (n: number): number => Math.floor(random() * n);
  const rig = openRig();
  const neighbour = joinAs(rig, "neighbour", 5, { clean: false, properties: { sessionExpiryInterval: 99 } });
  subscribeTo(neighbour, "neighbour", 2);
  const samples = SAMPLES.map((packet) => bytesOf(packet));
  const seen = { closed: 0, alive: 0 };
  for (let round = 0; round < 800; round++) {
    const client = rig.connect(5);
    client.sayBytes((samples[0] ?? new Uint8Array()).slice());
    for (let i = 0; i < 8; i++) {
      const bytes = (samples[pick(samples.length)] ?? new Uint8Array()).slice();
      const how = pick(6);
      for (let k = how < 3 ? 0 : pick(3); k >= 0 && how > 1; k--)
        bytes[how === 3 ? pick(Math.min(4, bytes.length)) : pick(bytes.length)] = how === 4 ? ([0, 255, 128, 127][pick(4)] ?? 0) : pick(256);
      client.sayBytes(how === 0 ? bytes.subarray(0, pick(bytes.length)) : bytes);
    }
    seen[client.isClosed() ? "closed" : "alive"]++;
    if (random() < 0.5) client.lose();
  }
  publishOn(joinAs(rig, "p"), "neighbour", "still here", 2);
  expect(receiveAll(neighbour)).toEqual(["still here"]);
  expect(Math.min(seen.closed, seen.alive)).toBeGreaterThan(50);
  rig.advance(3_600_000);
  expect(rig.broker().counts()).toMatchObject({ connections: 2, sessions: 2 });
});
