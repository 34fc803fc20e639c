/**
 * What a model that comes to a unit is asked before it is kept, beyond loading and answering: that it ends, that it is quick, that what it keeps of
 * a device fits a checkpoint, and that a row's answer is its own. One that fails here would hold up every device, or answer otherwise in a replay.
 */
import { PbfReader } from "pbf";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import { STATE_WIDTH_MAX, tryModel } from "../model.ts";
import { type ScoreAsk, SCORE_BATCH_MAX, type Scorer, type Scores } from "../scorer.ts";

/** All that is tried takes so long at most; of what ships the slowest takes a thirtieth. While a model runs, nothing else does. */
export const DOOR_MS_MAX = 3_000;
/** Operators that run for as long as their input says. */
const ENDLESS: ReadonlySet<string> = new Set(["Loop", "Scan"]);

/** Before the bytes are opened: opening may run parts of a graph. Refuses `bad-model`; what can't be read is left to the runtime, which refuses it. */
export function tryBytes(bytes: Uint8Array): Refusal | null {
  const found = operatorsIn(bytes).find((operator) => ENDLESS.has(operator));
  return found === undefined
    ? null
    : refuse("bad-model", `a graph that is known to end: ${found} may run for ever`, "unroll it, or keep a state from row to row");
}

/** `clock`: milliseconds, read while nothing runs. Refuses `bad-model`. */
export async function tryAtDoor(scorer: Scorer, channels: number, clock: () => Promise<number>): Promise<Refusal | null> {
  const from = await clock();
  const no = (await tryModel(scorer, channels)) ?? (await trySlowly(scorer, channels));
  if (no !== null) return no;
  const took = (await clock()) - from;
  return took <= DOOR_MS_MAX
    ? null
    : refuse("bad-model", `what is tried at the door takes at most ${DOOR_MS_MAX} ms`, `it took ${Math.round(took)} ms: make it smaller`);
}

async function trySlowly(scorer: Scorer, channels: number): Promise<Refusal | null> {
  try {
    return await tryRows(scorer, channels);
  } catch (error) {
    return refuse("bad-model", `it runs with one device and with ${SCORE_BATCH_MAX}`, String(error).slice(0, 200));
  }
}

/** Rows alone, and many together, from nothing: bit for bit the same. */
async function tryRows(scorer: Scorer, channels: number): Promise<Refusal | null> {
  const many = askOf(scorer, channels, SCORE_BATCH_MAX);
  const together = await scorer.run(many);
  if (together.stateWidth > STATE_WIDTH_MAX)
    return refuse("bad-model", `all states of a device have at most ${STATE_WIDTH_MAX} numbers`, `these have ${together.stateWidth}: use smaller ones`);
  for (const r of [0, SCORE_BATCH_MAX - 1]) {
    const alone = await scorer.run(rowOf(many, r));
    if (!isSame(alone, together, r, channels))
      return refuse(
        "bad-model",
        "the same row has the same answer, whatever is beside it and whenever it is asked",
        "look for a reduction over the batch, or for chance, in the graph",
      );
  }
  return null;
}

function askOf(scorer: Scorer, channels: number, rows: number): ScoreAsk {
  const fill = (value: (i: number) => number): Float32Array => Float32Array.from({ length: rows * channels }, (_, i) => value(i));
  return {
    model: scorer.hash,
    profile: "",
    devices: Array.from({ length: rows }, (_, r) => `d${r}`),
    ts: new Float64Array(rows),
    channels,
    x: fill((i) => ((i * 37) % 101) / 10 - 5),
    mask: fill(() => 1),
    mean: fill(() => 0),
    scale: fill(() => 1),
    floor: fill(() => 1),
    states: Array.from({ length: rows }, () => null),
  };
}

function rowOf(ask: ScoreAsk, r: number): ScoreAsk {
  const cut = (tensor: Float32Array): Float32Array => tensor.slice(r * ask.channels, (r + 1) * ask.channels);
  const { x, mask, mean, scale, floor } = ask;
  return {
    ...ask,
    devices: ask.devices.slice(r, r + 1),
    ts: ask.ts.slice(r, r + 1),
    states: [null],
    x: cut(x),
    mask: cut(mask),
    mean: cut(mean),
    scale: cut(scale),
    floor: cut(floor),
  };
}

function isSame(alone: Scores, together: Scores, r: number, channels: number): boolean {
  const pairs: readonly (readonly [Float32Array, Float32Array, number])[] = [
    [alone.score, together.score, 1],
    [alone.share, together.share, channels],
    [alone.level, together.level, channels],
    [alone.states, together.states, together.stateWidth],
  ];
  return pairs.every(([one, all, width]) => one.length === width && one.every((value, i) => Object.is(value, all[r * width + i])));
}

/** Names of all operators of a graph, of those inside its branches too. Field numbers: onnx.proto of ONNX 1.12. */
function operatorsIn(bytes: Uint8Array): readonly string[] {
  try {
    return new PbfReader(bytes).readFields(model, []);
  } catch {
    return [];
  }
}

function model(field: number, found: string[], pbf: PbfReader): void {
  if (field === 7) pbf.readMessage(graph, found);
  else if (field === 25) pbf.readMessage(ownOperator, found);
}

function graph(field: number, found: string[], pbf: PbfReader): void {
  if (field === 1) pbf.readMessage(node, found);
}

function ownOperator(field: number, found: string[], pbf: PbfReader): void {
  if (field === 7) pbf.readMessage(node, found);
}

function node(field: number, found: string[], pbf: PbfReader): void {
  if (field === 4) found.push(pbf.readString());
  else if (field === 5) pbf.readMessage(attribute, found);
}

function attribute(field: number, found: string[], pbf: PbfReader): void {
  if (field === 6 || field === 11) pbf.readMessage(graph, found);
}
