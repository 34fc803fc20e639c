import { expect, test } from "vitest";
import { AssetId, FaultModeId, TicketId } from "../../../contracts/ids.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { engineer, scenarioOf, stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { brokenBy, rosterAskOf, shiftsOf } from "./unit-ask.ts";
import { proposeRoster } from "./unit-roster.ts";

test("RO10 after one job of one skill, what else may break is needed as well, and the roster tells who is missing", () => {
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1, { skills: ["mechanical"], shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }] })]);
  set.say(START - 86_400_000, {
    type: "open",
    ticket: TicketId.parse("one"),
    by: "desk",
    asset: AssetId.parse("pump"),
    words: "a bolt",
    priority: "p3",
    faultMode: FaultModeId.parse("loosening"),
  });
  const ask = rosterAskOf(set.world.view, 7, START);
  if (isRefusal(ask)) throw new Error(ask.rule);
  const asked = new Set(ask.needs.map(({ skills }) => skills.toSorted().join(" ")));
  expect(asked).toContain("mechanical");
  for (const { skills } of pumpVibration.faultModes) expect(asked).toContain(skills.toSorted().join(" "));
  expect(asked.size).toBe(ask.needs.length);
  const steps = proposeRoster(set.world.view, 7, START);
  for (;;) {
    const step = steps.next();
    if (step.done !== true) continue;
    if (isRefusal(step.value)) throw new Error(step.value.rule);
    const lacking = new Set(step.value.before.gaps.flatMap(({ skills }) => skills));
    expect([...lacking].toSorted()).toEqual(expect.arrayContaining(["bearings", "hydraulics"]));
    return;
  }
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** START is a Monday, 08:00 in Changsha. */
const office = [{ days: [1, 2, 3, 4, 5], from: 480, to: 960 }];
const zone = "Asia/Shanghai";

test("RO18 a unit whose people are away has gaps, and is not told that it is covered", () => {
  const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
  const share = (absences: readonly { from: number; until: number }[]) => {
    const steps = proposeRoster(stage(scenarioOf(pumpVibration), [engineer("a", 1, { shifts: always, absences })]).world.view, 3, START);
    for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return isRefusal(step.value) ? step.value : step.value.before.share;
  };
  expect(share([])).toBe(1);
  expect(share([{ from: START - DAY, until: START + 20 * DAY }])).toBe(0);
  // Away for 14 hours: who calls in the first six of them waits too long, and so does who calls before for what would not be over by then.
  expect(share([{ from: START + DAY, until: START + DAY + 14 * HOUR }])).toBeLessThanOrEqual(1 - 6 / 72);
  expect(share([{ from: START + DAY, until: START + DAY + 14 * HOUR }])).toBeGreaterThan(1 - 9 / 72);
});

test("RO8 an extra shift that touches a weekly one hides nothing of it: what both are is worked once, and counts", () => {
  const saturday = { kind: "duty", from: START + 5 * DAY, until: START + 5 * DAY + 8 * HOUR } as const;
  const rulesOf = (...extraShifts: readonly { kind: "duty" | "on-call"; from: number; until: number }[]) =>
    brokenBy(engineer("b", 1, { shifts: office, extraShifts, roster: { onCall: true } }), saturday, zone).map(({ rule }) => rule);
  expect(rulesOf()).toEqual(["week-hours"]);
  expect(rulesOf({ kind: "on-call", from: START + 7.5 * HOUR, until: START + 12 * HOUR })).toEqual(["week-hours"]);
  expect(rulesOf({ kind: "duty", from: START - HOUR / 2, until: START + HOUR })).toEqual(["week-hours"]);
  const one = engineer("b", 1, { shifts: office, extraShifts: [{ kind: "duty", from: START - HOUR / 2, until: START + 9 * HOUR }] });
  const monday = shiftsOf(one, zone, START - HOUR, START + 10 * HOUR).map(({ from, until }) => [(from - START) / HOUR, (until - START) / HOUR]);
  expect(monday).toEqual([
    [0, 8],
    [-0.5, 0],
    [8, 9],
  ]);
});

test("RO17 a week on call that somebody accepted can be asked about", () => {
  const week = [{ kind: "on-call", from: START, until: START + 7 * DAY }];
  expect(rosterAskOf(stage(scenarioOf(pumpVibration), [engineer("a", 1, { extraShifts: week })]).world.view, 7, START)).not.toHaveProperty("refused");
});
