import fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { startFramer } from "./frame.ts";

const packet = fc.oneof(
  fc.constant(generate({ cmd: "pingreq" })),
  fc.integer({ min: 1, max: 65_535 }).map((messageId) => generate({ cmd: "puback", messageId })),
  fc
    .record({ payload: fc.uint8Array({ maxLength: 300 }), topic: fc.stringMatching(/^[a-z]{1,20}$/), messageId: fc.integer({ min: 1, max: 65_535 }) })
    .map((publish) => generate({ cmd: "publish", qos: 1, dup: false, retain: false, ...publish, payload: Buffer.from(publish.payload) })),
);

test("GW1 packets come out whole and unchanged, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (packets, cuts) => {
      const framer = startFramer(1_024);
      const stream = new Uint8Array(Buffer.concat(packets));
      const out: Uint8Array[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const next = at + (cuts[i % cuts.length] ?? 1);
        const cut = framer.push(stream.slice(at, next));
        expect(cut.refused).toBe(null);
        out.push(...cut.packets);
        at = next;
      }
      expect(out.map((each) => Buffer.from(each).toString("hex"))).toEqual(packets.map((each) => each.toString("hex")));
      expect(framer.held()).toBe(0);
    }),
  );
});

test("GW1 two packets, cut in two at every byte boundary", () => {
  const stream = Buffer.concat([
    generate({ cmd: "publish", qos: 1, messageId: 7, dup: false, retain: false, topic: "t", payload: "x".repeat(200) }),
    generate({ cmd: "pingreq" }),
  ]);
  for (let at = 0; at <= stream.length; at++) {
    const framer = startFramer(1_024);
    const out = [...framer.push(stream.subarray(0, at)).packets, ...framer.push(stream.subarray(at)).packets];
    expect(
      out.map((each) => each.length),
      `cut at ${at}`,
    ).toEqual([stream.length - 2, 2]);
  }
});

test("GW2 a packet over the limit is refused by its length alone, and what came before it still comes out", () => {
  const ping = generate({ cmd: "pingreq" });
  for (const cut of [0, 1, 2, 3, 4, 5]) {
    const framer = startFramer(100);
    const stream = Buffer.concat([ping, Buffer.from([0x30, 0xff, 0x7f])]);
    const first = framer.push(stream.subarray(0, cut));
    const second = framer.push(stream.subarray(cut));
    expect([...first.packets, ...second.packets].map((each) => each.length)).toEqual([2]);
    expect(second.refused).toBe(cut === 5 ? first.refused : "too-large");
    expect(framer.push(ping)).toEqual({ packets: [], refused: "too-large" });
  }
  const fits = startFramer(100);
  expect(fits.push(Buffer.from([0x30, 98, ...Array(98).fill(0)]))).toMatchObject({ refused: null, packets: [{ length: 100 }] });
});

test("GW2 a length that does not end within four bytes is malformed", () => {
  for (const cut of [1, 3, 6]) {
    const framer = startFramer(1_000_000_000);
    const stream = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
    framer.push(stream.subarray(0, cut));
    expect(framer.push(stream.subarray(cut)).refused).toBe("malformed");
  }
});

test("GW2 what is held never exceeds the limit, whatever arrives", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 40 }), (chunks) => {
      const framer = startFramer(200);
      for (const chunk of chunks) {
        framer.push(chunk);
        expect(framer.held()).toBeLessThanOrEqual(200);
      }
    }),
  );
});
