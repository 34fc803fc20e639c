import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { EngineerId, SkillId } from "../../../contracts/ids.ts";
import { type DatedShift, RosterAsk } from "../../../contracts/roster.ts";
import { faultsOf, waitFor } from "./check.ts";
import { cover, waitsAfter, waitsOf } from "./cover.ts";
import { evenness } from "./fairness.ts";
import { askOf, DAY, engineerOf, HOUR, rulesOf, seldom, SUN } from "./fixture.ts";
import { existingTours, gridOf } from "./grid.ts";
import { makeRoster, type Roster, rosterSteps } from "./make.ts";
import { flatNeed } from "./need.ts";
import { datedShifts } from "./weekly.ts";

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
/** Monday, midnight in Changsha. The clock leaps on the 29th in Berlin and on 5 April at Lord Howe. */
const MONDAY = at("2026-03-23T00:00+08:00");
const skill = (name: string) => SkillId.parse(name);
const office = (id: string, timeZone: string, days: number) =>
  datedShifts({ id: EngineerId.parse(id), shifts: [{ days: [1, 2, 3, 4, 5], from: 540, to: 1020 }] }, timeZone, MONDAY, MONDAY + days * DAY);
/** The shifts that a roster ends with. */
const worked = (ask: RosterAsk, { proposals }: Roster): readonly DatedShift[] => {
  const out = new Set(proposals.flatMap((one) => (one.type === "leave-out" ? [one.shift.id] : [])));
  return [...ask.existing.filter(({ id }) => !out.has(id)), ...proposals.flatMap((one) => (one.type === "add" ? [one.shift] : []))];
};

test("RO1 an office day leaves the evening open: who calls until 01:00 waits for the morning, and on Friday for Monday", () => {
  const ask = askOf(MONDAY, 7, { engineers: [engineerOf("li", "Asia/Shanghai", ["pumps"])], existing: [...office("li", "Asia/Shanghai", 8)] });
  const { gaps, hours, share } = cover(ask);
  const day = (n: number, hour: number) => MONDAY + n * DAY + hour * HOUR;
  expect(gaps.map(({ from, until }) => [from, until])).toEqual([
    [day(0, 0), day(0, 1)],
    ...[0, 1, 2, 3].map((n) => [day(n, 17), day(n + 1, 1)]),
    [day(4, 17), day(7, 0)],
  ]);
  expect(gaps[1]).toMatchObject({ worstMs: 16 * HOUR, served: true, cause: "nobody-on-duty", skills: ["pumps"] });
  expect(gaps[5]).toMatchObject({ worstMs: 63 * HOUR, served: false });
  expect(hours).toHaveLength(7 * 24);
  expect(hours[20]).toEqual({ at: day(0, 20), worstMs: 13 * HOUR, served: true, need: 0 });
  expect(hours[10]?.worstMs).toBe(0);
  expect(share).toBeCloseTo(1 - (1 + 32 + 55) / 168, 10);
});

test("RO2 engineers around the world close every hour of a week in which clocks leap, and nobody works at night", () => {
  const engineers = SUN.flatMap((zone, n) => [1, 2].map((k) => engineerOf(`e${n}${k}`, zone, ["pumps"])));
  const ask = askOf(MONDAY, 14, { engineers });
  const roster = makeRoster(ask, { seed: 1, iterations: 60 });
  expect(roster.before.share).toBe(0);
  expect(roster.after).toMatchObject({ gaps: [], share: 1 });
  expect(faultsOf(engineers, worked(ask, roster))).toEqual([]);
  expect(roster.fairness.map(({ nights }) => nights)).toEqual(engineers.map(() => 0));
  expect(Math.max(...roster.after.hours.map(({ worstMs }) => worstMs))).toBeLessThanOrEqual(8 * HOUR);
  expect([roster.lacks, roster.hires]).toEqual([[], []]);
  expect(evenness(roster.fairness.map(({ dutyMs }) => dutyMs))).toBeGreaterThan(0.8);
  // Shifts of eight hours eight hours apart are the fewest that do it: 21 of them.
  expect(roster.proposals.length).toBeLessThanOrEqual(26);
});

test("RO3 the same ask and seed give the same roster; searching on is never worse, in steps or at once", () => {
  const engineers = SUN.map((zone, n) => engineerOf(`e${n}`, zone, ["pumps"], { rules: rulesOf({ shiftsMs: [6 * HOUR, 8 * HOUR] }) }));
  const ask = askOf(MONDAY, 7, { engineers });
  const first = makeRoster(ask, { seed: 5, iterations: 40 });
  const steps = rosterSteps(ask, { seed: 5, iterations: 40 });
  let step = steps.next();
  let count = 0;
  for (; step.done !== true; step = steps.next()) count++;
  expect(step.value).toEqual(first);
  expect(count).toBeGreaterThan(40);
  expect(first.cost).toBeLessThanOrEqual(makeRoster(ask, { seed: 5, iterations: 0 }).cost);
});

test("RO4 shifts that are there stay; where it was asked for, leaving one out may be proposed, and is said to be a change", () => {
  const engineers = [engineerOf("li", "Asia/Shanghai", ["pumps"]), ...SUN.map((zone, n) => engineerOf(`e${n}`, zone, ["pumps"]))];
  // Thirty hours of the week are worked twice over.
  const existing = [...office("li", "Asia/Shanghai", 7), ...office("e0", "Asia/Shanghai", 7)];
  const fixed = askOf(MONDAY, 7, { engineers, existing });
  const kept = makeRoster(fixed, { seed: 2, iterations: 60 });
  expect(kept.proposals.filter(({ type }) => type === "leave-out")).toEqual([]);
  expect(kept.after.gaps).toEqual([]);
  // One shift a week, in the first hours of the day: eight hours later it would be in time for twice as many.
  const wu = engineerOf("wu", "Asia/Shanghai", ["pumps"], { rules: rulesOf({ weekMsMax: 8 * HOUR, night: { ...rulesOf().night, perWeekMax: 7 } }) });
  const early = { id: "x", engineer: wu.id, kind: "duty", from: MONDAY, until: MONDAY + 8 * HOUR } as const;
  const one = askOf(MONDAY, 1, { engineers: [wu], existing: [early] });
  expect(makeRoster(one, { seed: 2, iterations: 60 }).proposals).toEqual([]);
  const { proposals, after } = makeRoster({ ...one, change: "propose" }, { seed: 2, iterations: 60 });
  expect(proposals).toMatchObject([
    { type: "leave-out", shift: early },
    { type: "add", shift: { engineer: "wu" } },
  ]);
  expect(cover(one).share).toBeCloseTo(8 / 24, 10);
  expect(after.share).toBeCloseTo(16 / 24, 10);
});

test("RO5 what stays open says which rule is in the way and by how much, and each proposed change was tried", () => {
  const li = engineerOf("li", "Asia/Shanghai", ["pumps"], { rules: rulesOf({ night: { ...rulesOf().night, perWeekMax: 0 } }) });
  const wang = engineerOf("wang", "Asia/Shanghai", ["pumps"], { rules: rulesOf({ night: { ...rulesOf().night, perWeekMax: 0 } }) });
  const smith = engineerOf("smith", "America/New_York", ["wiring"]);
  const ask = askOf(MONDAY, 2, { engineers: [li, wang, smith], respondMs: 4 * HOUR, hire: { rules: rulesOf(), timeZones: [...SUN] } });
  const { after, lacks, hires } = makeRoster(ask, { seed: 1, iterations: 20 });
  expect(after.gaps.length).toBeGreaterThan(0);
  const [lack] = lacks;
  expect(lack?.keptBy.map(({ rule }) => rule)).toContain("night-shifts");
  expect(lack?.mends[0]).toMatchObject({ type: "stretch-rule", closesMs: expect.any(Number) });
  expect(lacks.flatMap(({ mends }) => mends)).toContainEqual(expect.objectContaining({ type: "train", engineer: "smith", skills: ["pumps"] }));
  expect(hires[0]).toMatchObject({ skills: ["pumps"], timeZone: "America/New_York" });
  // The stretched rule and the hired engineer do close what they say.
  const [mend] = lack?.mends ?? [];
  if (mend?.type !== "stretch-rule" || mend.rule !== "night-shifts") throw new Error("a night would do it");
  const stretched = (one: typeof li) =>
    one.id === mend.engineer ? { ...one, rules: rulesOf({ night: { ...rulesOf().night, perWeekMax: mend.value } }) } : one;
  const again = makeRoster({ ...ask, engineers: ask.engineers.map(stretched) }, { seed: 1, iterations: 20 });
  expect(again.after.share).toBeGreaterThan(after.share);
  const more = hires.map(({ skills, timeZone }, n) => engineerOf(`new${n}`, timeZone, skills));
  expect(makeRoster({ ...ask, engineers: [...ask.engineers, ...more] }, { seed: 1, iterations: 20 }).after.share).toBe(1);
  expect(hires.at(-1)?.leftMs).toBe(0);
});

test("RO5 nobody at all, or nobody with the skill: every hour is a gap with that cause, and somebody to hire", () => {
  const hire = { rules: rulesOf(), timeZones: [...SUN] };
  const empty = makeRoster(askOf(MONDAY, 3, { hire }), { seed: 1, iterations: 10 });
  expect(empty.after.gaps).toMatchObject([{ from: MONDAY, until: MONDAY + 3 * DAY, cause: "nobody-has-skills", served: false }]);
  expect(empty.hires.at(-1)?.leftMs).toBe(0);
  expect(empty.proposals).toEqual([]);
  const other = makeRoster(askOf(MONDAY, 3, { engineers: [engineerOf("li", "UTC", ["wiring"])] }), { seed: 1, iterations: 10 });
  expect(other.lacks[0]).toMatchObject({ keptBy: [], mends: [{ type: "train", engineer: "li", skills: ["pumps"] }] });
  expect(other.hires).toEqual([]);
  expect(makeRoster(askOf(MONDAY, 3, { needs: [] }), { seed: 1, iterations: 10 }).after).toMatchObject({ gaps: [], share: 1 });
});

test("RO6 more work than hours is an overload, not an absence, and more people are proposed than one", () => {
  const engineers = SUN.map((zone, n) => engineerOf(`e${n}`, zone, ["pumps"]));
  const ask = askOf(MONDAY, 3, { engineers, needs: [flatNeed([skill("pumps")], 3, HOUR)], hire: { rules: rulesOf(), timeZones: [...SUN] } });
  const { after, hires } = makeRoster(ask, { seed: 1, iterations: 5 });
  expect(after.gaps.some(({ cause }) => cause === "overload")).toBe(true);
  expect(hires.length).toBeGreaterThan(1);
});

test("RO9 on call at home answers after its lead, and counts as rest", () => {
  const engineers = [engineerOf("li", "Asia/Shanghai", ["pumps"], { onCall: true }), engineerOf("wu", "Asia/Shanghai", ["pumps"], { onCall: true })];
  const nights = [0, 1].map((n) => ({
    id: `n${n}`,
    engineer: engineers[0]?.id,
    kind: "on-call",
    from: MONDAY + (17 + 24 * n) * HOUR,
    until: MONDAY + (33 + 24 * n) * HOUR,
  }));
  const ask = askOf(MONDAY + 9 * HOUR, 2, { engineers, existing: [...office("li", "Asia/Shanghai", 2), ...RosterAsk.shape.existing.parse(nights)] });
  const { gaps, hours } = cover(ask);
  expect(gaps.filter(({ until }) => until < MONDAY + 2 * DAY)).toEqual([]);
  expect(hours[9]).toMatchObject({ at: MONDAY + 18 * HOUR, worstMs: HOUR });
  expect(faultsOf(engineers, ask.existing)).toEqual([]);
});

test("RO18 whoever is away covers nothing, whatever shifts they have, and is not on call while at work", () => {
  const always = datedShifts(
    { id: EngineerId.parse("li"), shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }] },
    "UTC",
    MONDAY - DAY,
    MONDAY + 4 * DAY,
  );
  const gapsOf = (away: readonly { from: number; until: number }[], existing: readonly DatedShift[] = always) =>
    cover(askOf(MONDAY, 3, { engineers: [engineerOf("li", "UTC", ["pumps"], { away: [...away] })], existing: [...existing] })).gaps;
  expect(gapsOf([])).toEqual([]);
  expect(gapsOf([{ from: MONDAY - DAY, until: MONDAY + 9 * DAY }])).toMatchObject([{ from: MONDAY, until: MONDAY + 3 * DAY, cause: "nobody-on-duty" }]);
  // Away for 14 hours: whoever calls in the first six of them waits too long.
  const away = { from: MONDAY + 30 * HOUR, until: MONDAY + 44 * HOUR };
  expect(gapsOf([away])).toMatchObject([{ from: away.from, until: away.from + 6 * HOUR, worstMs: 14 * HOUR }]);
  // One is at work and on call at once: work for one, and not for two.
  const day: DatedShift[] = [{ id: "day", engineer: EngineerId.parse("li"), kind: "duty", from: MONDAY, until: MONDAY + DAY }];
  const both = [...day, ...day.map((one) => ({ ...one, id: "call", kind: "on-call" }) as const)];
  const busy = (existing: readonly DatedShift[]) =>
    cover(askOf(MONDAY, 1, { engineers: [engineerOf("li", "UTC", ["pumps"])], existing: [...existing], needs: [flatNeed([skill("pumps")], 1.5, HOUR)] }));
  expect(busy(both)).toEqual(busy(day));
});

test("RO19 what takes long is not begun shortly before a shift ends, unless it goes on into another or the end is an absence", () => {
  const shift = (from: number, until: number): DatedShift => ({
    id: `s${from}`,
    engineer: EngineerId.parse("li"),
    kind: "duty",
    from: MONDAY + from * HOUR,
    until: MONDAY + until * HOUR,
  });
  const need = { ...seldom("pumps"), wholeMs: 2 * HOUR };
  const gaps = (existing: readonly DatedShift[], away: readonly { from: number; until: number }[] = []) =>
    cover(askOf(MONDAY, 1, { engineers: [engineerOf("li", "UTC", ["pumps"], { away: [...away] })], existing: [...existing], needs: [need] })).gaps.map(
      ({ from, until }) => [(from - MONDAY) / HOUR, (until - MONDAY) / HOUR],
    );
  // From 06:15 on work would not be over by 08:00: the next comes at 14:30, and quarters that begin by 06:30 wait eight hours at most.
  expect(gaps([shift(0, 8), shift(14.5, 24), shift(24, 40)])).toEqual([[6.25, 6.5]]);
  expect(gaps([shift(0, 8), shift(8, 14.5), shift(14.5, 40)])).toEqual([]);
  expect(gaps([shift(0, 40)], [{ from: MONDAY + 8 * HOUR, until: MONDAY + 14.5 * HOUR }])).toEqual([[6.25, 6.5]]);
  const roster = makeRoster(askOf(MONDAY, 2, { engineers: ["a", "b", "c", "d", "e"].map((id) => engineerOf(id, "UTC", ["pumps"])), needs: [need] }), {
    seed: 1,
    iterations: 20,
  });
  expect(roster.after.gaps).toEqual([]);
});

test("RO11 a horizon that ends before it begins, or is too long, shifts without length, and an engineer named twice are refused", () => {
  const fine = { ...askOf(MONDAY, 7, {}) };
  const fits = (more: object) => RosterAsk.safeParse({ ...fine, ...more }).success;
  expect(fits({})).toBe(true);
  expect(fits({ until: MONDAY })).toBe(false);
  expect(fits({ until: MONDAY + 57 * DAY })).toBe(false);
  expect(fits({ respondMs: -1 })).toBe(false);
  expect(fits({ needs: [{ ...seldom("x"), perHour: [1] }] })).toBe(false);
  expect(fits({ existing: [{ id: "x", engineer: "a", kind: "duty", from: 5, until: 5 }] })).toBe(false);
  expect(fits({ engineers: [engineerOf("a", "UTC", []), engineerOf("a", "UTC", [])] })).toBe(false);
  expect(fits({ engineers: [engineerOf("a", "Nowhere/Town", [])] })).toBe(false);
  const lost = askOf(MONDAY, 1, { existing: [{ id: "x", engineer: EngineerId.parse("gone"), kind: "duty", from: MONDAY, until: MONDAY + HOUR }] });
  expect(makeRoster(lost, { seed: 1, iterations: 1 }).unknown).toEqual(["gone"]);
});

const zones = fc.constantFrom(...SUN, "Australia/Lord_Howe", "Asia/Kathmandu");
const hours = (min: number, max: number) => fc.integer({ min, max }).map((n) => n * HOUR);
const rules = fc.record({
  shiftsMs: fc.constantFrom<number[]>([8 * HOUR], [6 * HOUR, 10 * HOUR], [12 * HOUR]),
  dayMsMax: hours(8, 12),
  weekMsMax: hours(24, 48),
  restMsMin: hours(8, 12),
  consecutiveDaysMax: fc.integer({ min: 2, max: 6 }),
  night: fc.record({
    from: fc.constantFrom(0, 1320, 1380),
    to: fc.constant(360),
    countsFromMs: hours(1, 3),
    perWeekMax: fc.integer({ min: 0, max: 3 }),
    shiftMsMax: hours(6, 10),
  }),
  onCallPerWeekMax: fc.integer({ min: 0, max: 2 }),
});
const asks = fc
  .record({
    people: fc.array(
      fc.record({
        zone: zones,
        rules,
        onCall: fc.boolean(),
        skills: fc.constantFrom(["pumps"], ["wiring"], ["pumps", "wiring"]),
        off: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 2 }),
        away: fc.array(fc.tuple(fc.integer({ min: -10, max: 200 }), fc.integer({ min: 1, max: 120 })), { maxLength: 2 }),
        preferred: fc.constantFrom<number[]>([], [1, 2, 3, 4, 5]),
        office: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    start: fc.constantFrom(MONDAY, at("2026-10-22T03:00Z"), at("2026-04-01T00:00Z")),
    days: fc.integer({ min: 1, max: 8 }),
    goal: hours(1, 10),
    seed: fc.nat(),
  })
  .map(({ people, start, days, goal, seed }) => {
    const date = (n: number) =>
      Temporal.Instant.fromEpochMilliseconds(start + n * DAY)
        .toZonedDateTimeISO("UTC")
        .toPlainDate()
        .toString();
    const engineers = people.map(({ zone, rules, onCall, skills, off, away, preferred }, n) =>
      engineerOf(`e${n}`, zone, skills, {
        rules,
        onCall,
        preferred,
        unavailable: [...new Set(off.map(date))],
        away: away.map(([hour, quarters]) => ({ from: start + hour * HOUR, until: start + hour * HOUR + (quarters * HOUR) / 4 })),
      }),
    );
    // A shift that is there and may be worked by itself; one in the week before counts for the rules, too.
    const existing = people.flatMap(({ office, zone }, n) => {
      const id = EngineerId.parse(`e${n}`);
      const shifts = [{ days: [3], from: 600, to: 840 }];
      return office ? datedShifts({ id, shifts }, zone, start - 3 * DAY, start + days * DAY) : [];
    });
    const legal = existing.filter((shift) => faultsOf(engineers, [shift]).length === 0);
    return { ask: askOf(start, days, { engineers, existing: legal, respondMs: goal, needs: [seldom("pumps"), seldom("wiring")] }), seed };
  });

test("RO12 no proposal ever breaks a rule, whatever the rules, zones and days off, also where clocks leap", () => {
  let proposed = 0;
  fc.assert(
    fc.property(asks, ({ ask, seed }) => {
      const roster = makeRoster(ask, { seed, iterations: 4 });
      expect(faultsOf(ask.engineers, worked(ask, roster))).toEqual([]);
      expect(roster.after.share).toBeGreaterThanOrEqual(roster.before.share);
      proposed += roster.proposals.length;
    }),
    { numRuns: 40 },
  );
  expect(proposed).toBeGreaterThan(100);
});

test("RO12 what is reported as covered is: looked at quarter by quarter, every wait is as long as told", () => {
  fc.assert(
    fc.property(asks, ({ ask, seed }) => {
      const duties = { ...ask, engineers: ask.engineers.map((one) => ({ ...one, onCall: false })) };
      const roster = makeRoster(duties, { seed, iterations: 2 });
      const shifts = worked(duties, roster);
      for (const [need, one] of duties.needs.entries())
        for (let moment = ask.from; moment < ask.until; moment += HOUR / 4) {
          const wait = waitFor(duties.engineers, shifts, one, moment, ask.respondMs);
          const told = roster.after.gaps.some((gap) => gap.need === need && gap.from <= moment && moment < gap.until);
          expect(told).toBe(wait === Infinity);
        }
    }),
    { numRuns: 15 },
  );
});

test("RO13 following a change of some shifts comes to the same waits as reckoning all of them", () => {
  fc.assert(
    fc.property(asks, fc.array(fc.nat(), { maxLength: 5 }), ({ ask, seed }, gone) => {
      const busy = { ...ask, needs: [flatNeed([skill("pumps")], 1.5, HOUR), seldom("wiring"), flatNeed([skill("wiring")], 0.4, HOUR)] };
      const roster = makeRoster(busy, { seed, iterations: 0 });
      const grid = gridOf({ ...busy, existing: [...worked(busy, roster)] });
      const tours = existingTours(grid);
      const left = tours.filter((_, n) => !gone.some((one) => one % (tours.length + 1) === n));
      const out = tours.filter((tour) => !left.includes(tour));
      const range = [Math.min(...out.map(({ slot }) => slot), grid.slots), Math.max(...out.map(({ end }) => end), 0)] as const;
      const all = waitsOf(grid, tours);
      const less = waitsAfter(grid, left, all, ...range);
      expect(less).toEqual(waitsOf(grid, left));
      expect(waitsAfter(grid, tours, less, ...range)).toEqual(all);
    }),
    { numRuns: 15 },
  );
});
