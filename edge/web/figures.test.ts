import { expect, test } from "vitest";
import { axisTimesOf, clockOf, countOf, distanceOf, lapseOf, preciseTimeOf, spanOf, timeOf, valueOf } from "./figures.ts";
import { soundTag } from "./language-tag.ts";

test("W15 a clock reads m:ss, beyond an hour h:mm:ss, and never runs below zero", () => {
  expect([498_000, 59_999, 3_600_000, 7_199_000, -5].map(clockOf)).toEqual(["8:18", "0:59", "1:00:00", "1:59:59", "0:00"]);
});

test("W15 a length is told in the largest unit that still says something, in either language", () => {
  const lengths = [0, 412, 999.6, 4_200, 9_949, 37_000, 59_499, 59_500, 480_000, 3_569_000, 12_600_000, 172_799_000, 172_800_000];
  expect(lengths.map((ms) => spanOf(ms, "en"))).toEqual([
    "0 ms",
    "412 ms",
    "1000 ms",
    "4.2 s",
    "9.9 s",
    "37 s",
    "59 s",
    "1 min",
    "8 min",
    "59 min",
    "3.5 h",
    "48 h",
    "2 d",
  ]);
  expect(spanOf(489_000, "zh")).toBe("8 分钟");
});

test("W15 distances, lapses, counts and values have as many digits as they deserve", () => {
  expect([84, 940, 4_180, 12_600].map(distanceOf)).toEqual(["80 m", "940 m", "4.2 km", "13 km"]);
  expect([3, 84, 412, 9_994, 9_995, 42_000, 187_000].map(lapseOf)).toEqual(["+3 ms", "+84 ms", "+0.41 s", "+9.99 s", "+10 s", "+42 s", "+3:07"]);
  expect([7, 11_055, 2_345_678].map(countOf)).toEqual(["7", "11\u2009055", "2.3 M"]);
  expect([0.0274, 3.21, 61.04, -398.2].map(valueOf)).toEqual(["0.027", "3.21", "61.0", "-398"]);
});

test("W15 instants are the site's, whatever the reader's zone", () => {
  const at = Date.UTC(2026, 0, 1, 23, 5, 9, 7);
  expect([timeOf(at, "Asia/Shanghai"), preciseTimeOf(at, "Asia/Shanghai"), timeOf(at, "Europe/Berlin")]).toEqual(["07:05:09", "07:05:09.007", "00:05:09"]);
});

test("W15 a time axis leaves out what does not fit, and seconds that say nothing", () => {
  expect(axisTimesOf([1_763_750_000, null], 30, "Asia/Shanghai")).toEqual(["02:33:20", null]);
  expect(axisTimesOf([1_763_750_040], 120, "Asia/Shanghai")).toEqual(["02:34"]);
});

test("W24 of a language's odd name the part that is a language is used", () => {
  expect(["en-US@posix", "zh_CN.UTF-8", "zh-Hans-CN", "C", "", "@@"].map(soundTag)).toEqual(["en-US", "zh", "zh-Hans-CN", "en", "en", "en"]);
});
