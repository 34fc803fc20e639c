/** Why not the others: one entry for each engineer who was not chosen, those who came closest first. */
import type { NotChosen } from "../../contracts/offer.ts";
import { arrivesIn, type Ranked } from "./rank.ts";

/** Entries on one offer, about 100 bytes each: a synced value holds 32 KiB. */
export const NOT_CHOSEN_MAX = 200;

const CLOSENESS: readonly NotChosen["code"][] = ["later", "on-it", "has-offer", "declined", "no-answer", "off-shift", "lacks-skill"];

export function explain(ranked: readonly Ranked[], kept: readonly NotChosen[]): NotChosen[] {
  const [chosen, ...others] = ranked;
  const later =
    chosen === undefined
      ? []
      : others.map((other): NotChosen => {
          const { travelMs, queueMs } = other.figures;
          return { engineer: other.engineer.id, code: "later", byMs: arrivesIn(other) - arrivesIn(chosen), travelMs, queueMs };
        });
  return [...later, ...[...kept].sort((a, b) => CLOSENESS.indexOf(a.code) - CLOSENESS.indexOf(b.code))].slice(0, NOT_CHOSEN_MAX);
}
