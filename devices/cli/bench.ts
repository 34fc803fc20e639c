/** `bench`: figures of this machine. Ratios first, then absolutes with the machine they were taken on. */
import { benchRoster } from "../../edge/dispatch/roster/roster.bench.ts";
import { benchSla } from "../../edge/ticket/sla.bench.ts";
import { benchBurst } from "../../edge/vibration/burst.bench.ts";
import { LOADS } from "../bench/accept-load.ts";
import { accept } from "../bench/accept.ts";
import { benchAssetDays, sectionOf } from "../bench/asset-days.ts";
import { drifts } from "../bench/drift.ts";
import { identity } from "../bench/identity.ts";
import { ingest } from "../bench/ingest.ts";
import { insert } from "../bench/insert.ts";
import { knowledge } from "../bench/knowledge.ts";
import { machine, type Machine, type Measured } from "../bench/machine.ts";
import { merge } from "../bench/merge.ts";
import { benchNeighbours } from "../bench/mqtt-neighbours.ts";
import { benchSilent } from "../bench/mqtt-silent.ts";
import { benchMqtt } from "../bench/mqtt.ts";
import { planner } from "../bench/planner.ts";
import { plan } from "../bench/plan.ts";
import { benchScale, measuredOfScale } from "../bench/scale.ts";
import { slices } from "../bench/slices.ts";
import { benchSwap } from "../bench/swap.ts";
import { sync } from "../bench/sync.ts";
import { text } from "../bench/text.ts";
import { textOfSection } from "../bench/verdict-section.ts";
import { benchVerdict } from "../bench/verdict.ts";
import { wire } from "../bench/wire.ts";
import { failure, print, printJson, progress, usage } from "./outcome.ts";

export type BenchOptions = {
  readonly json: boolean;
  /** Of `accept` and `scale`: how many machines; of `accept`: what else the unit has to do in the second half. */
  readonly devices?: number;
  readonly load?: string;
  /** Of `verdict`: a folder with recordings. Of `verdict` and `mqtt`: some of their sections or cases. */
  readonly data?: string;
  /** Of `asset-days`: of healthy machines, and faults that are injected. */
  readonly days?: number;
  readonly faults?: number;
  readonly bounds?: true;
  readonly seed?: number;
  readonly only?: readonly string[];
};

/** Prints its sections itself. */
const VERDICT = "verdict";
/** A part of that, in full: some forty minutes of processor time. Only where it is asked for by name. */
const ASSET_DAYS = "asset-days";
const ASSET_DAYS_FULL = { days: 1_000, faults: 120 } as const;

const BENCHES: Readonly<Record<string, (tell: (line: string) => void, options: BenchOptions) => Promise<Measured>>> = {
  ingest,
  drift: drifts,
  identity,
  knowledge,
  mqtt: (tell, { only }) => benchMqtt(tell, only),
  neighbours: (tell) => benchNeighbours(tell),
  silent: (tell, { devices }) => benchSilent(tell, devices),
  wire,
  merge,
  planner,
  slices: async (tell) => slices(tell),
  sync,
  swap: benchSwap,
  insert,
  text,
  scale: async (tell, { devices }) => measuredOfScale(await benchScale(devices === undefined ? {} : { devices }, tell)),
  plan,
  accept: (tell, { devices, load }) => {
    const extra = load === undefined ? undefined : LOADS[load];
    return accept(tell, { ...(devices === undefined ? {} : { devices }), ...(extra === undefined ? {} : { load: extra }) });
  },
  sla: async () => benchSla(),
  burst: async () => benchBurst(),
  roster: async () => benchRoster(),
};

export async function bench(name: string | undefined, options: BenchOptions): Promise<void> {
  const names = [VERDICT, ASSET_DAYS, ...Object.keys(BENCHES)];
  if (name !== undefined && !names.includes(name)) throw usage(`no benchmark ${name}: there are ${names.join(", ")}`);
  const { load } = options;
  if (load !== undefined && !(load in LOADS)) throw usage(`--load: no load ${load}: there are ${Object.keys(LOADS).join(", ")}`);
  if (name === undefined || name === VERDICT) await verdict(options);
  if (name === ASSET_DAYS) await assetDays(options);
  for (const [one, run] of Object.entries(BENCHES)) {
    if (name !== undefined && name !== one) continue;
    progress(`bench ${one} …`);
    const measured = await run(progress, options);
    if (options.json) printJson(measured);
    else print(tableOf(measured));
  }
}

async function verdict({ json, data, only }: BenchOptions): Promise<void> {
  const measured = await benchVerdict({ ...(data === undefined ? {} : { data }), ...(only === undefined ? {} : { only }) }, progress, (section) => {
    if (!json) print(textOfSection(section));
  });
  if (json) printJson(measured);
  else print(lineOf(measured.machine));
  const failed = measured.sections.flatMap((one) => ("failed" in one ? [one.section] : []));
  if (failed.length > 0) throw failure(`not measured: ${failed.join(", ")}`);
}

async function assetDays({ json, days = ASSET_DAYS_FULL.days, faults = ASSET_DAYS_FULL.faults, seed, bounds }: BenchOptions): Promise<void> {
  const measured = await benchAssetDays({ days, faults, ...(seed === undefined ? {} : { seed }), ...(bounds === undefined ? {} : { bounds }) }, progress);
  if (json) return printJson({ ...measured, machine: machine() });
  print(textOfSection(sectionOf(measured)));
  print(lineOf(machine()));
}

function lineOf(machine: Machine): string {
  return `  on ${machine.cpus} × ${machine.model}, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`;
}

export function tableOf({ bench: name, ratios, figures, machine }: Measured): string {
  const rows = (of: Readonly<Record<string, number>>) => Object.entries(of).map(([key, value]) => `  ${key.padEnd(24)} ${value}`);
  return [name, ...rows(ratios), ...rows(figures), lineOf(machine)].join("\n");
}
