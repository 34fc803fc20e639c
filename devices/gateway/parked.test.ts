import { generate, parser, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import type { Stored } from "../../contracts/gateway-wire.ts";
import { readIntroduction } from "./connect-packet.ts";
import { openParked } from "./parked.ts";

const publish = (qos: 0 | 1 | 2, messageId: number, text = "x", dup = false) =>
  generate({ cmd: "publish", qos, topic: "t", payload: text, dup, retain: false, ...(qos === 0 ? {} : { messageId }) });

test("GW34 nothing is acknowledged before it is on disk, at QoS 1, at QoS 2 and on release", () => {
  const { seat, heard, flush } = parked();
  seat.send(publish(1, 5));
  seat.send(publish(2, 6));
  expect(heard()).toEqual(["connack 0"]);
  flush();
  expect(heard()).toEqual(["connack 0", "puback 5", "pubrec 6"]);
  seat.send(generate({ cmd: "pubrel", messageId: 6 }));
  expect(heard()).toHaveLength(3);
  flush();
  expect(heard().at(-1)).toBe("pubcomp 6");
});

test("GW35 what came while the queue was full is taken in its order once there is room, and the client isn't read before", () => {
  const { seat, heard, flush, stored, room } = parked();
  room.now = false;
  for (const id of [1, 2, 3]) seat.send(publish(1, id, `m${id}`));
  expect([seat.isWritable(), stored.length]).toEqual([false, 0]);
  room.now = true;
  seat.flow();
  flush();
  expect([seat.isWritable(), heard().slice(1)]).toEqual([true, ["puback 1", "puback 2", "puback 3"]]);
});

test("GW34 in 5.0 the CONNACK says what the gateway takes and names a client that has none; SUBACK and UNSUBACK say 0x83", () => {
  const { seat, packets } = parked({ protocolVersion: 5, clientId: "" });
  seat.send(
    generate(
      {
        cmd: "subscribe",
        messageId: 3,
        subscriptions: [
          { topic: "a", qos: 0 },
          { topic: "b", qos: 1 },
        ],
      },
      { protocolVersion: 5 },
    ),
  );
  seat.send(generate({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["a"] }, { protocolVersion: 5 }));
  expect(packets).toMatchObject([
    { cmd: "connack", reasonCode: 0, sessionPresent: false, properties: { receiveMaximum: 64, assignedClientIdentifier: "gateway-made" } },
    { cmd: "suback", granted: [0x83, 0x83] },
    { cmd: "unsuback", granted: [0x83] },
  ]);
});

test("GW37 the will waits on the disk unless DISCONNECT came; in 5.0 DISCONNECT may ask for it", () => {
  const will = { topic: "w", payload: Buffer.from("gone"), qos: 0 as const, retain: false };
  const lost = parked({ will });
  lost.seat.leave("silent");
  expect(lost.stored.map(({ packet }) => packetOf(packet))).toMatchObject([{ topic: "w", qos: 1 }]);
  const parted = parked({ will });
  parted.seat.send(generate({ cmd: "disconnect" }));
  parted.seat.leave("ended");
  expect(parted.stored).toHaveLength(0);
  const asked = parked({ will, protocolVersion: 5 });
  asked.seat.send(generate({ cmd: "disconnect", reasonCode: 4 }, { protocolVersion: 5 }));
  asked.seat.leave("ended");
  expect(asked.stored).toHaveLength(1);
  const back = parked({ will });
  back.seat.back();
  expect([back.stored.length, back.ends]).toEqual([0, ["back"]]);
});

test("GW34 what breaks MQTT ends the client: no identifier, QoS 3, a second CONNECT, a 3.1.1 UNSUBSCRIBE that can't be told no", () => {
  const bad = [
    Uint8Array.of(0x32, 5, 0, 1, 116, 0, 0),
    Uint8Array.of(0x36, 5, 0, 1, 116, 0, 1),
    generate({ cmd: "connect", clientId: "c", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 0 }),
    generate({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["a"] }),
  ];
  for (const packet of bad) {
    const { seat, ends, stored } = parked();
    seat.send(packet);
    expect([ends, stored.length]).toEqual([["refused"], 0]);
  }
});

function parked(more: Partial<Parameters<typeof generate>[0] & { cmd: "connect" }> = {}) {
  const packet = { cmd: "connect" as const, clientId: "c", protocolId: "MQTT" as const, protocolVersion: 4 as const, clean: true, keepalive: 0, ...more };
  const hello = readIntroduction(generate(packet), "plant", null);
  if (hello === null) throw new Error("no CONNECT");
  const stored: Omit<Stored, "seq" | "ageMs">[] = [];
  const waiting: (() => void)[] = [];
  const packets: Packet[] = [];
  const ends: string[] = [];
  const room = { now: true };
  const read = parser({ protocolVersion: packet.protocolVersion });
  read.on("packet", (one) => packets.push(one));
  const seat = openParked({
    hello,
    hasSession: false,
    sitter: { hear: (bytes) => void read.parse(Buffer.from(bytes)), flow: () => {}, ended: (why) => ends.push(why) },
    queue: {
      hasRoom: () => room.now,
      add(one, onDisk) {
        stored.push(one);
        waiting.push(onDisk);
      },
    },
    unreleased: new Set(),
    newId: () => "made",
    onQos0: () => {},
    onGone: () => {},
  });
  seat.send(hello.bytes);
  const heard = () => packets.map((one) => `${one.cmd} ${"messageId" in one ? (one.messageId ?? 0) : 0}`);
  return { seat, stored, packets, ends, room, heard, flush: () => waiting.splice(0).forEach((onDisk) => onDisk()) };
}

function packetOf(bytes: Uint8Array): Packet | null {
  let found: Packet | null = null;
  const read = parser();
  read.on("packet", (packet) => {
    found = packet;
  });
  read.parse(Buffer.from(bytes));
  return found;
}
