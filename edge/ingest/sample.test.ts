import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BATCH_MAX, EVENTS_MAX, TelemetryPayload } from "../../contracts/telemetry.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { readTelemetry, REFUSED_TOLD_MAX } from "./sample.ts";

const judge = pumpVibration.judge;
const [profile] = pumpVibration.profiles;
if (profile === undefined) throw new Error("the template has a profile");
const strict = { ...profile, channels: profile.channels.map((channel) => ({ ...channel, nulls: "refuse" as const })) };
const NOW = 1_763_750_000_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (value: unknown, of = profile) => readTelemetry(bytes(typeof value === "string" ? value : JSON.stringify(value)), of, judge, NOW);

describe("what fits", () => {
  test("N1 a sample becomes a row in the profile's order, gaps are NaN", () => {
    const { readings, refused } = read({ ts: NOW, channels: { flow: 32, "vibration.a.rms": 0.5 }, seq: 17 });
    expect(refused).toEqual([]);
    expect(readings).toHaveLength(1);
    expect([...(readings[0]?.values ?? [])]).toEqual([0.5, NaN, NaN, NaN, NaN, NaN, NaN, 32]);
    expect(readings[0]).toMatchObject({ ts: NOW, arrivedAt: NOW, fresh: true, usable: 2 });
  });
  test("N1 an array is read in its order; events and a position need no channels", () => {
    const { readings } = read([
      { ts: NOW - 1, events: [{ code: "E12" }, { code: "E21", at: NOW - 9 }] },
      { ts: NOW, position: { lat: 28, lon: 112 } },
    ]);
    expect(readings.map((one) => [one.ts, one.events, one.position])).toEqual([
      [
        NOW - 1,
        [
          { code: "E12", at: NOW - 1 },
          { code: "E21", at: NOW - 9 },
        ],
        null,
      ],
      [NOW, [], { lat: 28, lon: 112 }],
    ]);
  });
});

describe("what costs itself and no more", () => {
  const cases: readonly [string, unknown, string, RegExp][] = [
    ["out of range", 1e9, "channels.flow", /^range -10 to 10000 L\/min$/],
    ["infinite", "1e999", "channels.flow", /number|range/],
    ["a text", "warm", "channels.flow", /a value is a number/],
    ["a numeral in quotes", "1.5", "channels.flow", /a value is a number/],
    ["a boolean", true, "channels.flow", /a value is a number/],
    ["an object", { v: 1 }, "channels.flow", /a value is a number/],
  ];
  test.each(cases)("N2 %s: the value is refused with field, rule and mend, its neighbour is read", (_name, value, field, rule) => {
    const { readings, refused } = read({ ts: NOW, channels: { flow: value, current: 2 } });
    expect(readings[0]?.usable).toBe(1);
    expect(readings[0]?.values[2]).toBe(2);
    expect(readings[0]?.values[7]).toBeNaN();
    expect(refused).toHaveLength(1);
    expect(refused[0]?.field).toBe(field);
    expect(refused[0]?.rule).toMatch(rule);
    expect(refused[0]?.mend).not.toBe("");
  });
  test("N2 a number beyond the largest is out of range, not the end of the message", () => {
    const { readings, refused } = read(`{"ts": ${NOW}, "channels": {"flow": 1e999, "current": 2}}`);
    expect([readings[0]?.usable, refused[0]?.field]).toEqual([1, "channels.flow"]);
  });
  test("N2 a value that would be infinite as float32 is out of any range", () => {
    const wide = { ...profile, channels: profile.channels.map((channel) => ({ ...channel, min: -1e308, max: 1e308 })) };
    const { readings, refused } = read({ ts: NOW, channels: { flow: 1e39, current: -1e300, voltage: 3.4e38 } }, wide);
    expect(refused.map(({ field }) => field)).toEqual(["channels.flow", "channels.current"]);
    expect([readings[0]?.usable, readings[0]?.values.every((value) => Math.abs(value) !== Infinity)]).toEqual([1, true]);
  });
  test("N2 an unknown channel, a bad event, an unknown code and a bad position", () => {
    const { readings, refused } = read({
      ts: NOW,
      channels: { current: 2, colour: 1, __proto__x: 1 },
      events: [{ code: "E12" }, { code: "" }, { code: "Z9" }, 5],
      position: { lat: 99, lon: 0 },
    });
    expect(readings[0]).toMatchObject({ usable: 1, events: [{ code: "E12" }], position: null });
    expect(refused.map((one) => one.field)).toEqual(["channels.colour", "channels.__proto__x", "events.1", "events.2.code", "events.3", "position"]);
  });
  test("N2 in a batch the field says which message", () => {
    const { readings, refused } = read([
      { ts: NOW - 1, channels: { current: 1 } },
      { ts: "now", channels: { current: 1 } },
      { ts: NOW, channels: { flow: -99 } },
      7,
    ]);
    expect(readings.map((one) => one.ts)).toEqual([NOW - 1, NOW]);
    expect(refused.map((one) => one.field)).toEqual(["1.ts", "2.channels.flow", "3"]);
  });
});

describe("nulls", () => {
  test.each([null, "NaN", "nan", "", "null", "N/A", "Infinity", "-inf"])("N3 %j is a gap where the channel allows it and a breach where not", (value) => {
    expect(read({ ts: NOW, channels: { flow: value } })).toMatchObject({ refused: [], readings: [{ usable: 0 }] });
    expect(read({ ts: NOW, channels: { flow: value } }, strict).refused).toMatchObject([{ field: "channels.flow", rule: "this channel takes no null" }]);
  });
  test("N3 a bare NaN is malformed", () => {
    expect(read(`{"ts": ${NOW}, "channels": {"flow": NaN}}`)).toMatchObject({
      readings: [],
      refused: [{ refused: "malformed", rule: expect.stringContaining("NaN") as string }],
    });
  });
});

describe("time", () => {
  test("N4 a timestamp too far ahead of its arrival is refused; at the bound it is not", () => {
    expect(read({ ts: NOW + judge.aheadMs, channels: { flow: 1 } }).refused).toEqual([]);
    expect(read({ ts: NOW + judge.aheadMs + 1, channels: { flow: 1 } })).toMatchObject({
      readings: [],
      refused: [{ refused: "breaks-contract", field: "ts", mend: expect.stringContaining(`${judge.aheadMs + 1} ms ahead`) as string }],
    });
  });
  test("N4 later than the bound it is read, and not fresh", () => {
    expect(read({ ts: NOW - judge.latenessMs, channels: { flow: 1 } }).readings[0]?.fresh).toBe(true);
    expect(read({ ts: NOW - judge.latenessMs - 1, channels: { flow: 1 } }).readings[0]?.fresh).toBe(false);
  });
  test.each([[1.5], [-1], ["2020-01-01"], [null], [8.64e15 + 1]])("N4 ts %j is malformed", (ts) => {
    expect(read({ ts, channels: { flow: 1 } })).toMatchObject({ readings: [], refused: [{ refused: "malformed", field: "ts" }] });
  });
});

describe("limits", () => {
  test("N5 a batch beyond its limit is refused whole, events beyond theirs are cut", () => {
    const one = { ts: NOW, channels: { flow: 1 } };
    expect(read(Array.from({ length: BATCH_MAX }, () => one)).readings).toHaveLength(BATCH_MAX);
    expect(read(Array.from({ length: BATCH_MAX + 1 }, () => one))).toMatchObject({ readings: [], refused: [{ refused: "too-many" }] });
    const { readings, refused } = read({ ts: NOW, events: Array.from({ length: EVENTS_MAX + 1 }, () => ({ code: "E12" })) });
    expect([readings[0]?.events.length, refused[0]?.refused]).toEqual([EVENTS_MAX, "too-many"]);
  });
  test("N5 refusals are all counted and some are told", () => {
    const channels = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`unknown${i}`, 1]));
    const { refused, refusedCount } = read({ ts: NOW, channels });
    expect([refused.length, refusedCount]).toEqual([REFUSED_TOLD_MAX, 200]);
  });
  test.each([
    ["not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["nothing", bytes("")],
    ["a number", bytes("5")],
    ["null", bytes("null")],
    ["an empty batch", bytes("[]")],
    ["deep nesting", bytes("[".repeat(60_000))],
  ])("N6 %s is malformed", (_name, payload) => {
    const { readings, refused } = readTelemetry(payload, profile, judge, NOW);
    expect([readings, refused[0]?.refused]).toEqual([[], "malformed"]);
  });
});

test("N6 nothing that arrives throws, and no value that comes out breaks its channel's contract", () => {
  const anything = fc.oneof(
    fc.json().map(bytes),
    fc.uint8Array({ maxLength: 64 }),
    fc
      .record(
        {
          ts: fc.oneof(fc.integer(), fc.constant(NOW)),
          channels: fc.dictionary(fc.constantFrom("flow", "current", "x"), fc.anything()),
          events: fc.anything(),
          position: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((value) => bytes(safeJson(value))),
  );
  fc.assert(
    fc.property(anything, (payload) => {
      for (const reading of readTelemetry(payload, profile, judge, NOW).readings) {
        expect(reading.values.length).toBe(profile.channels.length);
        for (const [c, value] of reading.values.entries())
          expect(Number.isNaN(value) || (value >= (profile.channels[c]?.min ?? 0) && value <= (profile.channels[c]?.max ?? 0))).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("N7 every payload that the contract allows is read: as many readings, nothing malformed", () => {
  const telemetry = fc.record({
    ts: fc.integer({ min: NOW - 1e6, max: NOW }),
    channels: fc.dictionary(
      fc.constantFrom(...profile.channels.map((channel) => channel.id as string)),
      fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(null), fc.constant("NaN")),
      { maxKeys: 8 },
    ),
    events: fc.array(fc.record({ code: fc.constantFrom("E12", "E21") }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.oneof(telemetry, fc.array(telemetry, { minLength: 1, maxLength: 5 })), (value) => {
      expect(TelemetryPayload.safeParse(value).success).toBe(true);
      const { readings, refused } = read(value);
      expect([readings.length, refused]).toEqual([Array.isArray(value) ? value.length : 1, []]);
    }),
  );
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? 0 : one)) ?? "";
  } catch {
    return "";
  }
}
