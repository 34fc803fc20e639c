import { expect, test } from "vitest";
import { emptySpread, type PlannerWork } from "../../contracts/planner.ts";
import { type At, LOADS } from "./accept-load.ts";

const COUNTS = { asked: 0, answered: 0, adopted: 0, kept: 0, stale: 0, failed: 0, iterations: 0, slices: 0, slicesLong: 0, workMs: 0, sliceMsMax: 0 };
const NONE: PlannerWork = { ...COUNTS, sliceMs: emptySpread(), sliceIterations: emptySpread(), resting: true };
const people = ["anna", "ben"].map((id) => ({ id, name: id, skills: [], shifts: [], home: { lat: 0, lon: 0 }, locatable: false }));

/** A unit whose planner rests again at every second look, and answers what it is asked if `answers`. */
function unit(answers: boolean) {
  const written: unknown[] = [];
  let [work, looks] = [NONE, 0];
  const enough = Promise.withResolvers<void>();
  const api: At["api"] = {
    ask: <T>(_method: string, path: string) =>
      Promise.resolve((path.endsWith("/planner") ? { ...work, resting: ++looks % 2 === 0 } : { engineers: people }) as T),
    writeEntities: (_unit, rows) => {
      written.push(...rows);
      if (answers) work = { ...work, asked: work.asked + 1, answered: work.answered + 1, iterations: work.iterations + 500 };
      if (written.length === 5) enough.resolve();
      return Promise.resolve(rows.length);
    },
  };
  return { api, written, enough: enough.promise };
}

test("AC5 whenever the planner rests somebody's hours are entered anew, and are other ones than before", async () => {
  const { api, written, enough } = unit(true);
  const load = LOADS["planner"]?.({ api, unit: "u" });
  await enough;
  const did = await load?.stop();
  expect(written.slice(0, 5)).toMatchObject(
    [
      ["anna", 60],
      ["ben", 60],
      ["anna", 61],
      ["ben", 61],
      ["anna", 60],
    ].map(([id, overtimeMin]) => ({ family: "engineer", entity: { id, overtimeMin } })),
  );
  expect(did).toMatchObject({ hoursEntered: written.length, plannerAnswered: written.length, plannerIterations: 500 * written.length });
});

test("AC5 where the planner did nothing there was no load, and that is said", async () => {
  const { api, enough } = unit(false);
  const load = LOADS["planner"]?.({ api, unit: "u" });
  await enough;
  await expect(load?.stop()).rejects.toThrow("no load to compare with");
});
