import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { EngineerId } from "../../../contracts/ids.ts";
import { DAY, engineerOf, HOUR } from "./fixture.ts";
import { broken, place } from "./rules.ts";
import { datedShifts } from "./weekly.ts";

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const MONDAY = at("2026-03-23T00:00+08:00");

test("RO7 rest is what really passes: over the night in which the clock leaps forward, 21:00 to 08:00 is ten hours", () => {
  const anna = engineerOf("anna", "Europe/Berlin", ["pumps"]);
  const duty = (from: string, until: string) => place(anna, "duty", at(from), at(until));
  const saturday = duty("2026-03-28T13:00+01:00", "2026-03-28T21:00+01:00");
  expect(broken(anna, [saturday], duty("2026-03-29T08:00+02:00", "2026-03-29T16:00+02:00"))).toEqual([{ rule: "rest", limit: 11 * HOUR, value: 10 * HOUR }]);
  const autumn = duty("2026-10-24T13:00+02:00", "2026-10-24T22:00+02:00");
  expect(broken(anna, [autumn], duty("2026-10-25T08:00+01:00", "2026-10-25T16:00+01:00"))).toEqual([]);
  // The night of the leap is an hour shorter: 04:00 to 08:00 holds two hours of it as ever, 01:30 to 04:00 only one and a half.
  expect(duty("2026-03-29T01:30+01:00", "2026-03-29T04:00+02:00")).toMatchObject({ nightMs: 1.5 * HOUR, night: false });
  expect(duty("2026-10-25T01:30+02:00", "2026-10-25T04:00+01:00")).toMatchObject({ nightMs: 3.5 * HOUR, night: true });
});

test("RO7 a weekly shift on its dates begins and ends at its local minutes, whatever the clock does between", () => {
  const night = { id: EngineerId.parse("a"), shifts: [{ days: [6], from: 1320, to: 360 }] };
  const lengths = ["2026-03-28T00:00Z", "2026-10-24T00:00Z", "2026-07-04T00:00Z"].map((day) =>
    datedShifts(night, "Europe/Berlin", at(day), at(day) + 2 * DAY).map(({ from, until }) => (until - from) / HOUR),
  );
  expect(lengths).toEqual([[7], [9], [8]]);
  expect(datedShifts(night, "Europe/Berlin", at("2026-03-29T02:00Z"), at("2026-03-29T03:00Z"))).toHaveLength(1);
  expect(datedShifts(night, "Europe/Berlin", at("2026-03-29T04:00Z"), at("2026-03-30T03:00Z"))).toHaveLength(0);
});

test("RO8 each rule at its limit and one step beyond it", () => {
  const li = engineerOf("li", "Asia/Shanghai", ["pumps"], { onCall: true, unavailable: ["2026-03-31"] });
  const duty = (day: number, hour: number, length = 8) => place(li, "duty", MONDAY + day * DAY + hour * HOUR, MONDAY + day * DAY + (hour + length) * HOUR);
  const rules = (others: readonly ReturnType<typeof duty>[], one: ReturnType<typeof duty>) => broken(li, others, one).map(({ rule }) => rule);
  const days = (count: number) => Array.from({ length: count }, (_, n) => duty(n, 9, 4));
  expect(rules([duty(0, 8)], duty(1, 3))).toEqual([]);
  expect(rules([duty(0, 8)], duty(1, 2))).toEqual(["rest", "night-shifts"].slice(0, 1));
  expect(rules([duty(0, 8)], duty(0, 15))).toEqual(["overlap", "day-hours", "rest"]);
  expect(rules(days(5), duty(5, 9))).toEqual([]);
  expect(rules(days(6), duty(6, 9))).toEqual(["consecutive-days"]);
  expect(
    rules(
      [0, 1, 2, 3].map((n) => duty(n, 9)),
      duty(4, 9),
    ),
  ).toEqual([]);
  expect(
    rules(
      [0, 1, 2, 3].map((n) => duty(n, 9)),
      duty(4, 9, 9),
    ),
  ).toEqual(["week-hours"]);
  expect(rules([], duty(0, 9, 11))).toEqual(["day-hours"]);
  expect(rules([duty(0, 22), duty(2, 22)], duty(4, 22))).toEqual(["night-shifts"]);
  expect(rules([], duty(0, 22, 9))).toEqual(["night-length"]);
  expect(rules([], duty(7, 20))).toEqual(["unavailable"]);
  const call = (day: number) => place(li, "on-call", MONDAY + day * DAY + 18 * HOUR, MONDAY + day * DAY + 26 * HOUR);
  expect(rules([duty(0, 9), call(1)], call(0))).toEqual([]);
  expect(rules([call(0), call(1)], call(2))).toEqual(["on-call-week"]);
  expect(broken({ ...li, onCall: false }, [], call(0))).toMatchObject([{ rule: "on-call-not-allowed" }]);
});
