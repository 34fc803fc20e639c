/** When a unit asks, and what is left to others: the shell's line and its slices, on a clock of the test's own. */
import { expect, test } from "vitest";
import type { UnitView } from "../../../contracts/entity.ts";
import type { TicketId } from "../../../contracts/ids.ts";
import { bucketOf, emptySpread, PlannerWork, quantileIn } from "../../../contracts/planner.ts";
import { refuse, type Refusal } from "../../../contracts/refusal.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { engineer, scenarioOf, stage, type Stage } from "../../sim/cast.ts";
import { drawCrowd, MORNING } from "../../sim/crowd.ts";
import { START } from "../../sim/plant.ts";
import { startWorld } from "../../sim/world.ts";
import { whole } from "../route/pieces.ts";
import type { PlanAsk, Proposal } from "./ask.ts";
import { nextAsk, restAfter, REST_MS_MAX, LATE_MAX } from "./pace.ts";
import { solve } from "./solve.ts";

type Planned = { readonly proposal: Proposal } & Pick<PlannerWork, "slices" | "workMs" | "sliceMsMax" | "sliceMs" | "slicesLong" | "sliceIterations">;
type Slices = (ask: PlanAsk, turns: { readonly now: () => number; readonly turn: (ms: number) => Promise<void> }) => Promise<Planned>;
type Taken = "adopted" | "kept" | "more" | { readonly stale: Refusal; readonly made: number; readonly warm: Proposal["tours"] };
type Parts = {
  readonly view: UnitView;
  readonly propose: (ask: PlanAsk) => Promise<Planned>;
  readonly adoption: { readonly take: (proposal: Proposal) => Taken; readonly goOn: () => Taken | null; readonly isBegun: () => boolean };
  readonly until: (work: Promise<void>) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
};
type Link = { readonly ask: (again?: "again") => void; readonly work: () => PlannerWork };

/** The shell is no part of the tests' own program: what it must be is said here. */
const shell = async (name: string): Promise<unknown> => await import(`../../shell/planner-${name}.ts`);
const { planInSlices } = (await shell("slices")) as { readonly planInSlices: Slices };
const { plannerLink } = (await shell("link")) as { readonly plannerLink: (parts: Parts) => Link };

function crowd(): PlanAsk {
  const { scenario, changes } = drawCrowd(3, pumpVibration, { engineers: 12, tickets: 40, waiting: 4 });
  const world = startWorld(scenario, changes);
  const { ask } = whole(nextAsk(world.view, MORNING, { planned: "", asks: 0 }));
  if (ask === null) throw new Error("nothing to plan");
  return ask;
}

test("PL20 the planner rests three times as long as a slice took, longer on a busy thread, and what it finds is the same", async () => {
  const ask = crowd();
  const rested: number[] = [];
  // Whoever else is there takes so long in each turn.
  const run = async (othersMs: number): Promise<Planned & { readonly restedMs: number; readonly took: number }> => {
    let [now, pauses] = [0, 0];
    const planned = await planInSlices(ask, {
      now: () => now,
      turn: async (ms) => {
        if (ms > 0) rested.push(ms);
        pauses += ms;
        now += ms === 0 ? 1 + othersMs : ms;
      },
    });
    return { ...planned, restedMs: pauses, took: now };
  };
  const [alone, busy] = [await run(1), await run(9)];
  expect(alone.proposal).toEqual(solve(ask));
  expect(busy.proposal).toEqual(alone.proposal);
  // But for the first, which only takes the ask, the last of the search, and what is told of it.
  expect(alone.restedMs).toBe(3 * (alone.workMs - 3 * 2));
  expect(busy.restedMs).toBe(3 * (busy.workMs - 3 * 10));
  expect(busy.restedMs / busy.slices).toBeGreaterThan(4 * (alone.restedMs / alone.slices));
  expect(busy.slices).toBeLessThan(ask.iterations);
  expect(restAfter(1_000)).toBe(REST_MS_MAX);
});

test("PL11 each kind of work begins with small slices, whatever was learnt of the kind before; how they spread is told, without the turns of others", async () => {
  const ask = crowd();
  // All of it costs next to nothing here: slices grow as long as nothing else is known of the work.
  let now = 0;
  const planned = await planInSlices(ask, {
    // Read before a slice and behind it.
    now: () => {
      const read = now;
      now += 0.01;
      return read;
    },
    turn: async (ms) => {
      now += ms === 0 ? 0.1 : ms;
    },
  });
  expect(planned.proposal).toEqual(solve(ask));
  expect(planned.sliceIterations.findIndex((count) => count > 0)).toBe(bucketOf(4, 1));
  expect(quantileIn(planned.sliceIterations, 1, 1)).toBeGreaterThan(30);
  expect(planned.sliceMs.reduce((sum, count) => sum + count, 0)).toBe(planned.slices);
  expect(planned.sliceMs[0]).toBe(planned.slices);
  expect([planned.slicesLong, planned.sliceMsMax < 0.1]).toEqual([0, true]);
});

test("PL11 a quantile of a spread is the end of its bucket, a quarter of an octave wide", () => {
  const counts = emptySpread();
  for (let i = 1; i <= 1_000; i++) {
    const bucket = bucketOf(i / 100, 0.25);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const [at, ms] of [
    [0.5, 5],
    [0.99, 9.9],
    [1, 10],
  ] as const) {
    expect(quantileIn(counts, at, 0.25)).toBeGreaterThanOrEqual(ms);
    expect(quantileIn(counts, at, 0.25)).toBeLessThan(ms * 2 ** 0.25 * 1.001);
  }
  expect(quantileIn(emptySpread(), 0.5, 1)).toBeNaN();
  expect([bucketOf(0, 0.25), bucketOf(0.25, 0.25), bucketOf(1e9, 0.25)]).toEqual([0, 0, 49]);
  expect(PlannerWork.shape.sliceMs.safeParse(counts).success).toBe(true);
});

test("PL21 a unit is read for its planner in pieces, which together are the ask that one reading gives", () => {
  const { scenario, changes } = drawCrowd(5, pumpVibration, { engineers: 20, tickets: 60, waiting: 6 });
  const { view } = startWorld(scenario, changes);
  const pieces = nextAsk(view, MORNING, { planned: "", asks: 6 });
  let count = 0;
  let piece = pieces.next();
  for (; piece.done !== true; piece = pieces.next()) count++;
  expect(count).toBeGreaterThan(3);
  expect(piece.value).toEqual(whole(nextAsk(view, MORNING, { planned: "", asks: 6 })));
  expect(piece.value.ask).toMatchObject({ seed: 7 });
  expect(whole(nextAsk(view, MORNING, { planned: piece.value.version, asks: 7 })).ask).toBeNull();
});

/** So many in one bucket. */
function spreadOf(bucket: number, count = 1): number[] {
  return emptySpread().map((_, i) => (i === bucket ? count : 0));
}

function linked(
  take: (proposal: Proposal) => Taken = () => "kept",
  meanwhile: () => void = () => {},
  goOn: () => Taken | null = () => null,
): {
  readonly link: Link;
  readonly asks: PlanAsk[];
  readonly slept: number[];
  readonly made: Stage;
  readonly rest: () => Promise<void>;
} {
  const made = stage(scenarioOf(pumpVibration, { connectors: {} }), [engineer("near", 2), engineer("far", 30)]);
  const [asks, works, slept]: [PlanAsk[], Promise<void>[], number[]] = [[], [], []];
  const link = plannerLink({
    view: made.world.view,
    propose: async (ask) => {
      asks.push(ask);
      return { proposal: solve(ask), slices: 5, workMs: 10, sliceMsMax: 3, sliceMs: spreadOf(2), slicesLong: 1, sliceIterations: spreadOf(7) };
    },
    adoption: { take, goOn, isBegun: () => false },
    until: (work) => void works.push(work),
    sleep: async (ms) => {
      if (ms > 0) slept.push(ms);
      else meanwhile();
    },
    now: () => START,
  });
  return { link, asks, slept, made, rest: async () => void (await Promise.all(works.splice(0))) };
}

function open(made: Stage, id: string): void {
  made.say(START, { type: "open", ticket: id as TicketId, by: "desk", asset: "pump" as never, words: "look", faultMode: "loosening" as never, priority: "p2" });
}

test("PL12 the same plan is not asked about twice, unless what it was made by is another; what was done is counted", async () => {
  const { link, asks, made, rest } = linked();
  link.ask();
  await rest();
  expect(asks).toHaveLength(0);
  open(made, "t1");
  link.ask();
  link.ask();
  expect(link.work().resting).toBe(false);
  await rest();
  link.ask();
  await rest();
  expect(asks).toHaveLength(1);
  link.ask("again");
  await rest();
  expect(asks).toHaveLength(2);
  expect(link.work()).toEqual({
    asked: 2,
    answered: 2,
    adopted: 0,
    kept: 2,
    stale: 0,
    failed: 0,
    iterations: 400,
    slices: 10,
    workMs: 20,
    sliceMsMax: 3,
    sliceMs: spreadOf(2, 2),
    slicesLong: 2,
    sliceIterations: spreadOf(7, 2),
    resting: true,
  });
});

test("PL2 PL22 what came too late is where the next ask begins, later each time, so many times in a row and no more", async () => {
  let isLate = true;
  const { link, asks, slept, made, rest } = linked(({ tours: warm }) => {
    if (!isLate) return "kept";
    open(made, `t${asks.length}`);
    return { stale: refuse("stale-version", "the plan as it was", "ask again"), made: 0, warm };
  });
  open(made, "t0");
  link.ask();
  await rest();
  expect(asks).toHaveLength(LATE_MAX + 1);
  expect(asks.map(({ warm }) => warm === undefined)).toEqual([true, false, false, false]);
  expect(link.work()).toMatchObject({ stale: LATE_MAX + 1, kept: 0, resting: true });
  isLate = false;
  link.ask();
  await rest();
  expect(slept).toEqual([250, 500, 1_000, 2_000, 2_000]);
  open(made, "after");
  link.ask();
  await rest();
  expect(slept.at(-1)).toBe(250);
});

test("PL12 a unit in which something is said all the time is planned for all the same", async () => {
  const { link, asks, made, rest } = linked(undefined, () => link.ask());
  open(made, "t0");
  link.ask();
  await rest();
  expect(asks).toHaveLength(1);
});

test("PL26 between two pieces of a proposal others have their turn; where the rest is dropped the planner is asked again", async () => {
  const left: Taken[] = ["more", "adopted"];
  let turns = 0;
  const { link, asks, made, rest } = linked(
    () => "more",
    () => void turns++,
    () => left.shift() ?? null,
  );
  open(made, "t0");
  link.ask();
  await rest();
  expect(left).toEqual([]);
  expect(link.work()).toMatchObject({ adopted: 1, kept: 0, stale: 0 });
  const turnsOfPieces = turns;
  expect(turnsOfPieces).toBeGreaterThanOrEqual(2);
  left.push({ stale: refuse("stale-version", "the plan as it was", "ask again"), made: 2, warm: [] }, "kept");
  open(made, "t1");
  link.ask();
  await rest();
  expect(asks).toHaveLength(3);
  expect(asks[2]?.warm).toEqual([]);
  expect(link.work()).toMatchObject({ adopted: 2, kept: 1, stale: 0 });
});
