/**
 * What has changed between the baseline of a field and its live values: distribution, nulls, enumeration, uom, type, range.
 *
 * ```
 * types · shapes ─┐
 * nulls ──────────┤
 * texts ──────────┼─▶ findings, each with its statistic, threshold and a sentence
 * numbers ── uom? ┘   (a uom that explains the numbers stands for their range and distribution)
 * ```
 */
import type { Field } from "./field.ts";
import { countBeyond, distance, grouped, quantile } from "./numbers.ts";
import { JSON_TYPES, type Sketch, present, total } from "./sketch.ts";
import {
  DISTRIBUTION_SAMPLE_MIN,
  GROUPS,
  KS_MAJOR,
  KS_MATTERS,
  PSI_MAJOR,
  SHARE_MAJOR,
  SHARE_SAMPLE_MIN,
  type Test,
  ksTest,
  newcomersMin,
  psiTest,
  shareTest,
} from "./statistic.ts";
import { type Tally, ranked } from "./tally.ts";
import { looksLike } from "./uom.ts";

export type DriftKind = "distribution" | "nulls" | "enum" | "uom" | "type" | "range";
export type Drift = {
  readonly kind: DriftKind;
  /** What within the kind; pages have a sentence of their own for each, filled with `params`. */
  readonly code:
    | "numbers-moved"
    | "shares-moved"
    | "more-nulls"
    | "fewer-nulls"
    | "undeclared-value"
    | "new-value"
    | "vanished-value"
    | "other-uom"
    | "undeclared-type"
    | "new-type"
    | "new-shape"
    | "above"
    | "below";
  readonly severity: "minor" | "major";
  readonly statistic: number;
  readonly threshold: number;
  readonly params: Readonly<Record<string, string | number>>;
  readonly sentence: string;
};

/** Members that a learned enumeration may have, and how often each must have been seen on average: otherwise the field is no enumeration. */
const MEMBERS_MAX = 24;
const SEEN_PER_MEMBER_MIN = 10;
/** Shapes beyond which a text has no format that could change. */
const FORMATS_MAX = 10;
/** A member that was rarer than this may stay away. */
const VANISHED_SHARE_MIN = 0.01;
/** Rarer members are compared as one group. */
const MEMBER_SHARE_MIN = 0.01;
/** A new shape in fewer values than this is a slip of somebody's pen. */
const SHAPE_SHARE_MIN = 0.01;
/** Beyond the baseline's extremes by more than this part of its width is far. */
const FAR = 0.5;
/** No instant was written further from its time than this (31 years): it is in another uom. */
const INSTANT_FAR_MS = 1e12;
/** Fewer are slips, which the range tells of. */
const INSTANT_SHARE_MIN = 0.02;

/** A week of days, so that a week-end is among them. */
const ORDINARY_WINDOWS_MIN = 7;
/**
 * So much further out than any window of the baseline must a new one lie, on Fisher's scale (artanh), which does not end at 1. Simulated
 * days with levels of their own: with 28 windows 1 in 1,000 or fewer lie beyond, with 10 about 1 in 100.
 */
const ORDINARY_TIMES = 2;

/**
 * Findings, the gravest first; none when either side has too few values. `ordinary`: how far the windows of the baseline lie from it as a
 * whole (`ordinaryDistance`): values that come in clumps differ from day to day by more than chance, and that is no drift.
 */
export function drift(baseline: Sketch, live: Sketch, field: Field, ordinary = 0): readonly Drift[] {
  const found = [
    ...types(baseline, live, field),
    ...nulls(baseline, live, field),
    ...texts(baseline, live, field),
    ...numbers(baseline, live, field, ordinary),
  ];
  return found.toSorted((a, b) => Number(b.severity === "major") - Number(a.severity === "major"));
}

/** The greatest distance of one of the windows that made a baseline from the baseline. 0 with fewer than seven: they do not tell what is usual. */
export function ordinaryDistance(baseline: Sketch, windows: readonly Sketch[]): number {
  const judged = windows.filter((window) => window.numbers.count >= DISTRIBUTION_SAMPLE_MIN);
  return judged.length < ORDINARY_WINDOWS_MIN ? 0 : Math.max(...judged.map((window) => distance(baseline.numbers, window.numbers)));
}

/** Whether the first of two findings is the second one at another time. */
export function sameDrift(a: Drift, b: Drift): boolean {
  return a.code === b.code && a.params["value"] === b.params["value"] && a.params["uom"] === b.params["uom"];
}

function types(baseline: Sketch, live: Sketch, field: Field): readonly Drift[] {
  const [n, m] = [present(baseline), present(live)];
  const found: Drift[] = [];
  for (const type of JSON_TYPES) {
    const count = live.types[type];
    if (count === 0) continue;
    const share = count / m;
    if (!allows(field, type)) {
      found.push({
        kind: "type",
        code: "undeclared-type",
        severity: "major",
        statistic: count,
        threshold: 1,
        params: { path: field.path, value: type, share, declared: field.types.join(" or ") },
        sentence: `${field.path}: ${percent(share)} of the values are of type ${type}, the contract says ${field.types.join(" or ")}`,
      });
    } else if (baseline.types[type] === 0 && n >= SHARE_SAMPLE_MIN && count >= newcomersMin(n, m, JSON_TYPES.length)) {
      found.push({
        kind: "type",
        code: "new-type",
        severity: share >= SHARE_MAJOR ? "major" : "minor",
        statistic: count,
        threshold: newcomersMin(n, m, JSON_TYPES.length),
        params: { path: field.path, value: type, share },
        sentence: `${field.path}: ${percent(share)} of the values are of type ${type}, which the baseline does not have`,
      });
    }
  }
  const fractions = live.numbers.count - live.numbers.whole;
  const whole = baseline.numbers.whole === baseline.numbers.count && baseline.numbers.count >= SHARE_SAMPLE_MIN;
  const declared = field.types.includes("integer") && !field.types.includes("number");
  const enough = declared ? 1 : newcomersMin(baseline.numbers.count, live.numbers.count, JSON_TYPES.length);
  if (fractions >= enough && fractions > 0 && (declared || whole)) {
    const share = fractions / live.numbers.count;
    found.push({
      kind: "type",
      code: declared ? "undeclared-type" : "new-type",
      severity: declared ? "major" : "minor",
      statistic: fractions,
      threshold: enough,
      params: { path: field.path, value: "fraction", share, ...(declared ? { declared: "integer" } : {}) },
      sentence: `${field.path}: ${percent(share)} of the numbers are fractions, ${declared ? "the contract says integer" : "the baseline has whole numbers only"}`,
    });
  }
  return [...found, ...shapes(baseline, live, field)];
}

function shapes(baseline: Sketch, live: Sketch, field: Field): readonly Drift[] {
  const [n, m] = [baseline.types.string, live.types.string];
  if (n < SHARE_SAMPLE_MIN || m < SHARE_SAMPLE_MIN || membersOf(baseline, field) !== null) return [];
  if (baseline.shapes.short > 0 || baseline.shapes.counts.size > FORMATS_MAX) return [];
  const enough = newcomersMin(n, m, FORMATS_MAX);
  return ranked(live.shapes).flatMap(([shape, count]): readonly Drift[] => {
    const share = count / m;
    if (baseline.shapes.counts.has(shape) || count < enough || share < SHAPE_SHARE_MIN) return [];
    return [
      {
        kind: "type",
        code: "new-shape",
        severity: share >= SHARE_MAJOR ? "major" : "minor",
        statistic: count,
        threshold: enough,
        params: { path: field.path, value: shape, share, usual: ranked(baseline.shapes)[0]?.[0] ?? "" },
        sentence: `${field.path}: ${percent(share)} of the texts have the form ${shape}, which the baseline does not have`,
      },
    ];
  });
}

function nulls(baseline: Sketch, live: Sketch, field: Field): readonly Drift[] {
  if (baseline.count < SHARE_SAMPLE_MIN || live.count < SHARE_SAMPLE_MIN) return [];
  const [was, is] = [1 - present(baseline) / baseline.count, 1 - present(live) / live.count];
  const test = shareTest(was * baseline.count, baseline.count, is * live.count, live.count);
  if (test.statistic <= test.threshold) return [];
  const more = is > was;
  const sentinel = ranked(live.sentinels)[0]?.[0];
  return [
    {
      kind: "nulls",
      code: more ? "more-nulls" : "fewer-nulls",
      severity: more && test.statistic >= SHARE_MAJOR ? "major" : "minor",
      ...test,
      params: { path: field.path, was, is, ...(sentinel === undefined ? {} : { sentinel }) },
      sentence: `${field.path}: ${percent(is)} without a value, ${percent(was)} in the baseline`,
    },
  ];
}

function texts(baseline: Sketch, live: Sketch, field: Field): readonly Drift[] {
  const members = membersOf(baseline, field);
  if (members === null) return [];
  const [n, m] = [total(baseline.texts) + baseline.texts.short, total(live.texts) + live.texts.short];
  const found: Drift[] = [];
  const declared = field.values;
  for (const [value, count] of ranked(live.texts)) {
    const share = count / m;
    const unknown = declared !== undefined && !declared.includes(value);
    const enough = unknown ? 1 : newcomersMin(n, m, MEMBERS_MAX);
    if (count < enough || (!unknown && (members.has(value) || n < SHARE_SAMPLE_MIN))) continue;
    found.push({
      kind: "enum",
      code: unknown ? "undeclared-value" : "new-value",
      severity: unknown || share >= SHARE_MAJOR ? "major" : "minor",
      statistic: count,
      threshold: enough,
      params: { path: field.path, value, share },
      sentence: `${field.path}: ${percent(share)} of the values are "${value}", which the ${unknown ? "contract" : "baseline"} does not have`,
    });
  }
  if (n < SHARE_SAMPLE_MIN || m < SHARE_SAMPLE_MIN) return found;
  for (const [value, count] of members) {
    const enough = newcomersMin(m, n, MEMBERS_MAX);
    if (live.texts.counts.has(value) || live.texts.short > 0 || count < enough || count / n < VANISHED_SHARE_MIN) continue;
    found.push({
      kind: "enum",
      code: "vanished-value",
      severity: count / n >= SHARE_MAJOR ? "major" : "minor",
      statistic: count,
      threshold: enough,
      params: { path: field.path, value, was: count / n },
      sentence: `${field.path}: "${value}", ${percent(count / n)} of the baseline, does not occur any more`,
    });
  }
  if (n < DISTRIBUTION_SAMPLE_MIN || m < DISTRIBUTION_SAMPLE_MIN) return found;
  // What is new or gone has been told; the rest is compared by itself.
  const told = new Set(found.map(({ params }) => params["value"]));
  const test = psiTest(memberGroups(members, live.texts, n, told));
  return test.statistic > test.threshold ? [...found, moved("shares-moved", test, PSI_MAJOR, field, "the shares of its values")] : found;
}

function numbers(baseline: Sketch, live: Sketch, field: Field, ordinary: number): readonly Drift[] {
  const [a, b] = [baseline.numbers, live.numbers];
  if (a.count < SHARE_SAMPLE_MIN || b.count < SHARE_SAMPLE_MIN || field.role === "running") return [];
  const other = field.role === "instant" ? instantUom(baseline, live) : field.uom === undefined ? null : looksLike(a, b, field.uom);
  if (other !== null) {
    const declared = field.uom ?? "ms";
    return [
      {
        kind: "uom",
        code: "other-uom",
        severity: "major",
        statistic: other.gap,
        threshold: other.before,
        params: { path: field.path, uom: other.uom, declared, share: other.share },
        sentence: `${field.path}: ${other.share > 0.99 ? "the values look" : `${percent(other.share)} of the values look`} like ${other.uom}, the contract says ${declared}`,
      },
    ];
  }
  const found: Drift[] = [...beyond(baseline, live, field, ordinary)];
  if (a.count < DISTRIBUTION_SAMPLE_MIN || b.count < DISTRIBUTION_SAMPLE_MIN) return found;
  const ks = ksTest(distance(a, b), a.count, b.count);
  const psi = psiTest(grouped(a, b, GROUPS));
  if (Math.atanh(ks.statistic) <= ORDINARY_TIMES * Math.atanh(ordinary)) return found;
  if (ks.statistic > ks.threshold) return [...found, moved("numbers-moved", ks, KS_MAJOR, field, middles(baseline, live))];
  return psi.statistic > psi.threshold ? [...found, moved("numbers-moved", psi, PSI_MAJOR, field, middles(baseline, live))] : found;
}

function moved(code: "numbers-moved" | "shares-moved", test: Test, major: number, field: Field, what: string): Drift {
  return {
    kind: "distribution",
    code,
    severity: test.statistic >= major ? "major" : "minor",
    ...test,
    params: { path: field.path },
    sentence: `${field.path}: ${what} moved away from the baseline`,
  };
}

function middles(baseline: Sketch, live: Sketch): string {
  const middle = (sketch: Sketch): string => {
    const { low, high } = quantile(sketch.numbers, 0.5);
    return ((low + high) / 2).toPrecision(3);
  };
  return `the values (median ${middle(baseline)}, now ${middle(live)})`;
}

function beyond(baseline: Sketch, live: Sketch, field: Field, ordinary: number): readonly Drift[] {
  const [a, b] = [baseline.numbers, live.numbers];
  const enough = newcomersMin(a.count, b.count, 1);
  const width = a.max - a.min;
  return (["above", "below"] as const).flatMap((code): readonly Drift[] => {
    const edge = code === "above" ? a.max : a.min;
    const count = countBeyond(b, edge, code);
    const share = count / b.count;
    if (count < enough) return [];
    const reach = code === "above" ? b.max : b.min;
    const far = Math.abs(reach - edge) > FAR * width;
    // Where days differ by more than chance, a day somewhat beyond all others is one of them.
    if (!far && ordinary > KS_MATTERS) return [];
    return [
      {
        kind: "range",
        code,
        severity: far && share >= SHARE_MAJOR / 10 ? "major" : "minor",
        statistic: count,
        threshold: enough,
        params: { path: field.path, share, edge, reach },
        sentence: `${field.path}: ${percent(share)} of the values lie ${code} ${edge}, the baseline's ${code === "above" ? "highest" : "lowest"}, as far as ${reach}`,
      },
    ];
  });
}

/** An instant in seconds lies a whole epoch before its time, one in microseconds far behind it. */
function instantUom(baseline: Sketch, live: Sketch): { readonly uom: string; readonly share: number; readonly gap: number; readonly before: number } | null {
  const shareOf = (sketch: Sketch, side: "above" | "below"): number =>
    countBeyond(sketch.numbers, side === "above" ? INSTANT_FAR_MS : -INSTANT_FAR_MS, side) / sketch.numbers.count;
  const [early, late] = [shareOf(live, "below"), shareOf(live, "above")];
  const [side, share] = early >= late ? (["below", early] as const) : (["above", late] as const);
  if (share < INSTANT_SHARE_MIN || shareOf(baseline, side) >= share / 2) return null;
  return { uom: side === "below" ? "s" : "us", share, gap: 0, before: share };
}

/** The values of an enumeration, declared or learned, as the baseline counted them; null when the field is none. */
function membersOf(baseline: Sketch, field: Field): ReadonlyMap<string, number> | null {
  if (field.personal || field.role === "reference") return null;
  const { counts, short } = baseline.texts;
  if (field.values !== undefined) return counts;
  const terms = total(baseline.texts);
  const all = baseline.types.string + baseline.types.boolean;
  const learned = short === 0 && terms === all && counts.size > 0 && counts.size <= MEMBERS_MAX && terms >= counts.size * SEEN_PER_MEMBER_MIN;
  return learned ? counts : null;
}

/** Counts of the common members, and of the rare ones together, as `[baseline, live]`. */
function memberGroups(members: ReadonlyMap<string, number>, live: Tally, n: number, told: ReadonlySet<unknown>): readonly (readonly [number, number])[] {
  const common: [number, number][] = [];
  const rare: [number, number] = [0, 0];
  for (const value of new Set([...members.keys(), ...live.counts.keys()])) {
    if (told.has(value)) continue;
    const [was, is] = [members.get(value) ?? 0, live.counts.get(value) ?? 0];
    if (was / n >= MEMBER_SHARE_MIN) common.push([was, is]);
    else {
      rare[0] += was;
      rare[1] += is;
    }
  }
  return rare[0] + rare[1] === 0 ? common : [...common, rare];
}

function allows(field: Field, type: string): boolean {
  return field.types.length === 0 || field.types.includes(type) || (type === "number" && field.types.includes("integer"));
}

function percent(share: number): string {
  return share > 0 && share < 0.001 ? "under 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
