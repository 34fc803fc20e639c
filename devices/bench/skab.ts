/**
 * What alarms on labelled recordings are worth, as the Skoltech Anomaly Benchmark counts it: F1, false and missed alarms by rows, NAB (standard
 * profile, window of 60 s to the right of each change point), events found and their delay. Rows of commissioning count nothing.
 */
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";

const WINDOW_S = 60;
const NAB_FALSE = 0.11;
/** Steps of the scoring function inside a window, as the benchmark has it. */
const NAB_STEPS = 1_000;
const DRAWS = 2_000;

/** Of the rows after commissioning. */
export type Labels = { readonly at: readonly number[]; readonly anomaly: readonly boolean[]; readonly changes: readonly number[] };
export type Counts = {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
  readonly nab: number;
  readonly changes: number;
  readonly found: number;
  /** Rows from the beginning of the event to its first alarm; null where it was not found. */
  readonly delay: number | null;
};
export type Worth = {
  readonly f1: number;
  readonly falseShare: number;
  readonly missedShare: number;
  readonly nab: number;
  readonly foundShare: number;
  readonly medianDelay: number;
};

/** Null when the recording has no labels. */
export async function readLabels(path: string, skip: number): Promise<Labels | null> {
  const rows: Record<string, string>[] = parse(await readFile(path, "utf8"), { columns: true, delimiter: ";", trim: true, skip_empty_lines: true });
  if (rows[0]?.["anomaly"] === undefined) return null;
  const scored = rows.slice(skip);
  return {
    at: scored.map((row) => Date.parse(`${(row["datetime"] ?? "").replace(" ", "T")}Z`) / 1_000),
    anomaly: scored.map((row) => Number(row["anomaly"]) === 1),
    changes: scored.flatMap((row, i) => (Number(row["changepoint"]) === 1 ? [i] : [])),
  };
}

export function countsOf({ at, anomaly, changes }: Labels, alarm: readonly boolean[]): Counts {
  const pairs = anomaly.map((is, i) => [is, alarm[i] ?? false] as const);
  const many = (is: boolean, told: boolean): number => pairs.filter(([a, b]) => a === is && b === told).length;
  const begun = anomaly.indexOf(true);
  const seen = pairs.findIndex(([is, told]) => is && told);
  return {
    tp: many(true, true),
    fp: many(false, true),
    fn: many(true, false),
    tn: many(false, false),
    nab: nabOf(
      at,
      changes,
      edgesOf(alarm).map((i) => at[i] ?? 0),
    ),
    changes: changes.length,
    found: seen >= 0 ? 1 : 0,
    delay: seen >= 0 ? seen - begun : null,
  };
}

function edgesOf(alarm: readonly boolean[]): readonly number[] {
  return alarm.flatMap((on, i) => ((i === 0 ? on : on !== alarm[i - 1]) ? [i] : []));
}

/** A window that reaches into the next one takes from its beginning. */
function nabOf(at: readonly number[], changes: readonly number[], told: readonly number[]): number {
  const windows: (readonly [number, number])[] = [];
  for (const change of changes) {
    const from = at[change] ?? 0;
    windows.push([Math.max(from, Math.min(windows.at(-1)?.[1] ?? from, from + WINDOW_S)), from + WINDOW_S]);
  }
  let sum = -NAB_FALSE * (windows.length === 0 ? told.length : told.filter((one) => one < (windows[0]?.[0] ?? 0)).length);
  for (const [i, [from, to]] of windows.entries()) {
    const first = told.find((one) => one >= from && one <= to);
    sum += first === undefined ? -1 : rewardOf((first - from) / (to - from));
    const next = windows[i + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    sum -= NAB_FALSE * told.filter((one) => one > to && one < next).length;
  }
  return sum;
}

/** 1 at the beginning of a window, −0.11 at its end. */
function rewardOf(part: number): number {
  const step = part < 1 ? Math.trunc(part * NAB_STEPS) : NAB_STEPS - 1;
  const x = -Math.PI / 2 + (Math.PI * Math.min(step, NAB_STEPS - 1)) / (NAB_STEPS - 1);
  return (((1 + NAB_FALSE) / 2) * -Math.tanh(x)) / Math.tanh(Math.PI / 2) + (1 - NAB_FALSE) / 2;
}

export function worthOf(all: readonly Counts[]): Worth {
  const sum = (of: (one: Counts) => number): number => all.reduce((total, one) => total + of(one), 0);
  const [tp, fp, fn, tn, changes] = [sum((one) => one.tp), sum((one) => one.fp), sum((one) => one.fn), sum((one) => one.tn), sum((one) => one.changes)];
  const delays = all.flatMap((one) => (one.delay === null ? [] : [one.delay])).sort((a, b) => a - b);
  const middle = (delays.length - 1) / 2;
  return {
    f1: tp / Math.max(tp + (fp + fn) / 2, Number.MIN_VALUE),
    falseShare: fp / Math.max(fp + tn, 1),
    missedShare: fn / Math.max(tp + fn, 1),
    nab: (100 * (sum((one) => one.nab) + changes)) / Math.max(2 * changes, 1),
    foundShare: sum((one) => one.found) / Math.max(all.length, 1),
    medianDelay: ((delays[Math.floor(middle)] ?? Number.NaN) + (delays[Math.ceil(middle)] ?? Number.NaN)) / 2,
  };
}

export type Figure = "f1" | "falseShare" | "missedShare" | "nab";
export type Interval = readonly [number, number];

/** 95 % intervals: as many series drawn anew, `next` in [0, 1). */
export function intervalsOf(all: readonly Counts[], next: () => number): Readonly<Record<Figure, Interval>> {
  const drawn = Array.from({ length: DRAWS }, () => worthOf(all.map((one) => all[Math.floor(next() * all.length)] ?? one)));
  const of = (figure: Figure): Interval => {
    const sorted = drawn.map((worth) => worth[figure]).sort((a, b) => a - b);
    return [sorted[Math.floor(DRAWS * 0.025)] ?? Number.NaN, sorted[Math.ceil(DRAWS * 0.975) - 1] ?? Number.NaN];
  };
  return { f1: of("f1"), falseShare: of("falseShare"), missedShare: of("missedShare"), nab: of("nab") };
}

/** On a recording without anomalies: rising edges, and rows of the longest alarm. */
export function falseRuns(alarm: readonly boolean[]): { readonly edges: number; readonly longest: number } {
  let [edges, longest, lasting] = [0, 0, 0];
  for (const on of alarm) {
    lasting = on ? lasting + 1 : 0;
    if (lasting === 1) edges++;
    longest = Math.max(longest, lasting);
  }
  return { edges, longest };
}
