/**
 * ONNX Runtime in workerd, which forbids compiling bytes: the runtime's wasm is imported as a module, and while the runtime starts,
 * a sentinel buffer stands for it. One runtime per isolate; `warmUp` pays the first call (about 0.9 s) before traffic does.
 */
import * as ort from "onnxruntime-web/wasm";
import wasm from "../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";
import type { Refusal } from "../../contracts/refusal.ts";
import type { TextRuntime } from "../text/encoder.ts";
import { inTurn, loadScorer, type Runtime } from "../verdict/model.ts";
import type { Scorer } from "../verdict/scorer.ts";
import { MODELS } from "./models.ts";

const sentinel = new ArrayBuffer(8);
type Instantiate = (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;

ort.env.wasm.numThreads = 1;
ort.env.wasm.proxy = false;
ort.env.wasm.wasmBinary = sentinel;
ort.env.logLevel = "error";

const runtime: Runtime = {
  open: (bytes) => substituted(() => ort.InferenceSession.create(bytes)),
  tensor: (values, dims) => new ort.Tensor("float32", values, dims),
};

/** The same runtime for the encoder of notes: its calls and those of scorers take turns. */
export const textRuntime: TextRuntime = { ...runtime, inTurn };

/** A scorer from the bytes of a graph. Refuses `bad-model` when they are none, or when its inputs and outputs are others than a scorer's. */
export function openModel(bytes: Uint8Array): Promise<Scorer | Refusal> {
  return loadScorer(runtime, bytes);
}

/** Starts the runtime. Idempotent and quick afterwards. */
export async function warmUp(): Promise<void> {
  const [first] = MODELS;
  if (first !== undefined) await openModel(first.bytes);
}

/** `loadScorer` lets in one start at a time, so what is restored is the platform's own. */
async function substituted<T>(body: () => Promise<T>): Promise<T> {
  const platform = WebAssembly as { instantiate: Instantiate };
  const real = platform.instantiate;
  platform.instantiate = async (source, imports) => {
    const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
    if (buffer !== sentinel) return real(source, imports);
    return { module: wasm, instance: await real(wasm, imports) };
  };
  try {
    return await body();
  } finally {
    platform.instantiate = real;
  }
}
