import { readFileSync } from "node:fs";
import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Mapping } from "../../../contracts/mapping.ts";
import { DeviceProfile } from "../../../contracts/scenario.ts";
import { readyMapping } from "../../../hub/catalogue/mappings.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { faultOfMappings, mappingOf } from "./compile.ts";
import { metricsOf } from "./fixture/sparkplug.ts";
import { MANY_BYTES_MAX, readForeign } from "./foreign.ts";

const NOW = 1_763_750_000_000;
const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("the template has a profile");
const NAMES = { flow: "flow", pressure: "p", "temperature.motor": "motor.temp" };

const withMapping = (mapping: unknown): DeviceProfile => DeviceProfile.parse({ ...pump, mapping });
const withRoute = (route: object): DeviceProfile => withMapping({ routes: [{ topics: ["x/{device}"], values: [], ...route }] });
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const read = (profile: DeviceProfile, topic: string, value: unknown) =>
  readForeign(value instanceof Uint8Array ? value : bytes(value), topic, profile, null, NOW);
/** Of one route that reads `value` for the flow. */
const flowOf = (field: object, value: unknown) => read(withRoute({ values: [{ channel: "flow", at: "$.v", ...field }] }), "x/pump-1", { v: value });

describe("ready mappings", () => {
  const thingsboard = withMapping(readyMapping("thingsboard", NAMES));
  test.each([
    ["keys", { p: 3.5, flow: "12.5" }, [{ ts: NOW, channels: { flow: 12.5, pressure: 3.5 } }]],
    ["keys with an instant", { ts: NOW - 5, values: { "motor.temp": 61 } }, [{ ts: NOW - 5, channels: { "temperature.motor": 61 } }]],
    [
      "several",
      [{ ts: NOW - 5, values: { p: 1 } }, { p: 2 }],
      [
        { ts: NOW - 5, channels: { pressure: 1 } },
        { ts: NOW + 1, channels: { pressure: 2 } },
      ],
    ],
  ])("MF5 ThingsBoard: %s", (_name, said, messages) => {
    expect(read(thingsboard, "v1/devices/me/telemetry", said)).toMatchObject({ messages, refused: [] });
    expect(read(thingsboard, "v1/devices/me/telemetry", encode(said))).toMatchObject({ messages, refused: [] });
  });

  test("MF6 Sparkplug B: a birth, then data by alias; what was born is remembered between messages", () => {
    const profile = withMapping(readyMapping("sparkplug", { flow: "Outputs/Flow", pressure: "Outputs/Pressure" }));
    const birth = metricsOf(
      [
        { name: "Outputs/Flow", alias: 4, type: 10, double: 100 },
        { name: "Serial", alias: 5, text: "A1" },
      ],
      NOW,
      0,
    );
    const born = readForeign(birth, "spBv1.0/plant/DBIRTH/edge-1/pump-1", profile, null, NOW);
    expect(born).toMatchObject({ messages: [{ ts: NOW, channels: { flow: 100 } }], refused: [] });
    const data = metricsOf([{ alias: 4, double: 101.5 }], NOW + 7, 1);
    const topic = "spBv1.0/plant/DDATA/edge-1/pump-1";
    expect(readForeign(data, topic, profile, born.born, NOW)).toMatchObject({ messages: [{ ts: NOW + 7, channels: { flow: 101.5 } }], refused: [] });
    expect(readForeign(data, topic, profile, null, NOW)).toMatchObject({ messages: [], refused: [{ refused: "gap" }] });
    // What is of no channel is no fault of a birth.
    expect(readForeign(metricsOf([{ name: "Serial", text: "A1" }], NOW, 0), "spBv1.0/plant/DBIRTH/edge-1/pump-1", profile, null, NOW).refused).toEqual([]);
  });

  test("MF7 Tasmota: its wall clock in its owner's zone, values below others", () => {
    const profile = withMapping(
      readyMapping("tasmota", { current: "ENERGY.Current", "temperature.motor": "DS18B20.Temperature" }, { timeZone: "Asia/Shanghai" }),
    );
    const said = { Time: "2026-01-31T08:00:00", ENERGY: { Current: 0.123, Power: 12 }, DS18B20: { Id: "01", Temperature: 21.5 }, TempUnit: "C" };
    expect(read(profile, "tele/Pump_1/SENSOR", said)).toMatchObject({
      messages: [{ ts: 1_769_817_600_000, channels: { current: 0.123, "temperature.motor": 21.5 } }],
      refused: [],
    });
  });

  test("MF8 shadows: what is reported, by the second", () => {
    const profile = withMapping(readyMapping("shadow", NAMES));
    const said = { state: { reported: { flow: 9, p: 2, motor: { temp: 3 } }, desired: { p: 5 } }, timestamp: NOW / 1_000, clientToken: "x" };
    expect(read(profile, "things/pump-1/shadow/update", said)).toMatchObject({ messages: [{ ts: NOW, channels: { flow: 9, pressure: 2 } }], refused: [] });
  });

  test("MF8 a topic that begins with $ is no mapping's", () => {
    const asked = Mapping.safeParse({ routes: [{ topics: ["$aws/things/{device}/shadow/update"], values: [] }] });
    expect(asked.error?.issues[0]?.message).toMatch(/server's own/);
    for (const topic of ["u/plant/d/{device}/telemetry", "#", "+/x", "{device}/x", "a/b+", "a/#/b"])
      expect([topic, Mapping.safeParse({ routes: [{ topics: [topic], values: [] }] }).success]).toEqual([topic, false]);
  });
});

describe("MF4 a field", () => {
  test.each([
    ["a text of digits", {}, " 12.5 ", 12.5],
    ["yes and no", {}, true, 1],
    ["a table of texts", { enum: { ON: 1, OFF: 0 } }, "ON", 1],
    ["scaling", { scale: 0.1, offset: -40 }, 650, 25],
    ["a unit", { uom: "m3/h" }, 6, 100],
    ["CEL of its value", { expression: "value > 100.0 ? 100.0 : value * 2.0" }, 4, 8],
    ["CEL of the record", { expression: "double(record.v) + 1.0" }, "4", 5],
    ["CEL, then a table", { expression: "value.mode", enum: { run: 3 } }, { mode: "run" }, 3],
  ])("%s", (_name, field, value, expected) => {
    expect(flowOf(field, value)).toMatchObject({ messages: [{ channels: { flow: expected } }], refused: [] });
  });

  test("what is not there is left out, null is a gap, and what can't be read is refused with its place and costs itself alone", () => {
    const profile = withRoute({
      values: [
        { channel: "flow", at: ["$.a.flow", "$.flow"] },
        { channel: "pressure", at: "$.p", enum: { low: 1 } },
        { channel: "current", at: "$.i", expression: "value * 2.0" },
      ],
    });
    expect(read(profile, "x/pump-1", { a: { flow: null }, i: "much", p: "high" })).toMatchObject({
      messages: [{ ts: NOW, channels: { flow: null } }],
      refused: [
        { refused: "breaks-contract", field: "$.p", rule: "one of low" },
        { refused: "malformed", field: "$.i", rule: expect.stringContaining("the expression fails"), mend: expect.stringContaining("double(") },
      ],
    });
  });

  test.each([
    ["ms", NOW, {}],
    ["s", String(NOW / 1_000), {}],
    ["us", NOW * 1_000, {}],
    ["iso", "2025-11-21T18:33:20Z", {}],
    ["local", "2025-11-22 02:33:20", { timeZone: "Asia/Shanghai" }],
  ])("timestamps in %s", (form, value, zone) => {
    const profile = withRoute({ ts: { at: "$.t", form, ...zone }, values: [{ channel: "flow", at: "$.v" }] });
    expect(read(profile, "x/pump-1", { t: value, v: 1 }).messages).toMatchObject([{ ts: NOW }]);
    expect(read(profile, "x/pump-1", { t: "soon", v: 1 })).toMatchObject({ messages: [], refused: [{ refused: "malformed", field: "$.t" }] });
  });

  test("records, numbers, fault codes and places stand where the mapping says", () => {
    const profile = withRoute({
      records: "$.rows[*]",
      seq: "$.no",
      events: { at: "$.errors", codes: { "17": "E12" } },
      position: { lat: "$.gps[0]", lon: "$.gps[1]" },
      values: [{ channel: "flow", at: "$.m[?@.name=='flow'].v" }],
    });
    const rows = [
      {
        no: 4,
        m: [
          { name: "p", v: 1 },
          { name: "flow", v: 2 },
        ],
        errors: [17, 18, 0],
      },
      { no: 5, gps: [31.2, 121.5] },
    ];
    expect(read(profile, "x/pump-1", { rows })).toMatchObject({
      messages: [
        { channels: { flow: 2 }, seq: 4, events: [{ code: "E12" }] },
        { channels: {}, seq: 5, position: { lat: 31.2, lon: 121.5 } },
      ],
      refused: [],
    });
  });
});

test("MF4 the README's mapping reads the README's message", () => {
  const text = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const said: unknown = JSON.parse(/sends `(\{.*?\})` on/.exec(text)?.[1] ?? "");
  const mapping: unknown = JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? "");
  const [first] = pump.channels;
  const profile = DeviceProfile.parse({ ...pump, channels: [...pump.channels, { ...first, id: "speed", uom: "{rpm}/min", max: 3_000 }], mapping });
  expect(read(profile, "sensors/pump-1/raw", said)).toEqual({
    messages: [{ ts: 1_763_750_000_000, channels: { "temperature.motor": 60, speed: 1_480, flow: 0 } }],
    refused: [],
    born: null,
  });
});

describe("MF3 what can't be compiled names its place, its rule and its mend, and no message passes", () => {
  test.each([
    [{ values: [{ channel: "flow", at: "$.a[" }] }, "values.0.at", "no JSONPath"],
    [{ values: [{ channel: "flow", at: "$..flow" }] }, "values.0.at", "descendants"],
    [{ values: [{ channel: "flow", at: "$[?match(@.n, 'a')].v" }] }, "values.0.at", "no such function 'match'"],
    [{ values: [{ channel: "flow", at: "$[*][*]" }] }, "values.0.at", "one segment of many"],
    [{ values: [{ channel: "flow", at: "$[?count(@[*]) > 1]" }] }, "values.0.at", "a filter looks at its own item"],
    [{ values: [{ channel: "flow", expression: "valu * 2.0" }] }, "values.0.expression", "Unknown variable"],
    [{ values: [{ channel: "flow", expression: "value.matches('(a+)+')" }] }, "values.0.expression", "matches() is not taken"],
    [{ values: [{ channel: "flow", expression: "[1, 2].map(x, x)[0]" }] }, "values.0.expression", "map() is not taken"],
    [{ values: [{ channel: "flow", at: "$.v", uom: "bar" }] }, "values.0.uom", "measure different things"],
    [{ values: [{ channel: "flo", at: "$.v" }] }, "values.0.channel", "unknown channel"],
    [{ events: { at: "$.e", codes: { a: "E99" } } }, "events.codes.a", "unknown fault code"],
    [{ ts: { at: "$.t[", form: "ms" } }, "ts.at", "no JSONPath"],
  ])("%j", (route, field, rule) => {
    const profile = withRoute(route);
    const expected = { field: `mapping.routes.0.${field}`, rule: expect.stringContaining(rule), mend: expect.stringMatching(/./) };
    expect(mappingOf(profile)).toMatchObject(expected);
    expect(faultOfMappings({ profiles: [profile] })).toMatchObject({ ...expected, field: `profiles.0.mapping.routes.0.${field}` });
    expect(read(profile, "x/pump-1", { v: 1 })).toMatchObject({ messages: [], refused: [expected] });
  });
});

test("MF9 what a mapping costs is bounded: paths of many look at so many bytes, a payload holds so many records", () => {
  const values = pump.channels.map(({ id }) => ({ channel: id, at: ["$[?@.a==1].v", "$[?@.b==1].v"] }));
  const wide = withRoute({ records: "$.r", values });
  const large = new Uint8Array(MANY_BYTES_MAX / 16).fill(0x20);
  large.set(bytes({ r: [] }));
  expect(read(wide, "x/pump-1", large).refused[0]?.refused).toBe("unmapped");
  const wider = withRoute({ records: "$.r", values: [...values, { channel: "flow", at: "$.a[*]" }] });
  expect(read(wider, "x/pump-1", large).refused[0]?.refused).toBe("too-many");
  expect(
    read(
      withRoute({ values: [{ channel: "flow", at: "$" }] }),
      "x/pump-1",
      Array.from({ length: 601 }, () => 1),
    ).refused[0]?.refused,
  ).toBe("too-many");
});

test("MF9 nothing that arrives throws, whatever the mapping", () => {
  const profiles = [
    withMapping(readyMapping("thingsboard", NAMES)),
    withMapping(readyMapping("sparkplug", NAMES)),
    withRoute({
      topics: ["spBv1.0/{group}/DDATA/{node}/{device}", "v1/devices/me/telemetry"],
      records: "$.*",
      values: [{ channel: "flow", at: "$.a", expression: "value.b + 1.0" }],
      events: { at: "$.e" },
    }),
  ];
  const payload = fc.oneof(
    fc.json({ maxDepth: 4 }).map((json) => new TextEncoder().encode(json)),
    fc.uint8Array({ maxLength: 64 }),
  );
  fc.assert(
    fc.property(payload, fc.constantFrom(...profiles), fc.constantFrom("spBv1.0/a/DDATA/b/c", "v1/devices/me/telemetry", "z"), (said, profile, topic) => {
      const { messages, refused } = readForeign(said, topic, profile, null, NOW);
      expect(Array.isArray(messages) && Array.isArray(refused)).toBe(true);
    }),
    { numRuns: 1_500 },
  );
});
