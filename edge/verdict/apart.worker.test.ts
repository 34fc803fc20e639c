import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { openModel, warmUp } from "../shell/onnx.ts";
import { bitsOf, GOLDEN_APART, scoreSteps } from "./fixtures/ask.ts";
import shift from "./models/shift.onnx";

test("V7 in workerd a model that is handed to a unit gives the same bits as in Node", async () => {
  await warmUp();
  const scorer = await openModel(new Uint8Array(shift));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  expect(bytesToHex(sha256(bitsOf(await scoreSteps(scorer, 5, 8, 20, 7))))).toBe(GOLDEN_APART["shift"]);
});
