import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, frameWriter, LINK_MESSAGE_BYTES_MAX, MEMBER_ENDS, readFrames, readStored, writeStored } from "./gateway-wire.ts";
import { isRefusal } from "./refusal.ts";

const member = fc.integer({ min: 1, max: 0xffff });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const words = fc.string({ unit: "grapheme", maxLength: 60 });
const stored = fc.record({
  seq: count,
  ageMs: fc.nat({ max: 0xffff_ffff }),
  version: fc.constantFrom(4 as const, 5 as const),
  device: words,
  client: words,
  packet: bytes,
});
const other: fc.Arbitrary<Exclude<Frame, { kind: "data" | "part" }>> = fc.oneof(
  fc.record({ kind: fc.constant("hello" as const), version: fc.constant(1 as const), gateway: fc.stringMatching(/^[a-z0-9-]{1,64}$/) }),
  fc.record({ kind: fc.constant("welcome" as const), version: fc.constant(1 as const), memberBytes: count, linkBytes: count, through: count }),
  fc.record({ kind: fc.constant("open" as const), member, secure: fc.boolean(), verified: fc.boolean() }),
  fc.record({ kind: fc.constant("close" as const), member, why: fc.constantFrom(...MEMBER_ENDS) }),
  fc.record({ kind: fc.constant("credit" as const), member: fc.integer({ min: 0, max: 0xffff }), bytes: fc.nat({ max: 0xffff_ffff }) }),
  stored.map((one) => ({ kind: "stored" as const, ...one })),
  fc.record({ kind: fc.constant("accepted" as const), through: count }),
);
const data = fc.record({ kind: fc.constant("data" as const), member, bytes });

test("GW20 what is put is read, in order, whatever the mix of frames", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(other, data), { maxLength: 60 }), (frames) => {
      const writer = frameWriter();
      for (const frame of frames) {
        if (frame.kind === "data") writer.data(frame.member, frame.bytes);
        else writer.put(frame);
      }
      expect(read(writer.take())).toEqual(frames);
      expect(writer.waiting()).toBe(0);
    }),
  );
});

test("GW20 packets of any length travel in messages of at most 256 KiB, cut ones in pieces that join to what they were", () => {
  const lengths = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: LINK_MESSAGE_BYTES_MAX - 20, max: LINK_MESSAGE_BYTES_MAX * 3 }));
  fc.assert(
    fc.property(fc.array(lengths, { minLength: 1, maxLength: 8 }), (packets) => {
      const writer = frameWriter();
      packets.forEach((length, i) => writer.data(i + 1, new Uint8Array(length).fill(i + 1)));
      const messages = writer.take();
      expect(Math.max(...messages.map((message) => message.length))).toBeLessThanOrEqual(LINK_MESSAGE_BYTES_MAX);
      const joined = new Map<number, number>();
      let open = 0;
      for (const frame of read(messages)) {
        if (frame.kind !== "data" && frame.kind !== "part") throw new Error(frame.kind);
        expect([0, frame.member]).toContain(open);
        open = frame.kind === "part" ? frame.member : 0;
        expect(frame.bytes[0]).toBe(frame.member & 0xff);
        joined.set(frame.member, (joined.get(frame.member) ?? 0) + frame.bytes.length);
      }
      expect([...joined.values()]).toEqual(packets);
    }),
    { numRuns: 40 },
  );
});

test("GW20 no bytes make the reader throw, and a message cut short is refused or ends between two frames", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void readFrames(noise)));
  fc.assert(
    fc.property(fc.array(other, { minLength: 1, maxLength: 5 }), fc.nat(), (frames, cut) => {
      const writer = frameWriter();
      const ends = frames.map((frame) => (writer.put(frame), writer.waiting()));
      const [message = new Uint8Array(0)] = writer.take();
      const at = cut % message.length;
      const heard = readFrames(message.subarray(0, at));
      expect(isRefusal(heard)).toBe(at !== 0 && !ends.includes(at));
    }),
  );
});

test("GW20 what is stored is read as it was written; noise is not", () => {
  fc.assert(
    fc.property(stored, (one) => {
      expect(readStored(writeStored(one))).toEqual(one);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => void readStored(noise)));
});

function read(messages: readonly Uint8Array[]): readonly Frame[] {
  return messages.flatMap((message) => {
    const frames = readFrames(message);
    if (isRefusal(frames)) throw new Error(frames.rule);
    return frames;
  });
}
