/** `knowledge import`: what is known of machines and their faults, to a unit. A document is taken whole, or every fault of it is named. */
import { z } from "zod";
import type { Where } from "./api.ts";
import { bring } from "./document.ts";
import { print, printJson } from "./outcome.ts";

export type KnowledgeImport = Where & { readonly unit: string; readonly dryRun: boolean; readonly json: boolean };

const Taken = z.object({ taken: z.number(), unchanged: z.number(), entries: z.array(z.string()) });

export async function importKnowledge(file: string, { unit, dryRun, json, ...where }: KnowledgeImport): Promise<void> {
  const taken = await bring(file, `/api/u/${encodeURIComponent(unit)}/knowledge`, Taken, { ...where, dryRun });
  if (json) return printJson({ unit, dryRun, ...taken });
  print(`taken      ${taken.taken}${dryRun ? "   (dry run: nothing is written)" : ""}`);
  print(`unchanged  ${taken.unchanged}`);
}
