/**
 * Bearings run to failure (PRONOSTIA), each through the path of live telemetry, each with the threshold that the other ones chose; beside it two
 * rules that need no model. A row is ten seconds; an alarm before half of life counts as false.
 */
import { join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import { partOfThreshold } from "../../edge/verdict/wear/growth.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { listRecordings, readRecording, type Recording } from "../replay/recording.ts";
import { replayRecording } from "../replay/replay.ts";
import { quantile } from "./machine.ts";
import { atLeast, atMost, type Section, type SectionOptions } from "./verdict-section.ts";

const ROW_S = 10;
const CHANNELS = 20;
/** Rows above the threshold that make an alarm; as in the graph. */
const LASTING = 3;
/** Tried for the others, as parts of the threshold that ships: their range is wide, and a quarter up it is chosen. */
const THRESHOLDS = Array.from({ length: 400 }, (_, i) => 0.15 + i * 0.01);
const CHOSEN_AT = 0.25;
/** ISO 20816-3, class of small machines on rigid footing: the border of zones C and D, mm/s. */
const VELOCITY_MAX = 4.5;
const VELOCITY_COLUMNS = [8, 18];
/** Of the vertical RMS, in deviations of its commissioning. */
const RMS_Z_MAX = 6;
const RMS_COLUMN = 10;

export type Lead = {
  readonly bearing: string;
  readonly rows: number;
  readonly threshold: number;
  readonly leadRows: number | null;
  readonly partOfLife: number | null;
};
export type WearWorth = {
  readonly leads: readonly Lead[];
  readonly medianLeadMinutes: number;
  readonly warned: number;
  readonly beforeHalf: number;
  /** Parts of life at which each bearing is warned by rules without a model; null where never. */
  readonly velocityZone: readonly (number | null)[];
  readonly rmsDeviation: readonly (number | null)[];
};

/** Refuses `malformed` when there are no recordings below `folder`. */
export async function benchWear(folder: string): Promise<WearWorth | Refusal> {
  const scorer = await openModelFile(modelPath("wear"));
  if (isRefusal(scorer)) return scorer;
  const recordings: Recording[] = [];
  const parts: (readonly number[])[] = [];
  for (const path of await listRecordings(folder).catch(() => [])) {
    const recording = await readRecording(folder, path, CHANNELS);
    if (isRefusal(recording)) return recording;
    recordings.push(recording);
    parts.push((await replayRecording(recording, bearingVibration, scorer)).map(({ score }) => (score === null ? 0 : partOfThreshold(score))));
  }
  if (recordings.length < 2) return refuse("malformed", "a folder with bearings run to failure", `look at ${folder}`, "data");
  const leads = recordings.map(({ series }, b): Lead => {
    const own = parts[b] ?? [];
    const threshold = thresholdOf(parts.filter((_, other) => other !== b));
    const at = warnedAt(own, threshold);
    return {
      bearing: series.replace(".csv", ""),
      rows: own.length,
      threshold,
      leadRows: at === null ? null : own.length - 1 - at,
      partOfLife: at === null ? null : at / own.length,
    };
  });
  const told = leads.flatMap(({ leadRows }) => (leadRows === null ? [] : [leadRows]));
  return {
    leads,
    medianLeadMinutes: ((quantile(told, 0.5) + quantile(told, 0.5 + 1 / Math.max(told.length, 1))) / 2) * (ROW_S / 60),
    warned: told.length,
    beforeHalf: leads.filter(({ partOfLife }) => partOfLife !== null && partOfLife < 0.5).length,
    velocityZone: recordings.map((one) =>
      partOfLife(
        rowsOf(one, (values) => Math.max(...VELOCITY_COLUMNS.map((c) => values[c] ?? 0))),
        VELOCITY_MAX,
      ),
    ),
    rmsDeviation: recordings.map((one) => partOfLife(deviations(rowsOf(one, (values) => values[RMS_COLUMN] ?? 0)), RMS_Z_MAX)),
  };
}

/** A quarter up the range of thresholds for which all of these are warned in their second half. */
function thresholdOf(all: readonly (readonly number[])[]): number {
  const fitting = THRESHOLDS.filter((threshold) =>
    all.every((parts) => {
      const at = warnedAt(parts, threshold);
      return at !== null && at >= parts.length / 2;
    }),
  );
  const [low = 1, high = low] = [fitting[0], fitting.at(-1)];
  return low + CHOSEN_AT * (high - low);
}

function warnedAt(values: readonly number[], threshold: number): number | null {
  let lasting = 0;
  for (const [i, value] of values.entries()) {
    lasting = value > threshold ? lasting + 1 : 0;
    if (lasting >= LASTING && i >= bearingVibration.commissioningRows) return i;
  }
  return null;
}

function partOfLife(values: readonly number[], threshold: number): number | null {
  const at = warnedAt(values, threshold);
  return at === null ? null : at / values.length;
}

function rowsOf({ rows }: Recording, of: (values: readonly (number | null)[]) => number): readonly number[] {
  return rows.map(({ values }) => of(values));
}

function deviations(values: readonly number[]): readonly number[] {
  const first = values.slice(0, bearingVibration.commissioningRows);
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const spread = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / first.length);
  return values.map((value) => (value - mean) / spread);
}

export async function wearSection({ data }: SectionOptions): Promise<Section> {
  const head = { section: "pronostia", title: "bearings run to failure (PRONOSTIA), each with the threshold of the others" };
  const worth = await benchWear(join(data, "pronostia"));
  if (isRefusal(worth)) return { ...head, skipped: `${worth.rule}; ${worth.mend}; recordings are not part of this repository (--data DIR)` };
  const { leads, warned, beforeHalf, medianLeadMinutes } = worth;
  const early = (parts: readonly (number | null)[]): string =>
    `${parts.filter((part) => part === null).length} never, ${parts.filter((part) => part !== null && part < 0.5).length} before half of life`;
  return {
    ...head,
    asked: [
      atLeast(
        "bearings warned before their end",
        leads.length,
        warned,
        0,
        `of ${leads.length}; velocity zone: ${early(worth.velocityZone)}; RMS: ${early(worth.rmsDeviation)}`,
      ),
      atMost("alarms before half of life", 0, beforeHalf, 0),
      { what: "median lead time, min", asked: "told", measured: medianLeadMinutes.toFixed(1), holds: true },
    ],
    table: tableOfWear(worth),
    figures: worth,
  };
}

export function tableOfWear({ leads, medianLeadMinutes, warned, beforeHalf, velocityZone, rmsDeviation }: WearWorth): string {
  const part = (value: number | null | undefined): string => (value === null || value === undefined ? "never" : value.toFixed(2));
  const lines = leads.map(({ bearing, rows, threshold, leadRows, partOfLife: at }, b) =>
    [bearing.padEnd(12), rows, threshold.toFixed(2), part(at), leadRows ?? "–", part(velocityZone[b]), part(rmsDeviation[b])]
      .map((cell) => String(cell).padStart(10))
      .join(""),
  );
  return [
    ["bearing", "rows", "threshold", "warned at", "lead rows", "velocity", "rms z"].map((cell) => cell.padStart(10)).join(""),
    ...lines,
    `${warned} of ${leads.length} warned before their end, ${beforeHalf} before half of life, median lead ${medianLeadMinutes.toFixed(1)} min; each with the threshold of the others`,
    "velocity, rms z: parts of life at which a velocity above 4.5 mm/s and a vertical RMS beyond six deviations would have warned",
  ].join("\n");
}
