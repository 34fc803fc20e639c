import { expect, test } from "vitest";
import { AssetId, FaultModeId, TicketId } from "../../../contracts/ids.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { engineer, scenarioOf, stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { rosterAskOf } from "./unit-ask.ts";
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
