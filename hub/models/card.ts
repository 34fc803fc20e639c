/** A card beside the file that it describes: what is refused before anything is kept. */
import type { ModelHash } from "../../contracts/ids.ts";
import { type ModelCard, MODEL_BYTES_MAX } from "../../contracts/model-card.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { type Tensor, readGraph } from "./graph.ts";

/** What every graph that scores rows has; its states come beside them. */
const OUTPUTS = ["score", "share", "level"];
const MEND = "write the card from the very file: its name, dimensions as numbers, B for the batch and C for the channels";

/** Refuses `malformed` with the field: the card of another file, or one that does not say which rows the model takes. */
export function checkCard(card: ModelCard, hash: string): Refusal | null {
  if (card.sha256 !== hash)
    return refuse("malformed", `the card of that very file; this one names ${card.sha256}`, "send the card whose sha256 is in the address", "sha256");
  const { kind = "scores", inputs, outputs } = card;
  if (kind === "text") return Object.keys(inputs).length === 0 ? refuse("malformed", "a model has inputs", MEND, "inputs") : null;
  const rows = inputs["x"];
  const channels = rows?.[1];
  if (rows?.length !== 2 || (typeof channels !== "number" && channels !== "C"))
    return refuse("malformed", "the rows that it takes, [B, C], or [B, 8] for eight channels", "name the channels: inputs.x", "inputs.x");
  const missing = OUTPUTS.find((name) => outputs[name] === undefined);
  return missing === undefined ? null : refuse("malformed", `outputs ${OUTPUTS.join(", ")}`, MEND, `outputs.${missing}`);
}

/** `digest`: SHA-256 of the bytes. Refuses `too-large`, `bad-model`, and `malformed` where the card says otherwise than the file. */
export function checkFile(card: ModelCard, bytes: Uint8Array, digest: string): Refusal | null {
  if (bytes.byteLength > MODEL_BYTES_MAX) return refuse("too-large", `a model of at most ${MODEL_BYTES_MAX} bytes`, "export a smaller graph");
  if (digest !== (card.sha256 satisfies ModelHash))
    return refuse("bad-model", `the bytes have the SHA-256 ${digest}`, "send the very file that the address and the card name", "sha256");
  if (bytes.byteLength !== card.bytes)
    return refuse("malformed", `the file has ${bytes.byteLength} bytes, the card says ${card.bytes}`, "mend the card", "bytes");
  const graph = readGraph(bytes);
  if (graph === null) return refuse("bad-model", "not an ONNX model", "export it anew; a download that was cut has another SHA-256 than the original");
  if (card.opset !== undefined && graph.opset !== null && graph.opset !== card.opset)
    return refuse("malformed", `the file is of operator set ${graph.opset}, the card says ${card.opset}`, "mend the card", "opset");
  return compare("inputs", card.inputs, graph.inputs) ?? compare("outputs", card.outputs, graph.outputs);
}

function compare(field: "inputs" | "outputs", said: ModelCard["inputs"], found: readonly Tensor[]): Refusal | null {
  const unknown = Object.keys(said).find((name) => !found.some((one) => one.name === name));
  if (unknown !== undefined) return refuse("malformed", `the file has no ${unknown}; it has ${namesOf(found)}`, MEND, `${field}.${unknown}`);
  for (const { name, dims } of found) {
    const card = said[name];
    if (card === undefined) return refuse("malformed", `the file has ${name}, of which the card says nothing`, MEND, `${field}.${name}`);
    // Names of dimensions are the exporter's; numbers are the file's.
    const apart = dims.length !== card.length || dims.some((dim, i) => typeof dim === "number" && typeof card[i] === "number" && dim !== card[i]);
    if (apart && dims.length > 0) return refuse("malformed", `in the file ${name} is [${dims.join(", ")}]`, MEND, `${field}.${name}`);
  }
  return null;
}

function namesOf(tensors: readonly Tensor[]): string {
  return tensors
    .slice(0, 12)
    .map(({ name }) => name)
    .join(", ");
}
