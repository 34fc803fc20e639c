/**
 * What became of what one device sent: counted for each, so that a person sees what a link loses, and where. Gaps show where a device numbers
 * its samples: a number that was passed over is missing until it comes; numbers that begin anew with later instants are a device that has
 * forgotten its own, and no gap.
 */

/** Runs of missing numbers that are remembered, so that what comes late fills them; older ones stay missing. */
export const HOLES_MAX = 64;
/** A jump beyond this is a numbering of its own (the SDK's without memory begins at the clock), not samples lost. A day at 1 Hz. */
export const JUMP_MAX = 86_400;

/** Plain values: it is part of a checkpoint. `seq`: the highest number, -1 before the first. `ts`: the latest instant that had one. */
export type Gaps = { seq: number; ts: number; missing: number; restarts: number; holes: [from: number, to: number][] };
/** Of messages `received` and `refused` values, of samples the others. */
export type Meter = { received: number; samples: number; late: number; refused: number; readonly gaps: Gaps };

export function openMeter(saved?: Meter): Meter {
  const { gaps, ...counts } = saved ?? { received: 0, samples: 0, late: 0, refused: 0, gaps: { seq: -1, ts: -1, missing: 0, restarts: 0, holes: [] } };
  return { ...counts, gaps: { ...gaps, holes: gaps.holes.map(([from, to]) => [from, to]) } };
}

/** One sample that was read. */
export function meterSample(meter: Meter, { ts, seq, fresh }: { readonly ts: number; readonly seq?: number; readonly fresh: boolean }): void {
  meter.samples++;
  if (!fresh) meter.late++;
  if (seq !== undefined) takeSeq(meter.gaps, seq, ts);
}

/** One number, in the order of arrival. A repeat changes nothing: that it is one, its instant says (`window.ts`). */
export function takeSeq(gaps: Gaps, seq: number, ts: number): void {
  const { seq: highest } = gaps;
  const isLater = ts > gaps.ts;
  gaps.ts = Math.max(gaps.ts, ts);
  if (highest < 0) gaps.seq = seq;
  else if (seq > highest) {
    const passed = seq - highest - 1;
    gaps.seq = seq;
    if (passed > JUMP_MAX) restart(gaps, seq);
    else if (passed > 0) {
      gaps.missing += passed;
      gaps.holes.push([highest + 1, seq - 1]);
      if (gaps.holes.length > HOLES_MAX) gaps.holes.shift();
    }
  } else if (!fillHole(gaps, seq) && seq < highest && isLater) restart(gaps, seq);
}

/** Numbers that were missing stay so: nobody can tell any more which they are. */
function restart(gaps: Gaps, seq: number): void {
  gaps.seq = seq;
  gaps.restarts++;
  gaps.holes.length = 0;
}

function fillHole(gaps: Gaps, seq: number): boolean {
  const at = gaps.holes.findIndex(([from, to]) => seq >= from && seq <= to);
  const hole = gaps.holes[at];
  if (hole === undefined) return false;
  const rest: [number, number][] = [
    [hole[0], seq - 1],
    [seq + 1, hole[1]],
  ];
  gaps.holes.splice(at, 1, ...rest.filter(([from, to]) => from <= to));
  if (gaps.holes.length > HOLES_MAX) gaps.holes.shift();
  gaps.missing--;
  return true;
}
