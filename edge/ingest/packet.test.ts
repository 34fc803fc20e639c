/** Bytes ↔ packets, held against mqtt-packet in both directions. */
import fc from "fast-check";
import { generate, parser, type Packet as Theirs } from "mqtt-packet";
import { expect, test } from "vitest";
import { CONNECT_BYTES_MAX, type Malformed, PACKET_BYTES_MAX, type Packet, PAYLOAD_BYTES_MAX, type Said } from "./packet.ts";
import { openReader } from "./packet-read.ts";
import { encode } from "./packet-write.ts";
import { REASON, type Version } from "./reason.ts";

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

function theirs(bytes: Uint8Array, version: Version): Theirs {
  const found: Theirs[] = [];
  const one = parser({ protocolVersion: version });
  one.on("packet", (packet) => found.push(packet));
  one.on("error", (error: unknown) => {
    throw error;
  });
  one.parse(Buffer.from(bytes));
  const [packet] = found;
  if (packet === undefined) throw new Error("no packet");
  return packet;
}

const connectBytes = (fields: object = {}): Buffer =>
  generate({ cmd: "connect", clientId: "c", protocolVersion: 4, protocolId: "MQTT", clean: true, keepalive: 30, ...fields });
const versions = fc.constantFrom<Version>(4, 5);
const topics = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }).filter((topic) => !/[\0+#\ud800-\udfff]/.test(topic) && topic.isWellFormed());
const payloads = fc.uint8Array({ maxLength: 300 });

test("I1 what mqtt-packet writes is read alike, however the frames are cut", () => {
  const message = fc.record({
    topic: topics,
    payload: payloads,
    qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    retain: fc.boolean(),
    id: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(
    fc.property(
      versions,
      fc.array(message, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
      (version, messages, cuts) => {
        const whole = Buffer.concat(
          messages.map((one) =>
            generate(
              { cmd: "publish", topic: one.topic, payload: Buffer.from(one.payload), qos: one.qos, retain: one.retain, dup: false, messageId: one.id },
              { protocolVersion: version },
            ),
          ),
        );
        const frames: Uint8Array[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const end = Math.min(whole.length, at + (cuts[i % cuts.length] ?? 1));
          frames.push(whole.subarray(at, end));
          at = end;
        }
        const read = readAll(version, ...frames);
        expect(read).toEqual(
          messages.map((one) => ({
            type: "publish",
            topic: one.topic,
            payload: one.payload,
            qos: one.qos,
            retain: one.retain,
            dup: false,
            id: one.qos === 0 ? 0 : one.id,
            properties: new Uint8Array(0),
          })),
        );
      },
    ),
  );
});

test("I1 what is written here is read alike by mqtt-packet", () => {
  const ids = fc.integer({ min: 1, max: 65_535 });
  const reasons = fc.array(fc.constantFrom(0, 1, 0x80), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(versions, topics, payloads, ids, reasons, fc.constantFrom<0 | 1>(0, 1), (version, topic, payload, id, granted, qos) => {
      const publish: Said = { type: "publish", topic, payload, qos, retain: true, dup: false, id: qos === 0 ? 0 : id, properties: new Uint8Array(0) };
      const read = theirs(encode(publish, version), version);
      expect(read).toMatchObject({ cmd: "publish", topic, qos, retain: true });
      expect(read.cmd === "publish" && Buffer.from(read.payload).equals(Buffer.from(payload))).toBe(true);
      expect(theirs(encode({ type: "suback", id, reasons: granted }, version), version)).toMatchObject({ cmd: "suback", messageId: id, granted });
      expect(theirs(encode({ type: "unsuback", id, reasons: [0, 0x11] }, version), version)).toMatchObject({ cmd: "unsuback", messageId: id });
      expect(theirs(encode({ type: "puback", id, reason: REASON.success }, version), version)).toMatchObject({ cmd: "puback", messageId: id });
    }),
  );
  expect(theirs(encode({ type: "puback", id: 7, reason: REASON.notAuthorized }, 5), 5)).toMatchObject({ messageId: 7, reasonCode: 0x87 });
  expect(theirs(encode({ type: "disconnect", reason: REASON.packetTooLarge }, 5), 5)).toMatchObject({ cmd: "disconnect", reasonCode: 0x95 });
  expect(theirs(encode({ type: "connack", reason: REASON.success, assigned: "made", forgetsSession: true }, 5), 5)).toMatchObject({
    cmd: "connack",
    reasonCode: 0,
    sessionPresent: false,
    properties: { maximumQoS: 1, assignedClientIdentifier: "made", sessionExpiryInterval: 0, maximumPacketSize: PACKET_BYTES_MAX },
  });
  expect(theirs(encode({ type: "connack", reason: REASON.badUserNameOrPassword, assigned: null, forgetsSession: false }, 4), 4)).toMatchObject({
    cmd: "connack",
    returnCode: 4,
  });
});

test("I1 properties of a PUBLISH are checked and kept as they came", () => {
  const bytes = generate(
    {
      cmd: "publish",
      topic: "a",
      payload: "x",
      qos: 0,
      retain: false,
      dup: false,
      properties: { contentType: "t", userProperties: { a: ["1", "2"] }, correlationData: Buffer.from([1]) },
    },
    { protocolVersion: 5 },
  );
  const [read] = readAll(5, bytes);
  if (read?.type !== "publish") throw new Error("not read");
  expect(theirs(encode(read, 5), 5)).toMatchObject({ properties: { contentType: "t", userProperties: { a: ["1", "2"] } } });
});

test("I2 CONNECT carries names, will and limits", () => {
  const [read] = readAll(
    null,
    connectBytes({
      protocolVersion: 5,
      username: "dev",
      password: Buffer.from("pw"),
      will: { topic: "w", payload: Buffer.from("bye"), qos: 1, retain: true },
      properties: { receiveMaximum: 3, sessionExpiryInterval: 60 },
    }),
  );
  expect(read).toMatchObject({
    type: "connect",
    version: 5,
    client: "c",
    user: "dev",
    password: "pw",
    keepAliveMs: 30_000,
    receiveMax: 3,
    wantsSession: true,
    will: { topic: "w", qos: 1, retain: true },
  });
});

const publishBytes = (payload: number): Buffer => generate({ cmd: "publish", topic: "t", payload: Buffer.alloc(payload), qos: 0, retain: false, dup: false });
const v5 = { protocolVersion: 5 } as const;
const broken: readonly (readonly [string, Version | null, Uint8Array, number])[] = [
  ["a first packet that is no CONNECT", null, Uint8Array.of(0xc0, 0), REASON.protocolError],
  ["an unknown protocol level", null, Uint8Array.of(0x10, 12, 0, 4, 77, 81, 84, 84, 9, 2, 0, 0, 0, 0), REASON.unsupportedVersion],
  ["an unknown protocol name", null, Uint8Array.of(0x10, 14, 0, 6, 77, 81, 73, 115, 100, 112, 3, 2, 0, 0, 0, 0), REASON.unsupportedVersion],
  ["CONNECT with its reserved flag", null, Uint8Array.of(0x10, 12, 0, 4, 77, 81, 84, 84, 4, 3, 0, 0, 0, 0), REASON.malformedPacket],
  ["a password without a user name", null, Uint8Array.of(0x10, 15, 0, 4, 77, 81, 84, 84, 4, 0x42, 0, 0, 0, 0, 0, 1, 65), REASON.malformedPacket],
  ["CONNECT that ends early", null, Uint8Array.of(0x10, 10, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0), REASON.malformedPacket],
  ["CONNECT that is too large", null, Uint8Array.of(0x10, 0x80 | (CONNECT_BYTES_MAX & 127), 0x7f), REASON.packetTooLarge],
  ["a will that is too large", null, connectBytes({ will: { topic: "w", payload: Buffer.alloc(3000), qos: 0, retain: false } }), REASON.packetTooLarge],
  ["Receive Maximum 0", null, Uint8Array.of(0x10, 16, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 3, 0x21, 0, 0, 0, 0), REASON.protocolError],
  ["a length of five bytes", 4, Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 1), REASON.malformedPacket],
  ["a packet that is too large, as soon as its length is known", 4, Uint8Array.of(0x30, 0xff, 0xff, 0x7f), REASON.packetTooLarge],
  ["a payload that is too large", 4, publishBytes(PAYLOAD_BYTES_MAX + 1), REASON.packetTooLarge],
  ["QoS 3", 4, Uint8Array.of(0x36, 4, 0, 1, 97, 0), REASON.malformedPacket],
  ["DUP at QoS 0", 4, Uint8Array.of(0x38, 3, 0, 1, 97), REASON.malformedPacket],
  ["a topic longer than the packet", 4, Uint8Array.of(0x30, 3, 0, 9, 97), REASON.malformedPacket],
  ["a topic that is no UTF-8", 4, Uint8Array.of(0x30, 3, 0, 1, 0xff), REASON.malformedPacket],
  ["a topic with U+0000", 4, Uint8Array.of(0x30, 3, 0, 1, 0), REASON.malformedPacket],
  ["packet identifier 0", 4, Uint8Array.of(0x32, 5, 0, 1, 97, 0, 0), REASON.protocolError],
  ["a topic alias", 5, Uint8Array.of(0x30, 7, 0, 1, 97, 3, 0x23, 0, 1), REASON.topicAliasInvalid],
  ["an unknown property", 5, Uint8Array.of(0x30, 5, 0, 1, 97, 1, 0x7f), REASON.protocolError],
  ["a property longer than its section", 5, Uint8Array.of(0x30, 7, 0, 1, 97, 3, 0x03, 0, 9), REASON.malformedPacket],
  ["SUBSCRIBE with wrong flags", 4, Uint8Array.of(0x80, 6, 0, 1, 0, 1, 97, 0), REASON.malformedPacket],
  ["SUBSCRIBE without a filter", 4, Uint8Array.of(0x82, 2, 0, 1), REASON.protocolError],
  ["SUBSCRIBE with identifier 0", 4, Uint8Array.of(0x82, 6, 0, 0, 0, 1, 97, 0), REASON.protocolError],
  ["SUBSCRIBE with reserved option bits", 4, Uint8Array.of(0x82, 6, 0, 1, 0, 1, 97, 0xf0), REASON.malformedPacket],
  [
    "a subscription identifier",
    5,
    generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }], properties: { subscriptionIdentifier: 3 } }, v5),
    REASON.subscriptionIdsNotSupported,
  ],
  ["PINGREQ with a body", 4, Uint8Array.of(0xc0, 1, 0), REASON.malformedPacket],
  ["a packet of a server", 4, Uint8Array.of(0x20, 2, 0, 0), REASON.protocolError],
  ["AUTH", 5, Uint8Array.of(0xf0, 0), REASON.protocolError],
];
test.each(broken)("I3 %s is refused with its reason code", (_what, version, bytes, reason) => {
  const read = readAll(version, bytes);
  expect(read.at(-1)).toMatchObject({ type: "malformed", reason });
});

test("I3 a payload of exactly the limit passes", () => {
  expect(readAll(4, publishBytes(PAYLOAD_BYTES_MAX))[0]?.type).toBe("publish");
});
