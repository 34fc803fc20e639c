/** The section of SKAB: cross-validated figures first and fold by fold, then those of what ships, as the benchmark's own scorer counts them. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { failure } from "../cli/outcome.ts";
import type { Interval, Worth } from "./skab.ts";
import { benchModels, type Crossed, type ModelWorth, type Predictions } from "./verdict-models.ts";
import { type Asked, atLeast, atMost, type Section, type SectionOptions, tableOfRows } from "./verdict-section.ts";

/** What `score-skab.mjs` says, of what is looked at here. */
const Told = z.object({
  F1: z.number(),
  FAR: z.number(),
  MAR: z.number(),
  NAB_standard: z.number(),
  events: z.number(),
  events_detected: z.number(),
  events_prelatched: z.number(),
  delay_median: z.number().nullable(),
  missing_rows: z.number(),
});
export type Told = z.infer<typeof Told>;

/** Of the models whose folds are told with all four figures; of the others F1. */
const IN_FULL: readonly string[] = [pumpVibration.profiles[0]?.model ?? "", "shift", "ensemble"];

export async function skabSection({ data, tell }: SectionOptions): Promise<Section> {
  const head = { section: "skab", title: "19 recordings of a pump (SKAB), strictly causal, one setting for all series" };
  const folder = join(data, "skab");
  if (!existsSync(folder)) return { ...head, skipped: `there are no recordings at ${folder}; they are not part of this repository (--data DIR)` };
  const models = await benchModels(folder, tell);
  if (isRefusal(models)) return { ...head, skipped: `${models.rule}; ${models.mend}` };
  const live = models.worths.find(({ model }) => model === pumpVibration.profiles[0]?.model);
  if (live === undefined) throw failure("the model of the template is not among those that are compared");
  const told = await scoreAll(join(data, "..", "tools", "score-skab.mjs"), folder, models.predictions);
  return {
    ...head,
    asked: askedOfLive(live),
    table: tableOfModels(models.worths, told),
    figures: { live: live.model, models: models.worths, scorer: told === null ? null : Object.fromEntries(told) },
  };
}

/** The benchmark's scorer on what `replay` writes. Null where it is not at hand. */
async function scoreAll(tool: string, folder: string, predictions: Predictions): Promise<ReadonlyMap<string, Told> | null> {
  if (!existsSync(tool)) return null;
  const dir = mkdtempSync(join(tmpdir(), "outpost-skab-"));
  try {
    const out = new Map<string, Told>();
    for (const [model, csv] of predictions) {
      const path = join(dir, `${model}.csv`);
      writeFileSync(path, csv);
      const { stdout } = await promisify(execFile)(process.execPath, [tool, "--data", folder, "--pred", path, "--json"]);
      out.set(model, Told.parse(JSON.parse(stdout)));
    }
    return out;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function askedOfLive({ model, crossed, shipped, intervals, calm }: ModelWorth): readonly Asked[] {
  // Without cross-validation there is nothing to hold against what was asked.
  const { mean, intervals: over } = crossed ?? { mean: { f1: 0, falseShare: 1, missedShare: 1, nab: 0, foundShare: 0, medianDelay: Number.NaN }, intervals };
  const beside = (interval: Interval, digits: number, scale: number, value: number): string =>
    `(${span(interval, digits, scale)}) cross-validated; ${(value * scale).toFixed(digits)} as it ships`;
  return [
    atLeast(`${model}: F1`, 0.83, mean.f1, 3, beside(over.f1, 2, 1, shipped.f1)),
    atMost(`${model}: false alarms (FAR), %`, 8, 100 * mean.falseShare, 1, beside(over.falseShare, 1, 100, shipped.falseShare)),
    atMost(`${model}: missed (MAR), %`, 24, 100 * mean.missedShare, 1, beside(over.missedShare, 1, 100, shipped.missedShare)),
    atLeast(`${model}: NAB`, 36, mean.nab, 1, beside(over.nab, 1, 1, shipped.nab)),
    atLeast(`${model}: events found, %`, 95, 100 * mean.foundShare, 0, `cross-validated; ${(100 * shipped.foundShare).toFixed(0)} as it ships`),
    atMost(`${model}: median delay, s`, 45, mean.medianDelay, 1, `cross-validated; ${shipped.medianDelay} as it ships`),
    atMost(`${model}: rising edges an hour without anomalies`, 1, calm.edges / calm.hours, 2, `(${calm.edges} in ${calm.hours.toFixed(1)} h)`),
    atMost(`${model}: longest of them, s`, 60, calm.longest, 0),
  ];
}

/** Tables: cross-validated, as it ships, folds. */
export function tableOfModels(worths: readonly ModelWorth[], told: ReadonlyMap<string, Told> | null): string {
  const crossed = worths.flatMap(({ model, crossed: one }) => (one === null ? [] : [{ model, ...one }]));
  const heads = ["F1", "95 %", "FAR %", "95 %", "MAR %", "95 %", "NAB", "95 %", "found %", "delay s"];
  return [
    "cross-validated: nested, by series, five folds; every series by settings that had not seen it; mean of the shuffles, intervals over series",
    tableOfRows(
      ["", ...heads, "shuffles"],
      crossed.map(({ model, mean, intervals, shuffles }) => [model, ...cells(mean, intervals), shuffles]),
    ),
    "",
    "as it ships: one setting, which or whose form has seen these series; calm: rising edges and the longest alarm on the recording without anomalies",
    tableOfRows(
      ["", ...heads, "calm", "an hour", "longest s"],
      worths.map(({ model, shipped, intervals, calm }) => [
        model,
        ...cells(shipped, intervals),
        calm.edges,
        (calm.edges / calm.hours).toFixed(2),
        calm.longest,
      ]),
    ),
    "",
    ...(told === null
      ? ["score-skab.mjs is not beside the recordings: the figures above are this bench's own count, which is the same"]
      : [
          "score-skab.mjs on what `outpost replay` writes",
          tableOfRows(
            ["", "F1", "FAR", "MAR", "NAB_standard", "events", "detected", "prelatched", "delay_median", "missing_rows"],
            [...told].map(([model, one]) => [
              model,
              one.F1,
              one.FAR,
              one.MAR,
              one.NAB_standard,
              one.events,
              one.events_detected,
              one.events_prelatched,
              one.delay_median ?? "–",
              one.missing_rows,
            ]),
          ),
        ]),
    "",
    "fold by fold: what each fifth was worth with settings from the other four",
    ...crossed.filter(({ model }) => IN_FULL.includes(model)).map(foldsInFull),
    tableOfRows(
      ["F1", "shuffle", "1", "2", "3", "4", "5"],
      crossed
        .filter(({ model }) => !IN_FULL.includes(model))
        .flatMap(({ model, folds }) => folds.map((fold, s) => [s === 0 ? model : "", s + 1, ...fold.map(({ f1 }) => f1.toFixed(3))])),
    ),
  ].join("\n");
}

function foldsInFull({ model, folds }: Crossed & { readonly model: string }): string {
  const cell = ({ f1, falseShare, missedShare, nab }: Worth): string =>
    `${f1.toFixed(3)} ${(100 * falseShare).toFixed(1)} ${(100 * missedShare).toFixed(1)} ${nab.toFixed(1)}`;
  return `${tableOfRows(
    [`${model}: F1 FAR MAR NAB`, "1", "2", "3", "4", "5"],
    folds.map((fold, s) => [`shuffle ${s + 1}`, ...fold.map(cell)]),
  )}\n`;
}

function cells({ f1, falseShare, missedShare, nab, foundShare, medianDelay }: Worth, over: ModelWorth["intervals"]): readonly string[] {
  return [
    f1.toFixed(3),
    span(over.f1, 2, 1),
    (100 * falseShare).toFixed(1),
    span(over.falseShare, 1, 100),
    (100 * missedShare).toFixed(1),
    span(over.missedShare, 1, 100),
    nab.toFixed(1),
    span(over.nab, 1, 1),
    (100 * foundShare).toFixed(0),
    Number.isNaN(medianDelay) ? "–" : medianDelay.toFixed(1),
  ];
}

function span([low, high]: Interval, digits: number, scale: number): string {
  return `${(scale * low).toFixed(digits)}–${(scale * high).toFixed(digits)}`;
}
