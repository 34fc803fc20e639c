import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { decodePayload } from "./decode.ts";
import { readTelemetry } from "./sample.ts";

const NOW = 1_763_750_000_000;
const [profile] = pumpVibration.profiles;
if (profile === undefined) throw new Error("the template has a profile");
const { judge } = pumpVibration;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const valueOf = (payload: Uint8Array): unknown => {
  const decoded = decodePayload(payload);
  return isRefusal(decoded) ? decoded.rule : decoded.value;
};

test("MF1 a message and a batch say the same in CBOR as in JSON", () => {
  const one = { ts: NOW, channels: { flow: 1.5, current: null, pressure: 3 }, events: [{ code: "E12" }], position: { lat: 1.25, lon: 2.5 }, seq: 7 };
  for (const said of [one, [one, { ...one, ts: NOW - 1_000, seq: 6 }]]) {
    const [json, cbor] = [text(JSON.stringify(said)), encode(said)].map((payload) => readTelemetry(payload, profile, judge, NOW));
    expect(cbor?.readings).toHaveLength(Array.isArray(said) ? 2 : 1);
    expect([json?.refused, cbor]).toEqual([[], json]);
  }
});

test("MF1 whatever JSON can say comes back the same from CBOR", () => {
  const value = fc.anything({ maxDepth: 4, withBigInt: false, key: fc.string().filter((key) => key !== "__proto__") }).filter(isJson);
  fc.assert(
    fc.property(value, (said) => {
      const wrapped = { said };
      expect(valueOf(encode(wrapped))).toEqual(valueOf(text(JSON.stringify(wrapped))));
    }),
  );
});

test("MF1 CBOR's words for no number are gaps where the channel takes them, its dates are what they are written as, its mark is passed over", () => {
  const noNumber = encode({ ts: NOW, channels: { flow: Number.NaN, current: undefined } });
  expect(readTelemetry(noNumber, profile, judge, NOW)).toMatchObject({ readings: [{ usable: 0 }], refused: [] });
  expect(readTelemetry(encode({ ts: NOW, channels: { flow: Infinity } }), profile, judge, NOW).refused[0]?.rule).toMatch(/^range/);
  expect(valueOf(Uint8Array.of(0xd9, 0xd9, 0xf7, 0x81, 0x01))).toEqual([1]);
  expect(valueOf(Uint8Array.of(0x81, 0xc1, 0x1a, 0x69, 0, 0, 0))).toEqual([0x69_00_00_00]);
});

describe("MF2 what is neither is refused with the rule", () => {
  test.each([
    ["a map that ends early", Uint8Array.of(0xa2, 0x61, 0x61, 1), "neither JSON nor CBOR: found map but not enough entries"],
    ["a name twice", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2), "neither JSON nor CBOR: found repeat map key"],
    ["a name that is no text", Uint8Array.of(0xa1, 1, 2), "neither JSON nor CBOR: non-string keys"],
    ["something behind it", Uint8Array.of(0x80, 0x80), "neither JSON nor CBOR: too many terminals"],
    ["a tag that means nothing here", Uint8Array.of(0xd8, 0x40, 0x80), "neither JSON nor CBOR: tag not supported (64)"],
    ["a length beyond its bytes", Uint8Array.of(0x9b, 0, 0, 0, 1, 0, 0, 0, 0), "neither JSON nor CBOR"],
    ["a number beyond the whole ones", Uint8Array.of(0x81, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255), "neither JSON nor CBOR: integers outside"],
    ["arrays without end", new Uint8Array(60_000).fill(0x81), "neither JSON nor CBOR"],
    ["a frame of 16-bit numbers", Uint8Array.of(0xfe, 0x01, 0x02), "not UTF-8"],
    ["a line of CSV", text("12.5;13;14"), "not JSON"],
  ])("%s", (_name, payload, rule) => {
    expect(decodePayload(payload)).toMatchObject({ refused: "malformed", rule: expect.stringContaining(rule), mend: expect.stringContaining("CBOR") });
  });
  test("no bytes throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0x80, max: 0xdf }), (bytes, first) => {
        for (const payload of [bytes, Uint8Array.of(first, ...bytes)]) {
          const decoded = decodePayload(payload);
          if (isRefusal(decoded)) expect(decoded.rule).not.toBe("");
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 53;
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}
