/**
 * What a device said, for charts: points in minutes of 60. A minute is finished when it is full and each of its points has been scored
 * or never will be; finished minutes are handed out once as rows for storage, and the latest few stay in memory.
 *
 *   row: u32 points · u32 channels · f64 ts[60] · f32 score[60] (NaN: none) · f32 values[60 × channels] (NaN: gap)
 */

/** Points in one minute at 1 Hz, and so in one stored row. */
export const MINUTE_POINTS = 60;
/**
 * Minutes, from the newest, whose points can still be told more: the parts of an instant come one after the other. They stay in memory, 2.6 KB each
 * with 8 channels; older ones are read from storage.
 */
export const MINUTES_RECALLED = 2;
/** Finished minutes of one device that wait to be stored. A caller that never takes them loses the oldest: the log still has them. */
export const MINUTES_WAITING_MAX = 120;

export type Minute = { readonly ts: Float64Array; readonly score: Float32Array; readonly values: Float32Array; filled: number; settled: number };
export type Trace = { readonly channels: number; readonly minutes: Minute[]; readonly finished: Minute[]; lost: number };
/** Where a point lies, until its score is known. */
export type Spot = { readonly minute: Minute; readonly index: number };

export function openTrace(channels: number): Trace {
  return { channels, minutes: [], finished: [], lost: 0 };
}

/** Adds a point. Its score comes later by `settle`. */
export function addPoint(trace: Trace, ts: number, values: Float32Array): Spot {
  let minute = trace.minutes.at(-1);
  if (minute === undefined || minute.filled === MINUTE_POINTS) {
    minute = emptyMinute(trace.channels);
    trace.minutes.push(minute);
    forgetOld(trace);
  }
  const index = minute.filled++;
  minute.ts[index] = ts;
  minute.score[index] = Number.NaN;
  minute.values.set(values, index * trace.channels);
  return { minute, index };
}

/** What a repeat of an instant says beyond its point: channels that were gaps, alone in `row`, and channels that hold another value. */
export type Told = { readonly added: number; readonly clashes: readonly number[]; readonly row: Float32Array };

/** Fills the gaps of the point at `ts`; the first value of a channel stays. Null when the point is not remembered. */
export function tellMore(trace: Trace, ts: number, values: Float32Array): Told | null {
  const spot = recall(trace, ts);
  if (spot === null) return null;
  const point = spot.minute.values.subarray(spot.index * trace.channels, (spot.index + 1) * trace.channels);
  const clashes: number[] = [];
  const row = new Float32Array(trace.channels).fill(Number.NaN);
  let added = 0;
  for (const [c, value] of values.entries()) {
    if (Number.isNaN(value) || value === point[c]) continue;
    if (Number.isNaN(point[c] ?? Number.NaN)) {
      point[c] = value;
      row[c] = value;
      added++;
    } else clashes.push(c);
  }
  if (added > 0) handOutAgain(trace, spot.minute);
  return { added, clashes, row };
}

/** The score of an instant after more was told of it. */
export function rescore(trace: Trace, ts: number, score: number): void {
  const spot = recall(trace, ts);
  if (spot === null) return;
  spot.minute.score[spot.index] = score;
  handOutAgain(trace, spot.minute);
}

/** Depends on what was heard alone, not on what was scored or saved meanwhile. */
function recall(trace: Trace, ts: number): Spot | null {
  for (const minute of trace.minutes.slice(-MINUTES_RECALLED).toReversed()) {
    const index = minute.ts.subarray(0, minute.filled).lastIndexOf(ts);
    if (index >= 0) return { minute, index };
  }
  return null;
}

/** A finished minute may be stored already: its row is written over. */
function handOutAgain(trace: Trace, minute: Minute): void {
  if (minute.settled === MINUTE_POINTS && !trace.finished.includes(minute)) trace.finished.push(minute);
}

/** The point's score is known, or it never gets one (null). Nothing to do for what has no point of its own. */
export function settle(trace: Trace, spot: Spot | null, score: number | null): void {
  if (spot === null) return;
  if (score !== null) spot.minute.score[spot.index] = score;
  spot.minute.settled++;
  if (spot.minute.settled < MINUTE_POINTS) return;
  trace.finished.push(spot.minute);
  if (trace.finished.length > MINUTES_WAITING_MAX) {
    trace.finished.shift();
    trace.lost++;
  }
  forgetOld(trace);
}

/** What is not settled yet stays, however old. */
function forgetOld({ minutes }: Trace): void {
  while (minutes.length > MINUTES_RECALLED && minutes[0]?.settled === MINUTE_POINTS) minutes.shift();
}

export function emptyMinute(channels: number): Minute {
  return {
    ts: new Float64Array(MINUTE_POINTS),
    score: new Float32Array(MINUTE_POINTS).fill(Number.NaN),
    values: new Float32Array(MINUTE_POINTS * channels).fill(Number.NaN),
    filled: 0,
    settled: 0,
  };
}

export function writeMinute(minute: Minute, channels: number): Uint8Array<ArrayBuffer> {
  const n = minute.filled;
  const bytes = new Uint8Array(8 + n * (8 + 4 + 4 * channels));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, n, true);
  view.setUint32(4, channels, true);
  for (let i = 0; i < n; i++) {
    view.setFloat64(8 + 8 * i, minute.ts[i] ?? 0, true);
    view.setFloat32(8 + 8 * n + 4 * i, minute.score[i] ?? Number.NaN, true);
  }
  for (let i = 0; i < n * channels; i++) view.setFloat32(8 + 12 * n + 4 * i, minute.values[i] ?? Number.NaN, true);
  return bytes;
}

/** Reads what `writeMinute` wrote; null when the bytes are not that. */
export function readMinute(bytes: Uint8Array): { readonly minute: Minute; readonly channels: number } | null {
  if (bytes.byteLength < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = view.getUint32(0, true);
  const channels = view.getUint32(4, true);
  if (n > MINUTE_POINTS || bytes.byteLength !== 8 + n * (12 + 4 * channels)) return null;
  const minute = emptyMinute(channels);
  minute.filled = n;
  for (let i = 0; i < n; i++) {
    minute.ts[i] = view.getFloat64(8 + 8 * i, true);
    minute.score[i] = view.getFloat32(8 + 8 * n + 4 * i, true);
  }
  for (let i = 0; i < n * channels; i++) minute.values[i] = view.getFloat32(8 + 12 * n + 4 * i, true);
  return { minute, channels };
}

/** Points after `after`, in order of event time, as columns: time, score, then the channels; null where there is none. */
export function columnsOf(minutes: readonly Minute[], channels: number, after: number): (number | null)[][] {
  const points: { readonly ts: number; readonly minute: Minute; readonly index: number }[] = [];
  const seen = new Set<number>();
  for (const minute of minutes) {
    for (let index = 0; index < minute.filled; index++) {
      const ts = minute.ts[index] ?? 0;
      if (ts <= after || seen.has(ts)) continue;
      seen.add(ts);
      points.push({ ts, minute, index });
    }
  }
  points.sort((a, b) => a.ts - b.ts);
  const real = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);
  return [
    points.map((point) => point.ts),
    points.map((point) => real(point.minute.score[point.index])),
    ...Array.from({ length: channels }, (_, c) => points.map((point) => real(point.minute.values[point.index * channels + c]))),
  ];
}
