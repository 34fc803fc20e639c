import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { modelPath, openModelFile } from "../../../devices/replay/onnx-node.ts";
import { listRecordings, readRecording } from "../../../devices/replay/recording.ts";
import { replayRecording } from "../../../devices/replay/replay.ts";
import { bearingVibration } from "../../../hub/catalogue/bearing-vibration.ts";
import { madeAsk, numbersOf } from "../fixtures/ask.ts";
import type { Scorer } from "../scorer.ts";
import { partOfThreshold } from "./growth.ts";

const PRONOSTIA = fileURLToPath(new URL("../../../../shared/data/pronostia", import.meta.url));
const WIDTH = 20;
/** Where the middle bands of both axes stand among the channels. */
const MIDDLE = [5, 6, 15, 16];

let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("wear"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

/** Scores of a bearing whose channels are `grown(row, channel)` times what they were in commissioning. */
async function follow(rows: number, grown: (row: number, channel: number) => number): Promise<readonly number[]> {
  const next = numbersOf(3);
  let state: Float32Array | null = null;
  const out: number[] = [];
  for (let i = 0; i < rows; i++) {
    const ask = madeAsk(scorer.hash, 1, WIDTH, numbersOf(1), [state]);
    for (const tensor of [ask.mask, ask.scale, ask.floor]) tensor.fill(1);
    ask.mean.fill(0.2);
    ask.x.set(Array.from({ length: WIDTH }, (_, c) => 0.2 * (0.95 + 0.1 * next()) * grown(i, c)));
    for (const [c, value] of ask.x.entries()) if (Number.isNaN(value)) ask.x[c] = ask.mask[c] = 0;
    const scores = await scorer.run(ask);
    state = scores.states;
    out.push(scores.score[0] ?? Number.NaN);
  }
  return out;
}

const isOver = (score: number): boolean => score >= 0.5;

test("VM7 the middle bands' growth on both axes is told within a minute; the other features, one wild row and a gap are not growth", async () => {
  const worn = await follow(40, (i, c) => (i >= 20 && MIDDLE.includes(c) ? 1.8 : 1));
  expect(worn.slice(0, 20).some(isOver)).toBe(false);
  expect(worn.slice(26).every(isOver)).toBe(true);
  expect((await follow(40, (_, c) => (MIDDLE.includes(c) ? 1 : 5))).some(isOver)).toBe(false);
  expect((await follow(40, (i) => (i === 20 ? 50 : 1))).some(isOver)).toBe(false);
  expect((await follow(40, (i) => (i >= 20 ? Number.NaN : 1))).some(isOver)).toBe(false);
});

test("VM7 growth is read off the score, as a part of the threshold", async () => {
  const grown = await follow(60, (i, c) => (MIDDLE.includes(c) ? (i < 30 ? 1.15 : 1.36 ** 1.5) : 1));
  expect(partOfThreshold(grown[29] ?? 0)).toBeCloseTo(Math.log(1.15) / Math.log(1.36), 1);
  expect(partOfThreshold(grown[59] ?? 0)).toBeCloseTo(1.5, 1);
  expect([partOfThreshold(0), partOfThreshold(0.5)]).toEqual([0, 1]);
});

test("VM7 one axis alone that is missing takes nothing from the other", async () => {
  const half = await follow(40, (i, c) => (c >= WIDTH / 2 ? Number.NaN : i >= 20 && MIDDLE.includes(c) ? 1.8 : 1));
  expect(half.slice(26).every(isOver)).toBe(true);
});

// The recordings are not part of this repository: without them nothing is tried, and the name of the test says so.
if (!existsSync(PRONOSTIA))
  test("VM8 bearings run to failure: no recordings beside this repository, nothing was tried", () => expect(existsSync(PRONOSTIA)).toBe(false));
else
  describe("VM8 bearings run to failure, through the path of live telemetry", () => {
    test("each is warned of before its end and none before half of its life", async () => {
      const leads: number[] = [];
      for (const path of await listRecordings(PRONOSTIA)) {
        const recording = await readRecording(PRONOSTIA, path, WIDTH);
        if (isRefusal(recording)) throw new Error(recording.rule);
        const rows = await replayRecording(recording, bearingVibration, scorer);
        const at = rows.findIndex((row) => row.alarm);
        expect([recording.series, at > rows.length / 2, at < rows.length]).toEqual([recording.series, true, true]);
        leads.push(rows.length - 1 - at);
      }
      expect(leads.length).toBe(6);
      // Rows of ten seconds; with the threshold of all six. Left out one by one it is 35 in the median, and 16 at least.
      expect(leads.sort((a, b) => a - b)[3]).toBeGreaterThanOrEqual(30);
      expect(leads[0]).toBeGreaterThanOrEqual(12);
    });
  });
