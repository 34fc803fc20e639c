/**
 * Bytes of the encoder's graph → notes as vectors, on whatever runtime is handed in: the same in workerd and in Node.
 *
 *   in   ids [B, T] float32, 0 where there is nothing
 *   out  vector [B, ENCODED_WIDTH], of length 1
 *
 * One note a call: a vector does not depend on what else is asked, bit for bit, and no call keeps the thread for long.
 */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { likenessOf } from "./cluster.ts";
import { tellingIn, tokensOf, type Vocabulary } from "./tokens.ts";

export const ENCODED_WIDTH = 96;

type Tensor = { readonly data: unknown; readonly dims: readonly number[] };
/** `inTurn`: one call at a time, those of other models included. */
export type TextRuntime<T extends Tensor = Tensor> = {
  open(bytes: Uint8Array): Promise<{
    readonly inputNames: readonly string[];
    readonly outputNames: readonly string[];
    run(feeds: Record<string, T>): Promise<Readonly<Record<string, Tensor>>>;
  }>;
  tensor(values: Float32Array, dims: readonly number[]): T;
  inTurn<R>(body: () => Promise<R>): Promise<R>;
};

/** `tells`: whether it knows a word of the note. Numbers and single letters are none, and notes of nothing else are all alike to it. */
export type Encoder = ((text: string) => Promise<Float32Array>) & { readonly tells: (text: string) => boolean };

/** Refuses `bad-model` when it is no graph, or not one of an encoder with this vocabulary. */
export async function loadEncoder<T extends Tensor>(runtime: TextRuntime<T>, bytes: Uint8Array, vocabulary: Vocabulary): Promise<Encoder | Refusal> {
  const session = await runtime
    .inTurn(() => runtime.open(bytes))
    .catch((error: unknown) => refuse("bad-model", "not a graph that the runtime loads", String(error).slice(0, 200)));
  if ("refused" in session) return session;
  if (session.inputNames.join() !== "ids" || session.outputNames.join() !== "vector")
    return refuse("bad-model", "an encoder's input ids and output vector", "export it with train/encoder.py");
  const encode = async (text: string): Promise<Float32Array> => {
    const ids = tokensOf(text, vocabulary);
    const out = await runtime.inTurn(() => session.run({ ids: runtime.tensor(Float32Array.from(ids), [1, ids.length]) }));
    const data = out["vector"]?.data;
    if (!(data instanceof Float32Array) || data.length !== ENCODED_WIDTH) throw new Error("an encoder's output is a vector");
    return data;
  };
  // The last piece too: a vocabulary of another model has a row that this one lacks.
  const tried = await encode([...vocabulary.keys()].at(-1) ?? "").catch(() => null);
  if (tried === null || !(Math.abs(likenessOf(tried, tried) - 1) < 1e-3))
    return refuse("bad-model", "a vector of length 1 for every note", "export it again, with its vocabulary");
  const telling = tellingIn(vocabulary);
  return Object.assign(encode, { tells: (text: string) => tokensOf(text, vocabulary).some((id) => telling.has(id)) });
}
