import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BurstPlan } from "../../contracts/burst.ts";
import * as wire from "../../contracts/burst-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { JudgePolicy } from "../../contracts/scenario.ts";
import { loadBursts, saveBursts } from "./burst-saved.ts";
import { BURSTS_REMEMBERED_MAX, openBursts, takeBlock, type Taken } from "./burst-whole.ts";
import { glimpseBurst, readBlock, type BurstBlock } from "./burst.ts";
import { decodeRow, encodeRow } from "./log.ts";

const NOW = 1_790_000_000_000;
const judge = { aheadMs: 60_000, latenessMs: 600_000 } as JudgePolicy;
const plan: BurstPlan = {
  axes: ["horizontal", "vertical"],
  uom: "[g]",
  max: 500,
  bandsHz: [10, 1_000],
  velocityHz: { from: 10, to: 1_000 },
  envelopeHz: { from: 5_000, to: 10_000 },
  envelopeToHz: 1_000,
};
const LENGTHS = [256, 270, 1_024, 2_560, 6_300];

function written(draft: wire.BurstDraft, bytesMax?: number): readonly Uint8Array<ArrayBuffer>[] {
  const blocks = wire.writeBurst(draft, bytesMax);
  if (isRefusal(blocks)) throw new Error(blocks.rule);
  return blocks;
}
function read(payload: Uint8Array): BurstBlock {
  const block = readBlock(payload, plan, judge, NOW);
  if (isRefusal(block)) throw new Error(`${block.rule}; ${block.mend}`);
  return block;
}
const refused = (payload: Uint8Array, by: BurstPlan = plan, at = NOW): { readonly refused?: string; readonly field?: string; readonly mend?: string } => {
  const answer = readBlock(payload, by, judge, at);
  return isRefusal(answer) ? { refused: answer.refused, mend: answer.mend, ...(answer.field === undefined ? {} : { field: answer.field }) } : {};
};
const small = (more: Partial<wire.BurstDraft> = {}): wire.BurstDraft => ({
  start: NOW,
  rate: 25_600,
  axes: [{ id: "horizontal", scale: 0.5, samples: Int16Array.from({ length: 256 }, (_, i) => i - 128) }],
  ...more,
});
/** One message, with some of its bytes written over. */
function bent(by: (view: DataView) => void, draft = small()): Uint8Array {
  const [block] = written(draft);
  if (block === undefined) throw new Error("a burst has a block");
  by(new DataView(block.buffer));
  return block;
}

const drafts = fc
  .record({
    length: fc.constantFrom(...LENGTHS),
    format: fc.constantFrom("int16" as const, "float32" as const),
    ids: fc.subarray([...plan.axes], { minLength: 1 }),
    scale: fc.float({ noNaN: true, min: Math.fround(1e-6), max: Math.fround(0.015) }),
    seed: fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 40 }),
    start: fc.integer({ min: 0, max: NOW }),
    rate: fc.double({ min: wire.BURST_HZ_MIN, max: wire.BURST_HZ_MAX, noNaN: true }),
  })
  .map(({ length, format, ids, scale, seed, start, rate }): wire.BurstDraft => ({
    start,
    rate,
    axes: ids.map((id, a) => {
      const of = (i: number): number => seed[(i + a) % seed.length] ?? 0;
      return { id, scale, samples: format === "int16" ? Int16Array.from({ length }, (_, i) => of(i)) : Float32Array.from({ length }, (_, i) => of(i) / 7) };
    }),
  }));

describe("wire", () => {
  test("VB10 what was written is read, in one block or many, in whatever order they come and however often", () => {
    fc.assert(
      fc.property(
        drafts,
        fc.integer({ min: 1_500, max: wire.BURST_BLOCK_BYTES_MAX }),
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 0, max: 3 }),
        (draft, bytesMax, chance, again) => {
          const blocks = written(draft, bytesMax);
          fc.pre(blocks.length <= wire.BURST_BLOCKS_MAX);
          for (const block of blocks) expect(block.byteLength).toBeLessThanOrEqual(bytesMax);
          const shuffled = blocks.map((block) => ({ block, at: chance.next().value })).sort((a, b) => a.at - b.at);
          const bursts = openBursts();
          const sent = [...shuffled, ...shuffled.slice(0, again)].map(({ block }) => takeBlock(bursts, read(block), NOW));
          const [only, ...more] = sent.flatMap(({ whole }) => (whole === null ? [] : [whole]));
          expect([more, sent.flatMap((one) => one.refused)]).toEqual([[], []]);
          expect(sent.filter(({ repeat }) => repeat)).toHaveLength(Math.min(again, blocks.length));
          expect(only?.head).toMatchObject({ start: draft.start, rate: draft.rate, samples: draft.axes[0]?.samples.length });
          for (const [a, { id, scale, samples }] of draft.axes.entries()) {
            expect(only?.head.axes[a]?.id).toBe(id);
            expect(only?.waves[a]).toEqual(Float32Array.from(samples, (value) => value * Math.fround(scale ?? 1)));
          }
          expect([bursts.open, bursts.dropped]).toEqual([null, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("VB11 whatever the bytes, it is a block or a refusal with what to do; a message that was cut or added to is never a block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const answer = readBlock(bytes, plan, judge, NOW);
        expect(isRefusal(answer) && answer.mend.length > 0).toBe(true);
        glimpseBurst(bytes);
      }),
    );
    const [whole] = written(small());
    if (whole === undefined) throw new Error("a burst has a block");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.byteLength - 1 }), fc.uint8Array({ minLength: 1, maxLength: 20 }), (length, more) => {
        expect(isRefusal(readBlock(whole.subarray(0, length), plan, judge, NOW))).toBe(true);
        expect(isRefusal(readBlock(Uint8Array.from([...whole, ...more]), plan, judge, NOW))).toBe(true);
      }),
    );
  });

  test("VB11 each field that is wrong is refused by its name", () => {
    expect(refused(bent((v) => v.setUint8(0, 0x7b)))).toMatchObject({ field: "magic", refused: "malformed" });
    expect(refused(bent((v) => v.setUint8(4, 2)))).toMatchObject({ field: "version", mend: expect.stringContaining("it says 2") });
    expect(refused(bent((v) => v.setUint8(5, 3)))).toMatchObject({ field: "format" });
    expect(refused(bent((v) => v.setUint8(6, 5)))).toMatchObject({ field: "axes" });
    expect(refused(bent((v) => v.setUint8(7, 1)))).toMatchObject({ field: "reserved" });
    for (const start of [Number.NaN, Infinity, 1.5, -1, 1e300]) expect(refused(bent((v) => v.setFloat64(8, start, true)))).toMatchObject({ field: "start" });
    for (const rate of [Number.NaN, 0, -25_600, Infinity, 99, 1e9]) expect(refused(bent((v) => v.setFloat64(16, rate, true)))).toMatchObject({ field: "rate" });
    for (const samples of [0, 128, 257, 2_558, 4_096 * 11]) expect(refused(bent((v) => v.setUint32(24, samples, true)))).toMatchObject({ field: "samples" });
    expect(refused(bent((v) => v.setUint32(24, 4_294_967_295, true)))).toMatchObject({ refused: "too-large", field: "samples" });
    for (const [first, count] of [
      [0, 0],
      [1, 256],
      [4_294_967_295, 256],
      [0, 255],
    ] as const)
      expect(
        refused(
          bent((v) => {
            v.setUint32(28, first, true);
            v.setUint32(32, count, true);
          }),
        ),
      ).toMatchObject({ field: "count" });
    expect(refused(bent((v) => v.setUint8(36, 0)))).toMatchObject({ field: "axes.0.name" });
    expect(refused(bent((v) => v.setUint8(51, 0x61)))).toMatchObject({ field: "axes.0.name" });
    for (const scale of [0, -1, Number.NaN, Infinity]) expect(refused(bent((v) => v.setFloat32(52, scale, true)))).toMatchObject({ field: "axes.0.scale" });
    const axis = { id: "horizontal", samples: new Int16Array(256) };
    expect(refused(bent(() => undefined, small({ axes: [axis, axis] })))).toMatchObject({ field: "axes.1.name", mend: "horizontal came twice" });
    expect(refused(bent(() => undefined, small({ axes: [{ ...axis, id: "axial" }] })))).toMatchObject({ field: "axes.0.name", refused: "breaks-contract" });
  });

  test("VB12 one sample that is no number, or more than the sensor can say, costs the burst, and is named", () => {
    for (const bad of [Number.NaN, Infinity, -Infinity, 500.5, -9_999]) {
      const samples = new Float32Array(256);
      samples[77] = bad;
      const answer = refused(bent(() => undefined, small({ axes: [{ id: "vertical", samples }] })));
      expect(answer).toMatchObject({ refused: "breaks-contract", field: "axes.0.samples", mend: expect.stringContaining("sample 77 of vertical") });
    }
  });

  test("VB12 a clock ahead of its arrival is refused; one behind is late, not wrong", () => {
    expect(refused(bent(() => undefined, small({ start: NOW + judge.aheadMs + 1 })))).toMatchObject({
      field: "start",
      mend: expect.stringContaining("60001 ms ahead"),
    });
    expect(refused(bent(() => undefined, small({ start: NOW + judge.aheadMs })))).toEqual({});
    expect(refused(bent(() => undefined, small({ start: 0 })))).toEqual({});
  });

  test("VB12 what can't be written is refused before it is sent", () => {
    const samples = new Int16Array(256);
    expect(wire.writeBurst({ start: 0, rate: 1_000, axes: [] })).toMatchObject({ refused: "malformed", field: "axes" });
    for (const other of [new Int16Array(254), new Float32Array(256)])
      expect(
        wire.writeBurst(
          small({
            axes: [
              { id: "a", samples },
              { id: "b", samples: other },
            ],
          }),
        ),
      ).toMatchObject({ refused: "malformed", field: "axes" });
    expect(wire.writeBurst(small({ axes: [{ id: "seventeen-letters", samples }] }))).toMatchObject({ refused: "malformed", field: "axes" });
    expect(wire.writeBurst(small(), 57)).toMatchObject({ refused: "malformed" });
  });
});

describe("blocks", () => {
  const two = (start: number, length = 512): readonly BurstBlock[] =>
    written(small({ start, axes: [{ id: "horizontal", samples: new Int16Array(length).fill(1) }] }), 56 + 512).map(read);
  const said = ({ refused: all }: Taken): readonly string[] => all.map(({ rule }) => rule);

  test("VB13 a lost block costs its burst: dropped when the next one begins, counted, and said how much was there", () => {
    const bursts = openBursts();
    const [first] = two(NOW - 10_000);
    const [one, other] = two(NOW);
    if (first === undefined || one === undefined || other === undefined) throw new Error("two blocks each");
    expect(takeBlock(bursts, first, NOW)).toEqual({ whole: null, repeat: false, refused: [] });
    const next = takeBlock(bursts, one, NOW);
    expect(next.refused[0]).toMatchObject({ rule: "a burst comes whole", field: "samples", mend: expect.stringContaining("256 of 512") });
    expect(bursts.dropped).toBe(1);
    expect(takeBlock(bursts, other, NOW).whole?.head.start).toBe(NOW);
    // What was lost comes after all: too late.
    expect(said(takeBlock(bursts, first, NOW))).toEqual(["all blocks of a burst come before the next burst"]);
  });

  test("VB13 blocks that overlap, or say otherwise of one burst, are refused and change nothing", () => {
    const bursts = openBursts();
    const [first, last] = two(NOW);
    if (first === undefined || last === undefined) throw new Error("two blocks");
    takeBlock(bursts, first, NOW);
    expect(said(takeBlock(bursts, { ...last, first: 200 }, NOW))).toEqual(["blocks of a burst do not overlap"]);
    expect(said(takeBlock(bursts, { ...last, head: { ...last.head, rate: 1_000 } }, NOW))).toEqual(["all blocks of a burst say the same of it"]);
    expect(takeBlock(bursts, last, NOW).whole?.waves[0]).toEqual(new Float32Array(512).fill(1));
  });

  test("VB13 a burst of too many blocks is not put together", () => {
    const bursts = openBursts();
    const [first] = two(NOW, 1_024);
    if (first === undefined) throw new Error("a block");
    const crumbs = Array.from({ length: wire.BURST_BLOCKS_MAX + 1 }, (_, i) => ({ ...first, first: i, waves: [new Float32Array(1)] }));
    const answers = crumbs.map((crumb) => takeBlock(bursts, crumb, NOW).refused.length);
    expect([answers.slice(0, -1).every((count) => count === 0), answers.at(-1)]).toEqual([true, 1]);
  });

  test("VB14 a checkpoint between any two blocks changes nothing of what follows", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1 })), { maxLength: 40 }), fc.nat(), (sent, cut) => {
        const run = (saveAt: number): readonly unknown[] => {
          let bursts = openBursts();
          return sent.map(([burst, part], i) => {
            if (i === saveAt) bursts = loadBursts(saveBursts(bursts).bursts);
            const block = two(NOW - burst * 10_000)[part];
            return block === undefined ? null : takeBlock(bursts, block, NOW + i);
          });
        };
        expect(run(cut % (sent.length + 1))).toEqual(run(-1));
      }),
      { numRuns: 50 },
    );
  });

  test("VB14 bursts remembered as done are bounded", () => {
    const bursts = openBursts();
    for (let i = 0; i < 50; i++) for (const block of two(NOW - 50_000 + i * 1_000)) takeBlock(bursts, block, NOW);
    expect([bursts.done.length, bursts.open, bursts.dropped]).toEqual([BURSTS_REMEMBERED_MAX, null, 0]);
  });
});

test("VB15 the log keeps which messages are bursts, and reads rows from before there were such", () => {
  const messages = [
    { device: "a", payload: Uint8Array.of(1, 2), arrivedAt: NOW, burst: true as const },
    { device: "b", payload: Uint8Array.of(3), arrivedAt: NOW + 1 },
    { device: "a", payload: Uint8Array.of(4), arrivedAt: NOW - 1 },
  ];
  expect(decodeRow(encodeRow(messages).buffer)).toEqual(messages);
  // format 1: count 1, base, one device "a", its index, zigzag 0, one byte.
  const before = Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 97, 0, 0, 1, 7]);
  expect(decodeRow(before.buffer)).toEqual([{ device: "a", payload: Uint8Array.of(7), arrivedAt: 0 }]);
});
