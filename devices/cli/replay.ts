/** `replay`: recordings through the live ingest and verdict path, in virtual time (`devices/replay`). */
import { createWriteStream, existsSync, openSync } from "node:fs";
import { finished } from "node:stream/promises";
import { isRefusal } from "../../contracts/refusal.ts";
import { TEMPLATES } from "../../hub/catalogue/templates.ts";
import { replay as play } from "../replay/replay.ts";
import { startBar } from "./bar.ts";
import { printJson, progress, refusedJob, usage } from "./outcome.ts";

export type Replay = { readonly data: string; readonly template: string; readonly out?: string; readonly model?: string; readonly json: boolean };

export async function replay(options: Replay): Promise<void> {
  const scenario = TEMPLATES.get(options.template);
  if (scenario === undefined) throw usage(`no template ${options.template}: there are ${[...TEMPLATES.keys()].join(", ")}`);
  if (!existsSync(options.data)) throw usage(`--data: no folder ${options.data}`);
  if (options.model !== undefined && !existsSync(options.model)) throw usage(`--model: no file ${options.model}`);
  if (options.json && options.out === undefined) throw usage("--json goes with --out: standard output is the CSV without it");
  const bar = startBar("replay");
  const out = options.out === undefined ? process.stdout : createWriteStream(options.out, { fd: openOut(options.out) });
  const summary = await play({
    data: options.data,
    scenario,
    out,
    ...(options.model === undefined ? {} : { modelOverride: options.model }),
    onSeries: (series, done, of) => bar.step(done, of, series),
  });
  bar.end();
  if (options.out !== undefined) {
    out.end();
    await finished(out);
  }
  if (isRefusal(summary)) throw refusedJob(summary);
  if (options.json) return printJson(summary);
  progress(
    `${summary.series} series, ${summary.rows} rows, ${summary.scored} scored, ${summary.alarmRows} with an alarm in ${summary.alarmEdges} stretches; model ${summary.modelName} ${summary.model}`,
  );
}

function openOut(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw usage(`--out: ${error instanceof Error ? error.message : String(error)}`);
  }
}
