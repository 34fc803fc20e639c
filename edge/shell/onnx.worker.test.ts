import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { pumpSequence } from "../../hub/catalogue/pump-sequence.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { bitsOf, GOLDEN, scoreSteps, widthOf } from "../verdict/fixtures/ask.ts";
import { MODELS, bundledModel, modelHashOf } from "./models.ts";
import { openModel, warmUp } from "./onnx.ts";

test("V7 in workerd the models that ship give the same bits as in Node", async () => {
  await warmUp();
  expect(MODELS.map((model) => model.name).sort()).toEqual(Object.keys(GOLDEN).sort());
  for (const model of MODELS) {
    const scorer = await openModel(model.bytes);
    if (isRefusal(scorer)) throw new Error(scorer.rule);
    expect(scorer.hash).toBe(model.hash);
    expect([model.name, bytesToHex(sha256(bitsOf(await scoreSteps(scorer, 5, widthOf(model.name), 20, 7))))]).toEqual([model.name, GOLDEN[model.name]]);
  }
});

test("V9 in workerd a wrong model is refused, and the runtime goes on", async () => {
  expect(await openModel(Uint8Array.of(1, 2, 3))).toMatchObject({ refused: "bad-model" });
  const opened = await Promise.all(MODELS.map((model) => openModel(model.bytes)));
  expect(opened.some(isRefusal)).toBe(false);
});

test("V10 every profile of every template names a model that ships", () => {
  for (const profile of [...pumpVibration.profiles, ...pumpSequence.profiles, ...bearingVibration.profiles]) {
    const hash = modelHashOf(profile);
    expect(hash === null ? null : bundledModel(hash)?.name).toBe(profile.model);
  }
});
