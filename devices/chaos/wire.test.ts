import { expect, test } from "vitest";
import { randomOf } from "../simulator/random.ts";
import { openWire } from "./wire.ts";

const PUBLISHES = Array.from({ length: 20_000 }, (_, i) => Uint8Array.of(0x32, 3, i >> 16, (i >> 8) & 255, i & 255));
const numberOf = (packet: Uint8Array) => ((packet[2] ?? 0) << 16) | ((packet[3] ?? 0) << 8) | (packet[4] ?? 0);

test("MX5 a tenth is lost, a tenth doubled, a tenth comes behind the next; the rest comes as it was sent", () => {
  const wire = openWire(0.1, randomOf(1, "wire"));
  const out = PUBLISHES.flatMap((one) => wire.pass(one)).map(numberOf);
  const { dropped, doubled, reordered } = wire.faults();
  for (const count of [dropped, doubled, reordered]) expect(Math.abs(count / PUBLISHES.length - 0.1)).toBeLessThan(0.01);
  expect(new Set(out).size).toBeGreaterThanOrEqual(PUBLISHES.length - dropped - 1);
  expect(out.length - new Set(out).size).toBe(doubled);
  const behind = out.filter((one, i) => i > 0 && one < (out[i - 1] ?? 0)).length;
  expect(behind).toBeGreaterThan(reordered * 0.6);
  expect(behind).toBeLessThanOrEqual(reordered);
});

test("MX5 what makes a connection or a subscription is left alone, and the same seed gives the same wire", () => {
  const wire = openWire(0.3, randomOf(1, "wire"));
  for (const first of [0x10, 0x20, 0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0]) {
    const packet = Uint8Array.of(first, 0);
    expect(wire.pass(packet)).toEqual([packet]);
  }
  const again = () => {
    const one = openWire(0.1, randomOf(7, "wire"));
    return PUBLISHES.slice(0, 500).flatMap((packet) => one.pass(packet).map(numberOf));
  };
  expect(again()).toEqual(again());
});
