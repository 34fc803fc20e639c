/** `unit fit`: what healthy machines of a unit reach, by channel, beside what counts now; with `--apply` it counts. */
import type { Applied, FleetFloor } from "../../contracts/fit.ts";
import type { Where } from "./api.ts";
import { withApi } from "./api.ts";
import { print, printJson } from "./outcome.ts";

export type UnitFit = Where & { readonly profile: string; readonly apply: boolean; readonly json: boolean };

/** Half an hour of sixty machines takes seconds, between their telemetry. */
const FIT_MS = 120_000;

export async function fitUnit(unit: string, { profile, apply, json, ...where }: UnitFit): Promise<void> {
  await withApi(where, async (api) => {
    const path = `/api/u/${unit}/models/${encodeURIComponent(profile)}/fit`;
    const fit = await api.ask<FleetFloor>("GET", path, undefined, FIT_MS);
    if (!json) print(shown(fit));
    const applied = apply ? await api.ask<Applied>("POST", path, { rules: fit.rules, floor: fit.channels.map(({ after }) => after) }) : null;
    if (json) printJson({ ...fit, applied: applied?.rules ?? null });
    else if (applied === null) print(`nothing has changed; to have it: outpost unit fit ${unit} --profile ${profile} --apply`);
    else print(`unit ${unit} runs it now; its rules are ${applied.rules}`);
  });
}

function shown({ devices, leftOut, rows, channels }: FleetFloor): string {
  const width = Math.max(...channels.map(({ channel }) => channel.length));
  const lines = channels.map(({ channel, before, after }) => `  ${channel.padEnd(width)}  ${(before?.toString() ?? "none").padStart(8)} -> ${after}`);
  const without = leftOut.length === 0 ? "" : `; left out, since they stand out: ${leftOut.join(", ")}`;
  return [`floors by ${rows} normal rows of ${devices} machines${without}`, ...lines].join("\n");
}
