/**
 * Bytes of an ONNX graph → a scorer, on whatever runtime is handed in: the same code in workerd and in Node, so the same scores.
 * A graph is tried once before it is taken; one of another shape is refused, not found out in the middle of the night.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { ModelHash } from "../../contracts/ids.ts";
import { MODEL_BYTES_MAX } from "../../contracts/model-card.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { NO_SCORES, type ScoreAsk, type Scorer, type Scores } from "./scorer.ts";
import { gatherStates, scatterStates } from "./state-table.ts";

/** Numbers of state per device: kept in memory and in every checkpoint. */
export const STATE_WIDTH_MAX = 1_024;

/** What the runtime's own objects look like from here. */
export type RuntimeTensor = { readonly data: unknown; readonly dims: readonly number[] };
export type RuntimeValue = { readonly name: string; readonly isTensor: boolean; readonly type?: string; readonly shape?: readonly (number | string)[] };
export type RuntimeSession<T extends RuntimeTensor> = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly RuntimeValue[];
  run(feeds: Record<string, T>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release?(): Promise<void>;
};
export type Runtime<T extends RuntimeTensor = RuntimeTensor> = {
  open(bytes: Uint8Array): Promise<RuntimeSession<T>>;
  tensor(values: Float32Array, dims: readonly number[]): T;
};

const INPUTS = ["x", "mask", "mean", "scale", "floor"] as const;
const OUTPUTS = ["score", "share", "level"] as const;
const MEND = "export it with inputs x, mask, mean, scale, floor [B, C] and …_in [B, W], outputs score [B], share and level [B, C] and …_out, all float32";

/** A state of the graph: its width is a number, or the number of channels. */
type State = { readonly name: string; readonly width: number | null };
type Shape = { readonly channels: number | null; readonly states: readonly State[] };

/** Refuses `bad-model` with what is wrong with it. Scores are in [0, 1]. */
export async function loadScorer<T extends RuntimeTensor>(runtime: Runtime<T>, bytes: Uint8Array): Promise<Scorer | Refusal> {
  if (bytes.byteLength > MODEL_BYTES_MAX) return refuse("bad-model", `a model has at most ${MODEL_BYTES_MAX} bytes`, "use a smaller one");
  const session = await inTurn(() => runtime.open(bytes)).catch((error: unknown) =>
    refuse("bad-model", "not a graph that the runtime loads", String(error).slice(0, 200)),
  );
  if ("refused" in session) return session;
  const close = (): Promise<void> => inTurn(async () => session.release?.());
  const scorer = await scorerOf(runtime, session, bytes);
  if ("refused" in scorer) await close();
  return "refused" in scorer ? scorer : { ...scorer, close };
}

async function scorerOf<T extends RuntimeTensor>(runtime: Runtime<T>, session: RuntimeSession<T>, bytes: Uint8Array): Promise<Scorer | Refusal> {
  const shape = shapeOf(session);
  if ("refused" in shape) return shape;
  const scorer: Scorer = { hash: ModelHash.parse(bytesToHex(sha256(bytes))), run: (ask) => runModel(runtime, session, shape, ask) };
  return (await tryModel(scorer, shape.channels ?? 3)) ?? scorer;
}

function shapeOf<T extends RuntimeTensor>(session: RuntimeSession<T>): Shape | Refusal {
  const missing = [...INPUTS.filter((name) => !session.inputNames.includes(name)), ...OUTPUTS.filter((name) => !session.outputNames.includes(name))];
  if (missing.length > 0) return refuse("bad-model", `lacks ${missing.join(", ")}`, MEND);
  const extra = session.inputNames.filter((name) => !INPUTS.some((known) => known === name));
  const unknown = session.outputNames.find((name) => !OUTPUTS.some((known) => known === name) && !extra.some((input) => outOf(input) === name));
  if (unknown !== undefined) return refuse("bad-model", `output ${unknown} is neither known nor of a state`, MEND);
  const wrong = extra.find((name) => !name.endsWith("_in") || !session.outputNames.includes(outOf(name)));
  if (wrong !== undefined) return refuse("bad-model", `input ${wrong} is neither known nor a state with its output`, MEND);
  const valueOf = new Map(session.inputMetadata.map((value) => [value.name, value]));
  for (const value of valueOf.values())
    if (!value.isTensor || value.type !== "float32" || value.shape?.length !== 2)
      return refuse("bad-model", `${value.name} is not a float32 tensor of two dimensions`, MEND);
  const fixed = valueOf.get("x")?.shape?.[1];
  const states = [...extra].sort().map((name) => {
    const width = valueOf.get(name)?.shape?.[1];
    return { name, width: typeof width === "number" ? width : null };
  });
  const numbers = states.reduce((sum, { width }) => sum + (width ?? 0), 0);
  if (numbers > STATE_WIDTH_MAX)
    return refuse("bad-model", `all states of a device have at most ${STATE_WIDTH_MAX} numbers`, `these have ${numbers}: use smaller ones`);
  return { channels: typeof fixed === "number" ? fixed : null, states };
}

function outOf(input: string): string {
  return `${input.slice(0, -"_in".length)}_out`;
}

/** Calls of the trial: a state that runs away shows itself in a few. */
const TRY_STEPS = 4;

/**
 * Rows of the mean itself, far from it, and with gaps, each step from the states of the one before: whatever the model thinks of them, its
 * numbers must be numbers and its shapes right. Refuses `bad-model`.
 */
export async function tryModel(scorer: Scorer, channels: number): Promise<Refusal | null> {
  const rows = 3;
  const fill = (value: (row: number, channel: number) => number): Float32Array =>
    Float32Array.from({ length: rows * channels }, (_, i) => value(Math.floor(i / channels), i % channels));
  let states: readonly (Float32Array | null)[] = [null, null, null];
  try {
    for (let step = 0; step < TRY_STEPS; step++) {
      const mask = fill((row, channel) => (row === 2 && (channel + step) % 2 === 0 ? 0 : 1));
      const ask: ScoreAsk = {
        model: scorer.hash,
        profile: "",
        devices: ["a", "b", "c"],
        ts: new Float64Array(rows),
        channels,
        x: fill((row, channel) => (row === 1 ? 1_000 * (step - 1) : 0) * (mask[row * channels + channel] ?? 0)),
        mask,
        mean: fill(() => 0),
        scale: fill(() => 1),
        floor: fill(() => 1),
        states,
      };
      const { score, share, level, states: after, stateWidth, unanswered = [] } = await scorer.run(ask);
      if (score.length !== rows || share.length !== rows * channels || level.length !== rows * channels)
        return refuse("bad-model", "its outputs have other shapes", MEND);
      if (unanswered.length > 0)
        return refuse("bad-model", "its answer is no number", "look for a division by zero, a logarithm of 0 or an overflow in the graph");
      states = ask.devices.map((_, r) => after.slice(r * stateWidth, (r + 1) * stateWidth));
    }
    return null;
  } catch (error) {
    return refuse("bad-model", "it does not run", String(error).slice(0, 200));
  }
}

async function runModel<T extends RuntimeTensor>(runtime: Runtime<T>, session: RuntimeSession<T>, shape: Shape, ask: ScoreAsk): Promise<Scores> {
  const rows = ask.devices.length;
  if (rows === 0) return NO_SCORES;
  const { channels } = ask;
  const widths = shape.states.map((state) => state.width ?? channels);
  const stateWidth = widths.reduce((sum, width) => sum + width, 0);
  const dims = [rows, channels];
  const feeds: Record<string, T> = {};
  for (const name of INPUTS) feeds[name] = runtime.tensor(ask[name], dims);
  let offset = 0;
  for (const [s, state] of shape.states.entries()) {
    const width = widths[s] ?? 0;
    feeds[state.name] = runtime.tensor(gatherStates(ask.states, offset, width, stateWidth), [rows, width]);
    offset += width;
  }
  const out = await inTurn(() => session.run(feeds));
  const states = new Float32Array(rows * stateWidth);
  offset = 0;
  for (const [s, state] of shape.states.entries()) {
    const width = widths[s] ?? 0;
    scatterStates(floats(out, outOf(state.name)), states, offset, width, stateWidth, rows);
    offset += width;
  }
  const [score, share, level] = [floats(out, "score"), floats(out, "share"), floats(out, "level")];
  const unanswered = rowsWithout([score, share, level, states], rows);
  return { score: unit(score), share: unit(share), level, states, stateWidth, ...(unanswered.length === 0 ? {} : { unanswered }) };
}

/** Rows in which something is no number, or infinite: it would stay in the state and be in every answer after it. */
function rowsWithout(tensors: readonly Float32Array[], rows: number): readonly number[] {
  // A finite number less itself is 0: one pass over each tensor says that there is nothing to look for.
  if (tensors.every((values) => isFinite(sumOfNothing(values, 0, values.length)))) return [];
  return Array.from({ length: rows }, (_, r) => r).filter((r) =>
    tensors.some((values) => !isFinite(sumOfNothing(values, (r * values.length) / rows, ((r + 1) * values.length) / rows))),
  );
}

function sumOfNothing(values: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    sum += value - value;
  }
  return sum;
}

let busy: Promise<unknown> | null = null;

/**
 * One call at a time: the runtime is a single one, and calls that interleave corrupt its memory ("memory access out of bounds", or worse,
 * numbers). A call is over within its own turn of the event loop, so whoever waits here began in the same turn; only a start takes longer.
 */
export async function inTurn<R>(body: () => Promise<R>): Promise<R> {
  while (busy !== null) await busy;
  const done = body();
  busy = done.catch(() => null);
  try {
    return await done;
  } finally {
    busy = null;
  }
}

function floats(out: Readonly<Record<string, RuntimeTensor>>, name: string): Float32Array {
  const data = out[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`model output ${name} is not float32`);
  return data;
}

/** A score that is no number counts as 0 and one beyond the ends as the end: a verdict never meets either. */
function unit(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0)) values[i] = 0;
    else if (value > 1) values[i] = 1;
  }
  return values;
}
