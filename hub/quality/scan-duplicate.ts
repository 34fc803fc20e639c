/** Fields of one contract that hold the same values, by their sketches. */
import { countDistinct } from "./distinct.ts";
import type { Field } from "./field.ts";
import { distance } from "./numbers.ts";
import type { Finding } from "./finding.ts";
import { JSON_TYPES, type Sketch, present } from "./sketch.ts";

/** Values below which sameness may be chance. */
const SAMPLE_MIN = 100;
/** Different values that two fields must share: two that are both `true` are not the same. */
const VARIETY_MIN = 12;
/** Numbers of values that differ by more are not written together. */
const COUNT_MATCHES = 0.02;
const DISTANCE_MAX = 0.01;

/** The later of two equal fields is named. Of personal fields there is nothing to compare. */
export function duplicates(fields: readonly Field[], sketchOf: (path: string) => Sketch | undefined): readonly Finding[] {
  const known = fields.flatMap((field) => {
    const sketch = sketchOf(field.path);
    return sketch === undefined || field.personal || field.role === "group" || present(sketch) < SAMPLE_MIN ? [] : [{ field, sketch }];
  });
  return known.flatMap(({ field, sketch }, i): readonly Finding[] => {
    const twin = known.slice(0, i).find((other) => other.field.role === field.role && same(other.sketch, sketch));
    if (twin === undefined) return [];
    const { path } = twin.field;
    return [
      {
        topic: "duplicate",
        code: "same-values",
        path: field.path,
        params: { twin: path },
        sentence: `it holds the same values as ${path}`,
        suggestion: `keep one of the two, and let readers of the other follow; or say what differs`,
      },
    ];
  });
}

/** Equal sets of values have equal registers; that two different sets of a dozen agree in all 256 does not happen. */
function same(a: Sketch, b: Sketch): boolean {
  const [n, m] = [present(a), present(b)];
  if (Math.abs(n - m) > COUNT_MATCHES * Math.max(n, m)) return false;
  if (JSON_TYPES.some((type) => a.types[type] > 0 !== b.types[type] > 0)) return false;
  if (countDistinct(a.distinct) < VARIETY_MIN || !a.distinct.every((rank, i) => rank === b.distinct[i])) return false;
  return distance(a.numbers, b.numbers) <= DISTANCE_MAX;
}
