/** `bench`: figures of this machine. Ratios first, then absolutes with the machine they were taken on. */
import { benchRoster } from "../../edge/dispatch/roster/roster.bench.ts";
import { benchSla } from "../../edge/ticket/sla.bench.ts";
import { benchVerdict } from "../../edge/verdict/verdict.bench.ts";
import { LOADS } from "../bench/accept-load.ts";
import { accept } from "../bench/accept.ts";
import { drifts } from "../bench/drift.ts";
import { identity } from "../bench/identity.ts";
import { ingest } from "../bench/ingest.ts";
import { insert } from "../bench/insert.ts";
import { knowledge } from "../bench/knowledge.ts";
import type { Measured } from "../bench/machine.ts";
import { merge } from "../bench/merge.ts";
import { planner } from "../bench/planner.ts";
import { plan } from "../bench/plan.ts";
import { slices } from "../bench/slices.ts";
import { benchSwap } from "../bench/swap.ts";
import { sync } from "../bench/sync.ts";
import { text } from "../bench/text.ts";
import { wire } from "../bench/wire.ts";
import { print, printJson, progress, usage } from "./outcome.ts";

export type BenchOptions = {
  readonly json: boolean;
  /** Of `accept`: how many machines, and what else the unit has to do in the second half. */
  readonly devices?: number;
  readonly load?: string;
};

const BENCHES: Readonly<Record<string, (tell: (line: string) => void, options: BenchOptions) => Promise<Measured>>> = {
  ingest,
  verdict: benchVerdict,
  drift: drifts,
  identity,
  knowledge,
  wire,
  merge,
  planner,
  slices: async (tell) => slices(tell),
  sync,
  swap: benchSwap,
  insert,
  text,
  plan,
  accept: (tell, { devices, load }) => {
    const extra = load === undefined ? undefined : LOADS[load];
    return accept(tell, { ...(devices === undefined ? {} : { devices }), ...(extra === undefined ? {} : { load: extra }) });
  },
  sla: async () => benchSla(),
  roster: async () => benchRoster(),
};

export async function bench(name: string | undefined, options: BenchOptions): Promise<void> {
  if (name !== undefined && !(name in BENCHES)) throw usage(`no benchmark ${name}: there are ${Object.keys(BENCHES).join(", ")}`);
  const { load } = options;
  if (load !== undefined && !(load in LOADS)) throw usage(`--load: no load ${load}: there are ${Object.keys(LOADS).join(", ")}`);
  for (const [one, run] of Object.entries(BENCHES)) {
    if (name !== undefined && name !== one) continue;
    progress(`bench ${one} …`);
    const measured = await run(progress, options);
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
