/**
 * Scoring at scale: what a sample costs at several batch sizes, what a thousand and ten thousand devices hold, and how long it is from a sample to
 * its verdict with a thousand devices of eight channels at 1 Hz in one Intake object of the real server.
 */
import type { Tell } from "../server/build.ts";
import { type Machine, machine, type Measured, quantile } from "./machine.ts";
import { type BatchCost, costByBatch, type HeldState, heldState, runtimeBytes } from "./scale-fold.ts";
import { type ScaleLive, scaleLive } from "./scale-live.ts";

/** What is promised: beyond `ackWithinMs`, which the template has at 0. */
const VERDICT_P99_MS = 50;
const SCORING_US = 20;
const ISOLATE_MB = 100;
const DEVICES = 1_000;
const SECONDS = 60;
const HELD_DEVICES = [1_000, 10_000] as const;

export type ScaleOptions = {
  /** Of the server's stretches; 60 unless told. */
  readonly seconds?: number;
  /** Of the server; 1,000 unless told, 0 for none. */
  readonly devices?: number;
};

export type ScaleFigures = {
  /** µs of processor time per sample. */
  readonly batches: readonly BatchCost[];
  readonly parse: number;
  readonly held: readonly HeldState[];
  /** Of the ONNX runtime; in the server it comes on top of what the isolate says of itself. */
  readonly runtimeMb: number;
  readonly live: ScaleLive | null;
  readonly machine: Machine;
};

export async function benchScale({ seconds = SECONDS, devices = DEVICES }: ScaleOptions, tell: Tell): Promise<ScaleFigures> {
  tell("cost by batch …");
  const { batches, parse } = await costByBatch();
  const held: HeldState[] = [];
  for (const count of HELD_DEVICES) {
    tell(`${count} devices in memory …`);
    held.push(await heldState(count));
  }
  const live = devices === 0 ? null : await scaleLive(devices, seconds, tell);
  return { batches, parse, held, runtimeMb: runtimeBytes() / 1e6, live, machine: machine() };
}

export function tableOfScale(figures: ScaleFigures): string {
  const { ratios, figures: numbers } = measuredOfScale(figures);
  return Object.entries({ ...ratios, ...numbers })
    .map(([key, value]) => `  ${key.padEnd(32)} ${value}`)
    .join("\n");
}

export function measuredOfScale({ batches, parse, held, runtimeMb, live, machine: on }: ScaleFigures): Measured {
  const costOf = (rows: number): number => batches.find((one) => one.rows === rows)?.scoring ?? Number.NaN;
  return {
    bench: "scale",
    ratios: rounded({
      ...(live === null
        ? {}
        : {
            verdictP99OfPromise: quantile(live.verdictMs, 0.99) / VERDICT_P99_MS,
            scoringOfPromise: live.foldUs / SCORING_US,
            isolateOfPromise: (live.heapMb + live.buffersMb + runtimeMb) / ISOLATE_MB,
            scoredOfSent: live.scored / live.samples,
          }),
      "scoring256/1": costOf(256) / costOf(1),
      "scoring1024/1": costOf(1_024) / costOf(1),
      "scoring1024/parse": costOf(1_024) / parse,
    }),
    figures: rounded({
      ...Object.fromEntries(
        batches.flatMap(({ rows, model, scoring, fold }) => [
          [`modelUs.${rows}`, model],
          [`scoringUs.${rows}`, scoring],
          [`foldUs.${rows}`, fold],
        ]),
      ),
      parseUs: parse,
      ...Object.fromEntries(
        held.flatMap(({ devices, bytesPerDevice, savedBytesPerDevice, saveP50Ms, saveMaxMs }) => [
          [`stateMb.${devices}`, (bytesPerDevice * devices) / 1e6],
          [`checkpointMb.${devices}`, (savedBytesPerDevice * devices) / 1e6],
          [`saveSliceP50Ms.${devices}`, saveP50Ms],
          [`saveSliceMaxMs.${devices}`, saveMaxMs],
        ]),
      ),
      runtimeMb,
      ...(live === null ? {} : liveFigures(live)),
    }),
    machine: on,
  };
}

function liveFigures(live: ScaleLive): Readonly<Record<string, number>> {
  return {
    devices: live.devices,
    samples: live.samples,
    sampleToVerdictP50Ms: quantile(live.verdictMs, 0.5),
    sampleToVerdictP99Ms: quantile(live.verdictMs, 0.99),
    verdictsLookedAt: live.verdictMs.length,
    publishToPubackP50Ms: quantile(live.ackMs, 0.5),
    publishToPubackP99Ms: quantile(live.ackMs, 0.99),
    workerdCpuUsPerSample: live.workerdUs,
    isolateCpuUsPerSample: live.isolateUs,
    foldCpuUsPerSample: live.foldUs,
    modelCpuUsPerSample: live.modelUs,
    checkpointCpuUsPerSample: live.saveUs,
    collectorCpuUsPerSample: live.collectorUs,
    isolateHeapMb: live.heapMb,
    isolateBuffersMb: live.buffersMb,
    workerdResidentMb: live.residentMb,
  };
}

function rounded(values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value.toPrecision(3))]));
}
