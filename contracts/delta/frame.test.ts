import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal } from "../refusal.ts";
import { FRAME_BYTES_MAX, FRAME_JSON_BYTES_MAX, FrameDown, FrameUp, PIECE_BYTES_MAX, cutFrame, frameReader, readFrame, writeFrame } from "./frame.ts";

test("C30 what is written is read, whatever it holds", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 1, max: 1e9 }), (value, call) => {
      const up = { call, ask: "push", with: value } as const;
      expect(FrameUp.parse(readFrame(writeFrame(up)))).toEqual(JSON.parse(JSON.stringify(up)));
    }),
  );
  expect(FrameDown.parse(readFrame(writeFrame({ nudge: "tickets" })))).toEqual({ nudge: "tickets" });
});

test("C30 a changed field of a ticket is less than 200 bytes on the wire, its answer less than 60", () => {
  const id = "01a20059-6794-7544-8233-eb359ce67196";
  const operation = {
    origin: "plant@01a20059-660e-79cf-b941-ca25d1f691ed",
    stream: "tickets",
    seq: 3_606,
    txId: "01a20059-6762-7f76-8dff-389d51d167e0",
    entity: "ticket",
    id,
    attr: "respondBy",
    op: "set",
    value: 1_795_302_288_897,
    hlc: "000mwr0kin5-000z",
    baseVersion: 7,
    actor: "journey",
    reason: "verdict anomalous",
    contract: "ticket@1",
    at: 1_795_302_188_897,
  };
  const push = { origin: operation.origin, stream: "tickets", key: "Zk3vbyq0m5Vv8lT2oA1-_Q", acknowledged: 3_605, epoch: 1, operations: [operation] };
  expect(writeFrame({ call: 1_234, ask: "push", with: push }).byteLength).toBeLessThan(200);
  const reply = { epoch: 1, through: 3_606, stable: 0, credit: 500, receivedAt: 1_795_302_188_997, dead: [], versions: [8], at: 99_123 };
  expect(writeFrame({ call: 1_234, reply }).byteLength).toBeLessThan(60);
});

test("C30 what is no frame is refused: another version, cut, changed, too long, or one that would unpack to more than it may", () => {
  const good = writeFrame({ nudge: "tickets" });
  const changed = (i: number, byte: number): Uint8Array => good.map((b, j) => (i === j ? byte : b));
  const lying = Uint8Array.from(good);
  new DataView(lying.buffer).setUint32(1, FRAME_JSON_BYTES_MAX + 1);
  for (const bad of [
    new Uint8Array(0),
    good.subarray(0, 4),
    good.subarray(0, 9),
    changed(0, 9),
    changed(4, 200),
    lying,
    new Uint8Array(FRAME_BYTES_MAX + 1).fill(1),
  ])
    expect(isRefusal(readFrame(bad))).toBe(true);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readFrame(bytes)));
});

/** Text that deflate can't make shorter than three quarters. */
const noise = (chars: number): string => {
  let state = 1;
  return Array.from({ length: chars }, () => String.fromCharCode(33 + (((state = Math.imul(state, 1_103_515_245) + 12_345) >>> 16) % 90))).join("");
};

test("C31 what is longer than a message may be goes in pieces, and is whole again at the end; anything else between them is refused", () => {
  const long = { call: 7, reply: noise(2_000_000) } as const;
  const pieces = cutFrame(long);
  if (isRefusal(pieces)) throw new Error(pieces.rule);
  expect([pieces.length > 2, pieces.every((piece) => piece.byteLength <= PIECE_BYTES_MAX + 1)]).toEqual([true, true]);
  const read = frameReader();
  const heard = pieces.map((piece) => read(piece));
  expect(heard.slice(0, -1).every((one) => one === undefined)).toBe(true);
  expect(heard.at(-1)).toEqual(long);
  const small = writeFrame({ nudge: "tickets" });
  expect(read(small)).toEqual({ nudge: "tickets" });
  const [first = small] = pieces;
  read(first);
  expect(read(small)).toMatchObject({ refused: "malformed" });
  // It is forgotten then: a connection that is kept goes on with the next frame.
  expect(read(small)).toEqual({ nudge: "tickets" });
  expect(cutFrame({ nudge: "tickets" })).toEqual([small]);
});

test("C31 a message beyond the limit is refused by whoever would send it, and pieces beyond it by whoever reads them", () => {
  expect(cutFrame({ call: 1, reply: "a".repeat(FRAME_JSON_BYTES_MAX) })).toMatchObject({ refused: "too-large" });
  const read = frameReader();
  const piece = new Uint8Array(PIECE_BYTES_MAX).fill(0x70);
  const heard = Array.from({ length: Math.ceil(FRAME_BYTES_MAX / PIECE_BYTES_MAX) + 2 }, () => read(piece));
  expect(heard.findIndex((one) => isRefusal(one))).toBe(Math.floor(FRAME_BYTES_MAX / (PIECE_BYTES_MAX - 1)));
});
