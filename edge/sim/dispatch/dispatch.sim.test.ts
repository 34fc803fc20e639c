/** Days of dispatching in virtual time, at a third of their size: no rule is ever broken, the same seed is the same day, and it is better than the nearest idle. */
import { expect, test } from "vitest";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { greatCircle } from "../../dispatch/travel.ts";
import { runDay } from "./day.ts";
import { nearestIdle } from "./nearest.ts";
import { runSeed, type DayOptions } from "./run.ts";
import { drawTown, fateOf, partsNeeded, serviceMs, SIZE, travelFactor } from "./town.ts";

const SMALL: DayOptions = { template: pumpVibration, iterations: 60, size: { planned: 15, arrivals: 50 } };

const first = runSeed(1, "outpost", SMALL);

test("PL14 no rule is broken in a day of arrivals, declines, silence, overruns and an absence, and the same seed is the same day", () => {
  const second = runSeed(2, "outpost", SMALL);
  expect([first.breaches, second.breaches]).toEqual([[], []]);
  expect(runSeed(1, "outpost", SMALL)).toEqual(first);
  expect(first.planner.asks).toBeGreaterThan(100);
  for (const { figures } of [first, second]) {
    expect(figures.jobs).toBe(65);
    expect(figures.unserved).toBeLessThanOrEqual(3);
    expect(figures.kept).toBeGreaterThan(0.85);
  }
});

test("PL15 the same town meets both policies, and with little to do the nearest idle engineer is nearly as good", () => {
  const theirs = runSeed(1, "nearest", SMALL);
  expect(theirs.breaches).toEqual([]);
  expect(theirs.figures).toMatchObject({ jobs: 65, kept: 1 });
  expect(first.figures.travelMinPerJob).toBeLessThan(theirs.figures.travelMinPerJob * 1.1);
});

test("PL16 what happens belongs to the job and the engineer, not to the order in which it is decided", () => {
  const town = drawTown(5, pumpVibration);
  const small = drawTown(5, pumpVibration, { planned: 40, arrivals: 10 });
  expect(town.jobs).toHaveLength(SIZE.planned + SIZE.arrivals);
  for (const job of small.jobs) expect(town.jobs.find(({ id }) => id === job.id)).toEqual(job);
  const [job] = town.jobs;
  const [engineer] = town.crew;
  if (job === undefined || engineer === undefined) throw new Error("an empty town");
  expect(fateOf(5, job.id, engineer.engineer.id, 0)).toEqual(fateOf(5, job.id, engineer.engineer.id, 0));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const declines = town.jobs.flatMap(({ id }) => town.crew.map((crew) => (fateOf(5, id, crew.engineer.id, 0).answer === "decline" ? 1 : 0)));
  expect(mean(declines)).toBeCloseTo(0.08, 1);
  expect(mean(town.jobs.map(({ id }) => travelFactor(5, id)))).toBeCloseTo(1.03, 0);
  expect(Math.min(...town.jobs.map(({ id }) => serviceMs(5, id, 1_800_000)))).toBeGreaterThan(0);
  expect(town.jobs.filter((one) => partsNeeded(5, one) !== one.parts).length).toBeGreaterThan(0);
});

test("PL17 the baseline gives nobody two jobs at once, and nobody a job that they can't do", () => {
  const town = drawTown(3, pumpVibration, SMALL.size);
  const travel = greatCircle(town.scenario.dispatch);
  const day = runDay(town, travel, nearestIdle(travel, town.scenario.dispatch.offerMs));
  const spans = [...day.records.values()].flatMap(({ by, arrivedAt, doneAt, job }) =>
    by === undefined ? [] : [{ by, from: arrivedAt ?? 0, to: doneAt ?? Infinity, job }],
  );
  for (const one of spans) {
    const mode = town.scenario.faultModes.find(({ id }) => id === one.job.faultMode);
    const { engineer } = town.crew.find((crew) => crew.engineer.id === one.by) ?? {};
    expect(mode?.skills.every((skill) => engineer?.skills.includes(skill))).toBe(true);
    for (const other of spans) if (other !== one && other.by === one.by) expect(other.from >= one.to || other.to <= one.from).toBe(true);
  }
});
