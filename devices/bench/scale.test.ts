import { expect, test } from "vitest";
import { machine } from "./machine.ts";
import { measuredOfScale, type ScaleFigures, tableOfScale } from "./scale.ts";

const cost = (rows: number, scoring: number) => ({ rows, model: scoring / 2, scoring, fold: scoring * 2 });
const figures: ScaleFigures = {
  batches: [cost(1, 200), cost(16, 20), cost(256, 8), cost(1_024, 6)],
  parse: 2,
  held: [{ devices: 1_000, bytesPerDevice: 15_000, savedBytesPerDevice: 7_000, saveP50Ms: 0.3, saveMaxMs: 0.5 }],
  runtimeMb: 20,
  live: {
    devices: 1_000,
    samples: 10_000,
    scored: 10_000,
    verdictMs: Array.from({ length: 100 }, (_, i) => i),
    ackMs: [5, 6, 7],
    workerdUs: 300,
    isolateUs: 100,
    foldUs: 15,
    modelUs: 10,
    saveUs: 1,
    collectorUs: 2,
    heapMb: 40,
    buffersMb: 20,
    residentMb: 300,
  },
  machine: machine(),
};

test("VS8 figures at scale are held against what is promised, and say so where they miss it", () => {
  const { ratios, figures: numbers } = measuredOfScale(figures);
  expect(ratios).toEqual({
    verdictP99OfPromise: 1.96,
    scoringOfPromise: 0.75,
    isolateOfPromise: 0.8,
    scoredOfSent: 1,
    "scoring256/1": 0.04,
    "scoring1024/1": 0.03,
    "scoring1024/parse": 3,
  });
  expect(numbers).toMatchObject({ sampleToVerdictP99Ms: 98, modelCpuUsPerSample: 10, "stateMb.1000": 15, "checkpointMb.1000": 7, "foldUs.16": 40 });
  expect(tableOfScale(figures)).toContain("verdictP99OfPromise");
  const { live: _live, ...alone } = figures;
  expect(Object.keys(measuredOfScale({ ...alone, live: null }).ratios)).not.toContain("verdictP99OfPromise");
});
