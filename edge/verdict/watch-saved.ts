/** A watch as plain values with typed arrays, for a checkpoint. */
import type { Baseline } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Normal } from "./commission.ts";
import { AT_REST, type Judged } from "./judge.ts";
import { baselineFor } from "./baseline.ts";
import { isOne, openLearning, type Watch } from "./watch.ts";

const LONG = 1e9;

export type SavedLearning = {
  readonly rows: Float32Array;
  readonly wanted: number;
  readonly count: number;
  readonly lastAt: number;
  readonly normal: Normal | null;
  readonly levels: Float32Array;
  readonly calibrated: number;
};
export type SavedWatch = {
  readonly model: ModelHash;
  readonly baseline: Baseline | null;
  readonly learning: SavedLearning | null;
  readonly state: Float32Array | null;
  readonly warm?: number;
  readonly judged: Judged;
  readonly score: number;
};

export function saveWatch(watch: Watch): SavedWatch {
  const { model, baseline, learning, state, warm, judged, score } = watch;
  const c = watch.channels;
  return {
    model,
    baseline,
    state,
    warm,
    judged,
    score,
    learning:
      learning === null ? null : { ...learning, rows: learning.rows.slice(0, learning.count * c), levels: learning.levels.slice(0, learning.calibrated * c) },
  };
}

/**
 * Puts what was saved into a watch just opened with the same profile. The plan's baseline and model win, as they do while running; but not one that
 * does not say what it is of, where it was found to be of other channels since.
 */
export function loadWatch(watch: Watch, saved: SavedWatch, profile: DeviceProfile, rows: number, given: Baseline | undefined): void {
  // Checkpoints from before there were ranks have none.
  watch.judged = { ...AT_REST, ...saved.judged };
  watch.score = saved.score;
  if (saved.model === watch.model) watch.state = saved.state;
  // Those from before rows were counted have run for long.
  watch.warm = saved.warm ?? LONG;
  const own = saved.baseline === null ? null : baselineFor(saved.baseline, profile);
  if (given !== undefined && given.of === undefined) {
    if (own !== null && isOne(given, own)) watch.baseline = own;
    else if (saved.learning !== null) Object.assign(watch, { baseline: null, learning: openLearning(watch.channels, rows) });
  }
  if (watch.baseline !== null || watch.learning === null) return;
  if (own !== null) {
    watch.baseline = own;
    watch.learning = null;
  } else if (saved.learning !== null && saved.learning.wanted === watch.learning.wanted) {
    const { learning } = watch;
    learning.rows.set(saved.learning.rows);
    learning.levels.set(saved.learning.levels);
    learning.count = saved.learning.count;
    learning.lastAt = saved.learning.lastAt;
    learning.normal = saved.learning.normal;
    learning.calibrated = saved.model === watch.model ? saved.learning.calibrated : 0;
  }
}
