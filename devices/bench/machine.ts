/** What a figure was taken on, and the figures' own words: ratios first, then absolutes. */
import { readFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";

export type Machine = { readonly cpus: number; readonly model: string; readonly memoryGb: number; readonly platform: string; readonly node: string };

/** A ratio is against a promise or a peer, and says which: below 1 is better. */
export type Measured = {
  readonly bench: string;
  readonly ratios: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly machine: Machine;
};

export function machine(): Machine {
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model.trim() ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
}

/** The smallest value that at least `share` of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Clock ticks a second in /proc on Linux. */
const TICKS_HZ = 100;

/** Processor time that a process has used, or its main thread alone, where /proc tells; NaN elsewhere. */
export function cpuMs(pid: number, of: "process" | "main thread" = "process"): number {
  try {
    const fields =
      readFileSync(of === "process" ? `/proc/${pid}/stat` : `/proc/${pid}/task/${pid}/stat`, "utf8")
        .split(") ")
        .at(-1)
        ?.split(" ") ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_HZ;
  } catch {
    return Number.NaN;
  }
}
