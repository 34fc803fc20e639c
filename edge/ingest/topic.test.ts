import fc from "fast-check";
import { expect, test } from "vitest";
import { RETAINED_MAX, RETAINED_PER_DEVICE_MAX, RETAINED_SENT_MAX, retainedStore } from "./retained.ts";
import { carriedBy, type Grounds, isTopicFilter, isTopicName, matches, permitFilter, permitTopic } from "./topic.ts";
import { topicIndex } from "./topic-index.ts";

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

test("I4 the index finds what matching one by one finds", () => {
  const level = fc.constantFrom("a", "b", "");
  const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
  const filters = fc
    .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, tail]) => [...levels, ...(tail ? ["#"] : [])].join("/"));
  fc.assert(
    fc.property(fc.array(fc.tuple(filters, fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 20 }), topics, (steps, topic) => {
      const index = topicIndex<number, string>((a) => a);
      const held = new Map<string, readonly [string, number]>();
      for (const [filter, who, add] of steps) {
        if (add) index.set(filter, who, filter);
        else index.remove(filter, who);
        if (add) held.set(`${filter} ${who}`, [filter, who]);
        else held.delete(`${filter} ${who}`);
      }
      const expected = [...held.values()].filter(([filter]) => matches(filter, topic)).map(([, who]) => who);
      expect([...index.matching(topic).keys()].toSorted()).toEqual([...new Set(expected)].toSorted());
    }),
  );
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

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
test("I7 retained messages: the last one is kept, an empty one clears, and there is a limit", () => {
  const store = retainedStore([]);
  const keep = (topic: string, text: string): boolean => store.keep({ topic, device: "", payload: bytes(text), qos: 0, properties: bytes("") });
  const everything = (): boolean => true;
  keep("a/1", "old");
  keep("a/1", "new");
  keep("a/2", "two");
  expect(store.of("a/+", everything).map((one) => new TextDecoder().decode(one.payload))).toEqual(["new", "two"]);
  keep("a/1", "");
  expect(store.of("#", everything).map((one) => one.topic)).toEqual(["a/2"]);
  for (let i = 0; i < RETAINED_MAX - 1; i++) expect(keep(`b/${i}`, "x")).toBe(true);
  expect(keep("one/more", "x")).toBe(false);
  expect(keep("b/0", "y")).toBe(true);
  expect(store.size().count).toBe(RETAINED_MAX);
});

test("I7 retained bytes are counted and bounded", () => {
  const store = retainedStore([]);
  const big = new Uint8Array(64 * 1024);
  let kept = 0;
  while (store.keep({ topic: `t/${kept}`, device: "", payload: big, qos: 0, properties: bytes("") })) kept++;
  expect(kept).toBeGreaterThan(100);
  expect(kept).toBeLessThan(129);
});

test("I7 one device can't take the room of the others; what it clears or another takes over is free again", () => {
  const store = retainedStore([{ topic: "old", device: "pump-1", payload: bytes("x"), qos: 0, properties: bytes("") }]);
  const keep = (device: string, topic: string, text = "x"): boolean => store.keep({ topic, device, payload: bytes(text), qos: 0, properties: bytes("") });
  for (let i = 1; i < RETAINED_PER_DEVICE_MAX; i++) expect(keep("pump-1", `a/${i}`)).toBe(true);
  expect(keep("pump-1", "a/more")).toBe(false);
  expect(keep("pump-1", "a/1", "changed")).toBe(true);
  expect(keep("pump-2", "a/more")).toBe(true);
  expect(keep("pump-1", "a/more")).toBe(false);
  expect(keep("pump-2", "a/1")).toBe(true);
  expect(keep("pump-1", "b/1")).toBe(true);
  expect(keep("pump-1", "b/2")).toBe(false);
  expect(keep("pump-1", "old", "")).toBe(true);
  expect(keep("pump-1", "b/2")).toBe(true);
});

test("I7 what a subscriber may not hear takes no place among what it is sent", () => {
  const store = retainedStore([]);
  const keep = (topic: string): boolean => store.keep({ topic, device: "", payload: bytes("x"), qos: 0, properties: bytes("") });
  for (let i = 0; i < RETAINED_SENT_MAX; i++) keep(`secret/${i}`);
  keep("lines/1");
  const mayHear = (topic: string): boolean => topic.startsWith("lines/");
  expect(store.of("#", mayHear).map((one) => one.topic)).toEqual(["lines/1"]);
  expect(store.of("secret/1", mayHear)).toEqual([]);
  expect(store.of("#", () => true)).toHaveLength(RETAINED_SENT_MAX);
});
