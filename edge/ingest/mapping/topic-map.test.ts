import { describe, expect, test } from "vitest";
import { Device } from "../../../contracts/device.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { DeviceProfile } from "../../../contracts/scenario.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { mappedBy, type TopicMap, topicMapOf } from "./topic-map.ts";

const NOW = 1_763_750_000_000;
const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("the template has a profile");
const withMapping = (mapping: unknown): DeviceProfile => DeviceProfile.parse({ ...pump, mapping });

describe("MF13 whose a topic is", () => {
  const device = (id: string, profile: string = pump.id) => Device.parse({ id, asset: `A-${id}`, profile, name: id, addedAt: NOW });
  const mapping = {
    via: ["edge-1"],
    routes: [
      { topics: ["tele/{device}/SENSOR", "v1/devices/me/telemetry", "plant/{line}/{no}/#"], values: [] },
      { topics: ["lines/{line}/{no}"], device: "pump-{no}", values: [] },
    ],
  };
  const scenario = { ...pumpVibration, profiles: [withMapping(mapping), DeviceProfile.parse({ ...pump, id: "other" })] };
  const devices = [
    device("pump-1"),
    device("pump-2"),
    device("Fan_9"),
    device("edge-1", "other"),
    device("pump-9", "other"),
    device("Pump-3"),
    device("pump_3"),
  ];
  const map: TopicMap = topicMapOf({ unit: "plant", scenario, devices });
  const by = (topic: string, speaker: string) => {
    const mapped = mappedBy(topic, map, speaker === "anybody" ? speaker : { device: speaker });
    return mapped === null ? null : isRefusal(mapped) ? mapped.refused : `${mapped.kind} ${mapped.device}`;
  };
  test.each([
    ["u/plant/d/pump-1/telemetry", "pump-1", "telemetry pump-1"],
    ["u/plant/d/pump-1/burst", "pump-1", "burst pump-1"],
    ["tele/pump-1/SENSOR", "pump-1", "foreign pump-1"],
    ["tele/Pump_1/SENSOR", "pump-1", "foreign pump-1"],
    ["tele/fan-9/SENSOR", "Fan_9", "foreign Fan_9"],
    ["v1/devices/me/telemetry", "pump-2", "foreign pump-2"],
    ["lines/a/2", "pump-2", "foreign pump-2"],
    // Nobody speaks for another, but whom the mapping names.
    ["tele/pump-2/SENSOR", "pump-1", "not-yours"],
    ["tele/pump-2/SENSOR", "edge-1", "foreign pump-2"],
    ["tele/pump-2/SENSOR", "anybody", "foreign pump-2"],
    // No mapping reads these, and whose they are is plain.
    ["sensors/pump-1/raw", "pump-1", "foreign pump-1"],
    ["sensors/pump-1/raw", "anybody", "foreign pump-1"],
    ["tele/edge-1/STATE", "edge-1", "foreign edge-1"],
    // Ordinary broker traffic.
    ["sensors/pump-1/raw", "pump-2", null],
    ["hall/temperature", "pump-1", null],
    // Of a profile that has no such mapping; and which of two it is, nobody can tell.
    ["lines/a/9", "pump-9", null],
    ["tele/PUMP.3/SENSOR", "Pump-3", null],
    ["tele/pump_3/SENSOR", "pump_3", "foreign pump_3"],
    ["tele/pump-7/SENSOR", "pump-1", null],
    ["v1/devices/me/telemetry", "anybody", null],
    ["u/plant/d/pump-1/notes", "pump-1", null],
    ["u/other/d/pump-1/telemetry", "pump-1", null],
    ["$SYS/pump-1", "pump-1", null],
  ])("%s by %s: %s", (topic, speaker, expected) => {
    expect(by(topic, speaker)).toBe(expected);
  });
});
