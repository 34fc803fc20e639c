import { expect, test } from "vitest";
import { openKept, RETAINED_BYTES_MAX, RETAINED_MAX, RETAINED_PER_DEVICE_MAX } from "./retain.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const kept = (topic: string, text: string, device = "", expiresAt: number | null = null) => ({
  topic,
  device,
  payload: bytes(text),
  qos: 0 as const,
  properties: bytes(""),
  expiresAt,
});

test("I7 retained messages: the last one is kept, an empty one clears, and there is a limit", () => {
  const store = openKept([]);
  store.keep(kept("a/1", "old"), 0);
  store.keep(kept("a/1", "new"), 0);
  store.keep(kept("a/2", "two"), 0);
  expect(store.topicsOf("a/+").toSorted()).toEqual(["a/1", "a/2"]);
  expect(store.get("a/1", 0)?.payload).toEqual(bytes("new"));
  store.keep(kept("a/1", ""), 0);
  expect(store.topicsOf("#")).toEqual(["a/2"]);
  for (let i = 0; i < RETAINED_MAX - 1; i++) expect(store.keep(kept(`b/${i}`, "x"), 0)).toBe(true);
  expect(store.keep(kept("one/more", "x"), 0)).toBe(false);
  expect(store.keep(kept("b/0", "y"), 0)).toBe(true);
  expect(store.size().count).toBe(RETAINED_MAX);
});

test("I7 what has expired is not found, and makes room", () => {
  const store = openKept([]);
  for (let i = 0; i < RETAINED_MAX; i++) store.keep(kept(`b/${i}`, "x", "", i === 0 ? 1_000 : null), 0);
  expect([store.get("b/0", 999)?.topic, store.get("b/0", 1_000)]).toEqual(["b/0", null]);
  expect(store.keep(kept("one/more", "x"), 999)).toBe(false);
  expect(store.keep(kept("one/more", "x"), 1_000)).toBe(true);
});

test("I7 retained bytes are counted and bounded", () => {
  const store = openKept([]);
  const big = { ...kept("", ""), payload: new Uint8Array(1024 * 1024) };
  let count = 0;
  while (store.keep({ ...big, topic: `t/${count}` }, 0)) count++;
  expect(count).toBe(RETAINED_BYTES_MAX / big.payload.length - 1);
  expect(store.keep({ ...big, topic: "t/0", payload: bytes("") }, 0)).toBe(true);
  expect(store.keep({ ...big, topic: "u" }, 0)).toBe(true);
});

test("I7 one device can't take the room of the others; what it clears or another takes over is free again", () => {
  const store = openKept([kept("old", "x", "pump-1")]);
  const keep = (device: string, topic: string, text = "x"): boolean => store.keep(kept(topic, text, device), 0);
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
