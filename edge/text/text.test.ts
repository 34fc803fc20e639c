import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { openShippedEncoder } from "../../devices/replay/encoder-node.ts";
import { runtime } from "../../devices/replay/onnx-node.ts";
import { inTurn } from "../verdict/model.ts";
import { clusterOf, likenessOf } from "./cluster.ts";
import { ENCODED_WIDTH, type Encoder, loadEncoder } from "./encoder.ts";
import { BAD_NOTES, ENCODED_DIFFERENCE_MAX, Golden } from "./fixture/said.ts";
import { HASHED_WIDTH, hashedOf } from "./hashed.ts";
import { agreementOf, hitsOf, readNotes } from "./measure.ts";
import { CHARACTERS_MAX, plainOf } from "./plain.ts";
import { TOKENS_MAX, tokensOf, vocabularyOf } from "./tokens.ts";
import { vectorsOf } from "./vector.ts";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const vocabulary = vocabularyOf(z.array(z.string()).parse(JSON.parse(read("models/vocabulary.json"))));
const golden = Golden.parse(JSON.parse(read("fixture/golden.json")));
let encode: Encoder;
beforeAll(async () => {
  encode = await openShippedEncoder();
});

const lengthOf = (vector: Float32Array): number => Math.sqrt(likenessOf(vector, vector));

test("VT1 hashed n-grams: one vector of length 1 for each way of writing the same, another for other words", () => {
  const leak = hashedOf("Mech seal LEAKING, 泵漏水");
  expect(leak).toHaveLength(HASHED_WIDTH);
  expect(lengthOf(leak)).toBeCloseTo(1, 5);
  expect(hashedOf("ｍｅｃｈ  séal leaking; 泵漏水")).toEqual(leak);
  expect(likenessOf(leak, hashedOf("mechanical seal leaks, 泵在漏水"))).toBeGreaterThan(0.35);
  expect(likenessOf(leak, hashedOf("motor overheated 电机过热"))).toBeLessThan(0.1);
  // 泵 and 水 alone say less than 漏水 together.
  expect(likenessOf(hashedOf("漏水"), hashedOf("水漏"))).toBeLessThan(likenessOf(hashedOf("漏水"), hashedOf("漏水了")));
});

test("VT2 tokens are those of the training kit", () => {
  expect(golden.length).toBeGreaterThan(10);
  for (const { text, ids } of golden) expect([text, tokensOf(text, vocabulary)]).toEqual([text, ids]);
});

test("VT3 the encoder gives in the runtime what the kit gives, within 1e-5, whatever else is asked beside it", async () => {
  const vectors = await Promise.all(golden.map(({ text }) => encode(text)));
  for (const [n, { vector }] of golden.entries()) {
    const made = vectors[n] ?? new Float32Array();
    expect(made).toHaveLength(ENCODED_WIDTH);
    expect(Math.max(...vector.map((value, i) => Math.abs(value - (made[i] ?? Number.NaN))))).toBeLessThanOrEqual(ENCODED_DIFFERENCE_MAX);
  }
  expect(await encode(golden[2]?.text ?? "")).toEqual(vectors[2]);
});

test("VT3 what is no encoder, or one of another vocabulary, is refused", async () => {
  const open = (bytes: Uint8Array, words = vocabulary) => loadEncoder({ ...runtime, inTurn }, bytes, words);
  const file = (path: string): Uint8Array => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
  expect(await open(Uint8Array.of(1, 2, 3))).toMatchObject({ refused: "bad-model" });
  expect(await open(file("../verdict/models/baseline.onnx"))).toMatchObject({ refused: "bad-model" });
  expect(
    await open(file("models/encoder.onnx"), vocabularyOf([...vocabulary.keys(), "泵泵"].map((piece, i) => (i === vocabulary.size ? "龘" : piece)))),
  ).toMatchObject({
    refused: "bad-model",
  });
  expect(isRefusal(await open(file("models/encoder.onnx")))).toBe(false);
});

test("VT4 whatever is written, nothing throws and no work grows with it", async () => {
  for (const text of BAD_NOTES) {
    expect(plainOf(text).length).toBeLessThanOrEqual(CHARACTERS_MAX * 18);
    expect(tokensOf(text, vocabulary).length).toBeLessThanOrEqual(TOKENS_MAX);
    const vectors = await vectorsOf(text, encode);
    if (vectors !== null)
      expect([lengthOf(vectors.near), lengthOf(vectors.group)]).toEqual([expect.closeTo(1, 4), encode.tells(text) ? expect.closeTo(1, 4) : 0]);
  }
  for (const nothing of BAD_NOTES.slice(0, 5)) expect(await vectorsOf(nothing, encode)).toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const length = lengthOf(hashedOf(text));
      return (length === 0 || Math.abs(length - 1) < 1e-4) && tokensOf(text, vocabulary).every((id) => id > 0 && id < vocabulary.size);
    }),
  );
});

test("VT5 groups are joined from the most alike down to the least likeness, whatever the order", () => {
  const at = (degrees: number): Float32Array => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
  const vectors = [0, 90, 4, 94, 2, 180].map(at);
  expect(clusterOf(vectors, 0.9)).toEqual([[0, 2, 4], [1, 3], [5]]);
  expect(clusterOf(vectors, -1)).toEqual([[0, 1, 2, 3, 4, 5]]);
  expect(clusterOf([], 0.5)).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 359 }), { maxLength: 30 }), (degrees) => {
      const groups = clusterOf(degrees.map(at), 0.8);
      const all = groups.flat().sort((a, b) => a - b);
      // Average linkage by hand: no two groups are still alike, and the members of each are.
      const mean = (one: readonly number[], other: readonly number[]): number =>
        one.flatMap((i) => other.map((j) => likenessOf(at(degrees[i] ?? 0), at(degrees[j] ?? 0)))).reduce((sum, value) => sum + value, 0) /
        (one.length * other.length);
      const apart = groups.every((one, i) => groups.slice(i + 1).every((other) => mean(one, other) < 0.8 + 1e-4));
      // Every join was of groups as alike on average, so all pairs of a group are, too.
      const pairs = (group: readonly number[]): readonly number[] =>
        group.flatMap((a, n) => group.slice(n + 1).map((b) => likenessOf(at(degrees[a] ?? 0), at(degrees[b] ?? 0))));
      const near = groups.map(pairs).every((its) => its.length === 0 || its.reduce((sum, value) => sum + value, 0) / its.length >= 0.8 - 1e-4);
      return apart && near && all.every((value, i) => value === i) && all.length === degrees.length;
    }),
  );
});

test("VT6 the measures are those of the books", () => {
  expect(hitsOf(["a", "b"], [["a"], ["c", "b"]])).toEqual({ nearest: 0.5, found: 1 });
  expect(hitsOf([], [])).toEqual({ nearest: 0, found: 0 });
  const labels = ["a", "a", "a", "b", "b", "b"];
  expect(
    agreementOf(labels, [
      [0, 1, 2],
      [3, 4, 5],
    ]),
  ).toEqual({ rand: 1, v: 1 });
  // By hand: 2 pairs of both, 3 and 6 of 15; entropies of (2, 1), of thirds and of halves.
  const { rand, v } = agreementOf(labels, [
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect([rand, v]).toEqual([expect.closeTo(0.2424, 4), expect.closeTo(0.5158, 4)]);
  expect(agreementOf(labels, [[0, 1, 2, 3, 4, 5]])).toEqual({ rand: 0, v: 0 });
});

test("VT7 the labelled notes: at least 600, none twice, fifteen faults in both languages in each style", () => {
  const styles = ["technician", "desk", "complaints"].map((name) => readNotes(read(`train/notes/${name}.tsv`)));
  const all = styles.flat();
  expect(all.length).toBeGreaterThanOrEqual(600);
  expect(new Set(all.map(({ note }) => note)).size).toBe(all.length);
  for (const notes of styles) {
    expect(new Set(notes.map(({ mode }) => mode)).size).toBe(15);
    for (const mode of new Set(notes.map((one) => one.mode)))
      expect([...new Set(notes.filter((one) => one.mode === mode).map(({ language }) => language))]).toEqual(expect.arrayContaining(["zh", "en"]));
  }
});
