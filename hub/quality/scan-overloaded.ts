/** Signs that one field carries several meanings: types, forms or uoms side by side, a value that everything falls into. */
import type { Field } from "./field.ts";
import { type Numbers, quantile, shareBelow } from "./numbers.ts";
import type { Code, Finding } from "./finding.ts";
import { type ShapeKind, kindOfShape } from "./shape.ts";
import { JSON_TYPES, type Sketch, present, total } from "./sketch.ts";
import { ranked } from "./tally.ts";
import { candidates, gapOf, portionOf } from "./uom.ts";

/** Values below which a mixture can't be told from a few slips. */
const SAMPLE_MIN = 100;
/** A second type, form or uom with less than this is dirt, which validity counts; with more it is a second meaning. */
const SECOND_TYPE_SHARE = 0.02;
const SECOND_FORM_SHARE = 0.1;
const SECOND_UOM_SHARE = 0.05;
/** So many in one "other" say that the enumeration does not fit the work. */
const CATCH_ALL_SHARE = 0.3;
const AS_TEXT_SHARE = 0.95;
/** Two clusters are compared more loosely than a whole distribution: the cut between them is rough. */
const CLUSTER_GAP_MAX = 0.2;

/** Names under which people file what has no place, in the languages that we speak. */
const CATCH_ALLS = /^(other|others|misc|miscellaneous|unknown|undefined|default|general|none|n\/?a|tbd|其他|其它|未知|默认|无|杂项)$/i;

export function overloads(field: Field, sketch: Sketch): readonly Finding[] {
  if (present(sketch) < SAMPLE_MIN || field.role === "group") return [];
  return [...mixedTypes(field, sketch), ...mixedForms(field, sketch), ...catchAll(field, sketch), ...mixedUom(field, sketch)];
}

function mixedTypes(field: Field, sketch: Sketch): readonly Finding[] {
  const all = present(sketch);
  const types = JSON_TYPES.filter((type) => sketch.types[type] / all >= SECOND_TYPE_SHARE);
  if (types.length < 2) return [];
  const listed = types.map((type) => `${type} ${percent(sketch.types[type] / all)}`).join(", ");
  return [
    seen(
      "mixed-types",
      field,
      { types: listed },
      `its values are of several types: ${listed}`,
      "make a field of each meaning, or name one type and refuse the others",
    ),
  ];
}

function mixedForms(field: Field, sketch: Sketch): readonly Finding[] {
  const texts = sketch.types.string;
  if (texts < SAMPLE_MIN || field.values !== undefined || field.role === "reference") return [];
  const kinds = new Map<ShapeKind, number>();
  for (const [shape, count] of sketch.shapes.counts) kinds.set(kindOfShape(shape), (kinds.get(kindOfShape(shape)) ?? 0) + count);
  const numbers = (kinds.get("number") ?? 0) / texts;
  if (numbers >= AS_TEXT_SHARE)
    return [seen("numbers-as-text", field, { share: numbers }, `${percent(numbers)} of its texts are numbers`, "make it a number with a uom")];
  // A single word and a sentence are both text.
  kinds.set("text", (kinds.get("text") ?? 0) + (kinds.get("word") ?? 0));
  kinds.delete("word");
  kinds.delete("empty");
  const common = [...kinds].filter(([, count]) => count / texts >= SECOND_FORM_SHARE).toSorted(([, a], [, b]) => b - a);
  if (common.length < 2) return [];
  const listed = common.map(([kind, count]) => `${kind} ${percent(count / texts)}`).join(", ");
  return [
    seen("mixed-forms", field, { forms: listed }, `its texts have several forms: ${listed}`, "give what is written as a code or a date a field of its own"),
  ];
}

function catchAll(field: Field, sketch: Sketch): readonly Finding[] {
  const all = total(sketch.texts) + sketch.texts.short;
  if (all < SAMPLE_MIN || sketch.texts.counts.size < 2) return [];
  return ranked(sketch.texts).flatMap(([value, count]): readonly Finding[] => {
    const share = count / all;
    if (share < CATCH_ALL_SHARE || !CATCH_ALLS.test(value)) return [];
    return [
      seen(
        "catch-all",
        field,
        { value, share },
        `${percent(share)} of its values are "${value}"`,
        "look at what people mean by it, and give the frequent cases values of their own",
      ),
    ];
  });
}

/** Two clusters with a gap between them, of which one is the other in another uom. */
function mixedUom(field: Field, sketch: Sketch): readonly Finding[] {
  const { numbers } = sketch;
  if (field.uom === undefined || field.role !== "value" || numbers.count < SAMPLE_MIN) return [];
  const cut = widestGap(numbers);
  if (cut === null) return [];
  const under = shareBelow(numbers, cut).low;
  const second = Math.min(under, 1 - under);
  if (second < SECOND_UOM_SHARE) return [];
  const [lower, upper] = [portionOf(numbers, { low: -Infinity, high: cut }), portionOf(numbers, { low: cut, high: Infinity })];
  const middleOf = (from: number, share: number) => (q: number) => quantile(numbers, from + q * share);
  const matches = candidates(field.uom).flatMap(({ uom, convert }) => [
    { uom, gap: gapOf(middleOf(0, under), upper, convert) },
    { uom, gap: gapOf(middleOf(under, 1 - under), lower, convert) },
  ]);
  const best = matches.toSorted((a, b) => a.gap - b.gap)[0];
  if (best === undefined || best.gap > CLUSTER_GAP_MAX) return [];
  const { uom } = best;
  return [
    seen(
      "mixed-uom",
      field,
      { uom, declared: field.uom, share: second },
      `its numbers form two groups, as if some were in ${uom} and not in ${field.uom}`,
      `find the senders that use ${uom}, and convert at the door`,
    ),
  ];
}

/** Middle of the widest gap between two quantiles that are a hundredth apart, if it is wider than what lies on either side of it. */
function widestGap(numbers: Numbers): number | null {
  let best = { at: 0, width: 0, share: 0 };
  for (let i = 2; i <= 98; i++) {
    const [a, b] = [quantile(numbers, i / 100).high, quantile(numbers, (i + 1) / 100).low];
    if (b - a > best.width) best = { at: (a + b) / 2, width: b - a, share: i / 100 };
  }
  if (best.width === 0) return null;
  const below = quantile(numbers, best.share).high - quantile(numbers, 0.01).low;
  const above = quantile(numbers, 0.99).high - quantile(numbers, best.share + 0.02).low;
  return best.width > Math.min(below, above) ? best.at : null;
}

function seen(code: Code, field: Field, params: Finding["params"], sentence: string, suggestion: string): Finding {
  return { topic: "overloaded", code, path: field.path, params, sentence, suggestion };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
