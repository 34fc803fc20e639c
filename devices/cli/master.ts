/** `master import`: a table of another system, with its mapping, to the hub; what was refused comes back as a file to be mended. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { isRefusal } from "../../contracts/refusal.ts";
import type { RefusalCode } from "../../contracts/refusal.ts";
import type { ImportAnswer } from "../../hub/master/asked.ts";
import { readText } from "../../hub/master/csv.ts";
import type { Where } from "./api.ts";
import { withApi } from "./api.ts";
import { print, printJson, progress, refusalLine, refusalOf, usage } from "./outcome.ts";

export type MasterImport = Where & {
  readonly family: string;
  readonly mapping: string;
  readonly units: readonly string[];
  readonly dryRun: boolean;
  readonly autoMerge: boolean;
  readonly match: boolean;
  readonly encoding: string;
  readonly rejects?: string;
  readonly json: boolean;
};

/** 5,000 rows are matched and written in some seconds; on a loaded machine, in a minute. */
const IMPORT_MS = 300_000;
/** The file, the mapping or an option is at fault, not the job. */
const OURS: readonly RefusalCode[] = ["malformed", "too-large", "too-many", "needs-person", "not-permitted"];

export async function importMaster(file: string, options: MasterImport): Promise<void> {
  const mapping = jsonIn(options.mapping, "--mapping");
  if (typeof mapping !== "object" || mapping === null || Array.isArray(mapping)) throw usage(`--mapping: ${options.mapping} is not a JSON object`);
  const table = tableIn(file, options.encoding);
  const { family, units, dryRun, autoMerge, match } = options;
  const ask = { family, mapping, ...table, fileName: basename(file), units, dryRun, autoMerge, match };
  const answer = await withApi(options, (api) => api.ask<ImportAnswer>("POST", "/api/hub/master/imports", ask, IMPORT_MS)).catch((error: unknown) => {
    const refusal = refusalOf(error);
    throw refusal !== null && OURS.includes(refusal.refused) ? usage(refusalLine(refusal)) : error;
  });
  const rejects = answer.rejectsCsv === undefined ? null : (options.rejects ?? `${file.replace(/\.(?:csv|json|txt)$/i, "")}.rejects.csv`);
  if (rejects !== null) writeFileSync(rejects, answer.rejectsCsv ?? "");
  if (answer.continued) progress("this file was cut short before: went on where it was");
  if (options.json) {
    const { counts, dryRun: dry, run, unread } = answer;
    printJson({ ...counts, dryRun: dry, import: run?.id ?? null, written: run?.written ?? 0, failed: run?.failed ?? 0, rejects, unread });
    return;
  }
  const { counts, run, unread } = answer;
  print(`rows       ${counts.rows}${run === null ? "   (dry run: nothing is written)" : ""}`);
  print(`new        ${counts.new}\nchanged    ${counts.changed}\nunchanged  ${counts.unchanged}`);
  print(`rejected   ${counts.rejected + (run?.failed ?? 0)}${rejects === null ? "" : `   with their reasons in ${rejects}`}`);
  print(`to review  ${counts.toReview}${counts.toReview === 0 ? "" : "   GET /api/hub/master/reviews"}`);
  if (unread.length > 0) print(`not mapped ${unread.join(", ")}`);
}

function tableIn(file: string, encoding: string): { readonly csv: string } | { readonly rows: unknown } {
  if (/\.json$/i.test(file)) return { rows: jsonIn(file, file) };
  const text = readText(bytesIn(file, file), encoding);
  if (isRefusal(text)) throw usage(`${file}: ${text.rule}; ${text.mend}`);
  return { csv: text };
}

function jsonIn(file: string, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytesIn(file, name)));
  } catch (error) {
    if (error instanceof SyntaxError) throw usage(`${name}: ${file} is not JSON: ${error.message.split("\n")[0]}`);
    throw error;
  }
}

function bytesIn(file: string, name: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usage(`${name}: ${file} can't be read: ${error instanceof Error && "code" in error ? String(error.code) : String(error)}`);
  }
}
