import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfEntry, type Delivery, type Entry, loggedOf } from "./entry.ts";
import { decodeEntries, encodeEntries, entryRowsOf } from "./entry-row.ts";
import { decodeRow, ROW_BYTES_MAX, ROW_MESSAGES_MAX } from "./log.ts";

const text = fc.oneof(
  fc.constantFrom("pump-1", "a/b", ""),
  fc.string({ maxLength: 40 }).filter((value) => value.isWellFormed()),
);
// Twice a difference of two instants must be a whole number: 140,000 years.
const instant = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const payload = fc.uint8Array({ maxLength: 300 });
const id = fc.integer({ min: 0, max: 65_535 });
const index = fc.integer({ min: 0, max: 2 ** 50 });
const delivery: fc.Arbitrary<Delivery> = fc.record({
  topic: text,
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  properties: fc.uint8Array({ maxLength: 30 }),
  expiresAt: fc.option(instant),
  from: text,
  to: fc.array(text, { maxLength: 3 }),
  only: fc.boolean(),
});
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("telemetry", "burst", "foreign"),
    device: text,
    topic: fc.option(text),
    payload,
    arrivedAt: instant,
    delivery: fc.option(delivery),
  }),
  fc.record({ kind: fc.constant("message" as const), payload, arrivedAt: instant, delivery }),
  fc.record({ kind: fc.constantFrom("held", "released"), session: text, id }),
  fc.record({ kind: fc.constantFrom("sent", "taken"), session: text, index, id }),
  fc.record({ kind: fc.constant("finished" as const), session: text, indices: fc.array(index, { maxLength: 9 }) }),
  fc.record({ kind: fc.constant("silent" as const), device: text, at: instant }),
  fc.record({ kind: fc.constant("link" as const), gateway: text, seq: index }),
  fc.constant({ kind: "gone" as const }),
);

test("MQ1 a row gives back every kind of entry as it went in", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      expect(decodeEntries(encodeEntries(entries).buffer)).toEqual(entries);
    }),
    { numRuns: 300 },
  );
});

test("MQ1 an entry takes no more of a row than it is reckoned at, so that rows keep within their limits", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      expect(encodeEntries(entries).length).toBeLessThanOrEqual(32 + entries.reduce((sum, one) => sum + bytesOfEntry(one), 0));
    }),
  );
  const large = Array.from({ length: 1_200 }, (_, i): Entry => ({
    kind: "telemetry",
    device: "d",
    topic: null,
    payload: new Uint8Array(i * 9),
    arrivedAt: i,
    delivery: null,
  }));
  const rows = entryRowsOf(large);
  expect(rows.flat()).toEqual(large);
  for (const row of rows) {
    expect(row.length).toBeLessThanOrEqual(ROW_MESSAGES_MAX);
    expect(encodeEntries(row).length).toBeLessThanOrEqual(ROW_BYTES_MAX);
  }
});

/** Written by the code of each format; whoever changes a format keeps these readable. */
const GOLDEN = {
  one: "01024278bcfe56800000010670756d702d310000027b7d000a0130",
  two: "02024278bcfe56800000010670756d702d310000027b7d010a0130",
  three: "03034278bcfe56800000040670756d702d3103612f620870756d702d310a63020a78000000027b7d030a0130160102c0a907020101010308030201ac02",
};
const at = 1_700_000_000_000;
const first: Entry = { kind: "telemetry", device: "pump-1", topic: null, payload: Uint8Array.of(123, 125), arrivedAt: at, delivery: null };
const second = { device: "pump-1", topic: null, payload: Uint8Array.of(48), arrivedAt: at + 5, delivery: null };
const said: Delivery = {
  topic: "a/b",
  qos: 2,
  retain: true,
  properties: Uint8Array.of(1, 1),
  expiresAt: at + 60_000,
  from: "pump-1\nc",
  to: ["\nx"],
  only: false,
};

function blobOf(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;
}

test("MQ2 rows of formats 1, 2 and 3 are read as they were written", () => {
  expect(decodeEntries(blobOf(GOLDEN.one))).toEqual([first, { kind: "telemetry", ...second }]);
  expect(decodeEntries(blobOf(GOLDEN.two))).toEqual([first, { kind: "burst", ...second }]);
  expect(decodeEntries(blobOf(GOLDEN.three))).toEqual([
    first,
    { kind: "message", payload: Uint8Array.of(48), arrivedAt: at + 5, delivery: said },
    { kind: "finished", session: "\nx", indices: [1, 300] },
  ]);
});

test("MQ2 the fold reads of an entry what it read of formats 1 and 2, and nothing of the others", () => {
  for (const hex of [GOLDEN.one, GOLDEN.two]) expect(decodeEntries(blobOf(hex)).map(loggedOf)).toEqual(decodeRow(blobOf(hex)));
  expect(decodeEntries(blobOf(GOLDEN.three)).map(loggedOf)).toEqual([{ device: "pump-1", payload: first.payload, arrivedAt: at }, null, null]);
});

test("MQ2 a row that was cut short or is of an unknown kind is a bug, not a shorter row", () => {
  const whole = new Uint8Array(blobOf(GOLDEN.three));
  for (let end = 1; end < whole.length; end++) expect(() => decodeEntries(whole.slice(0, end).buffer)).toThrow();
  expect(() => decodeEntries(Uint8Array.of(9).buffer)).toThrow("unknown format");
});
