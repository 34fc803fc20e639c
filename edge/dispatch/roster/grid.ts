/**
 * A roster's question on a grid of quarters of an hour, which every zone's clock is a multiple of: who can answer what, how much work arrives when.
 * Slots run on past the end of the horizon by the goal, so that what arrives last can be answered in time.
 */
import type { SkillId } from "../../../contracts/ids.ts";
import type { Need, RosterAsk, RosterEngineer } from "../../../contracts/roster.ts";
import { instantOf, localOf } from "../../../contracts/zone.ts";
import { type Pieces, whole } from "../route/pieces.ts";
import { hourOfWeek } from "./need.ts";
import { type Placed, place } from "./rules.ts";

export const SLOT_MS = 900_000;
const HOUR_MS = 3_600_000;

/** Slots from `slot` on, before `end`, in which somebody can be asked; what they are asked for is over by `last`. */
export type Spell = { readonly slot: number; readonly end: number; readonly last: number };

/**
 * A shift of `engineer` (its index) on the grid; `existing`: its id, where it is there already. `spells`: where they are not there all the time, or
 * where they go on behind it.
 */
export type Tour = {
  readonly engineer: number;
  readonly placed: Placed;
  readonly slot: number;
  readonly end: number;
  readonly existing?: string;
  readonly spells?: readonly Spell[];
};

export type Grid = {
  readonly ask: RosterAsk;
  readonly from: number;
  /** Slots whose arrivals are judged, and all slots in which they can be answered. */
  readonly judged: number;
  readonly slots: number;
  readonly goal: number;
  readonly lead: number;
  /** The longest shift that may be proposed. */
  readonly reach: number;
  readonly engineers: readonly RosterEngineer[];
  readonly needs: readonly Need[];
  /** Per engineer: indices of the needs that they can answer, and the reverse. */
  readonly answers: readonly (readonly number[])[];
  readonly answeredBy: readonly (readonly number[])[];
  /** Per need: slots that the whole job takes. */
  readonly wholes: Int32Array;
  /** Per need and slot: work that arrives, in engineer-slots, headroom included. */
  readonly work: readonly Float64Array[];
  /** Per engineer: slots at which their clock shows a full hour. */
  readonly starts: readonly Int32Array[];
};

export function gridOf(ask: RosterAsk): Grid {
  return whole(gridInPieces(ask));
}

export function* gridInPieces(ask: RosterAsk): Pieces<Grid> {
  const from = Math.floor(ask.from / SLOT_MS) * SLOT_MS;
  const judged = Math.ceil((ask.until - from) / SLOT_MS);
  const goal = Math.floor(ask.respondMs / SLOT_MS);
  const slots = judged + goal;
  const { engineers } = ask;
  const answers = engineers.map(({ skills }) => answersOf(ask.needs, skills));
  const startsByZone = new Map<string, Int32Array>();
  for (const { timeZone } of engineers) {
    if (startsByZone.has(timeZone)) continue;
    startsByZone.set(timeZone, startsOf(timeZone, from, slots));
    yield;
  }
  const work: Float64Array[] = [];
  for (const need of ask.needs) {
    work.push(workOf(need, ask, from, judged));
    yield;
  }
  return {
    ask,
    from,
    judged,
    slots,
    goal,
    lead: Math.ceil(ask.onCallLeadMs / SLOT_MS),
    reach: Math.ceil(Math.max(0, ...engineers.flatMap(({ rules }) => rules.shiftsMs)) / SLOT_MS),
    engineers,
    needs: ask.needs,
    answers,
    answeredBy: answeredBy(ask.needs, answers),
    wholes: Int32Array.from(ask.needs, ({ wholeMs = 0 }) => Math.ceil(wholeMs / SLOT_MS)),
    work,
    starts: engineers.map(({ timeZone }) => startsByZone.get(timeZone) ?? new Int32Array()),
  };
}

/** The same with one more engineer, who is the last. */
export function withEngineer(grid: Grid, one: RosterEngineer): Grid {
  const alike = grid.engineers.findIndex(({ timeZone }) => timeZone === one.timeZone);
  const answers = [...grid.answers, answersOf(grid.needs, one.skills)];
  return {
    ...grid,
    reach: Math.max(grid.reach, ...one.rules.shiftsMs.map((ms) => Math.ceil(ms / SLOT_MS))),
    engineers: [...grid.engineers, one],
    answers,
    answeredBy: answeredBy(grid.needs, answers),
    starts: [...grid.starts, grid.starts[alike] ?? startsOf(one.timeZone, grid.from, grid.slots)],
  };
}

/** The same after one of them has learnt more. */
export function withSkills(grid: Grid, engineer: number, more: readonly SkillId[]): Grid {
  const engineers = grid.engineers.map((one, e) => (e === engineer ? { ...one, skills: [...one.skills, ...more] } : one));
  const answers = grid.answers.map((known, e) => (e === engineer ? answersOf(grid.needs, engineers[e]?.skills ?? []) : known));
  return { ...grid, engineers, answers, answeredBy: answeredBy(grid.needs, answers) };
}

export function instantOfSlot({ from }: Grid, slot: number): number {
  return from + slot * SLOT_MS;
}

/** Shifts that are there, on the grid as far as they reach into it: only quarters that they fill. Those of engineers who are not in the ask are left out. */
export function existingTours({ ask, from, engineers }: Grid): readonly Tour[] {
  const index = new Map(engineers.map(({ id }, e) => [id, e]));
  const tours = ask.existing.flatMap((shift): Tour[] => {
    const e = index.get(shift.engineer);
    const engineer = e === undefined ? undefined : engineers[e];
    if (e === undefined || engineer === undefined) return [];
    const placed = place(engineer, shift.kind, shift.from, shift.until);
    return [{ engineer: e, placed, existing: shift.id, slot: Math.ceil((shift.from - from) / SLOT_MS), end: Math.floor((shift.until - from) / SLOT_MS) }];
  });
  const hours = new Map(
    [...Map.groupBy(tours, ({ engineer }) => engineer)].map(([e, mine]) => [e, hoursOf(mine, outOf(engineers[e], from), overtimeOf(engineers[e]))]),
  );
  return tours.map((tour) => {
    const all = hours.get(tour.engineer);
    return all === undefined ? tour : { ...tour, spells: spellsOf(tour, all) };
  });
}

type Span = { readonly slot: number; readonly end: number };

function outOf(engineer: RosterEngineer | undefined, from: number): readonly Span[] {
  const away = (engineer?.away ?? []).filter((one) => one.from < one.until);
  return away.map((one) => ({ slot: Math.floor((one.from - from) / SLOT_MS), end: Math.ceil((one.until - from) / SLOT_MS) }));
}

/** Of one engineer: when they are away, at work, and at work or on call, each without the joints between shifts that touch. */
type Hours = { readonly away: readonly Span[]; readonly duty: readonly Span[]; readonly any: readonly Span[]; readonly overtime: number };

function hoursOf(mine: readonly Tour[], away: readonly Span[], overtime: number): Hours {
  return { away, duty: joined(mine.filter(({ placed }) => placed.kind === "duty")), any: joined(mine), overtime };
}

/** In slots. */
function overtimeOf(engineer: RosterEngineer | undefined): number {
  return Math.floor((engineer?.overtimeMs ?? 0) / SLOT_MS);
}

function joined(spans: readonly Span[]): readonly Span[] {
  const all: { readonly slot: number; end: number }[] = [];
  for (const { slot, end } of spans.toSorted((a, b) => a.slot - b.slot)) {
    const last = all.at(-1);
    if (last !== undefined && slot <= last.end) last.end = Math.max(last.end, end);
    else all.push({ slot, end });
  }
  return all;
}

/** Without what they are away for, and, on call, without what they are at work for; a shift goes on into another of theirs that touches it. */
function spellsOf({ placed, slot, end }: Tour, { away, duty, any, overtime }: Hours): readonly Spell[] {
  const isCall = placed.kind === "on-call";
  const chain = (isCall ? any : duty).find((one) => one.slot <= slot && slot < one.end);
  return without([{ slot, end }], away).flatMap((span) => {
    const last = Math.min((chain?.end ?? end) + overtime, ...away.filter((one) => one.slot >= span.end).map((one) => one.slot));
    return without([span], isCall ? duty : []).map((one) => ({ ...one, last }));
  });
}

function without(spans: readonly Span[], cuts: readonly Span[]): readonly Span[] {
  return cuts.reduce<readonly Span[]>(
    (left, cut) =>
      left.flatMap((one) =>
        cut.end <= one.slot || cut.slot >= one.end
          ? [one]
          : [
              { slot: one.slot, end: cut.slot },
              { slot: cut.end, end: one.end },
            ].filter(({ slot, end }) => slot < end),
      ),
    spans,
  );
}

/** When whoever works it can be asked. */
export function spellsIn({ engineers }: Grid, { engineer, slot, end, spells }: Omit<Tour, "placed">): readonly Spell[] {
  return spells ?? [{ slot, end, last: end + overtimeOf(engineers[engineer]) }];
}

/** Before which slot a job of `need` can be begun in a spell: the whole of it must be over in time. */
export function beginsBefore({ wholes }: Grid, need: number, { end, last }: Spell): number {
  return Math.min(end, last - (wholes[need] ?? 0) + 1);
}

function answersOf(needs: readonly Need[], skills: readonly SkillId[]): readonly number[] {
  return needs.flatMap((need, n) => (need.skills.every((skill) => skills.includes(skill)) ? [n] : []));
}

function answeredBy(needs: readonly Need[], answers: Grid["answers"]): Grid["answeredBy"] {
  return needs.map((_, n) => answers.flatMap((mine, e) => (mine.includes(n) ? [e] : [])));
}

function workOf({ perHour, workMs }: Need, { timeZone, headroom }: RosterAsk, from: number, judged: number): Float64Array {
  const perJob = (workMs / SLOT_MS) * headroom;
  return Float64Array.from({ length: judged }, (_, slot) => {
    return ((perHour[hourOfWeek(timeZone, from + slot * SLOT_MS)] ?? 0) * perJob * SLOT_MS) / HOUR_MS;
  });
}

function startsOf(timeZone: string, from: number, slots: number): Int32Array {
  const first = Math.ceil(localOf(timeZone, from) / HOUR_MS) - 1;
  const last = Math.floor(localOf(timeZone, from + slots * SLOT_MS) / HOUR_MS) + 1;
  const found = new Set<number>();
  for (let hour = first; hour <= last; hour++) {
    const slot = Math.ceil((instantOf(timeZone, hour * HOUR_MS) - from) / SLOT_MS);
    if (slot >= 0 && slot < slots) found.add(slot);
  }
  return Int32Array.from(found).sort();
}
