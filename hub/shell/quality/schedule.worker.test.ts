import { expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { QUARTERLY, nextRun } from "./schedule.ts";

const at = (text: string): number => Date.parse(text);
const runs = (cron: string, zone: string, from: string, count: number): readonly string[] => {
  const out: string[] = [];
  let now = at(from);
  for (let i = 0; i < count; i++) {
    const next = nextRun({ cron, zone }, now);
    if (isRefusal(next)) return [next.rule];
    out.push(new Date(next).toISOString().replace(".000Z", "Z"));
    now = next;
  }
  return out;
};

test("Q16 by default each quarter begins with a scan, in the morning of the zone", () => {
  expect(runs(QUARTERLY.cron, QUARTERLY.zone, "2026-01-15T00:00:00Z", 4)).toEqual([
    "2026-03-31T22:00:00Z",
    "2026-06-30T22:00:00Z",
    "2026-09-30T22:00:00Z",
    "2026-12-31T22:00:00Z",
  ]);
});

test("Q16 the next run lies after now, never at it", () => {
  expect(runs("0 0 * * *", "UTC", "2026-03-01T00:00:00Z", 1)).toEqual(["2026-03-02T00:00:00Z"]);
  expect(runs("0 0 * * *", "UTC", "2026-02-28T23:59:59.999Z", 1)).toEqual(["2026-03-01T00:00:00Z"]);
});

test("Q16 a wall time that the clock leaves out is served right after, one that comes twice once", () => {
  // Berlin: 29 March 2026 has no 02:30, 25 October 2026 has two.
  expect(runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3)).toEqual(["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]);
  expect(runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3)).toEqual(["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]);
  expect(runs("0 6 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2)).toEqual(["2026-03-08T10:00:00Z", "2026-03-09T10:00:00Z"]);
});

test("Q16 any cron of five fields will do", () => {
  expect(runs("*/20 9-10 * * MON-FRI", "Asia/Shanghai", "2026-03-27T02:30:00Z", 3)).toEqual([
    "2026-03-27T02:40:00Z",
    "2026-03-30T01:00:00Z",
    "2026-03-30T01:20:00Z",
  ]);
  expect(runs("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2)).toEqual(["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
});

test.each([
  ["", "UTC", "cron"],
  ["x", "UTC", "cron"],
  ["@daily", "UTC", "cron"],
  ["2026-05-01T00:00:00", "UTC", "cron"],
  ["* * * * * *", "UTC", "cron"],
  ["60 * * * *", "UTC", "cron"],
  ["0 0 30 2 *", "UTC", "cron"],
  ["0 0 * * FOO", "UTC", "cron"],
  [`${"1,".repeat(200)}1 * * * *`, "UTC", "cron"],
  ["0 0 * * *", "Mars/Olympus", "zone"],
  ["0 0 * * *", "+08:00", "zone"],
  ["0 0 * * *", "", "zone"],
])("Q16 %s in %s is refused with the field at fault", (cron, zone, field) => {
  expect(nextRun({ cron, zone }, at("2026-01-01T00:00:00Z"))).toMatchObject({ refused: "malformed", field });
});
