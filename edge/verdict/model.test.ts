import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ModelHash } from "../../contracts/ids.ts";
import { MODEL_BYTES_MAX, ModelJudge } from "../../contracts/model-card.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Scenario } from "../../contracts/scenario.ts";
import { modelPath, openModelBytes, openModelFile, runtime } from "../../devices/replay/onnx-node.ts";
import { bitsOf, GOLDEN, madeAsk, numbersOf, scoreSteps, widthOf } from "./fixtures/ask.ts";

import { loadScorer, type Runtime, type RuntimeSession, type RuntimeTensor } from "./model.ts";
import { SCORE_BATCH_MAX, type Scorer } from "./scorer.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const names = readdirSync(folder("models"))
  .filter((name) => name.endsWith(".onnx"))
  .map((name) => name.slice(0, -".onnx".length));
const constant = folder("fixtures/constant.onnx");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const Card = z.strictObject({
  name: z.string(),
  version: z.number().int(),
  title: z.string().min(1),
  data: z.string().min(1),
  settings: z.record(z.string(), z.number()),
  metrics: z.record(z.string(), z.number()),
  judge: ModelJudge.optional(),
  sha256: ModelHash,
  bytes: z.number().int(),
  opset: z.number().int(),
  inputs: z.record(z.string(), z.array(z.union([z.string(), z.number()]))),
  outputs: z.record(z.string(), z.array(z.union([z.string(), z.number()]))),
  states: z.array(z.string()),
});

async function scorerOf(path: string): Promise<Scorer> {
  const scorer = await openModelFile(path);
  if (isRefusal(scorer)) throw new Error(`${path}: ${scorer.rule}`);
  return scorer;
}

/** Rows in which a model that learns in its graph gets to know what rest is. */
const REST_ROWS = 150;

/** One row, one channel of interest; the others at rest, which is a little noise. */
async function level(scorer: Scorer, value: number, steps: number, mask = 1): Promise<number> {
  let state: Float32Array | null = null;
  let score = 0;
  const next = numbersOf(2);
  for (let i = 0; i < REST_ROWS + steps; i++) {
    const ask = madeAsk(scorer.hash, 1, 8, numbersOf(1), [state]);
    ask.x.set(Array.from({ length: 8 }, () => next() / 5 - 0.1));
    ask.mask.fill(1);
    ask.mean.fill(0);
    ask.scale.fill(1);
    ask.floor.fill(1);
    if (i >= REST_ROWS) {
      ask.x[3] = value;
      ask.mask[3] = mask;
    }
    const scores = await scorer.run(ask);
    state = scores.states;
    score = scores.score[0] ?? Number.NaN;
  }
  return score;
}

describe.each(names)("%s", (name) => {
  const bytes = readFileSync(folder(`models/${name}.onnx`));
  const width = widthOf(name);

  test("V6 its card is the card of this very file", async () => {
    const card = Card.parse(JSON.parse(readFileSync(folder(`models/${name}.json`), "utf8")));
    expect([card.name, card.sha256, card.bytes]).toEqual([name, sha256(bytes), bytes.byteLength]);
    expect((await scorerOf(modelPath(name))).hash).toBe(card.sha256);
  });
  test("V7 scores are bit-equal whatever the batch", async () => {
    const scorer = await scorerOf(modelPath(name));
    const ask = madeAsk(scorer.hash, 64, width, numbersOf(3), []);
    const whole = await scorer.run(ask);
    for (const r of [0, 17, 63]) {
      const cut = (values: Float32Array): Float32Array => values.slice(r * width, (r + 1) * width);
      const one = await scorer.run({
        ...ask,
        devices: ["d"],
        ts: new Float64Array(1),
        x: cut(ask.x),
        mask: cut(ask.mask),
        mean: cut(ask.mean),
        scale: cut(ask.scale),
        floor: cut(ask.floor),
        states: [null],
      });
      expect([one.score[0], one.share, one.level, one.states]).toEqual([
        whole.score[r],
        cut(whole.share),
        cut(whole.level),
        whole.states.slice(r * whole.stateWidth, (r + 1) * whole.stateWidth),
      ]);
    }
  });
  test("V7 scores are the ones that workerd gives, bit for bit", async () => {
    expect(sha256(bitsOf(await scoreSteps(await scorerOf(modelPath(name)), 5, width, 20, 7)))).toBe(GOLDEN[name]);
  });
  test("V8 scores and shares stay within 0 to 1 for any input, gaps and wild values included", async () => {
    for (const scores of await scoreSteps(await scorerOf(modelPath(name)), 33, width, 30, 11)) {
      expect(scores.score.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(scores.share.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

describe.each(names.filter((name) => widthOf(name) === 8))("%s on a pump", (name) => {
  test("V8 a value as large as values get stays within 0 to 1", async () => {
    expect(await level(await scorerOf(modelPath(name)), 3e38, 50)).toBeLessThanOrEqual(1);
  });
  test("V8 what lies at rest scores low, what left it scores above the threshold, a gap says nothing", async () => {
    const scorer = await scorerOf(modelPath(name));
    expect(await level(scorer, 0, 60)).toBeLessThan(0.3);
    expect(await level(scorer, 9, 60)).toBeGreaterThan(0.5);
    expect(await level(scorer, 9, 60, 0)).toBe(await level(scorer, 0, 60, 0));
  });
});

test("VS4 a thousand rows in one call score as each of them alone, bit for bit, whatever their neighbours have behind them", async () => {
  const scorer = await scorerOf(modelPath("shift"));
  const next = numbersOf(5);
  const first = await scorer.run(madeAsk(scorer.hash, SCORE_BATCH_MAX, 8, next, []));
  const { stateWidth } = first;
  const stateOf = (r: number): Float32Array | null => (r % 5 === 0 ? null : first.states.subarray(r * stateWidth, (r + 1) * stateWidth));
  const ask = madeAsk(
    scorer.hash,
    SCORE_BATCH_MAX,
    8,
    next,
    Array.from({ length: SCORE_BATCH_MAX }, (_, r) => stateOf(r)),
  );
  const whole = await scorer.run(ask);
  for (const r of [0, 1, 255, 256, 510, 777, SCORE_BATCH_MAX - 1]) {
    const cut = (values: Float32Array): Float32Array => values.slice(r * 8, (r + 1) * 8);
    const [x, mask, mean, scale, floor] = [cut(ask.x), cut(ask.mask), cut(ask.mean), cut(ask.scale), cut(ask.floor)];
    const one = await scorer.run({ ...ask, devices: ["d"], ts: new Float64Array(1), x, mask, mean, scale, floor, states: [stateOf(r)] });
    expect([one.score[0], one.share, one.level, one.states]).toEqual([
      whole.score[r],
      cut(whole.share),
      cut(whole.level),
      whole.states.slice(r * stateWidth, (r + 1) * stateWidth),
    ]);
  }
});

test("V7 calls that overlap are taken in turn: models opened and asked all at once answer as if alone", async () => {
  const ask = (scorer: Scorer, i: number) => scorer.run(madeAsk(scorer.hash, 9, widthOf(names[i % names.length] ?? ""), numbersOf(3), []));
  const alone = await Promise.all(names.map(async (name, i) => ask(await scorerOf(modelPath(name)), i)));
  const opened = await Promise.all([...names, ...names, ...names].map((name) => scorerOf(modelPath(name))));
  for (const [i, scores] of (await Promise.all(opened.map(ask))).entries()) expect(scores).toEqual(alone[i % names.length]);
});

test("V8 the baseline alone: what is left when the fault is over becomes the new rest, and slow wear is still found", async () => {
  const scorer = await scorerOf(modelPath("baseline"));
  let state: Float32Array | null = null;
  const step = async (value: number): Promise<number> => {
    const ask = madeAsk(scorer.hash, 1, 2, numbersOf(1), [state]);
    for (const [tensor, fill] of [
      [ask.x, value],
      [ask.mask, 1],
      [ask.mean, 0],
      [ask.scale, 1],
      [ask.floor, 0.4],
    ] as const)
      tensor.fill(fill);
    const scores = await scorer.run(ask);
    state = scores.states;
    return scores.score[0] ?? 0;
  };
  let score = 0;
  for (let i = 0; i < 200; i++) score = await step(10);
  expect(score).toBeGreaterThan(0.8);
  for (let i = 0; i < 200; i++) score = await step(1.5);
  expect(score).toBeLessThan(0.3);

  state = null;
  for (let i = 0; i < 20_000 && score < 0.5; i++) score = await step((10 * i) / 20_000);
  expect(score).toBeGreaterThanOrEqual(0.5);
});

describe("shift alone", () => {
  /** Scores of a pump whose eighth channel goes `course` after 300 rows at rest. */
  async function follow(course: readonly number[]): Promise<readonly number[]> {
    const scorer = await scorerOf(modelPath("shift"));
    const next = numbersOf(9);
    let state: Float32Array | null = null;
    const scored: number[] = [];
    for (let i = 0; i < 300 + course.length; i++) {
      const ask = madeAsk(scorer.hash, 1, 8, numbersOf(1), [state]);
      ask.x.set(Array.from({ length: 8 }, (_, c) => (c === 7 ? (course[i - 300] ?? 0) : 0) + next() - 0.5));
      ask.mask.fill(1);
      ask.mean.fill(0);
      ask.scale.fill(1);
      ask.floor.fill(1);
      const scores = await scorer.run(ask);
      state = scores.states;
      if (i >= 300) scored.push(scores.score[0] ?? Number.NaN);
    }
    return scored;
  }
  const hold = (rows: number, value: number): readonly number[] => Array.from({ length: rows }, () => value);
  const edges = (scored: readonly number[]): number => scored.filter((score, i) => score >= 0.5 && (scored[i - 1] ?? 0) < 0.5).length;

  test("V8 a level that shifts is told within seconds, for as long as it lasts, and is over soon after most of it has come back", async () => {
    const scored = await follow([...hold(300, -5), ...hold(200, -0.5)]);
    expect(scored.findIndex((score) => score >= 0.5)).toBeLessThan(10);
    expect(scored.slice(10, 300).every((score) => score >= 0.5)).toBe(true);
    expect(scored.slice(320).every((score) => score < 0.5)).toBe(true);
  });
  test("V8 one wild value, and a drift that takes an hour, wake nobody", async () => {
    expect(edges(await follow([...hold(50, 0), 900, ...hold(200, 0)]))).toBe(0);
    expect(edges(await follow(Array.from({ length: 3_600 }, (_, i) => i / 900)))).toBe(0);
  });
  test("V8 what healed by itself within a minute raises the bar for the like of it, and for nothing much larger", async () => {
    const dip = (depth: number): readonly number[] => [...hold(20, depth), ...hold(300, 0)];
    expect(edges(await follow(dip(-1.2)))).toBe(1);
    expect(edges(await follow([...dip(-3), ...dip(-1.2)]))).toBe(1);
    expect(edges(await follow([...dip(-3), ...dip(-8)]))).toBe(2);
  });
});

test("V8 the GRU's graph forecasts what the network that was trained forecasts", async () => {
  const Probe = z.strictObject({ x: z.array(z.array(z.number()).length(8)).length(24), forecast: z.array(z.array(z.number()).length(8)).length(24) });
  const probe = Probe.parse(JSON.parse(readFileSync(folder("fixtures/gru-probe.json"), "utf8")));
  const scorer = await scorerOf(modelPath("gru"));
  let state: Float32Array | null = null;
  for (const [i, x] of probe.x.entries()) {
    const ask = madeAsk(scorer.hash, 1, 8, numbersOf(1), [state]);
    for (const [tensor, fill] of [
      [ask.mask, 1],
      [ask.mean, 0],
      [ask.scale, 1],
      [ask.floor, 1],
    ] as const)
      tensor.fill(fill);
    ask.x.set(x);
    state = (await scorer.run(ask)).states;
    // States lie in the order of their names: error, forecast, hidden, peak, reference.
    for (const [c, value] of state.subarray(8, 16).entries()) expect(value).toBeCloseTo(probe.forecast[i]?.[c] ?? Number.NaN, 4);
  }
});

describe("what is not a scorer's graph", () => {
  test("V9 other bytes, cut bytes, too many bytes and a missing file are refused with a reason", async () => {
    const bytes = readFileSync(modelPath("baseline"));
    for (const wrong of [new Uint8Array(0), Uint8Array.of(1, 2, 3), bytes.subarray(0, bytes.length / 2), new Uint8Array(MODEL_BYTES_MAX + 1)])
      expect(await openModelBytes(wrong)).toMatchObject({ refused: "bad-model" });
    expect(await openModelFile("/nowhere.onnx")).toMatchObject({ refused: "unknown-model" });
  });
  test("V9 a graph of another signature is refused and says what is missing", async () => {
    expect(await openModelFile(folder("fixtures/other.onnx"))).toMatchObject({ refused: "bad-model", rule: "lacks mask, mean, scale, floor, share, level" });
  });
  test("V9 the constant model is a scorer: it answers 0", async () => {
    const scorer = await scorerOf(constant);
    expect(await level(scorer, 9, 60)).toBe(0);
    expect(names).not.toContain("constant");
  });
});

/** A runtime whose graph has these values and answers nothing. */
function shaped(states: Readonly<Record<string, number>>, outputs: readonly string[] = []) {
  const names = ["x", "mask", "mean", "scale", "floor"];
  let released = 0;
  const inputNames = [...names, ...Object.keys(states)];
  const session: RuntimeSession<RuntimeTensor> = {
    inputNames,
    outputNames: ["score", "share", "level", ...Object.keys(states).map((name) => name.replace("_in", "_out")), ...outputs],
    inputMetadata: inputNames.map((name) => ({ name, isTensor: true, type: "float32", shape: ["B", states[name] ?? "C"] })),
    run: async () => Promise.reject(new Error("asked")),
    release: async () => {
      released++;
      return Promise.resolve();
    },
  };
  const runtime: Runtime = { open: async () => Promise.resolve(session), tensor: (data, dims) => ({ data, dims }) };
  return { refused: async () => loadScorer(runtime, Uint8Array.of(1)), released: () => released };
}

test.each([
  ["all its states together", { a_in: 600, b_in: 600 }, [], "all states of a device have at most 1024 numbers"],
  ["an output that nobody asks for", {}, ["more"], "output more is neither known nor of a state"],
  ["a run that fails", { a_in: 8 }, [], "it does not run"],
])("VE9 a graph that is refused for %s gives its memory back", async (_what, states, outputs, rule) => {
  const graph = shaped(states, outputs);
  expect([await graph.refused(), graph.released()]).toMatchObject([{ refused: "bad-model", rule }, 1]);
});

test("VE9 a model that is closed gives its memory back, and one that is open keeps it", async () => {
  let released = 0;
  const counted: typeof runtime = {
    ...runtime,
    open: async (bytes) => {
      const session = await runtime.open(bytes);
      const release = async (): Promise<void> => {
        released++;
        await session.release?.();
      };
      const { inputNames, outputNames, inputMetadata } = session;
      return { inputNames, outputNames, inputMetadata, run: async (feeds) => session.run(feeds), release };
    },
  };
  const scorer = await loadScorer(counted, readFileSync(constant));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  expect(released).toBe(0);
  await scorer.close?.();
  expect(released).toBe(1);
});

test("V10 every template's live model is an ONNX graph that the runtime loads", async () => {
  const templates = folder("../../hub/catalogue");
  let checked = 0;
  for (const file of readdirSync(templates).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(templates|mappings)\.ts$|-knowledge\.ts$/.test(name),
  )) {
    const exported = Object.values((await import(`${templates}/${file}`)) as Record<string, unknown>)
      .map((value) => Scenario.safeParse(value))
      .flatMap((parsed) => (parsed.success ? [parsed.data] : []));
    expect([file, exported.length]).toEqual([file, 1]);
    for (const profile of exported.flatMap((scenario) => scenario.profiles)) {
      const scorer = await scorerOf(modelPath(profile.model));
      const scores = await scorer.run(madeAsk(scorer.hash, 2, profile.channels.length, numbersOf(5), []));
      expect(scores.level.length).toBe(2 * profile.channels.length);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(1);
});

test("VP24 models that hold no evidence in their graph ask for a judge that does; one whose tail is not known at first asks to be heard later", () => {
  const judgeOf = (name: string) => Card.parse(JSON.parse(readFileSync(folder(`models/${name}.json`), "utf8"))).judge;
  expect([judgeOf("baseline"), judgeOf("spot"), judgeOf("shift")]).toEqual([{ onDelayMs: 5_000, offDelayMs: 10_000 }, { warmRows: 100 }, undefined]);
  // What the kit writes on a card that is made again is what stands there.
  for (const name of names) {
    const written = /"judge": (\{[^}]*\})/.exec(readFileSync(folder(`train/${name}.py`), "utf8"))?.[1];
    expect([name, written === undefined ? undefined : JSON.parse(written)]).toEqual([name, judgeOf(name)]);
  }
});
