/** `bench verdict`: all that is claimed of verdicts, each section beside what was asked and beside peers on the same data in the same run. */
import { fileURLToPath } from "node:url";
import { METHODS } from "../../edge/text/vector.ts";
import { usage } from "../cli/outcome.ts";
import { assetDaysSection } from "./asset-days.ts";
import { type Measured, machine } from "./machine.ts";
import { benchScale, measuredOfScale } from "./scale.ts";
import { benchSwap } from "./swap.ts";
import { text } from "./text.ts";
import { costSection } from "./verdict-cost.ts";
import { equalitySection } from "./verdict-equality.ts";
import { atLeast, atMost, type Asked, type Section, type SectionMaker, type SectionOptions, tableOfRows, type VerdictMeasured } from "./verdict-section.ts";
import { skabSection } from "./verdict-skab.ts";
import { wearSection } from "./verdict-wear.ts";

/** Beside the repository; a folder of one's own goes with `--data`. */
const DATA = fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** In the order in which they are printed. */
const SECTIONS: Readonly<Record<string, SectionMaker>> = {
  skab: skabSection,
  pronostia: wearSection,
  "asset-days": assetDaysSection,
  cost: costSection,
  scale: scaleSection,
  equality: equalitySection,
  text: textSection,
  swap: swapSection,
};

export type VerdictOptions = { readonly data?: string; readonly only?: readonly string[] };

/** `onSection` hears of each as soon as it is done. */
export async function benchVerdict(
  { data, only }: VerdictOptions,
  tell: (line: string) => void,
  onSection: (section: Section) => void,
): Promise<VerdictMeasured> {
  const unknown = only?.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) throw usage(`--only: no section ${unknown}: there are ${Object.keys(SECTIONS).join(", ")}`);
  const options: SectionOptions = { data: data ?? DATA, tell };
  const sections: Section[] = [];
  for (const [name, make] of Object.entries(SECTIONS)) {
    if (only !== undefined && !only.includes(name)) continue;
    tell(`verdict, ${name} …`);
    const section = await make(options).catch((error: unknown): Section => {
      const failed = error instanceof Error ? error.message : String(error);
      return { section: name, title: "could not be measured", failed };
    });
    sections.push(section);
    onSection(section);
  }
  return { bench: "verdict", sections, machine: machine() };
}

async function scaleSection({ tell }: SectionOptions): Promise<Section> {
  const measured = measuredOfScale(await benchScale({}, tell));
  const of = (name: string): number => measured.figures[name] ?? Number.NaN;
  return section("scale", "1,000 devices of 8 channels at 1 Hz in one intake object of a live server", measured, [
    atMost("sample → verdict, 99th percentile, ms", 50, of("sampleToVerdictP99Ms"), 1, `(median ${of("sampleToVerdictP50Ms")}; ackWithinMs 0)`),
    atMost("scoring in workerd, CPU per sample, µs", 20, of("foldCpuUsPerSample"), 1, `(of ${of("workerdCpuUsPerSample")} in all)`),
    atMost("isolate, MB", 100, of("isolateHeapMb") + of("isolateBuffersMb"), 1),
    atLeast("samples scored, of those sent", 1, measured.ratios["scoredOfSent"] ?? Number.NaN, 4),
  ]);
}

async function textSection({ tell }: SectionOptions): Promise<Section> {
  const { ratios, figures } = await text(tell);
  const of = (name: string): number => figures[name] ?? Number.NaN;
  const columns = [
    "complaints nearest",
    "complaints in 5",
    "complaints zh across nearest",
    "complaints en across nearest",
    "cross-validated nearest",
    "cross-validated in 5",
    "complaints v",
  ];
  return {
    section: "text",
    title: "fault notes found again among 15 faults, by n-grams, by the encoder and by both; complaints are a style that nothing was trained on",
    asked: [
      atMost("missed by the default, over n-grams alone", 1, ratios["missed both/hashed"] ?? Number.NaN, 3),
      atMost("missed by the default, over the encoder alone", 1, ratios["missed both/encoder"] ?? Number.NaN, 3),
    ],
    table: `${tableOfRows(
      ["", ...columns],
      METHODS.map((method) => [method, ...columns.map((column) => of(`${method} ${column}`).toFixed(3))]),
    )}\na note to its vector, ms: median ${of("note p50 ms")}, 99th percentile ${of("note p99 ms")}; all figures: bench text`,
    figures: { ratios, figures },
  };
}

async function swapSection({ tell }: SectionOptions): Promise<Section> {
  const measured = await benchSwap(tell);
  const of = (name: string): number => measured.figures[name] ?? Number.NaN;
  return section("swap", "a model swapped and had back under load", measured, [
    atMost("rolled back, s", 5, of("rollBackMs") / 1_000, 2),
    atLeast("messages scored, of those sent", 1, measured.ratios["scoredOfSent"] ?? Number.NaN, 4, `(${of("sent")})`),
    atLeast("messages acknowledged, of those sent", 1, measured.ratios["ackedOfSent"] ?? Number.NaN, 4),
  ]);
}

/** A bench that stands alone, too. */
function section(name: string, title: string, { ratios, figures }: Measured, asked: readonly Asked[]): Section {
  const rows = Object.entries({ ...ratios, ...figures }).map(([key, value]) => [key, value]);
  return { section: name, title, asked, table: tableOfRows(["", ""], rows), figures: { ratios, figures } };
}
