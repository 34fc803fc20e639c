/** The cards of the models that ship with the Worker, as they lie beside the files. */
import { ModelCard } from "../../contracts/model.ts";
import autoencoder from "../verdict/models/autoencoder.json";
import baseline from "../verdict/models/baseline.json";
import cusum from "../verdict/models/cusum.json";
import ensemble from "../verdict/models/ensemble.json";
import fleet from "../verdict/models/fleet.json";
import gru from "../verdict/models/gru.json";
import lstm from "../verdict/models/lstm.json";
import pca from "../verdict/models/pca.json";
import shift from "../verdict/models/shift.json";
import spot from "../verdict/models/spot.json";
import trees from "../verdict/models/trees.json";
import wear from "../verdict/models/wear.json";

const CARDS: readonly ModelCard[] = [autoencoder, baseline, cusum, ensemble, fleet, gru, lstm, pca, shift, spot, trees, wear].flatMap(
  (card) => ModelCard.safeParse(card).data ?? [],
);

export function bundledCard(hash: string): ModelCard | undefined {
  return CARDS.find(({ sha256 }) => sha256 === hash);
}
