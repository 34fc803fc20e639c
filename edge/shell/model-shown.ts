/** The models that a unit can be told to run, as its page lists them. */
import { ModelHash } from "../../contracts/ids.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { ModelShown } from "../../contracts/models-view.ts";
import { bundledCard, MODELS } from "./models.ts";

/** Those that ship and score rows, those that were uploaded, and those that a profile runs though nobody has them. */
export function shownModels(cards: readonly ModelCard[], held: readonly string[], bindings: readonly ModelBinding[]): ModelShown[] {
  const shipped = MODELS.map(({ name, hash }): ModelShown => {
    const card = bundledCard(hash);
    return { hash, name, ships: true, ...(card === undefined ? {} : { version: card.version, card }) };
  });
  const others = new Set([
    ...held,
    ...bindings.flatMap(({ live, previous, candidate }) => [
      live,
      ...(previous === undefined ? [] : [previous]),
      ...(candidate === undefined ? [] : [candidate.hash]),
    ]),
  ]);
  const came = [...others]
    .filter((hash) => !shipped.some((one) => one.hash === hash))
    .map((hash): ModelShown => {
      const card = cards.find(({ sha256 }) => sha256 === hash);
      const model = ModelHash.parse(hash);
      return { hash: model, name: card?.name ?? hash.slice(0, 8), ships: false, ...(card === undefined ? {} : { version: card.version, card }) };
    });
  return [...shipped, ...came];
}
