/** Engineers, needs and weeks for the tests and the bench of rosters. */
import { EngineerId, SkillId } from "../../../contracts/ids.ts";
import { type Need, RosterAsk, type RosterEngineer, type WorkingRules } from "../../../contracts/roster.ts";
import { flatNeed } from "./need.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Eight-hour shifts, ten hours a day, forty a week, eleven of rest, six days in a row, two nights a week. */
export function rulesOf(more: Partial<WorkingRules> = {}): WorkingRules {
  return {
    shiftsMs: [8 * HOUR],
    dayMsMax: 10 * HOUR,
    weekMsMax: 40 * HOUR,
    restMsMin: 11 * HOUR,
    consecutiveDaysMax: 6,
    night: { from: 1380, to: 360, countsFromMs: 2 * HOUR, perWeekMax: 2, shiftMsMax: 8 * HOUR },
    onCallPerWeekMax: 2,
    ...more,
  };
}

export function engineerOf(id: string, timeZone: string, skills: readonly string[], more: Partial<RosterEngineer> = {}): RosterEngineer {
  return {
    id: EngineerId.parse(id),
    skills: skills.map((skill) => SkillId.parse(skill)),
    timeZone,
    rules: rulesOf(),
    onCall: false,
    unavailable: [],
    preferred: [],
    ...more,
  };
}

/** So little work that nobody is ever busy: what is asked is whether somebody is there. */
export function seldom(...skills: readonly string[]): Need {
  return flatNeed(
    skills.map((skill) => SkillId.parse(skill)),
    0.001,
    HOUR / 4,
  );
}

export function askOf(from: number, days: number, more: Partial<RosterAsk>): RosterAsk {
  return RosterAsk.parse({
    from,
    until: from + days * DAY,
    timeZone: "UTC",
    respondMs: 8 * HOUR,
    headroom: 1,
    onCallLeadMs: HOUR,
    engineers: [],
    needs: [seldom("pumps")],
    existing: [],
    change: "fixed",
    ...more,
  });
}

export const SUN = ["Asia/Shanghai", "Europe/Berlin", "America/New_York"] as const;
