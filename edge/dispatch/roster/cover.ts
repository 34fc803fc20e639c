/**
 * How long a job that arrives at each quarter of an hour waits for its first response. Work queues per need, first come, first served; whoever is
 * on duty takes the oldest work that they can answer, those who can answer least first, those at home last. What it finds can be carried out.
 *
 *   arrivals ──▶ queue of each need ──▶ on duty: an engineer-slot of work each slot ──▶ delay of the slot it arrived in
 */
import { beginsBefore, existingTours, type Grid, gridOf, instantOfSlot, SLOT_MS, spellsIn, type Tour } from "./grid.ts";
import type { RosterAsk } from "../../../contracts/roster.ts";
import type { SkillId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";

/** Not answered as far as the grid reaches. */
export const NEVER = 1 << 29;
/** Work smaller than this is done: rounding. */
const NOTHING = 1e-9;

/** Per need: slots that what arrives in a slot waits; 0 where nothing arrives. */
export type Delays = readonly Int32Array[];

export type GapCause = "nobody-has-skills" | "nobody-on-duty" | "overload";
/** Jobs that arrive in [from, until) wait longer than the goal; the longest wait, `served` false: at least so long. */
export type Gap = {
  readonly need: number;
  readonly skills: readonly SkillId[];
  readonly from: Millis;
  readonly until: Millis;
  readonly worstMs: number;
  readonly served: boolean;
  readonly cause: GapCause;
};

export type Coverage = {
  readonly gaps: readonly Gap[];
  /** Each hour of the horizon: the longest wait of a job that arrives in it, and of which need. */
  readonly hours: readonly { readonly at: Millis; readonly worstMs: number; readonly served: boolean; readonly need: number }[];
  /** Share of arrivals (need × quarter with any) that are answered within the goal. */
  readonly share: number;
};

/** What the shifts that are there cover. */
export function cover(ask: RosterAsk): Coverage {
  const grid = gridOf(ask);
  const tours = existingTours(grid);
  return coverageOf(grid, tours, waitsOf(grid, tours).delays);
}

/**
 * The waits, and where the queues stood at the beginning of each day: a change of some shifts is followed from the day on in which it begins, until
 * the queues stand again as they did before it.
 */
export type Waits = { readonly delays: Delays; readonly marks: readonly Mark[] };
type Mark = { readonly head: Int32Array; readonly left: Float64Array };

const MARK_SLOTS = 86_400_000 / SLOT_MS;

export function waitsOf(grid: Grid, tours: readonly Tour[]): Waits {
  const delays = grid.work.map(() => new Int32Array(grid.judged));
  const start: Mark = { head: new Int32Array(grid.work.length), left: new Float64Array(grid.work.length) };
  for (let n = 0; n < grid.work.length; n++) advance(grid, start, n, 0);
  return run(grid, tours, delays, [start], null, grid.slots);
}

/** The same for `tours` that differ from those of `before` within [from, to) only. */
export function waitsAfter(grid: Grid, tours: readonly Tour[], before: Waits, from: number, to: number): Waits {
  const first = Math.min(before.marks.length - 1, Math.max(0, Math.floor(from / MARK_SLOTS)));
  const delays = before.delays.map((row) => row.slice());
  return run(grid, tours, delays, before.marks.slice(0, first + 1), before, to);
}

/** Goes on from the last of `marks`; stops where, after `to`, the queues stand as in `before`. */
function run(grid: Grid, tours: readonly Tour[], delays: Delays, marks: Mark[], before: Waits | null, to: number): Waits {
  const { work, answers, judged, slots, lead, wholes } = grid;
  const begin = (marks.length - 1) * MARK_SLOTS;
  const last = marks.at(-1);
  if (last === undefined) throw new Error("a run begins at a mark");
  const queue: Mark = { head: last.head.slice(), left: last.left.slice() };
  const { head, left } = queue;
  const { offsets, entries, lasts } = rowsOf(grid, tours, begin);
  for (let slot = begin; slot < slots; slot++) {
    if (slot > begin && slot % MARK_SLOTS === 0) {
      const known = before?.marks[slot / MARK_SLOTS];
      if (slot >= to && before !== null && known !== undefined && isSame(known, queue)) {
        marks.push(...before.marks.slice(slot / MARK_SLOTS));
        return { delays, marks };
      }
      marks.push({ head: head.slice(), left: left.slice() });
    }
    for (let i = offsets[slot - begin]!; i < offsets[slot - begin + 1]!; i++) {
      const entry = entries[i]!;
      const mine = answers[entry >> 1] ?? [];
      const rest = lasts[i]! - slot;
      const wait = (entry & 1) * lead;
      for (let spare = 1; spare > NOTHING;) {
        let oldest = -1;
        let at = Math.min(slot + 1, judged);
        for (const n of mine)
          if (head[n]! < at && wholes[n]! <= rest) {
            at = head[n]!;
            oldest = n;
          }
        if (oldest < 0) break;
        const done = Math.min(spare, left[oldest]!);
        spare -= done;
        left[oldest]! -= done;
        if (left[oldest]! > NOTHING) continue;
        const row = delays[oldest];
        if (row !== undefined) row[at] = slot - at + wait;
        advance(grid, queue, oldest, at + 1);
      }
    }
  }
  for (const [n, row] of delays.entries()) for (let slot = head[n]!; slot < judged; slot++) if ((work[n]?.[slot] ?? 0) > NOTHING) row[slot] = NEVER;
  return { delays, marks };
}

/** To the oldest slot with work that is not done; slots without work are passed over. */
function advance({ work, judged }: Grid, { head, left }: Mark, n: number, from: number): void {
  const arriving = work[n];
  let slot = from;
  while (slot < judged && (arriving?.[slot] ?? 0) <= NOTHING) slot++;
  head[n] = slot;
  left[n] = slot < judged ? (arriving?.[slot] ?? 0) : 0;
}

function isSame(a: Mark, b: Mark): boolean {
  return a.head.every((head, n) => head === b.head[n]) && a.left.every((left, n) => left === b.left[n]);
}

export function coverageOf(grid: Grid, tours: readonly Tour[], delays: Delays): Coverage {
  const { judged, goal, work } = grid;
  const gaps: Gap[] = [];
  let arrivals = 0;
  let late = 0;
  for (const [n, row] of delays.entries()) {
    for (let slot = 0; slot < judged; slot++) if ((work[n]?.[slot] ?? 0) > NOTHING) arrivals++;
    for (let slot = 0; slot < judged; slot++) {
      if (row[slot]! <= goal) continue;
      const begin = slot;
      while (slot < judged && row[slot]! > goal) slot++;
      late += slot - begin;
      gaps.push(gapOf(grid, tours, row, n, begin, slot));
    }
  }
  gaps.sort((a, b) => a.from - b.from || a.need - b.need);
  return { gaps, hours: hoursOf(grid, delays), share: arrivals === 0 ? 1 : 1 - late / arrivals };
}

const PER_HOUR = 3_600_000 / SLOT_MS;

function hoursOf(grid: Grid, delays: Delays): Coverage["hours"] {
  return Array.from({ length: Math.ceil(grid.judged / PER_HOUR) }, (_, hour) => {
    let worst = { ms: 0, served: true, need: 0 };
    for (const [need, row] of delays.entries())
      for (let slot = hour * PER_HOUR; slot < Math.min(grid.judged, (hour + 1) * PER_HOUR); slot++) {
        const one = waitOf(grid, row, slot);
        if (one.ms > worst.ms) worst = { ...one, need };
      }
    return { at: instantOfSlot(grid, hour * PER_HOUR), worstMs: worst.ms, served: worst.served, need: worst.need };
  });
}

function waitOf({ slots }: Grid, row: Int32Array, slot: number): { readonly ms: number; readonly served: boolean } {
  const served = row[slot]! < NEVER;
  return { ms: (served ? row[slot]! : slots - slot) * SLOT_MS, served };
}

function gapOf(grid: Grid, tours: readonly Tour[], row: Int32Array, need: number, begin: number, end: number): Gap {
  let worst = { ms: 0, served: true };
  for (let slot = begin; slot < end; slot++) {
    const one = waitOf(grid, row, slot);
    if (one.ms > worst.ms || !one.served) worst = { ms: Math.max(worst.ms, one.ms), served: worst.served && one.served };
  }
  const able = grid.answeredBy[need] ?? [];
  const reach = (kind: string): number => begin + grid.goal - (kind === "on-call" ? grid.lead : 0);
  const there = tours.some(
    (tour) => able.includes(tour.engineer) && spellsIn(grid, tour).some((one) => one.slot <= reach(tour.placed.kind) && beginsBefore(grid, need, one) > begin),
  );
  return {
    need,
    skills: grid.needs[need]?.skills ?? [],
    from: instantOfSlot(grid, begin),
    until: instantOfSlot(grid, end),
    worstMs: worst.ms,
    served: worst.served,
    cause: able.length === 0 ? "nobody-has-skills" : there ? "overload" : "nobody-on-duty",
  };
}

/** `lasts`: where what they can be asked then ends. */
type Rows = { readonly offsets: Int32Array; readonly entries: Int32Array; readonly lasts: Int32Array };

/** Who is there in each slot from `begin` on, in the order in which they take work: twice the engineer's index, one more for those on call. */
function rowsOf(grid: Grid, tours: readonly Tour[], begin: number): Rows {
  const { slots, answers } = grid;
  const onCall = ({ placed }: Tour): number => (placed.kind === "on-call" ? 1 : 0);
  const breadth = ({ engineer }: Tour): number => answers[engineer]?.length ?? 0;
  const ordered = tours.filter(({ end }) => end > begin).toSorted((a, b) => onCall(a) - onCall(b) || breadth(a) - breadth(b) || a.engineer - b.engineer);
  const offsets = new Int32Array(slots - begin + 2);
  const each = (visit: (tour: Tour, row: number, last: number) => void): void => {
    for (const tour of ordered)
      for (const spell of spellsIn(grid, tour))
        for (let slot = Math.max(begin, spell.slot); slot < Math.min(slots, spell.end); slot++) visit(tour, slot - begin, spell.last);
  };
  each((_, row) => (offsets[row + 2]! += 1));
  for (let row = 2; row < offsets.length; row++) offsets[row]! += offsets[row - 1]!;
  const entries = new Int32Array(offsets.at(-1) ?? 0);
  const lasts = new Int32Array(entries.length);
  each((tour, row, last) => {
    entries[offsets[row + 1]!] = 2 * tour.engineer + onCall(tour);
    lasts[offsets[row + 1]!] = last;
    offsets[row + 1]! += 1;
  });
  return { offsets, entries, lasts };
}
