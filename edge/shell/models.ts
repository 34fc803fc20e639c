/** The models that ship with the Worker, with their cards: name and hash are as the card says, so that no file is hashed when an isolate starts. */
import { ModelHash } from "../../contracts/ids.ts";
import { ModelCard } from "../../contracts/model-card.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import autoencoderCard from "../verdict/models/autoencoder.json";
import autoencoder from "../verdict/models/autoencoder.onnx";
import baselineCard from "../verdict/models/baseline.json";
import baseline from "../verdict/models/baseline.onnx";
import cusumCard from "../verdict/models/cusum.json";
import cusum from "../verdict/models/cusum.onnx";
import ensembleCard from "../verdict/models/ensemble.json";
import ensemble from "../verdict/models/ensemble.onnx";
import fleetCard from "../verdict/models/fleet.json";
import fleet from "../verdict/models/fleet.onnx";
import gruCard from "../verdict/models/gru.json";
import gru from "../verdict/models/gru.onnx";
import lstmCard from "../verdict/models/lstm.json";
import lstm from "../verdict/models/lstm.onnx";
import pcaCard from "../verdict/models/pca.json";
import pca from "../verdict/models/pca.onnx";
import shiftCard from "../verdict/models/shift.json";
import shift from "../verdict/models/shift.onnx";
import spotCard from "../verdict/models/spot.json";
import spot from "../verdict/models/spot.onnx";
import treesCard from "../verdict/models/trees.json";
import trees from "../verdict/models/trees.onnx";
import wearCard from "../verdict/models/wear.json";
import wear from "../verdict/models/wear.onnx";

export type BundledModel = { readonly name: string; readonly hash: ModelHash; readonly bytes: Uint8Array; readonly card: unknown };

export const MODELS: readonly BundledModel[] = [
  bundled(autoencoder, autoencoderCard),
  bundled(baseline, baselineCard),
  bundled(cusum, cusumCard),
  bundled(ensemble, ensembleCard),
  bundled(fleet, fleetCard),
  bundled(gru, gruCard),
  bundled(lstm, lstmCard),
  bundled(pca, pcaCard),
  bundled(shift, shiftCard),
  bundled(spot, spotCard),
  bundled(trees, treesCard),
  bundled(wear, wearCard),
];

function bundled(data: ArrayBuffer, card: { readonly name: string; readonly sha256: string }): BundledModel {
  return { name: card.name, hash: ModelHash.parse(card.sha256), bytes: new Uint8Array(data), card };
}

/** What a profile runs: the model uploaded for it if one is named by hash, else the one that ships under its name. Null when there is none. */
export function modelHashOf(profile: DeviceProfile): ModelHash | null {
  return profile.modelHash ?? MODELS.find((model) => model.name === profile.model)?.hash ?? null;
}

export function bundledModel(hash: string): BundledModel | null {
  return MODELS.find((model) => model.hash === hash) ?? null;
}

/** Absent where the model does not ship. */
export function bundledCard(hash: string): ModelCard | undefined {
  return ModelCard.safeParse(bundledModel(hash)?.card).data;
}
