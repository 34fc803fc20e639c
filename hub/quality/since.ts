/** Since when a drift holds: the windows of the live values, looked at from the latest backwards until one does not show it. */
import type { Millis } from "../../contracts/instant.ts";
import type { Drift } from "./drift-finding.ts";
import { drift, sameDrift } from "./drift.ts";
import type { Field } from "./field.ts";
import { type Sketch, merge, present } from "./sketch.ts";
import { DISTRIBUTION_SAMPLE_MIN } from "./statistic.ts";

export type Dated = { readonly fromAt: Millis; readonly sketch: Sketch };

/** Start of the earliest window of those that show the same finding without a break; null when not even the latest does. Windows in order of time. */
export function sinceWhen(found: Drift, baseline: Sketch, windows: readonly Dated[], field: Field, ordinary = 0): Millis | null {
  let since: Millis | null = null;
  for (const { fromAt, sketch } of judgeable(windows)) {
    if (!drift(baseline, sketch, field, ordinary).some((one) => sameDrift(one, found))) break;
    since = fromAt;
  }
  return since;
}

/** From the latest to the earliest; quiet ones are laid together until there are enough values to judge. */
function judgeable(windows: readonly Dated[]): readonly Dated[] {
  const out: Dated[] = [];
  let open: Dated | undefined;
  for (const window of windows.toReversed()) {
    open = { fromAt: window.fromAt, sketch: open === undefined ? window.sketch : merge(window.sketch, open.sketch) };
    if (present(open.sketch) < DISTRIBUTION_SAMPLE_MIN) continue;
    out.push(open);
    open = undefined;
  }
  // Too few to judge alone: they belong to what was judged before them.
  return open === undefined || out.length > 0 ? out : [open];
}
