/** ONNX Runtime in Node: the same wasm as in the Worker, one thread, so the same scores. Models are read from where the repository keeps them. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-web/wasm";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { loadScorer, type Runtime } from "../../edge/verdict/model.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";

ort.env.wasm.numThreads = 1;
ort.env.wasm.proxy = false;
ort.env.logLevel = "error";

export const runtime: Runtime<ort.Tensor> = {
  open: (bytes) => ort.InferenceSession.create(bytes),
  tensor: (values, dims) => new ort.Tensor("float32", values, dims),
};

/** Where a model that ships lies. `name` is a profile's `model`. */
export function modelPath(name: string): string {
  return fileURLToPath(new URL(`../../edge/verdict/models/${name}.onnx`, import.meta.url));
}

/** Refuses `unknown-model` when there is no such file and `bad-model` when it is not a scorer's graph. */
export async function openModelFile(path: string): Promise<Scorer | Refusal> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return refuse("unknown-model", "a file that can be read", `look at ${path}`);
  return openModelBytes(bytes);
}

export function openModelBytes(bytes: Uint8Array): Promise<Scorer | Refusal> {
  return loadScorer(runtime, bytes);
}
