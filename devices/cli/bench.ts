/** `bench`: figures of this machine. Ratios first, then absolutes with the machine they were taken on. */
import { benchVerdict } from "../../edge/verdict/verdict.bench.ts";
import { drifts } from "../bench/drift.ts";
import { identity } from "../bench/identity.ts";
import { ingest } from "../bench/ingest.ts";
import { knowledge } from "../bench/knowledge.ts";
import type { Measured } from "../bench/machine.ts";
import { merge } from "../bench/merge.ts";
import { sync } from "../bench/sync.ts";
import { wire } from "../bench/wire.ts";
import { print, printJson, progress, usage } from "./outcome.ts";

const BENCHES: Readonly<Record<string, (tell: (line: string) => void) => Promise<Measured>>> = {
  ingest,
  verdict: benchVerdict,
  drift: drifts,
  identity,
  knowledge,
  wire,
  merge,
  sync,
};

export async function bench(name: string | undefined, options: { readonly json: boolean }): Promise<void> {
  if (name !== undefined && !(name in BENCHES)) throw usage(`no benchmark ${name}: there are ${Object.keys(BENCHES).join(", ")}`);
  for (const [one, run] of Object.entries(BENCHES)) {
    if (name !== undefined && name !== one) continue;
    progress(`bench ${one} …`);
    const measured = await run(progress);
    if (options.json) printJson(measured);
    else print(tableOf(measured));
  }
}

export function tableOf({ bench: name, ratios, figures, machine }: Measured): string {
  const rows = (of: Readonly<Record<string, number>>) => Object.entries(of).map(([key, value]) => `  ${key.padEnd(24)} ${value}`);
  return [
    name,
    ...rows(ratios),
    ...rows(figures),
    `  on ${machine.cpus} × ${machine.model}, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`,
  ].join("\n");
}
