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
import { type Drift, percent } from "./drift-finding.ts";
import { memberDrifts, membersOf } from "./drift-member.ts";
import { numberDrifts } from "./drift-number.ts";
import type { Field } from "./field.ts";
import { distance } from "./numbers.ts";
import { JSON_TYPES, type Sketch, present } from "./sketch.ts";
import { DISTRIBUTION_SAMPLE_MIN, SHARE_MAJOR, SHARE_SAMPLE_MIN, newcomersMin, shareTest } from "./statistic.ts";
import { ranked } from "./tally.ts";

/** Shapes beyond which a text has no format that could change. */
const FORMATS_MAX = 10;
/** A new shape in fewer values than this is a slip of somebody's pen. */
const SHAPE_SHARE_MIN = 0.01;

/** A week of days, so that a week-end is among them. */
const ORDINARY_WINDOWS_MIN = 7;

/**
 * Findings, the gravest first; none when either side has too few values. `ordinary`: how far the windows of the baseline lie from it as a
 * whole (`ordinaryDistance`): values that come in clumps differ from day to day by more than chance, and that is no drift.
 */
export function drift(baseline: Sketch, live: Sketch, field: Field, ordinary = 0): readonly Drift[] {
  const found = [
    ...types(baseline, live, field),
    ...nulls(baseline, live, field),
    ...memberDrifts(baseline, live, field),
    ...numberDrifts(baseline, live, field, ordinary),
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

function allows(field: Field, type: string): boolean {
  return field.types.length === 0 || field.types.includes(type) || (type === "number" && field.types.includes("integer"));
}
