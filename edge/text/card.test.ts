import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { z } from "zod";
import { ENCODED_WIDTH } from "./encoder.ts";
import { TOKENS_MAX } from "./tokens.ts";
import { GROUP_LIKENESS_MIN, GROUP_METHOD, METHODS, NEAR_METHOD } from "./vector.ts";

const read = (path: string): Uint8Array => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const Card = z.object({
  sha256: z.string(),
  dataSha256: z.string(),
  bytes: z.number(),
  vocabulary: z.number(),
  settings: z.object({ width: z.number(), tokensMax: z.number() }).loose(),
  metrics: z.record(z.string(), z.number()),
});
const card = Card.parse(JSON.parse(new TextDecoder().decode(read("models/encoder.json"))));

test("VT11 the card is of the very file, its vocabulary and its notes", () => {
  const file = read("models/encoder.onnx");
  const pieces = z.array(z.string()).parse(JSON.parse(new TextDecoder().decode(read("models/vocabulary.json"))));
  expect([card.sha256, card.bytes, card.vocabulary]).toEqual([bytesToHex(sha256(file)), file.byteLength, pieces.length]);
  expect(card.dataSha256).toBe(bytesToHex(sha256(read("train/notes/technician.tsv"))));
  expect([card.settings.width, card.settings.tokensMax]).toEqual([ENCODED_WIDTH, TOKENS_MAX]);
  expect(file.byteLength).toBeLessThan(1_500_000);
});

test("VT11 the defaults are those that were best on the notes that they were chosen on", () => {
  const best = (figure: string): string => METHODS.toSorted((a, b) => (card.metrics[`${b} ${figure}`] ?? 0) - (card.metrics[`${a} ${figure}`] ?? 0))[0] ?? "";
  expect(best("desk nearest")).toBe(NEAR_METHOD);
  expect(best("desk rand")).toBe(GROUP_METHOD);
  expect(Math.abs((card.metrics[`${GROUP_METHOD} threshold`] ?? 0) - GROUP_LIKENESS_MIN)).toBeLessThan(0.03);
  // And on those that nothing was chosen on.
  expect([best("complaints nearest"), best("complaints rand")]).toEqual([NEAR_METHOD, GROUP_METHOD]);
});
