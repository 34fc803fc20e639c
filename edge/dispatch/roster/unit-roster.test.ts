import { expect, test } from "vitest";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import type { RosterView } from "../../../contracts/roster-view.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { dutyOf } from "../duty.ts";
import { engineer, scenarioOf, stage, type Stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { commit } from "../../sim/world.ts";
import { acceptShifts, dropShift, proposeRoster, shiftHistory } from "./unit-roster.ts";

const weekly = [{ days: [1, 2, 3, 4, 5], from: 480, to: 960 }];

function made(set: Stage, days: number): Omit<RosterView, "history"> | Refusal {
  const steps = proposeRoster(set.world.view, days, START);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function proposed() {
  const terms = (timeZone: string) => ({ shifts: [], roster: { timeZone } });
  const around = ["Asia/Shanghai", "Europe/Berlin", "America/New_York"].flatMap((zone, i) => [
    engineer(`z${i}`, 1, terms(zone)),
    engineer(`y${i}`, 2, terms(zone)),
  ]);
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1, { shifts: weekly }), ...around]);
  const roster = made(set, 7);
  if (isRefusal(roster)) throw new Error(roster.rule);
  return { set, roster };
}

test("RO15 gaps of the coming days are told with shifts that close them; accepted, dispatch goes by them and nothing is open", () => {
  const { set, roster } = proposed();
  expect(roster.before.gaps.length).toBeGreaterThan(0);
  expect(roster.after.share).toBeGreaterThan(roster.before.share);
  const shifts = roster.proposals.map(({ id: _id, ...shift }) => shift);
  const decided = acceptShifts(set.world.view, { shifts }, "desk", START);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(set.world, decided);
  for (const { engineer: id, from } of shifts) {
    const one = set.world.view.get("engineer", id);
    expect(one === undefined ? null : dutyOf(one, from, set.world.view.scenario.timeZone)).toMatchObject({ state: "on" });
  }
  const again = made(set, 7);
  expect(again).toMatchObject({ before: roster.after, proposals: [] });
  expect(acceptShifts(set.world.view, { shifts }, "desk", START)).toMatchObject({ changes: [] });
});

test("RO15, RO17 a shift that breaks a rule, of nobody, over already or longer than a week is refused, and none of the others is taken", () => {
  const { set, roster } = proposed();
  const [{ id: _id, ...first } = { id: "" }] = roster.proposals;
  const shift = first as Parameters<typeof acceptShifts>[1]["shifts"][number];
  const accept = (...shifts: (typeof shift)[]) => acceptShifts(set.world.view, { shifts }, "desk", START);
  expect(accept(shift, { ...shift, from: shift.from + 3_600_000, until: shift.until + 3_600_000 })).toMatchObject({
    refused: "not-permitted",
    field: "shifts.1",
  });
  expect(accept({ ...shift, engineer: "nobody" as never })).toMatchObject({ refused: "unknown-engineer" });
  expect(accept({ ...shift, from: START - 9, until: START - 1 })).toMatchObject({ refused: "malformed" });
  expect(accept({ ...shift, kind: "on-call", until: shift.from + 60 * 86_400_000 })).toMatchObject({ refused: "malformed", field: "shifts.0.until" });
  expect(made(set, 90)).toMatchObject({ refused: "malformed", field: "days" });
});

test("RO16 an accepted shift is told, and taken back until it begins; then dispatch goes by it no longer, and the gap is open again", () => {
  const { set, roster } = proposed();
  const shifts = roster.proposals.map(({ id: _id, ...shift }) => shift);
  const decided = acceptShifts(set.world.view, { shifts }, "desk", START);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(set.world, decided);
  const told = made(set, 7);
  if (isRefusal(told)) throw new Error(told.rule);
  expect(told.accepted.map(({ id: _id, ...shift }) => shift)).toEqual(expect.arrayContaining(shifts));
  const [shift] = shifts.toSorted((a, b) => b.from - a.from);
  if (shift === undefined) throw new Error("no shift");
  const back = dropShift(set.world.view, shift, "desk", START);
  if (isRefusal(back)) throw new Error(back.rule);
  expect(back.because).toMatchObject([{ outcome: "shift-taken-back", subject: shift.engineer, actor: "desk" }]);
  const records = [...decided.because, { ...back.because[0], at: START + 1 }].map((one) => ({ ...one, rules: "", hubCalls: 0 }));
  const { engineer: who, ...span } = shift;
  expect(shiftHistory(records as never)[0]).toEqual({ at: START + 1, by: "desk", engineer: who, outcome: "shift-taken-back", shifts: [span] });
  expect(shiftHistory(records as never).flatMap((one) => (one.outcome === "shifts-accepted" ? one.shifts : []))).toHaveLength(shifts.length);
  expect(shiftHistory([{ ...records[0], outcome: "absent" }] as never)).toEqual([]);
  commit(set.world, back);
  const one = set.world.view.get("engineer", shift.engineer);
  expect(one === undefined ? null : dutyOf(one, shift.from + 1, set.world.view.scenario.timeZone).state).not.toBe("on");
  expect(dropShift(set.world.view, shift, "desk", START)).toMatchObject({ changes: [] });
  const [begun] = shifts.toSorted((a, b) => a.from - b.from);
  expect(begun === undefined ? null : dropShift(set.world.view, begun, "desk", begun.from)).toMatchObject({ refused: "too-late" });
  expect(dropShift(set.world.view, { ...shift, engineer: "nobody" as never }, "desk", START)).toMatchObject({ refused: "unknown-engineer" });
});
