/** What has changed in the values of an enumeration, declared or learned: new ones, vanished ones, their shares. */
import { type Drift, moved, percent } from "./drift-finding.ts";
import type { Field } from "./field.ts";
import { type Sketch, total } from "./sketch.ts";
import { DISTRIBUTION_SAMPLE_MIN, PSI_MAJOR, SHARE_MAJOR, SHARE_SAMPLE_MIN, newcomersMin, psiTest } from "./statistic.ts";
import { type Tally, ranked } from "./tally.ts";

/** Members that a learned enumeration may have, and how often each must have been seen on average: otherwise the field is no enumeration. */
const MEMBERS_MAX = 24;
const SEEN_PER_MEMBER_MIN = 10;
/** A member that was rarer than this may stay away. */
const VANISHED_SHARE_MIN = 0.01;
/** Rarer members are compared as one group. */
const MEMBER_SHARE_MIN = 0.01;

export function memberDrifts(baseline: Sketch, live: Sketch, field: Field): readonly Drift[] {
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

/** The values of an enumeration, declared or learned, as the baseline counted them; null when the field is none. */
export function membersOf(baseline: Sketch, field: Field): ReadonlyMap<string, number> | null {
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
