import fc from "fast-check";
import { generate, parser, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { connectPacket, pubackPacket, publishPacket, startPackets, subscribePacket } from "./mqtt-frames.ts";

function read(bytes: Uint8Array): Packet[] {
  const found: Packet[] = [];
  const reader = parser();
  reader.on("packet", (one) => found.push(one));
  reader.parse(Buffer.from(bytes));
  return found;
}

test("MX1 what the load client says is what another implementation reads", () => {
  expect(read(connectPacket("c-1", false, 300, { name: "u", password: "p" }))).toMatchObject([
    { cmd: "connect", clientId: "c-1", clean: false, keepalive: 300, protocolVersion: 4, username: "u" },
  ]);
  expect(read(connectPacket("c", true))).toMatchObject([{ cmd: "connect", clean: true, keepalive: 0 }]);
  expect(read(subscribePacket(7, "a/#", 1))).toMatchObject([{ cmd: "subscribe", messageId: 7, subscriptions: [{ topic: "a/#", qos: 1 }] }]);
  expect(read(pubackPacket(0x1234))).toMatchObject([{ cmd: "puback", messageId: 0x1234 }]);
  for (const size of [0, 1, 120, 128, 16_380, 20_000, 1_048_576])
    for (const qos of [0, 1, 2] as const) {
      const { bytes, idAt } = publishPacket("a/b", new Uint8Array(size).fill(65), qos, true);
      if (qos > 0) bytes[idAt + 1] = 9;
      expect(read(bytes)).toMatchObject([{ cmd: "publish", topic: "a/b", qos, retain: true, ...(qos > 0 ? { messageId: 9 } : {}) }]);
      expect(read(bytes)[0]).toHaveProperty("payload.length", size);
    }
});

test("MX1 packets come out whole, however the stream is cut", () => {
  const packets = [0, 5, 130, 20_000].map((size) =>
    generate({ cmd: "publish", qos: 1, messageId: 3, dup: false, retain: false, topic: "t", payload: Buffer.alloc(size, 7) }),
  );
  const stream = new Uint8Array(Buffer.concat([...packets, generate({ cmd: "puback", messageId: 9 })]));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 12 }), (cuts) => {
      const found: number[][] = [];
      const push = startPackets((first, _, from, to) => found.push([first >> 4, to - from]));
      for (let at = 0, i = 0; at < stream.length; i++) push(stream.subarray(at, (at += cuts[i % cuts.length] ?? 1)));
      expect(found).toEqual([
        [3, 5],
        [3, 10],
        [3, 135],
        [3, 20_005],
        [4, 2],
      ]);
    }),
    { numRuns: 60 },
  );
});
