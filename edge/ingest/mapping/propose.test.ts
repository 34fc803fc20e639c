import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProposedMapping } from "../../../contracts/mapping.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { DeviceProfile } from "../../../contracts/scenario.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { mappingOf } from "./compile.ts";
import { readForeign } from "./foreign.ts";
import { glimpseText } from "./glimpse.ts";
import { proposeMapping } from "./propose.ts";

const NOW = 1_763_750_000_000;
const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("the template has a profile");
const withMapping = (mapping: unknown): DeviceProfile => DeviceProfile.parse({ ...pump, mapping });
const read = (profile: DeviceProfile, topic: string, value: unknown) => readForeign(new TextEncoder().encode(JSON.stringify(value)), topic, profile, null, NOW);

describe("MF14 what is proposed for a message that nothing was read of", () => {
  const propose = (topic: string, said: unknown): ProposedMapping => {
    const proposed = proposeMapping(topic, said, pump, "pump-1");
    if (proposed === null) throw new Error("nothing is proposed");
    return proposed;
  };
  const channelsOf = ({ fields }: ProposedMapping) =>
    Object.fromEntries(fields.map(({ at, channel, by }) => [at, channel === undefined ? null : `${channel} ${by}`]));

  test("names in many spellings, units in names and beside values, a number and an instant", () => {
    const said = {
      timestamp: NOW / 1_000,
      seq: 4,
      motorTemp_F: 150,
      fluid: { temp: 40 },
      Druck: { value: 3.5, unit: "kPa" },
      flowRate: "12",
      电流: 3,
      fw: "1.2b",
    };
    const proposed = propose("sensors/pump-1/raw", said);
    expect(proposed.route).toMatchObject({ topics: ["sensors/{device}/raw"], ts: { at: "$.timestamp", form: "s" }, seq: "$.seq" });
    expect(channelsOf(proposed)).toEqual({
      "$.motorTemp_F": "temperature.motor name",
      "$.fluid.temp": "temperature.fluid name",
      "$.Druck.value": "pressure uom",
      "$.flowRate": "flow name",
      "$['电流']": "current name",
    });
    expect(proposed.route.values).toContainEqual({ channel: "temperature.motor", at: "$.motorTemp_F", uom: "[degF]" });
  });

  test("each channel is proposed once, and none by its unit where two values could be it", () => {
    expect(channelsOf(propose("a/pump-1", { flow: 1, flow_rate: 2, inlet: { value: 1, unit: "bar" }, outlet: { value: 2, unit: "bar" } }))).toEqual({
      "$.flow": "flow name",
      "$.flow_rate": null,
      "$.inlet.value": null,
      "$.outlet.value": null,
    });
  });

  test("a form that many use is known by its topic", () => {
    expect(propose("v1/devices/me/telemetry", { ts: NOW, values: { pressure: 3 } }).route).toMatchObject({
      topics: ["v1/devices/me/telemetry", "v1/devices/me/attributes"],
      values: [{ channel: "pressure", at: ["$.values.pressure", "$.pressure"] }],
    });
  });

  test("accepted as it is, the next message of its kind is read", () => {
    for (const [topic, said, channels] of [
      ["sensors/pump-1/raw", [{ at: "2026-01-31T08:00:00Z", flow_lpm: 5, pressure_kPa: 250 }], { flow: 5, pressure: 2.5 }],
      ["tele/pump-1/SENSOR", { Time: "2026-01-31T08:00:00", Pump: { Voltage: 230, Current: 4.5 } }, { voltage: 230, current: 4.5 }],
      ["things/pump-1/shadow/update", { state: { reported: { flow: 7 } } }, { flow: 7 }],
      ["v1/devices/me/telemetry", { voltage: 231 }, { voltage: 231 }],
    ] as const) {
      const first = read(pump, topic, said);
      expect(first).toMatchObject({ messages: [], refused: [{ refused: "unmapped", field: topic }] });
      const { route } = propose(topic, JSON.parse(glimpseText(first.said, 1_024)));
      expect(read(withMapping({ routes: [route] }), topic, said)).toMatchObject({ messages: [{ channels }], refused: [] });
    }
  });

  test("nothing is proposed where nothing could be a channel, and whatever is proposed compiles", () => {
    expect(proposeMapping("a/pump-1", { fw: "1.2b" }, pump, "pump-1")).toBeNull();
    fc.assert(
      fc.property(
        fc.string(),
        fc.object({ maxDepth: 3, key: fc.oneof(fc.string(), fc.constantFrom("flow", "temp", "ts", "a'b", "value", "unit")) }),
        (level, said) => {
          const proposed = proposeMapping(`x/${level.replaceAll("/", "")}`, said, pump, "pump-1");
          if (proposed === null) return;
          expect(isRefusal(mappingOf(withMapping({ routes: [{ ...proposed.route, topics: ["x"] }] })))).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("what is kept of a payload to propose from is short, and JSON", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 5, withNullPrototype: true }), (said) => {
        const text = glimpseText(said, 1_024);
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(1_024);
        JSON.parse(text);
      }),
    );
    expect(glimpseText({ rows: Array.from({ length: 99 }, (_, i) => ({ i })) }, 1_024)).toBe('{"rows":[{"i":0}]}');
  });
});
