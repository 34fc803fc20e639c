import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { SkillId } from "../../../contracts/ids.ts";
import { DAY, HOUR } from "./fixture.ts";
import { needsOf } from "./need.ts";

const MONDAY = Temporal.Instant.from("2026-03-23T00:00+08:00").epochMilliseconds;
const skill = (name: string) => SkillId.parse(name);

test("RO10 the needs of a history: rates by hour of the week in the zone, none without demand, the work as it was", () => {
  const past = Array.from({ length: 8 }, (_, week) => [
    { skills: [skill("b"), skill("a")], openedAt: MONDAY - (8 - week) * 7 * DAY + 10 * HOUR, workMs: 2 * HOUR },
    { skills: [skill("a"), skill("b")], openedAt: MONDAY - (8 - week) * 7 * DAY + 10.5 * HOUR },
  ]).flat();
  const window = { from: MONDAY - 56 * DAY, until: MONDAY, timeZone: "Asia/Shanghai", workMs: HOUR };
  const { needs, leftOut } = needsOf([...past, { skills: [], openedAt: MONDAY }, { skills: [skill("c")], openedAt: MONDAY - 1 }], window);
  expect(needs.map(({ skills }) => skills)).toEqual([["b", "a"], ["c"]]);
  const [need] = needs;
  expect(need?.workMs).toBe(2 * HOUR);
  expect(need?.perHour[10]).toBeCloseTo(1.6, 1);
  expect(need?.perHour.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(2, 6);
  expect(Math.min(...(need?.perHour ?? []))).toBeGreaterThan(0);
  expect(leftOut).toBe(0);
  expect(needsOf(past, { ...window, needsMax: 0 })).toEqual({ needs: [], leftOut: 16 });
  expect(needsOf([], window)).toEqual({ needs: [], leftOut: 0 });
});
