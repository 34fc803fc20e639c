import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { METRICS_MAX, readSparkplug } from "./sparkplug.ts";
import { metricsOf, type TestMetric } from "./fixture/sparkplug.ts";

const NOW = 1_763_750_000_000;
const birth = (metrics: readonly TestMetric[]): Uint8Array => metricsOf(metrics, NOW, 0);
const ALIASED = [
  { name: "bdSeq", whole: 3 },
  { name: "Inputs/Temp", alias: 1, type: 10, double: 21.5 },
  { name: "Inputs/Count", alias: 2, type: 3, whole: 4_294_967_295 },
  { name: "Total", alias: 3, type: 4, signed: -5 },
];

function read(bytes: Uint8Array, message: Parameters<typeof readSparkplug>[1], born: Parameters<typeof readSparkplug>[2] = null) {
  const done = readSparkplug(bytes, message, born);
  if (isRefusal(done)) throw new Error(done.rule);
  return done;
}

test("MF10 a birth names its metrics; data by alias alone has their names and their signs", () => {
  const { born, records } = read(birth(ALIASED), "birth");
  expect(records).toEqual([{ timestamp: NOW, metrics: { "Inputs/Temp": 21.5, "Inputs/Count": -1, Total: -5 } }]);
  expect(born?.bdSeq).toBe(3);
  const data = metricsOf(
    [
      { alias: 2, whole: 4_294_967_294 },
      { alias: 1, double: 22 },
      { alias: 3, isNull: true },
    ],
    NOW + 1_000,
    1,
  );
  expect(read(data, "data", born).records).toEqual([{ timestamp: NOW + 1_000, metrics: { "Inputs/Count": -2, "Inputs/Temp": 22, Total: null } }]);
});

test("MF10 metrics with instants of their own are records of their own", () => {
  const data = metricsOf(
    [
      { name: "a", double: 1, at: NOW - 2 },
      { name: "b", double: 2 },
      { name: "c", double: 3, at: NOW - 2 },
    ],
    NOW,
    1,
  );
  expect(read(data, "data").records).toEqual([
    { timestamp: NOW - 2, metrics: { a: 1, c: 3 } },
    { timestamp: NOW, metrics: { b: 2 } },
  ]);
});

test("MF11 an alias that no birth named is refused with how to have it named; after a death there are none", () => {
  const data = metricsOf([{ alias: 1, double: 22 }], NOW, 1);
  expect(readSparkplug(data, "data", null)).toMatchObject({ refused: "gap", field: "alias 1", mend: expect.stringContaining("Rebirth") });
  const { born } = read(birth(ALIASED), "birth");
  const dead = read(metricsOf([{ name: "bdSeq", whole: 3 }], NOW, 0), "death", born);
  expect([dead.born, readSparkplug(data, "data", dead.born)]).toMatchObject([null, { refused: "gap" }]);
});

test("MF11 the death of an earlier connection, told late, ends nothing", () => {
  const { born } = read(birth(ALIASED), "birth");
  expect(read(metricsOf([{ name: "bdSeq", whole: 2 }], NOW, 0), "death", born).born).toBe(born);
});

test("MF12 no bytes throw or run on, and what is no payload is refused", () => {
  expect(readSparkplug(birth(Array.from({ length: METRICS_MAX + 1 }, (_, i) => ({ name: `m${i}`, double: i }))), "birth", null)).toMatchObject({
    refused: "too-many",
  });
  expect(readSparkplug(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), "data", null)).toMatchObject({ refused: "malformed" });
  expect(readSparkplug(new TextEncoder().encode('{"temp": 1}'), "data", null)).toMatchObject({ refused: "malformed" });
  const whole = birth(ALIASED);
  for (let cut = 1; cut < whole.length; cut++) readSparkplug(whole.subarray(0, cut), "birth", null);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(whole.length), (noise, at) => {
      readSparkplug(noise, "data", null);
      readSparkplug(Uint8Array.of(...whole.subarray(0, at), ...noise, ...whole.subarray(at)), "birth", null);
    }),
    { numRuns: 2_000 },
  );
});

test("MF12 a metric that is called like a property of every object is one of its own", () => {
  const { records } = read(metricsOf([{ name: "__proto__", double: 5 }], NOW, 0), "data");
  expect(Object.keys(records[0]?.["metrics"] ?? {})).toEqual(["__proto__"]);
});
