/** `knowledge import`: what is known of machines and their faults, to a unit. A document is taken whole, or every fault of it is named. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { Refusal } from "../../contracts/refusal.ts";
import { type Where, withApi } from "./api.ts";
import { print, printJson, progress, refusalLine, usage } from "./outcome.ts";

export type KnowledgeImport = Where & { readonly unit: string; readonly dryRun: boolean; readonly json: boolean };

/** 5,000 entries are checked in a second or two; on a loaded machine, in ten. */
const IMPORT_MS = 60_000;

const Taken = z.object({ taken: z.number(), unchanged: z.number(), entries: z.array(z.string()) });
const Tried = z.union([Taken, z.object({ faults: z.array(Refusal).min(1), more: z.number() })]);

export async function importKnowledge(file: string, { unit, dryRun, json, ...where }: KnowledgeImport): Promise<void> {
  const document = jsonIn(file);
  const path = `/api/u/${encodeURIComponent(unit)}/knowledge`;
  const taken = await withApi(where, async (api) => {
    const tried = Tried.parse(await api.ask("POST", `${path}?dry=1`, document, IMPORT_MS));
    if ("faults" in tried) {
      for (const fault of tried.faults.slice(1)) progress(`${file}: ${refusalLine(fault)}`);
      if (tried.more > 0) progress(`${file}: and ${tried.more} more`);
      const [first] = tried.faults;
      throw usage(`${file}: ${first === undefined ? "not taken" : refusalLine(first)}`);
    }
    return dryRun ? tried : Taken.parse(await api.ask("POST", path, document, IMPORT_MS));
  });
  if (json) return printJson({ unit, dryRun, ...taken });
  print(`taken      ${taken.taken}${dryRun ? "   (dry run: nothing is written)" : ""}`);
  print(`unchanged  ${taken.unchanged}`);
}

function jsonIn(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    throw usage(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw usage(`${file}: a JSON object with "format" and "entries"`);
}
