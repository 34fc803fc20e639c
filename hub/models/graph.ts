/**
 * What an ONNX file says of itself: its inputs and outputs with their shapes, and the operator set. Only this much of the format is read, since
 * the hub runs no model; whether it runs on a profile's channels is tried in each unit. Field numbers: onnx.proto of ONNX 1.12.
 */
import { PbfReader } from "pbf";

/** Inputs and outputs of one graph; the largest shipped model has 25. */
const TENSORS_MAX = 256;

/** A dimension is a number, or the name of what it is at run time; "" where the file says nothing. */
export type Tensor = { readonly name: string; readonly dims: readonly (number | string)[] };
export type Graph = { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[]; readonly opset: number | null };

/** Null for what is no ONNX model. */
export function readGraph(bytes: Uint8Array): Graph | null {
  try {
    const file = new PbfReader(bytes).readFields<Reading>(model, { versions: 0, opset: null, inputs: [], outputs: [], constants: new Set() });
    if (file.versions === 0 || file.outputs.length === 0) return null;
    return { inputs: file.inputs.filter(({ name }) => !file.constants.has(name)), outputs: file.outputs, opset: file.opset };
  } catch {
    return null;
  }
}

type Reading = { versions: number; opset: number | null; readonly inputs: Tensor[]; readonly outputs: Tensor[]; readonly constants: Set<string> };
type Named = { name: string; dims: (number | string)[] };

function model(field: number, file: Reading, pbf: PbfReader): void {
  if (field === 1) file.versions += pbf.readVarint() > 0 ? 1 : 0;
  else if (field === 8) {
    const set = pbf.readMessage(operatorSet, { domain: "", version: 0 });
    if (set.domain === "" || set.domain === "ai.onnx") file.opset = set.version;
  } else if (field === 7) pbf.readMessage(graph, file);
}

function operatorSet(field: number, set: { domain: string; version: number }, pbf: PbfReader): void {
  if (field === 1) set.domain = pbf.readString();
  else if (field === 2) set.version = pbf.readVarint();
}

function graph(field: number, file: Reading, pbf: PbfReader): void {
  // Weights were listed among the inputs by old exporters.
  if (field === 5) file.constants.add(pbf.readMessage(constant, { name: "" }).name);
  else if (field === 11) add(file.inputs, pbf);
  else if (field === 12) add(file.outputs, pbf);
}

function add(tensors: Tensor[], pbf: PbfReader): void {
  const tensor = pbf.readMessage<Named>(value, { name: "", dims: [] });
  if (tensors.length < TENSORS_MAX) tensors.push(tensor);
}

function constant(field: number, one: { name: string }, pbf: PbfReader): void {
  if (field === 8) one.name = pbf.readString();
}

function value(field: number, tensor: Named, pbf: PbfReader): void {
  if (field === 1) tensor.name = pbf.readString();
  else if (field === 2) pbf.readMessage(type, tensor);
}

function type(field: number, tensor: Named, pbf: PbfReader): void {
  if (field === 1) pbf.readMessage(tensorType, tensor);
}

function tensorType(field: number, tensor: Named, pbf: PbfReader): void {
  if (field === 2) pbf.readMessage(shape, tensor);
}

function shape(field: number, tensor: Named, pbf: PbfReader): void {
  if (field === 1) tensor.dims.push(pbf.readMessage<{ is: number | string }>(dimension, { is: "" }).is);
}

function dimension(field: number, found: { is: number | string }, pbf: PbfReader): void {
  if (field === 1) found.is = pbf.readVarint();
  else if (field === 2) found.is = pbf.readString();
}
