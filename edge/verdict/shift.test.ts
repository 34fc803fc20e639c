import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { madeAsk, numbersOf } from "./fixtures/ask.ts";

/** Highest score over 40 rows at 9 scales on one channel, after 450 rows in which it said what `before` says; null is a gap. */
async function scoreAfter(before: (i: number) => number | null): Promise<number> {
  const scorer = await openModelFile(modelPath("shift"));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  const next = numbersOf(3);
  let state: Float32Array | null = null;
  let worst = 0;
  for (let i = 0; i < 490; i++) {
    const value = i < 450 ? before(i) : 9;
    const ask = madeAsk(scorer.hash, 1, 8, numbersOf(1), [state]);
    ask.x.set(Array.from({ length: 8 }, (_, c) => (c === 3 ? (value ?? 0) : next() / 5 - 0.1)));
    ask.mask.fill(1);
    if (value === null) ask.mask[3] = 0;
    for (const [tensor, fill] of [
      [ask.mean, 0],
      [ask.scale, 1],
      [ask.floor, 1],
    ] as const)
      tensor.fill(fill);
    const scores = await scorer.run(ask);
    state = scores.states;
    if (i >= 450) worst = Math.max(worst, scores.score[0] ?? Number.NaN);
  }
  return worst;
}

test("V8 a channel that says nothing while its noise begins to be learnt is watched like any other", async () => {
  const next = numbersOf(5);
  for (const from of [0, 30, 60]) expect(await scoreAfter((i) => (i >= from && i < from + 9 ? null : next() / 5 - 0.1))).toBeGreaterThan(0.5);
});

test("V8 a channel that never moved is watched: the step is its first movement", async () => {
  expect(await scoreAfter(() => 0)).toBeGreaterThan(0.5);
});
