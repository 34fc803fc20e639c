/**
 * In which regime a machine runs (off, start-up, running …), by one channel of its profile, and what is normal in each. A machine has a
 * normal for each regime: what a pump says at half speed is no fault of full speed.
 *
 *   row ─▶ band of the regime channel ─ changed less than settleMs ago ─▶ settling: no verdict
 *                                     ├ its normal is not learnt ───────▶ learnt from, no verdict of the model
 *                                     └ learnt ─────────────────────────▶ scored against that normal
 *
 * Commissioning learns the regimes that it sees; the others are learnt when they are first seen, and not while an alarm stands.
 */
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { measuresOf, normalFor } from "./baseline.ts";
import { learnNormal, type Normal } from "./commission.ts";

/** Rows from which the normal of a regime is learnt: at 1 Hz a few minutes. */
export const REGIME_ROWS = 200;
/** Of commissioning: with fewer a regime is learnt when it is seen again. */
export const REGIME_ROWS_MIN = 50;
/** At a boundary a value goes to and fro: it must pass it by this part. */
const BOUNDARY_PART = 0.02;

/** Regimes are numbered as the profile names them; -1: the channel has not spoken yet. */
export type Regime = {
  band: number;
  since: number;
  readonly normals: (Normal | null)[];
  /** Rows gathered for each regime that is being learnt. */
  readonly rows: (Float32Array | null)[];
  readonly counts: number[];
  /** The regime of each commissioning row. */
  readonly learnt: number[];
};
export type SavedRegime = Regime;

/** Null for a profile that names none. */
export function openRegime(profile: DeviceProfile, saved?: SavedRegime | null): Regime | null {
  const count = profile.regime?.bands.length ?? 0;
  if (count === 0) return null;
  if (saved?.normals.length === count)
    return { ...saved, normals: [...saved.normals], rows: saved.rows.map((one) => one?.slice() ?? null), counts: [...saved.counts], learnt: [...saved.learnt] };
  const none = (): null[] => Array.from({ length: count }, () => null);
  return { band: -1, since: -1, normals: none(), rows: none(), counts: none().map(() => 0), learnt: [] };
}

/** For another form of the profile: what is normal stays where the regimes are the same ones, in the units of today. */
export function regimeFor(regime: Regime | null, before: DeviceProfile, profile: DeviceProfile): Regime | null {
  if (regime === null || JSON.stringify(before.regime) !== JSON.stringify(profile.regime)) return openRegime(profile);
  if (measuresOf(before) === measuresOf(profile)) return regime;
  const anew = openRegime(profile);
  regime.normals.forEach((one, band) => anew?.normals.splice(band, 1, one === null ? null : normalFor(one, before.channels, profile)));
  return anew;
}

/** The regime of this row, or `settling`; `values` in the order of the profile. */
export function enterRegime(regime: Regime, profile: DeviceProfile, ts: number, values: Float32Array): number | "settling" {
  const { channel, bands, settleMs } = profile.regime ?? { channel: "", bands: [], settleMs: 0 };
  const value = values[profile.channels.findIndex((one) => one.id === channel)] ?? Number.NaN;
  if (!Number.isNaN(value)) {
    const band = bandOf(bands, value, regime.band);
    if (band !== regime.band) {
      regime.band = band;
      regime.since = ts;
    }
  }
  return regime.band >= 0 && ts - regime.since < settleMs ? "settling" : regime.band;
}

/** The normal of a regime was missing: takes a row of it. True while it is missing still. */
export function learnRegime(regime: Regime, band: number, values: Float32Array, profile: DeviceProfile): boolean {
  const rows = (regime.rows[band] ??= new Float32Array(REGIME_ROWS * values.length));
  const count = regime.counts[band] ?? 0;
  rows.set(values, count * values.length);
  regime.counts[band] = count + 1;
  if (count + 1 < REGIME_ROWS) return true;
  regime.normals[band] = learnNormal(rows, REGIME_ROWS, values.length, profile.channels);
  regime.rows[band] = null;
  return false;
}

/** Commissioning is over: the regimes that it saw enough of have their normal. `rows` is `[count × channels]`. */
export function commissionRegimes(regime: Regime, rows: Float32Array, profile: DeviceProfile): void {
  const channels = profile.channels.length;
  for (const [band, known] of regime.normals.entries()) {
    const own = regime.learnt.flatMap((one, i) => (one === band ? [i] : []));
    if (known !== null || own.length < REGIME_ROWS_MIN) continue;
    const picked = new Float32Array(own.length * channels);
    own.forEach((i, at) => picked.set(rows.subarray(i * channels, (i + 1) * channels), at * channels));
    regime.normals[band] = learnNormal(picked, own.length, channels, profile.channels);
  }
}

function bandOf(bands: readonly { readonly from: number }[], value: number, before: number): number {
  let band = 0;
  for (let i = 1; i < bands.length; i++) {
    const from = bands[i]?.from ?? Infinity;
    const slack = Math.abs(from) * BOUNDARY_PART;
    if (value >= (before < 0 ? from : before >= i ? from - slack : from + slack)) band = i;
  }
  return band;
}
