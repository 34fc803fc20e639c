import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MODEL_BYTES_MAX, ModelCard } from "../../contracts/model-card.ts";
import { checkCard, checkFile } from "./card.ts";
import { readGraph } from "./graph.ts";

const folder = join(import.meta.dirname, "..", "..", "edge", "verdict", "models");
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".onnx") ? [file.slice(0, -".onnx".length)] : []));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, `${name}.onnx`)));
const cardOf = (name: string): ModelCard => ModelCard.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
const digestOf = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

test("HM1 every model that ships is taken with its own card, and refused with another's", () => {
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    const [card, bytes] = [cardOf(name), bytesOf(name)];
    expect([name, checkCard(card, card.sha256), checkFile(card, bytes, digestOf(bytes))]).toEqual([name, null, null]);
    const other = cardOf(names.find((one) => one !== name) ?? "");
    expect(checkFile(other, bytes, digestOf(bytes))).toMatchObject({ refused: "bad-model", field: "sha256" });
    expect(checkCard(other, card.sha256)).toMatchObject({ refused: "malformed", field: "sha256" });
  }
});

test("HM1 a card that does not say which rows the model takes, or what it answers, is refused with the field", () => {
  const card = cardOf("shift");
  const without = (field: "inputs" | "outputs", name: string) => ({
    ...card,
    [field]: Object.fromEntries(Object.entries(card[field]).filter(([key]) => key !== name)),
  });
  expect(checkCard(without("inputs", "x"), card.sha256)).toMatchObject({ refused: "malformed", field: "inputs.x" });
  expect(checkCard({ ...card, inputs: { ...card.inputs, x: ["B", "width"] } }, card.sha256)).toMatchObject({ field: "inputs.x" });
  expect(checkCard({ ...card, inputs: { ...card.inputs, x: ["B"] } }, card.sha256)).toMatchObject({ field: "inputs.x" });
  expect(checkCard(without("outputs", "score"), card.sha256)).toMatchObject({ refused: "malformed", field: "outputs.score" });
  expect(checkCard({ ...card, kind: "text", inputs: { ids: ["B", "T"] }, outputs: { vector: ["B", 64] } }, card.sha256)).toBeNull();
});

test("HM1 a card that says otherwise than its file is refused with the field: length, inputs, outputs, shapes, operator set", () => {
  const [card, bytes] = [cardOf("shift"), bytesOf("shift")];
  const refusal = (other: Partial<ModelCard>) => checkFile({ ...card, ...other }, bytes, card.sha256);
  expect(refusal({ bytes: card.bytes + 1 })).toMatchObject({ refused: "malformed", field: "bytes" });
  expect(refusal({ inputs: { ...card.inputs, speed: ["B", 8] } })).toMatchObject({ refused: "malformed", field: "inputs.speed" });
  const { floor: _, ...few } = card.inputs;
  expect(refusal({ inputs: few })).toMatchObject({ refused: "malformed", field: "inputs.floor" });
  expect(refusal({ inputs: { ...card.inputs, x: ["B", 7] } })).toMatchObject({ refused: "malformed", field: "inputs.x", rule: expect.stringContaining("8") });
  expect(refusal({ outputs: { ...card.outputs, share: ["B", 8, 1] } })).toMatchObject({ refused: "malformed", field: "outputs.share" });
  expect(refusal({ opset: 11 })).toMatchObject({ refused: "malformed", field: "opset" });
});

test("HM1 bytes that are no graph, too many, or cut are refused, whatever their card says", () => {
  const card = cardOf("baseline");
  const refusal = (bytes: Uint8Array) =>
    checkFile({ ...card, sha256: digestOf(bytes) as ModelCard["sha256"], bytes: Math.max(1, bytes.byteLength) }, bytes, digestOf(bytes));
  expect(refusal(new Uint8Array([1, 2, 3]))).toMatchObject({ refused: "bad-model" });
  expect(refusal(new TextEncoder().encode("<html>404</html>"))).toMatchObject({ refused: "bad-model" });
  expect(refusal(new Uint8Array(MODEL_BYTES_MAX + 1))).toMatchObject({ refused: "too-large" });
  const whole = bytesOf("baseline");
  // The end of the file is where its outputs are named.
  for (const share of [0.1, 0.5, 0.9]) expect(refusal(whole.slice(0, Math.floor(whole.byteLength * share)))).not.toBeNull();
});

test("HM1 no bytes stop or break what reads a graph", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void readGraph(bytes)),
    { numRuns: 2_000 },
  );
  const whole = bytesOf("cusum");
  fc.assert(
    fc.property(fc.nat(whole.byteLength - 1), fc.nat(255), (at, byte) => {
      const spoilt = whole.slice();
      spoilt[at] = byte;
      readGraph(spoilt);
    }),
    { numRuns: 1_000 },
  );
});
