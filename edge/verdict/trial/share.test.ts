import { expect, test } from "vitest";
import { ModelHash, ProfileId } from "../../../contracts/ids.ts";
import { isInShare, runsOf } from "./share.ts";

const [a, b] = ["a", "b"].map((one) => ModelHash.parse(one.repeat(64))) as [ModelHash, ModelHash];
const profile = ProfileId.parse("pump");
const devices = Array.from({ length: 2_000 }, (_, i) => `pump-${i}`);

test("VL3 a share of the devices is that share, the same ones each time, more of them as it grows, and others for another model", () => {
  for (const share of [0.05, 0.25, 0.5]) {
    const some = devices.filter((one) => isInShare(one, a, share));
    expect(Math.abs(some.length / devices.length - share)).toBeLessThan(0.03);
    expect(some.every((one) => isInShare(one, a, share + 0.1))).toBe(true);
    expect(some.filter((one) => isInShare(one, b, share)).length).toBeLessThan(some.length * (share + 0.1));
  }
  expect(devices.filter((one) => isInShare(one, a, 0))).toEqual([]);
  expect(devices.every((one) => isInShare(one, a, 1))).toBe(true);
});

test("VL3 each device has one live model, and the other one beside it", () => {
  const runs = devices.map((one) => runsOf({ profile, since: 0, live: a, other: { hash: b, share: 0.3 } }, a, one));
  expect(new Set(runs.map(({ live, beside }) => `${live[0]}${beside?.[0]}`))).toEqual(new Set(["ab", "ba"]));
  expect(runsOf(undefined, a, "pump-1")).toEqual({ live: a, beside: null });
  expect(runsOf({ profile, since: 0, live: a, other: { hash: a, share: 0.3 } }, b, "pump-1")).toEqual({ live: a, beside: null });
});
