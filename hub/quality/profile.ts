/** A sketch for people: what a field's values are like. Of a personal field nothing but counts and shapes, whatever its sketch holds. */
import type { Field } from "./field.ts";
import { quantile } from "./numbers.ts";
import { type Sketch, present, variety } from "./sketch.ts";
import { type Tally, ranked } from "./tally.ts";

/** Shares of the values, by which a distribution is drawn. */
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

type Texts = { counts: { text: string; count: number }[]; short: number };

export function profileOf(sketch: Sketch, { personal }: Pick<Field, "personal">) {
  const { count, nulls, unset, types, shapes, lengths, sentinels, texts, numbers } = sketch;
  const everybody = { observed: count, present: present(sketch), nulls, unset, types, shapes: told(shapes), lengths: [...lengths] };
  if (personal) return everybody;
  return {
    ...everybody,
    sentinels: told(sentinels),
    texts: told(texts),
    distinct: Math.round(variety(sketch)),
    ...(numbers.count === 0
      ? {}
      : {
          numbers: {
            count: numbers.count,
            whole: numbers.whole,
            min: numbers.min,
            max: numbers.max,
            quantiles: QUANTILES.map((share) => ({ share, ...quantile(numbers, share) })),
          },
        }),
  };
}

function told(tally: Tally): Texts {
  return { counts: ranked(tally).map(([text, count]) => ({ text, count })), short: tally.short };
}
