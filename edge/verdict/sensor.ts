/**
 * Whether a channel can be believed, kept apart from whether the machine is well. Row by row, in event time:
 *
 *   sentinel   a value that loggers write for "none" (-9999, 999.9 …), far from what the channel says otherwise
 *   stuck      the very same value for longer than commissioning ever showed; a channel in coarse steps repeats itself, and may for an hour
 *   drop-out   no value while the other channels go on
 *   uom        the level jumps by the factor between two units of measure and stays there: noticed after UNIT_WINDOW_ROWS rows
 *   unlearnt   a channel that said nothing to be believed while its device was commissioned, or one value all the time: nobody knows what
 *              is normal for it
 *
 * What is doubted is a gap to the model from its first row on, and comes back when it turns out to be the machine. A finding clears after
 * CLEAR_ROWS rows that are as they should be. Mutable numbers side by side, a column for each channel: this is the hot path.
 */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { inOtherUom, trust } from "./sensor-jump.ts";
import { follow, hasJumped, isFar, KNOWN_ROWS } from "./sensor-level.ts";
import {
  CLEAR_ROWS,
  DROP_OUT,
  FAULT,
  FIELDS,
  GAP_MAX,
  GAP_ROWS,
  HELD,
  KNOWN,
  LAST,
  RUN,
  RUN_MAX,
  SEEN_AT,
  SENTINEL,
  SLIPS,
  STUCK,
  UNLEARNT,
  UOM,
  begin,
  calm,
  expected,
  goOn,
  type Sensors,
} from "./sensor-state.ts";
import { isUnlearnt, silent, stuckRows } from "./sensor-still.ts";

/** One such value may be a slip of the line; two are a habit. */
const SENTINEL_ROWS = 2;

/** Texts such as "N/A" are gaps already; these are numbers. As float32, as values come here. */
const SENTINELS: ReadonlySet<number> = new Set(
  [
    99.9, 99.99, 999, 999.9, 999.99, 9_999, 9_999.9, 99_999, 999_999, 999.25, 9_999.99, 6_553.5, 32_767, 32_768, 65_535, 65_534, 3_276.7, 3_276.8, 327.67,
    327.68, 655.35, 850, 1e10, 2_147_483_647, 2_147_483_648, 4_294_967_295,
  ].flatMap((value) => [Math.fround(value), Math.fround(-value)]),
);

const SENTINEL_MIN = 99;

/**
 * The values that can be believed: the very array where all can, else a copy with NaN in place of the others. `values` in the order of the
 * profile, NaN for gaps; `baseline` is null while the device is commissioned. `begun` hears the channels whose finding begins with this row.
 */
export function believe(
  sensors: Sensors,
  profile: DeviceProfile,
  ts: number,
  values: Float32Array,
  baseline: Baseline | null,
  begun: (channel: number) => void,
): Float32Array {
  const { channels, numbers: s } = sensors;
  const { others, silentMs } = expected(profile);
  let out = values;
  let jumps = 0;
  let held = 0;
  for (let c = 0; c < channels; c++) {
    const o = c * FIELDS;
    const v = values[c]!;
    if (Number.isNaN(v)) {
      silent(sensors, c, ts, baseline === null, silentMs[c]!, begun);
      continue;
    }
    const fault = s[o + FAULT]!;
    const far = isFar(sensors, c, v, baseline);
    const isSentinel = far && (v >= SENTINEL_MIN || v <= -SENTINEL_MIN) && SENTINELS.has(v);
    s[o + GAP_ROWS] = 0;
    if (baseline === null && s[o + SEEN_AT]! >= 0) s[o + GAP_MAX] = Math.max(s[o + GAP_MAX]!, ts - s[o + SEEN_AT]!);
    s[o + SEEN_AT] = ts;
    let doubted = false;
    if (isSentinel) {
      doubted = true;
      s[o + SLIPS]!++;
      if ((fault === 0 || fault === UNLEARNT) && s[o + SLIPS]! >= SENTINEL_ROWS) begin(sensors, c, SENTINEL, ts, begun);
      else if (fault === SENTINEL) goOn(sensors, c, ts);
    } else if (isUnlearnt(sensors, c, baseline)) {
      doubted = true;
      if (fault === UNLEARNT) goOn(sensors, c, ts);
      else begin(sensors, c, UNLEARNT, ts, begun);
    } else {
      const same = v === s[o + LAST];
      s[o + RUN] = same ? s[o + RUN]! + 1 : 0;
      if (baseline === null && same) s[o + RUN_MAX] = Math.max(s[o + RUN_MAX]!, s[o + RUN]!);
      const isStuck = same && baseline !== null && v !== 0 && s[o + RUN]! >= stuckRows(sensors, c);
      if (isStuck && fault === 0) begin(sensors, c, STUCK, ts, begun);
      const now = s[o + FAULT]!;
      if (now === STUCK) {
        doubted = true;
        if (same) goOn(sensors, c, ts);
        else calm(sensors, c);
      } else if (now === SENTINEL || now === DROP_OUT || now === UNLEARNT) calm(sensors, c);
      else if ((baseline !== null || s[o + KNOWN]! >= KNOWN_ROWS) && (far || s[o + HELD]! > 0 || now === UOM)) {
        const was = s[o + HELD]!;
        doubted = inOtherUom(sensors, c, ts, v, baseline, others[c]!, begun);
        if (was === 0 && s[o + HELD] === 1) held++;
        else if (!doubted && hasJumped(sensors, c, v)) jumps++;
      }
      if (now === 0) s[o + SLIPS] = Math.max(0, s[o + SLIPS]! - 1 / CLEAR_ROWS);
      if (!doubted) follow(sensors, c, v);
      s[o + LAST] = v;
    }
    if (doubted) {
      if (out === values) out = values.slice();
      out[c] = Number.NaN;
    }
  }
  if (held > 0 && jumps > 0) out = trust(sensors, values, out);
  if (baseline === null) sensors.rows++;
  return out;
}
