import { expect, test } from "vitest";
import { carriedBy, type Grounds, isTopicFilter, isTopicName, matches, permitFilter, permitTopic } from "./topic.ts";

test.each([
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/+", "a/b", true],
  ["a/+", "a", false],
  ["a/+", "a/", true],
  ["+", "/a", false],
  ["+/+", "/a", true],
  ["#", "a/b", true],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["a/#", "ab", false],
  ["#", "$SYS/x", false],
  ["+/x", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
])("I4 filter %s against topic %s: %s [MQTT-4.7]", (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});

test("I4 names have no wildcards, filters have them for whole levels only", () => {
  for (const name of ["a", "/", "a//b", "泵/一"]) expect(isTopicName(name)).toBe(true);
  for (const name of ["", "a/+", "#", "a\0b", "a".repeat(513), "/".repeat(256)]) expect(isTopicName(name)).toBe(false);
  for (const filter of ["#", "+", "a/+/b", "a/#"]) expect(isTopicFilter(filter)).toBe(true);
  for (const filter of ["", "a#", "a/#/b", "a+", "+a/b", "##"]) expect(isTopicFilter(filter)).toBe(false);
});

const grounds: Grounds = { unit: "plant", knows: (device) => device.startsWith("pump") };
const pump = { device: "pump-1" } as const;

test("I5 a device speaks on its own topics and on ordinary ones, and on nothing else below u/", () => {
  const may = (topic: string): boolean => permitTopic(topic, "publish", pump, grounds);
  expect(may("u/plant/d/pump-1/telemetry")).toBe(true);
  expect(may("u/plant/d/pump-1/answers/1")).toBe(true);
  expect(may("lines/3/state")).toBe(true);
  for (const topic of ["u/plant/d/pump-2/telemetry", "u/other/d/pump-1/telemetry", "u", "u/plant", "u/plant/x", "$SYS/broker"]) expect(may(topic)).toBe(false);
});

test("I5 with open access anybody speaks for the unit's devices, and for no unknown one", () => {
  expect(permitTopic("u/plant/d/pump-9/telemetry", "publish", "anybody", grounds)).toBe(true);
  expect(permitTopic("u/plant/d/fan-1/telemetry", "publish", "anybody", grounds)).toBe(false);
});

test("I5 a filter that spells out other devices is refused, one that only covers them is granted", () => {
  for (const filter of ["u/plant/d/+/telemetry", "u/#", "u/plant/d/pump-2/#"]) expect(permitFilter(filter, pump, grounds)).toBe(false);
  for (const filter of ["#", "u/plant/d/pump-1/#", "lines/+"]) expect(permitFilter(filter, pump, grounds)).toBe(true);
});

test("I6 telemetry is what a device says on its telemetry topic", () => {
  expect(carriedBy("u/plant/d/pump-1/telemetry", "plant")).toEqual({ device: "pump-1" });
  expect(carriedBy("u/plant/d/pump-1/burst", "plant")).toEqual({ device: "pump-1", burst: true });
  for (const topic of ["u/plant/d/pump-1/telemetry/x", "u/plant/d/-/telemetry", "u/b/d/pump-1/telemetry", "telemetry"])
    expect(carriedBy(topic, "plant")).toBeNull();
});
