/** The cards of the models that ship with the Worker, as they lie beside the files. */
import { ModelCard } from "../../contracts/model.ts";
import baseline from "../verdict/models/baseline.json";
import gru from "../verdict/models/gru.json";
import shift from "../verdict/models/shift.json";

const CARDS: readonly ModelCard[] = [baseline, gru, shift].flatMap((card) => ModelCard.safeParse(card).data ?? []);

export function bundledCard(hash: string): ModelCard | undefined {
  return CARDS.find(({ sha256 }) => sha256 === hash);
}
