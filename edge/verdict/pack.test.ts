import fc from "fast-check";
import { expect, test } from "vitest";
import { pack, type Packable, unpack } from "./pack.ts";

const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 51), 1_763_750_000_000),
);
const instants = fc.array(fc.integer({ min: -5, max: 2_000 })).map((steps) => {
  let at = 1_763_750_000_000;
  return Float64Array.from(steps, (step) => (at += step));
});
const { value } = fc.letrec<{ value: Packable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    numbers,
    fc.string({ unit: "grapheme" }),
    fc.float32Array(),
    fc.float64Array(),
    instants,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(
      fc.string({ maxLength: 4 }).filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 6, noNullPrototype: true },
    ),
  ),
}));

test("VS1 what is packed reads back bit for bit, whatever it is", () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(unpack(pack(one))).toStrictEqual(one);
    }),
    { numRuns: 500 },
  );
});

test("VS1 what a checkpoint is made of comes back from a view within other bytes, and what is absent stays absent", () => {
  const device = (id: string): Packable => ({ id, state: new Float32Array([1 / 3, Number.NaN]), gone: undefined, events: ["E1", "E1"], at: -1 });
  const bytes = pack({ tracks: [device("a"), device("b")], recent: Float64Array.from([5, 4, 1e15]) });
  const around = new Uint8Array(bytes.length + 20);
  around.set(bytes, 7);
  const read = unpack(around.subarray(7, 7 + bytes.length));
  expect(read).toStrictEqual(unpack(bytes));
  expect(read).toMatchObject({ tracks: [{ id: "a" }, { id: "b", events: ["E1", "E1"], at: -1 }], recent: Float64Array.from([5, 4, 1e15]) });
  expect(JSON.stringify(read)).not.toContain("gone");
});

test("VS1 instants a second apart take a quarter of their bytes", () => {
  const recent = Float64Array.from({ length: 600 }, (_, i) => 1_763_750_000_000 + i * 1_000 + (i % 7));
  expect(pack(recent).length).toBeLessThan(recent.byteLength / 3.9);
});

test("VS1 bytes that were cut short or are none are a bug, and throw", () => {
  const bytes = pack({ text: "värde", list: [1, 2.5, new Float64Array(3)] });
  for (let end = 5; end < bytes.length; end++) expect(() => unpack(bytes.slice(0, end))).toThrow();
  const other = bytes.slice();
  other[4] = 99;
  expect(() => unpack(other)).toThrow("no value");
});

test("VS1 what the layout before wrote is read still", () => {
  const text = new TextEncoder().encode('{"a":{"$f32":0,"n":2},"b":{"$f64":8,"n":1},"c":"x"}');
  const bytes = new Uint8Array(4 + text.length + 16);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(new Uint8Array(Float32Array.from([1, 2]).buffer), 4 + text.length);
  bytes.set(new Uint8Array(Float64Array.from([3]).buffer), 4 + text.length + 8);
  expect(unpack(bytes)).toEqual({ a: Float32Array.from([1, 2]), b: Float64Array.from([3]), c: "x" });
});
