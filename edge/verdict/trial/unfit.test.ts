import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ModelCard } from "../../../contracts/model-card.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { modelPath, openModelBytes, openModelFile } from "../../../devices/replay/onnx-node.ts";
import { madeAsk, numbersOf } from "../fixtures/ask.ts";
import { tryModel } from "../model.ts";
import type { Scorer } from "../scorer.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function scorerOf(path: string): Promise<Scorer> {
  const scorer = await openModelFile(path);
  if (isRefusal(scorer)) throw new Error(`${path}: ${scorer.rule}`);
  return scorer;
}

describe("VL1 a graph that can't be used is refused at the door, with what is wrong with it", () => {
  test.each([
    ["nan.onnx", "no number"],
    ["lacking.onnx", "not a graph that the runtime loads"],
    ["other.onnx", "lacks mask"],
  ])("%s", async (file, rule) => {
    const answer = await openModelFile(fixture(file));
    expect(answer).toMatchObject({ refused: "bad-model" });
    expect(isRefusal(answer) ? answer.rule : "").toContain(rule);
  });
  test("bytes that were spoilt on their way are refused, or are another model: their hash is another", async () => {
    const bytes = new Uint8Array(readFileSync(modelPath("baseline")));
    const whole = await openModelBytes(bytes);
    for (let at = 0; at < bytes.length; at += 97) {
      const spoilt = bytes.slice();
      spoilt[at] = (spoilt[at] ?? 0) ^ 0xff;
      const answer = await openModelBytes(spoilt);
      expect(isRefusal(answer) || isRefusal(whole) || answer.hash !== whole.hash).toBe(true);
    }
  });
  test("a graph of 8 channels is refused on a profile of 3", async () => {
    expect(await tryModel(await scorerOf(modelPath("gru")), 3)).toMatchObject({ refused: "bad-model", rule: "it does not run" });
    expect(await tryModel(await scorerOf(modelPath("gru")), 8)).toBe(null);
  });
});

test("VL1 every card that ships is one that a hub may announce", () => {
  for (const name of ["autoencoder", "baseline", "cusum", "ensemble", "fleet", "gru", "lstm", "pca", "shift", "spot", "trees", "wear"])
    expect(ModelCard.parse(JSON.parse(readFileSync(modelPath(name).replace(".onnx", ".json"), "utf8")))).toMatchObject({ name });
});

test("VL2 an answer that is no number is that row's alone: the others are scored as without it", async () => {
  const scorer = await scorerOf(fixture("late.onnx"));
  const ask = madeAsk(scorer.hash, 5, 3, numbersOf(3), []);
  const before = await scorer.run(ask);
  expect(before.unanswered).toBe(undefined);
  ask.x[2 * 3] = 200_000;
  const after = await scorer.run(ask);
  expect(after.unanswered).toEqual([2]);
  const but = (values: Float32Array, width: number): readonly number[] => [...values].filter((_, i) => Math.floor(i / width) !== 2);
  expect([but(after.score, 1), but(after.level, 3), but(after.states, 1)]).toEqual([but(before.score, 1), but(before.level, 3), but(before.states, 1)]);
});
