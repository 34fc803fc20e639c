/**
 * Why a gap stays open, and the smallest changes that would close it. Each is tried, not guessed: a rule is stretched to what the best shift
 * would need, a skill is given to somebody who could work then, an engineer is hired and the roster closed with them.
 */
import { EngineerId, type SkillId } from "../../../contracts/ids.ts";
import type { RosterEngineer } from "../../../contracts/roster.ts";
import { type Candidate, candidatesFor, changed, close, type Closed, placedOf, standing, tourOf } from "./close.ts";
import { loadsOf } from "./cost.ts";
import type { Gap, Waits } from "./cover.ts";
import { type Grid, SLOT_MS, type Tour, withEngineer, withSkills } from "./grid.ts";
import { type Broken, broken, type RuleCode } from "./rules.ts";

/** One engineer and the one rule that their best shift would break, and by how much. */
type Stretch = { readonly type: "stretch-rule"; readonly engineer: EngineerId } & Broken;
type Train = { readonly type: "train"; readonly engineer: EngineerId; readonly skills: readonly SkillId[] };
/** `closesMs`: how much that now waits too long (summed over needs) would be answered in time. */
export type Mend = (Stretch | Train) & { readonly closesMs: number };

export type Lack = {
  readonly gap: Gap;
  /** How many of those with the skills are kept by each rule; none of them: nobody has the skills, or everybody who could is there and busy. */
  readonly keptBy: readonly { readonly rule: RuleCode; readonly engineers: number }[];
  /** The smallest first. */
  readonly mends: readonly Mend[];
};

/** One more engineer with the skills of a need, where it helps most. `leftMs`: what would still wait too long with them and those before. */
export type Hire = { readonly skills: readonly SkillId[]; readonly timeZone: string; readonly closesMs: number; readonly leftMs: number };

/** Gaps that are explained, the longest of all first; more of them are told by the coverage. */
const EXPLAINED_MAX = 10;
const MENDS_MAX = 3;
/** Engineers whose training is tried for one gap. */
const TRAININGS_MAX = 6;
/** More than so many people are no smallest change. */
const HIRES_MAX = 6;
/** Steps in all that go into looking for them, some seconds: a roster that lacks dozens of people needs no list of them. */
const HIRE_STEPS_MAX = 12_000;
/** Needs whose skills are tried by themselves for each hire. */
const HIRE_SETS_MAX = 3;

export function* explainLacks(
  grid: Grid,
  ended: Closed,
  gaps: readonly Gap[],
): Generator<undefined, { readonly lacks: readonly Lack[]; readonly hires: readonly Hire[] }> {
  const lacks: Lack[] = [];
  const longest = gaps.toSorted((a, b) => b.until - b.from - (a.until - a.from) || a.from - b.from).slice(0, EXPLAINED_MAX);
  for (const gap of longest) {
    lacks.push(yield* explain(grid, ended, gap));
    yield;
  }
  const hires = gaps.length === 0 ? [] : yield* hire(grid, ended);
  return { lacks: lacks.toSorted((a, b) => a.gap.from - b.gap.from || a.gap.need - b.gap.need), hires };
}

function* explain(grid: Grid, ended: Closed, gap: Gap): Generator<undefined, Lack> {
  const slot = (gap.from - grid.from) / SLOT_MS;
  const keptBy = new Map<RuleCode, number>();
  const mends: Mend[] = [];
  for (const engineer of grid.answeredBy[gap.need] ?? []) {
    const one = grid.engineers[engineer];
    const { nearest, single } = waysOf(grid, ended.tours, engineer, slot);
    yield;
    if (nearest === null || one === undefined) continue;
    for (const rule of new Set(nearest.broken.map(({ rule }) => rule))) keptBy.set(rule, (keptBy.get(rule) ?? 0) + 1);
    for (const { broken, others, candidate, moved } of single) {
      const [rule] = broken;
      const from = Math.min(candidate.slot, moved?.slot ?? candidate.slot);
      const { late } = changed(grid, ended, [...others, tourOf(candidate)], from, Math.max(candidate.end, moved?.end ?? candidate.end));
      const closesMs = wholeMs(ended.late, late);
      if (rule !== undefined && closesMs > 0) mends.push({ type: "stretch-rule", engineer: one.id, ...rule, closesMs });
      yield;
    }
  }
  mends.push(...(yield* trainings(grid, ended, gap, slot)));
  return {
    gap,
    keptBy: [...keptBy].map(([rule, engineers]) => ({ rule, engineers })).toSorted((a, b) => b.engineers - a.engineers || (a.rule < b.rule ? -1 : 1)),
    mends: mends.toSorted((a, b) => sizeOf(a) - sizeOf(b) || b.closesMs - a.closesMs).slice(0, MENDS_MAX),
  };
}

/** Those who could work then and lack the fewest skills. */
function* trainings(grid: Grid, ended: Closed, gap: Gap, slot: number): Generator<undefined, readonly Mend[]> {
  const mends: Mend[] = [];
  const lacking = grid.engineers
    .map(({ id, skills }, engineer) => ({ id, engineer, missing: gap.skills.filter((skill) => !skills.includes(skill)) }))
    .filter(({ missing }) => missing.length > 0)
    .toSorted((a, b) => a.missing.length - b.missing.length);
  let tries = 0;
  for (const { id, engineer, missing } of lacking) {
    if (tries >= TRAININGS_MAX) break;
    const { nearest } = waysOf(grid, ended.tours, engineer, slot);
    yield;
    if (nearest === null || nearest.broken.length > 0) continue;
    tries++;
    const closesMs = wholeMs(ended.late, standing(withSkills(grid, engineer, missing), [...nearest.others, tourOf(nearest.candidate)]).late);
    if (closesMs > 0) mends.push({ type: "train", engineer: id, skills: missing, closesMs });
    yield;
  }
  return mends;
}

/** A shift in time for the gap, what it would break, and the roster with it. */
type Way = {
  readonly broken: readonly Broken[];
  readonly size: number;
  readonly others: readonly Tour[];
  readonly candidate: Candidate;
  readonly moved: Tour | null;
};

/**
 * `nearest`: the shift on top of what the engineer works that breaks the fewest rules, and these by the least; none broken: only skills are in the
 * way. `single`: for each rule that can give way, the least that breaks it alone, on top or in place of a proposed shift of the same days.
 */
function waysOf(grid: Grid, tours: readonly Tour[], engineer: number, slot: number): { readonly nearest: Way | null; readonly single: readonly Way[] } {
  const one = grid.engineers[engineer];
  if (one === undefined) return { nearest: null, single: [] };
  let nearest: Way | null = null;
  const single = new Map<RuleCode, Way>();
  const movable = tours.filter((tour) => tour.engineer === engineer && tour.existing === undefined && Math.abs(tour.slot - slot) <= NEAR_SLOTS);
  for (const moved of [null, ...movable]) {
    const others = tours.filter((tour) => tour !== moved);
    const mine = placedOf(others, engineer);
    for (const candidate of candidatesFor(grid, engineer, slot)) {
      const found = broken(one, mine, candidate.placed);
      const way = { broken: found, size: found.reduce((sum, rule) => sum + 1 + excess(rule), 0), others, candidate, moved };
      if (moved === null && (nearest === null || way.size < nearest.size)) nearest = way;
      const [rule] = found;
      if (found.length !== 1 || rule === undefined || !isStretch(rule)) continue;
      const known = single.get(rule.rule);
      // Of those that break it as much the last: it begins latest, and reaches furthest.
      if (known === undefined || way.size <= known.size) single.set(rule.rule, way);
    }
  }
  return { nearest, single: [...single.values()].toSorted((a, b) => a.size - b.size).slice(0, WAYS_MAX) };
}

/** A shift within so many slots (a day) of a gap might be moved for it. */
const NEAR_SLOTS = 86_400_000 / SLOT_MS;
/** Rules that are tried for one engineer and gap. */
const WAYS_MAX = 3;

/** Neither a shift at the same time nor a day off is a rule that can give way. */
function isStretch({ rule }: Broken): boolean {
  return rule !== "overlap" && rule !== "unavailable" && rule !== "on-call-not-allowed";
}

/** By which part of itself the rule would have to give way; 1 where it has no measure. */
function excess({ limit, value }: Broken): number {
  return Math.max(limit, value) === 0 ? 1 : Math.abs(value - limit) / Math.max(limit, value);
}

/** A rule that gives way is smaller than learning a skill. */
function sizeOf(mend: Mend): number {
  return mend.type === "train" ? 1 + mend.skills.length : excess(mend);
}

/** How much less waits too long. */
function wholeMs(before: number, after: number): number {
  return Math.max(0, Math.floor(before) - Math.floor(after)) * SLOT_MS;
}

/** One after the other, each where most is closed for the fewest nights, until nothing waits too long or nobody helps any more. */
function* hire(begunGrid: Grid, begun: Closed): Generator<undefined, readonly Hire[]> {
  const { hire: open } = begunGrid.ask;
  if (open === undefined) return [];
  const hires: Hire[] = [];
  let now = { grid: begunGrid, closed: begun };
  let steps = 0;
  while (now.closed.late > 0 && hires.length < HIRES_MAX) {
    let best: Tried | null = null;
    for (const skills of skillsOf(now.grid, now.closed.waits))
      for (const timeZone of open.timeZones) {
        const one: RosterEngineer = {
          id: EngineerId.parse(`hire-${hires.length + 1}`),
          skills: [...skills],
          timeZone,
          rules: open.rules,
          onCall: false,
          unavailable: [],
          preferred: [],
        };
        const larger = withEngineer(now.grid, one);
        const work = close(larger, standing(larger, now.closed.tours));
        let done = work.next();
        for (; done.done !== true && steps < HIRE_STEPS_MAX; done = work.next(), steps++) yield;
        if (done.done !== true) return hires;
        const closed = done.value;
        const tried: Tried = { one, grid: larger, closed, nights: loadsOf(larger, closed.tours).at(-1)?.nights ?? 0 };
        if (best === null || isBetter(tried, best)) best = tried;
      }
    if (best === null || best.closed.late >= now.closed.late - 1) break;
    hires.push({
      skills: best.one.skills,
      timeZone: best.one.timeZone,
      closesMs: wholeMs(now.closed.late, best.closed.late),
      leftMs: Math.floor(best.closed.late) * SLOT_MS,
    });
    now = best;
  }
  return hires;
}

type Tried = { readonly one: RosterEngineer; readonly grid: Grid; readonly closed: Closed; readonly nights: number };

/** More is closed, by at least a quarter of an hour; else fewer skills, else fewer nights. */
function isBetter(a: Tried, b: Tried): boolean {
  if (Math.abs(a.closed.late - b.closed.late) >= 1) return a.closed.late < b.closed.late;
  return a.one.skills.length - b.one.skills.length < 0 || (a.one.skills.length === b.one.skills.length && a.nights < b.nights);
}

/** Skills of the needs that wait too long, the longest first, and all of them together: one person may close several gaps. */
function skillsOf(grid: Grid, { delays }: Waits): readonly (readonly SkillId[])[] {
  const open = delays
    .map((row, n) => ({ skills: grid.needs[n]?.skills ?? [], late: row.reduce((late, delay) => late + (delay > grid.goal ? 1 : 0), 0) }))
    .filter(({ late }) => late > 0)
    .toSorted((a, b) => b.late - a.late);
  const sets = [...open.slice(0, HIRE_SETS_MAX).map(({ skills }) => skills), [...new Set(open.flatMap(({ skills }) => skills))]];
  return [...new Map(sets.map((skills) => [skills.toSorted().join(" "), skills])).values()];
}
