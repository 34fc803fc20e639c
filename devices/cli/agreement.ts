/** `agreement import`: what customers are entitled to, and the calendars that hours are counted on, to a unit. Taken whole, or every fault is named. */
import { z } from "zod";
import type { Where } from "./api.ts";
import { bring } from "./document.ts";
import { print, printJson, progress } from "./outcome.ts";

export type AgreementImport = Where & { readonly unit: string; readonly dryRun: boolean; readonly json: boolean };

const Taken = z.object({ taken: z.number(), unchanged: z.number(), strangers: z.array(z.string()) });

export async function importAgreements(file: string, { unit, dryRun, json, ...where }: AgreementImport): Promise<void> {
  const taken = await bring(file, `/api/u/${encodeURIComponent(unit)}/agreements`, Taken, { ...where, dryRun });
  for (const stranger of taken.strangers) progress(`${file}: ${stranger} is not in ${unit}: another unit's, or misspelt`);
  if (json) return printJson({ unit, dryRun, ...taken });
  print(`taken      ${taken.taken}${dryRun ? "   (dry run: nothing is written)" : ""}`);
  print(`unchanged  ${taken.unchanged}`);
}
