/** The models that ship with the Worker, by name and by the hash of their bytes. Their cards lie beside the files. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { ModelHash } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import autoencoder from "../verdict/models/autoencoder.onnx";
import baseline from "../verdict/models/baseline.onnx";
import cusum from "../verdict/models/cusum.onnx";
import ensemble from "../verdict/models/ensemble.onnx";
import fleet from "../verdict/models/fleet.onnx";
import gru from "../verdict/models/gru.onnx";
import lstm from "../verdict/models/lstm.onnx";
import pca from "../verdict/models/pca.onnx";
import shift from "../verdict/models/shift.onnx";
import spot from "../verdict/models/spot.onnx";
import trees from "../verdict/models/trees.onnx";
import wear from "../verdict/models/wear.onnx";

export type BundledModel = { readonly name: string; readonly hash: ModelHash; readonly bytes: Uint8Array };

export const MODELS: readonly BundledModel[] = [
  bundled("autoencoder", autoencoder),
  bundled("baseline", baseline),
  bundled("cusum", cusum),
  bundled("ensemble", ensemble),
  bundled("fleet", fleet),
  bundled("gru", gru),
  bundled("lstm", lstm),
  bundled("pca", pca),
  bundled("shift", shift),
  bundled("spot", spot),
  bundled("trees", trees),
  bundled("wear", wear),
];

function bundled(name: string, data: ArrayBuffer): BundledModel {
  const bytes = new Uint8Array(data);
  return { name, bytes, hash: ModelHash.parse(bytesToHex(sha256(bytes))) };
}

/** What a profile runs: the model uploaded for it if one is named by hash, else the one that ships under its name. Null when there is none. */
export function modelHashOf(profile: DeviceProfile): ModelHash | null {
  return profile.modelHash ?? MODELS.find((model) => model.name === profile.model)?.hash ?? null;
}

export function bundledModel(hash: string): BundledModel | null {
  return MODELS.find((model) => model.hash === hash) ?? null;
}
