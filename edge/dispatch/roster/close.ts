/**
 * Closes gaps one shift at a time, the earliest gap first: among the shifts that would answer it in time and break no rule, the one that answers
 * most late arrivals for its cost. A gap that no shift answers is passed over. Each step is a millisecond or two.
 */
import { type Random, draw } from "../route/random.ts";
import { costOfLoad, costOfShift, lateness, type Load, loadsOf, NO_LOAD, withShift } from "./cost.ts";
import { type Delays, type Waits, waitsAfter, waitsOf } from "./cover.ts";
import { beginsBefore, type Grid, instantOfSlot, SLOT_MS, spellsIn, type Tour } from "./grid.ts";
import { broken, type Placed, place } from "./rules.ts";

/** A shift that an engineer might work. */
export type Candidate = { readonly engineer: number; readonly slot: number; readonly end: number; readonly placed: Placed };

/** Shifts, how long jobs wait with them, and how many wait too long. `givenUp`: per need, slots for whose arrivals no shift was found. */
export type Closed = { readonly tours: readonly Tour[]; readonly waits: Waits; readonly late: number; readonly givenUp: readonly Uint8Array[] };

export function standing(grid: Grid, tours: readonly Tour[]): Closed {
  const waits = waitsOf(grid, tours);
  const givenUp = grid.answeredBy.map((able) => new Uint8Array(grid.judged).fill(able.length === 0 ? 1 : 0));
  return { tours, waits, late: lateness(grid, waits.delays), givenUp };
}

/** The same with other shifts, which differ within [from, to) only. */
export function changed(grid: Grid, before: Closed, tours: readonly Tour[], from: number, to: number): Closed {
  const waits = waitsAfter(grid, tours, before.waits, from, to);
  return { tours, waits, late: lateness(grid, waits.delays), givenUp: before.givenUp };
}

/** What was given up about [from, to) is tried again: somebody may be free there now. */
export function reconsidered(grid: Grid, closed: Closed, from: number, to: number): Closed {
  const near = grid.goal + grid.reach;
  const givenUp = closed.givenUp.map((row, n) =>
    grid.answeredBy[n]?.length === 0 ? row : row.slice().fill(0, Math.max(0, from - near), Math.max(0, to + near)),
  );
  return { ...closed, givenUp };
}

/** Ends with all the gaps closed that could be. `chance`: the choice is blurred by it. */
export function* close(grid: Grid, begun: Closed, chance?: Random): Generator<undefined, Closed> {
  let now: Closed = { ...begun, givenUp: begun.givenUp.map((row) => row.slice()) };
  // Per need: how far the next try is when one was in vain. Twice as far each time, or a hopeless month would be tried hour by hour.
  const stride = new Int32Array(grid.needs.length).fill(HOUR_SLOTS);
  for (let gap = earliest(grid, now); gap !== null; gap = earliest(grid, now)) {
    const chosen = yield* choose(grid, now, gap, chance);
    yield;
    const next = chosen === null ? null : changed(grid, now, [...now.tours, tourOf(chosen)], chosen.slot, chosen.end);
    if (next === null || next.late >= now.late) {
      now.givenUp[gap.need]?.fill(1, gap.slot, gap.slot + (stride[gap.need] ?? 1));
      stride[gap.need] = Math.min(STRIDE_MAX, 2 * (stride[gap.need] ?? 1));
    } else {
      stride.fill(HOUR_SLOTS);
      now = next;
    }
    yield;
  }
  return now;
}

/** Shifts begin at full hours: within one there is seldom another that could help. */
const HOUR_SLOTS = 3_600_000 / SLOT_MS;
/** Half a day: the next morning is tried again. */
const STRIDE_MAX = 12 * HOUR_SLOTS;

/** Shifts that would be there in time for what arrives in `slot`, rules not yet asked. */
export function* candidatesFor(grid: Grid, engineer: number, slot: number): Generator<Candidate> {
  const one = grid.engineers[engineer];
  const starts = grid.starts[engineer] ?? new Int32Array();
  if (one === undefined) return;
  for (const kind of ["duty", "on-call"] as const) {
    if (kind === "on-call" && (!one.onCall || grid.lead > grid.goal)) continue;
    const latest = slot + grid.goal - (kind === "on-call" ? grid.lead : 0);
    for (const ms of one.rules.shiftsMs) {
      const length = Math.floor(ms / SLOT_MS);
      for (let n = firstAfter(starts, slot - length); n < starts.length && starts[n]! <= latest; n++)
        yield { engineer, slot: starts[n]!, end: starts[n]! + length, placed: placedAt(grid, engineer, kind, starts[n]!, ms) };
    }
  }
}

export function placedOf(tours: readonly Tour[], engineer: number): readonly Placed[] {
  return tours.filter((tour) => tour.engineer === engineer).map(({ placed }) => placed);
}

export function tourOf({ engineer, slot, end, placed }: Candidate): Tour {
  return { engineer, slot, end, placed };
}

type Late = { readonly need: number; readonly slot: number };

function earliest({ goal, judged }: Grid, { waits, givenUp }: Closed): Late | null {
  let found: Late | null = null;
  for (const [need, row] of waits.delays.entries()) {
    const before = found?.slot ?? judged;
    const past = givenUp[need] ?? new Uint8Array(judged);
    for (let slot = 0; slot < before; slot++) {
      if (row[slot]! <= goal || past[slot]! > 0) continue;
      found = { need, slot };
      break;
    }
  }
  return found;
}

/** How much a choice may be blurred in the search: a candidate's worth by up to a half. */
const BLUR = 0.15;
/** Engineers whose shifts are tried in one step: some dozens of shifts each. */
const ASKED_AT_ONCE = 8;

function* choose(grid: Grid, { tours, waits }: Closed, { need, slot }: Late, chance?: Random): Generator<undefined, Candidate | null> {
  const counts = lateBefore(grid, waits.delays, slot);
  const loads = loadsOf(grid, tours);
  let best: Candidate | null = null;
  let bestWorth = 0;
  for (const [i, engineer] of (grid.answeredBy[need] ?? []).entries()) {
    const one = grid.engineers[engineer];
    if (one === undefined) continue;
    if (i % ASKED_AT_ONCE === ASKED_AT_ONCE - 1) yield;
    const mine = placedOf(tours, engineer);
    for (const candidate of candidatesFor(grid, engineer, slot)) {
      const blur = chance === undefined ? 1 : 1 - BLUR * draw(chance);
      const worth = (gainOf(grid, counts, candidate) * blur) / priceOf(grid, loads[engineer] ?? NO_LOAD, candidate);
      if (worth <= bestWorth || broken(one, mine, candidate.placed, true).length > 0) continue;
      best = candidate;
      bestWorth = worth;
    }
  }
  return best;
}

/** Late arrivals from `base` on before each slot, per need, and their work. */
type Counts = { readonly base: number; readonly needs: readonly { readonly slots: Float64Array; readonly work: Float64Array }[] };

/** About `slot` only: as far as a shift that is there in time for it reaches. */
function lateBefore({ goal, judged, work, reach }: Grid, delays: Delays, slot: number): Counts {
  const base = Math.max(0, slot - reach - goal);
  const end = Math.min(judged, slot + goal + reach);
  const needs = delays.map((row, n) => {
    const slots = new Float64Array(end - base + 1);
    const sums = new Float64Array(end - base + 1);
    for (let at = base; at < end; at++) {
      const late = row[at]! > goal;
      slots[at - base + 1] = slots[at - base]! + (late ? 1 : 0);
      sums[at - base + 1] = sums[at - base]! + (late ? (work[n]?.[at] ?? 0) : 0);
    }
    return { slots, work: sums };
  });
  return { base, needs };
}

/** Late arrivals that the shift would be in time for, as far as one engineer's hours go. */
function gainOf(grid: Grid, { base, needs }: Counts, candidate: Candidate): number {
  const { answers, goal, judged, lead } = grid;
  const { engineer, slot, end, placed } = candidate;
  const first = Math.min(judged, Math.max(base, slot - goal + (placed.kind === "on-call" ? lead : 0))) - base;
  const spells = spellsIn(grid, candidate);
  let slots = 0;
  let work = 0;
  for (const n of answers[engineer] ?? []) {
    const one = needs[n];
    if (one === undefined) continue;
    const before = spells.reduce((least, spell) => Math.min(least, beginsBefore(grid, n, spell)), judged);
    const last = Math.max(first, before - base);
    slots += one.slots[last]! - one.slots[first]!;
    work += one.work[last]! - one.work[first]!;
  }
  return work > end - slot ? (slots * (end - slot)) / work : slots;
}

function priceOf(grid: Grid, load: Load, { engineer, placed }: Candidate): number {
  return costOfShift(grid, engineer, placed) + costOfLoad(withShift(load, placed)) - costOfLoad(load);
}

/** Days, weeks and nights of a shift are looked up once: the search asks for the same ones again and again. */
const known = new WeakMap<Grid, Map<number, Placed>>();

export function placedAt(grid: Grid, engineer: number, kind: "duty" | "on-call", slot: number, ms: number): Placed {
  const places = known.get(grid) ?? new Map<number, Placed>();
  known.set(grid, places);
  const minutes = ms / 60_000;
  const key = ((engineer * grid.slots + slot) * 1441 + minutes) * 2 + (kind === "duty" ? 0 : 1);
  const one = grid.engineers[engineer];
  const found = places.get(key);
  if (found !== undefined) return found;
  if (one === undefined) throw new Error("an engineer of the grid");
  const from = instantOfSlot(grid, slot);
  const made = place(one, kind, from, from + ms);
  places.set(key, made);
  return made;
}

/** Index of the first start after `slot`. */
function firstAfter(starts: Int32Array, slot: number): number {
  let low = 0;
  for (let high = starts.length; low < high;) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
