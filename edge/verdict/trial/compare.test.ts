import fc from "fast-check";
import { expect, test } from "vitest";
import { BOUNDS, compare, type Episode, type Job, LEAD_MS_MAX, type Trial } from "./compare.ts";

const DAY = 86_400_000;
const T0 = 1_760_000_000_000;
const at = (day: number): number => T0 + day * DAY;
const job = (asset: string, day: number, truth: Job["truth"], days = 1): Job => ({ asset, openedAt: at(day), closedAt: at(day + days), truth });
const episode = (asset: string, day: number, days = 0.1): Episode => ({ asset, since: at(day), clearedAt: at(day + days) });
const faults = Array.from({ length: 6 }, (_, i) => job(`p${i}`, 10 + 5 * i, "fault"));
const trial = (given: Partial<Trial>): Trial => ({ from: T0, to: at(60), assetDays: 600, jobs: faults, live: [], candidate: [], ...given });
const found = faults.map(({ asset, openedAt }) => ({ asset, since: openedAt - DAY / 2, clearedAt: openedAt }));
const codes = (given: Trial): readonly string[] => compare(given).refusal?.reasons.map(({ code }) => code) ?? [];

test("VL6 who finds as many faults with fewer false alarms, or more faults with no more false ones, may be promoted", () => {
  expect(codes(trial({ live: [...found, episode("p9", 3)], candidate: found }))).toEqual([]);
  expect(codes(trial({ live: found.slice(1), candidate: found }))).toEqual([]);
  expect(compare(trial({ live: found.slice(1), candidate: found }))).toMatchObject({
    tickets: 6,
    faults: 6,
    live: { found: 5, missed: 1, false: 0, leadMs: DAY / 2 },
    candidate: { found: 6, missed: 0, false: 0 },
  });
});

test("VL6 who finds fewer, is false more often or is just the same is refused, with each reason", () => {
  expect(codes(trial({ live: found, candidate: found.slice(1) }))).toEqual(["finds-fewer"]);
  expect(codes(trial({ live: found.slice(1), candidate: [...found, episode("p9", 3)] }))).toEqual(["false-more-often"]);
  expect(codes(trial({ live: found, candidate: found }))).toEqual(["no-better"]);
  expect(codes(trial({ jobs: faults.slice(0, 2), assetDays: 3, live: [], candidate: found.slice(0, 2) }))).toEqual(["too-few-jobs", "watched-too-short"]);
});

test("VL6 what is always on finds nothing, and is false every day", () => {
  const on = faults.map(({ asset }): Episode => ({ asset, since: at(1), clearedAt: null }));
  const { candidate } = compare(trial({ live: found, candidate: on }));
  expect(candidate.found).toBe(0);
  expect(candidate.false).toBeGreaterThan(30);
});

test("VL6 of an episode that goes on from before the trial only what lies outside the windows is false: nothing, where all of it lies within", () => {
  const jobs = [job("p0", 3, "fault", 3), { ...job("p1", 3, null), closedAt: null }];
  const before = (asset: string, until: number | null): Episode => ({ asset, since: at(-9), clearedAt: until === null ? null : at(until) });
  expect(compare(trial({ jobs, candidate: [before("p0", 5), before("p1", null)] })).candidate.false).toBe(0);
  expect(compare(trial({ jobs, candidate: [before("p0", 8.5)] })).candidate.false).toBe(2);
});

test("VL6 a job in which nothing was wrong makes an alarm false, one that nobody labelled makes nothing of it, signs long before are of something else", () => {
  const [quiet, open] = [job("p1", 20, "nothing"), { ...job("p1", 20, null), closedAt: null }];
  const said = [episode("p1", 19.9)];
  expect(compare(trial({ jobs: [quiet], live: said, candidate: [] })).live.false).toBe(1);
  expect(compare(trial({ jobs: [open], live: said, candidate: [] })).live).toEqual({ found: 0, missed: 0, false: 0 });
  const early = [{ asset: "p0", since: at(10) - LEAD_MS_MAX - 1, clearedAt: at(10) }];
  expect(compare(trial({ candidate: early })).candidate).toMatchObject({ found: 0, missed: 6 });
});

test("VL6 a candidate that passes has found no fewer faults and was false no more often, whatever the history", () => {
  const day = fc.double({ min: 0, max: 60, noNaN: true });
  const asset = fc.constantFrom("p0", "p1", "p2");
  const episodes = fc.array(
    fc.record({ asset, since: day, days: fc.double({ min: 0, max: 9, noNaN: true }) }).map((one) => episode(one.asset, one.since, one.days)),
    { maxLength: 12 },
  );
  const jobs = fc.array(
    fc.record({ asset, day, truth: fc.constantFrom("fault", "nothing", null) }).map((one) => job(one.asset, one.day, one.truth)),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(jobs, episodes, episodes, (some, live, candidate) => {
      const told = compare(trial({ jobs: some, live, candidate }));
      expect(told.candidate.found + told.candidate.missed).toBe(told.faults);
      expect(told.live.found + told.live.missed).toBe(told.faults);
      // Whoever has the same history has the same figures.
      expect(compare(trial({ jobs: some, live: candidate, candidate: live })).live).toEqual(told.candidate);
      if (told.refusal !== undefined) return;
      expect(told.tickets).toBeGreaterThanOrEqual(BOUNDS.ticketsMin);
      expect(told.candidate.found).toBeGreaterThanOrEqual(told.live.found);
      expect(told.candidate.false).toBeLessThanOrEqual(told.live.false);
      expect(told.candidate.found - told.live.found + told.live.false - told.candidate.false).toBeGreaterThan(0);
    }),
  );
});
