/**
 * Fixed limits of a profile, held from the first sample on, whatever a model knows: warn and trip, low and high, and the zones of
 * vibration velocity. A limit counts when it has been broken for `forMs` and in at least three samples, and is over when the value
 * has been back by the hysteresis for as long.
 *
 *   value ─▶ grade: 0 within · 1 warn, zone C · 2 zone D · 3 trip ──for forMs──▶ standing grade ─▶ score, severity, rule, channels
 */
import { convert } from "../../contracts/uom.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Channel, DeviceProfile, Zones } from "../../contracts/scenario.ts";
import type { Severity } from "../../contracts/severity.ts";
import type { Evidence, VerdictRule } from "../../contracts/verdict.ts";

/** Breaks shorter than this are a knock, a start or a slip of the sensor; ISO 20816-1 has alarms delayed likewise. */
export const LIMIT_MS = 3_000;
export const ZONE_MS = 10_000;
/** Samples that a break must have. */
const SAMPLES_MIN = 3;
/** Of a channel that said nothing for longer, and for so many of its periods, nobody knows what it did meanwhile: a break that had not lasted begins anew. */
export const SILENT_MS = 600_000;
const SILENT_PERIODS = 10;
/** How far back a value must be, as a part of the limit. */
const HYSTERESIS_PART = 0.02;
const ZONE_HYSTERESIS_PART = 0.1;

/**
 * Boundaries A/B, B/C and C/D of velocity in mm/s RMS at bearing housings, ISO 20816-3:2022, table A.1 and A.2. `large`: group 1, above
 * 300 kW up to 50 MW, or a shaft height of 315 mm and more; `medium`: group 2, above 15 kW up to 300 kW.
 */
const BOUNDARIES: Readonly<Record<Zones["group"], Readonly<Record<Zones["foundation"], NonNullable<Zones["boundaries"]>>>>> = {
  large: { rigid: { ab: 2.3, bc: 4.5, cd: 7.1 }, flexible: { ab: 3.5, bc: 7.1, cd: 11 } },
  medium: { rigid: { ab: 1.4, bc: 2.8, cd: 4.5 }, flexible: { ab: 2.3, bc: 4.5, cd: 7.1 } },
};
const ZONE_UOM = "mm/s";

type Grade = 0 | 1 | 2 | 3;
type Zone = "A" | "B" | "C" | "D";
/** What stands: a score at or above the threshold, how bad, which rule, and the channels that break it. */
export type LimitSign = { readonly score: number; readonly severity: Severity; readonly rule: VerdictRule; readonly evidence: readonly Evidence[] };
/**
 * Of each check the standing grade, the value last held, the most of a fall, and since when and in how many samples grades 1 to 3 and a fall have
 * lasted; then of each when it last spoke, which older checkpoints have not.
 */
export type Limits = { readonly numbers: Float64Array };

type Check = {
  readonly channel: number;
  readonly id: Channel["id"];
  readonly uom: string;
  readonly zones?: Zones;
  readonly rule: VerdictRule;
  /** Values at which grades 1, 2 and 3 begin; infinite where there is none. */
  readonly high: readonly [number, number, number];
  readonly low: readonly [number, number, number];
  readonly hysteresis: (limit: number) => number;
  readonly forMs: number;
  readonly silentMs: number;
};

const SCORES = [0, 0.6, 0.9, 1] as const;
const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const GRADES = 3;
const [STANDING, VALUE, EASED, RISES, FALLS, FIELDS] = [0, 1, 2, 3, 3 + 2 * GRADES, 5 + 2 * GRADES];
const checksOf = new WeakMap<DeviceProfile, readonly Check[]>();

export function openLimits(profile: DeviceProfile, saved?: Float64Array): Limits {
  const count = checks(profile).length;
  const numbers = new Float64Array(count * (FIELDS + 1)).fill(Number.NaN, count * FIELDS);
  for (let i = 0; i < count; i++) numbers[i * FIELDS + VALUE] = Number.NaN;
  if (saved?.length === numbers.length || saved?.length === count * FIELDS) numbers.set(saved);
  return { numbers };
}

/** Of each channel the limits that end its run: trip, zone D, or where there is neither the warning; infinite where there is none. */
export function boundsOf(
  profile: DeviceProfile,
): readonly { readonly channel: number; readonly id: Channel["id"]; readonly high: number; readonly low: number }[] {
  const last = (grades: readonly number[]): number => grades.findLast((grade) => Number.isFinite(grade)) ?? Infinity;
  const byChannel = Map.groupBy(checks(profile), ({ channel }) => channel);
  return [...byChannel].flatMap(([channel, all]) => {
    const id = all[0]?.id;
    const high = Math.min(...all.map((check) => last(check.high)));
    const low = Math.max(...all.map((check) => -last(check.low.map((grade) => -grade))));
    return id === undefined ? [] : [{ channel, id, high, low }];
  });
}

/** The worse of two; of equal ones the first. */
export function worseSign(a: LimitSign | null, b: LimitSign | null): LimitSign | null {
  return a === null || (b !== null && b.score > a.score) ? b : a;
}

/** Whether the profile has any: without them nothing is done. */
export function hasLimits(profile: DeviceProfile): boolean {
  return checks(profile).length > 0;
}

/** Takes one sample; `values` in the order of the profile, NaN for gaps, which change nothing. Null while everything is within. */
export function holdLimits({ numbers }: Limits, profile: DeviceProfile, ts: number, values: Float32Array): LimitSign | null {
  const all = checks(profile);
  let worst = 0;
  for (let i = 0; i < all.length; i++) {
    const check = all[i]!;
    const value = values[check.channel]!;
    if (!Number.isNaN(value)) {
      const spoke = all.length * FIELDS + i;
      if (ts - numbers[spoke]! > check.silentMs) beginAnew(numbers, i * FIELDS);
      numbers[spoke] = ts;
      advance(numbers, i * FIELDS, check, ts, value);
    }
    worst = Math.max(worst, numbers[i * FIELDS + STANDING]!);
  }
  if (worst === 0) return null;
  const broken = all.filter((_, i) => numbers[i * FIELDS + STANDING] === worst);
  const ids = [...new Set(broken.map((check) => check.id))];
  return {
    score: SCORES[worst as Grade],
    severity: SEVERITIES[worst] ?? "medium",
    rule: broken[0]?.rule ?? "limit",
    evidence: ids.slice(0, 8).map((channel) => ({ channel, share: Math.round(1_000 / ids.length) / 1_000 })),
  };
}

/** The worst zone in which a channel lies by its last value; null where none was measured. */
export function zoneNow({ numbers }: Limits, profile: DeviceProfile): Zone | null {
  const seen = checks(profile).flatMap(({ zones, uom }, i) => {
    const value = convert(numbers[i * FIELDS + VALUE]!, uom, ZONE_UOM);
    return zones === undefined || isRefusal(value) ? [] : [zoneOf(zones, value)];
  });
  return seen.toSorted().at(-1) ?? null;
}

/** The zone in which a value in mm/s lies. */
export function zoneOf(zones: Zones, mmPerS: number): Zone {
  const { ab, bc, cd } = zones.boundaries ?? BOUNDARIES[zones.group][zones.foundation];
  return mmPerS < ab ? "A" : mmPerS < bc ? "B" : mmPerS < cd ? "C" : "D";
}

function advance(numbers: Float64Array, o: number, check: Check, ts: number, value: number): void {
  numbers[o + VALUE] = value;
  const grade = gradeOf(check, value, 0);
  for (let g = 1; g <= GRADES; g++) {
    // Each grade has its own time: a trip does not wait for the warning before it.
    if (lasts(numbers, o + RISES + 2 * (g - 1), ts, grade >= g, check.forMs) && g > numbers[o + STANDING]!) numbers[o + STANDING] = g;
  }
  const standing = numbers[o + STANDING]!;
  const eased = gradeOf(check, value, standing);
  numbers[o + EASED] = numbers[o + FALLS + 1] === 0 ? eased : Math.max(numbers[o + EASED]!, eased);
  if (!lasts(numbers, o + FALLS, ts, eased < standing, check.forMs)) return;
  numbers[o + STANDING] = numbers[o + EASED]!;
  numbers[o + FALLS + 1] = 0;
}

/** What had not lasted yet, up or down; what stands goes on standing. */
function beginAnew(numbers: Float64Array, o: number): void {
  for (let at = RISES; at <= FALLS; at += 2) numbers[o + at + 1] = 0;
}

/** Since when and in how many samples something has been so, at `at`; true when that is long enough. */
function lasts(numbers: Float64Array, at: number, ts: number, is: boolean, forMs: number): boolean {
  if (!is) {
    numbers[at + 1] = 0;
    return false;
  }
  if (numbers[at + 1] === 0) numbers[at] = ts;
  numbers[at + 1]!++;
  return numbers[at + 1]! >= SAMPLES_MIN && ts - numbers[at]! >= forMs;
}

/** Grades that stand begin earlier, by the hysteresis. */
function gradeOf({ high, low, hysteresis }: Check, value: number, standing: number): number {
  for (let g = 2; g >= 0; g--) {
    const [up, down] = [high[g]!, low[g]!];
    const slack = g < standing;
    if (value >= (slack && up !== Infinity ? up - hysteresis(up) : up)) return g + 1;
    if (value <= (slack && down !== -Infinity ? down + hysteresis(down) : down)) return g + 1;
  }
  return 0;
}

function checks(profile: DeviceProfile): readonly Check[] {
  const known = checksOf.get(profile);
  if (known !== undefined) return known;
  const made = profile.channels.flatMap((channel, index) => [...limitChecks(channel, index), ...zoneChecks(channel, index)]);
  checksOf.set(profile, made);
  return made;
}

function silentOf(periodMs: number): number {
  return Math.max(SILENT_MS, SILENT_PERIODS * periodMs);
}

function limitChecks({ id, uom, limits, periodMs }: Channel, channel: number): readonly Check[] {
  if (limits === undefined) return [];
  const { warnLow = -Infinity, warnHigh = Infinity, tripLow = -Infinity, tripHigh = Infinity, hysteresis, forMs = LIMIT_MS } = limits;
  const back = (limit: number): number => hysteresis ?? Math.abs(limit) * HYSTERESIS_PART;
  return [
    {
      channel,
      id,
      uom,
      rule: "limit",
      high: [warnHigh, Infinity, tripHigh],
      low: [warnLow, -Infinity, tripLow],
      hysteresis: back,
      forMs,
      silentMs: silentOf(periodMs),
    },
  ];
}

function zoneChecks({ id, uom, zones, periodMs }: Channel, channel: number): readonly Check[] {
  if (zones === undefined) return [];
  const boundaries = zones.boundaries ?? BOUNDARIES[zones.group][zones.foundation];
  const [bc, cd] = [convert(boundaries.bc, ZONE_UOM, uom), convert(boundaries.cd, ZONE_UOM, uom)];
  // The contract refuses zones of what is no velocity.
  if (isRefusal(bc) || isRefusal(cd)) return [];
  const hysteresis = (limit: number): number => limit * ZONE_HYSTERESIS_PART;
  const low = [-Infinity, -Infinity, -Infinity] as const;
  return [{ channel, id, uom, zones, rule: "zone", high: [bc, cd, Infinity], low, hysteresis, forMs: zones.forMs ?? ZONE_MS, silentMs: silentOf(periodMs) }];
}
