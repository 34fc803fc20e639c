/**
 * A roster's question on a grid of quarters of an hour, which every zone's clock is a multiple of: who can answer what, how much work arrives when.
 * Slots run on past the end of the horizon by the goal, so that what arrives last can be answered in time.
 */
import type { Need, RosterAsk, RosterEngineer } from "../../../contracts/roster.ts";
import { instantOf, localOf } from "../../../contracts/zone.ts";
import { hourOfWeek } from "./need.ts";
import { type Placed, place } from "./rules.ts";

export const SLOT_MS = 900_000;
const HOUR_MS = 3_600_000;

/** A shift of `engineer` (its index) on the grid; `existing`: its id, where it is there already. */
export type Tour = {
  readonly engineer: number;
  readonly placed: Placed;
  readonly slot: number;
  readonly end: number;
  readonly existing?: string;
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
  /** Per need and slot: work that arrives, in engineer-slots, headroom included. */
  readonly work: readonly Float64Array[];
  /** Per engineer: slots at which their clock shows a full hour. */
  readonly starts: readonly Int32Array[];
};

export function gridOf(ask: RosterAsk, more: readonly RosterEngineer[] = []): Grid {
  const from = Math.floor(ask.from / SLOT_MS) * SLOT_MS;
  const judged = Math.ceil((ask.until - from) / SLOT_MS);
  const goal = Math.floor(ask.respondMs / SLOT_MS);
  const slots = judged + goal;
  const engineers = [...ask.engineers, ...more];
  const answers = engineers.map(({ skills }) => ask.needs.flatMap((need, n) => (need.skills.every((skill) => skills.includes(skill)) ? [n] : [])));
  const startsByZone = new Map<string, Int32Array>();
  for (const { timeZone } of engineers) if (!startsByZone.has(timeZone)) startsByZone.set(timeZone, startsOf(timeZone, from, slots));
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
    answeredBy: ask.needs.map((_, n) => engineers.flatMap((_, e) => (answers[e]?.includes(n) === true ? [e] : []))),
    work: ask.needs.map((need) => workOf(need, ask, from, judged)),
    starts: engineers.map(({ timeZone }) => startsByZone.get(timeZone) ?? new Int32Array()),
  };
}

export function instantOfSlot({ from }: Grid, slot: number): number {
  return from + slot * SLOT_MS;
}

/** Shifts that are there, on the grid as far as they reach into it: only quarters that they fill. Those of engineers who are not in the ask are left out. */
export function existingTours({ ask, from, engineers }: Grid): readonly Tour[] {
  const index = new Map(engineers.map(({ id }, e) => [id, e]));
  return ask.existing.flatMap((shift) => {
    const e = index.get(shift.engineer);
    const engineer = e === undefined ? undefined : engineers[e];
    if (e === undefined || engineer === undefined) return [];
    const placed = place(engineer, shift.kind, shift.from, shift.until);
    return [{ engineer: e, placed, existing: shift.id, slot: Math.ceil((shift.from - from) / SLOT_MS), end: Math.floor((shift.until - from) / SLOT_MS) }];
  });
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
