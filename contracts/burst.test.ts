import { expect, test } from "vitest";
import { bearingVibration } from "../hub/catalogue/bearing-vibration.ts";
import { isBurstLength } from "./burst-wire.ts";
import { DeviceProfile } from "./scenario.ts";

const [profile] = bearingVibration.profiles;
if (profile?.burst === undefined) throw new Error("the template takes bursts");
const { burst, channels } = profile;
const bearing = { rpm: 1_797, rollers: 9, rollerMm: 7.94, pitchMm: 39.04, contactDeg: 0 };
/** What is wrong with the template's profile where its first channel or its bursts are otherwise. */
function wrong(channel: object, more: object = {}): readonly string[] {
  const [first, ...rest] = channels;
  const judged = DeviceProfile.safeParse({ ...profile, channels: [{ ...first, ...channel }, ...rest], burst: { ...burst, ...more } });
  return judged.success ? [] : judged.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}
const from = (feature: string, axis = "horizontal"): object => ({ from: { axis, feature } });

test("VB16 a profile whose channels can't be made of its bursts is refused, with the field at fault", () => {
  expect(wrong({})).toEqual([]);
  expect(wrong(from("rms", "axial"))).toEqual(["channels.0.from.axis: an axis that the profile's bursts have"]);
  expect(wrong(from("band.4"))).toEqual(["channels.0.from.feature: a band that the profile's bursts have"]);
  expect(wrong(from("bpfo"))).toEqual(["channels.0.from.feature: a fault frequency needs the bearing's geometry"]);
  expect(wrong(from("bpfo"), { bearing })).toEqual([]);
  expect(wrong(from("peak"))).toEqual(["channels.1.from.feature: each feature of an axis is one channel"]);
  expect(wrong({ uom: "mm/s" })).toEqual(["channels.0.uom: rms is not measured in this uom"]);
  expect(wrong({ uom: "g" })).toEqual(["channels.0.uom: rms is not measured in this uom"]);
  expect(wrong({ uom: "m/s2" })).toEqual([]);
  const { burst: _burst, ...without } = profile;
  expect(DeviceProfile.safeParse(without).error?.issues[0]?.path).toEqual(["channels", 0, "from", "axis"]);
});

test("VB16 a plan that makes no sense is refused by its field", () => {
  for (const [more, field] of [
    [{ axes: ["horizontal", "vertical", "vertical"] }, "burst.axes"],
    [{ axes: ["Horizontal", "vertical"] }, "burst.axes.0"],
    [{ uom: "mm/s" }, "burst.uom"],
    [{ max: 0 }, "burst.max"],
    [{ bandsHz: [10, 1_000, 1_000, 5_000, 9_000] }, "burst.bandsHz"],
    [{ velocityHz: { from: 1_000, to: 10 } }, "burst.velocityHz"],
    [{ envelopeHz: { from: 0, to: 10 } }, "burst.envelopeHz.from"],
    [{ bearing: { ...bearing, rollerMm: 40 } }, "burst.bearing.rollerMm"],
    [{ bearing: { ...bearing, contactDeg: 90 } }, "burst.bearing.contactDeg"],
  ] as const)
    expect(wrong({}, more)[0]?.split(":")[0]).toBe(field);
});

test("VB16 lengths of a burst are those that a spectrum can be made of", () => {
  expect([256, 2_560, 12_800, 25_600, 44_100, 48_000, 50_000, 65_536].map(isBurstLength)).toEqual(Array(8).fill(true));
  expect([0, 254, 257, 2_558, 2_561, 65_538, 2.5, Number.NaN, -256].map(isBurstLength)).toEqual(Array(9).fill(false));
});
