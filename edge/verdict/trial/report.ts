/** What the models of an Intake have seen, added up by profile, model and place; and the episodes that models beside see under way. */
import type { AssetId, DeviceId, ModelHash, ProfileId } from "../../../contracts/ids.ts";
import type { ShadowEpisode } from "../../../contracts/model-record.ts";
import type { Watched } from "../../../contracts/rpc.ts";
import { episodeOf } from "./beside.ts";
import type { Counts, Trial } from "./slot.ts";

/** Rows that a model has answered, and the milliseconds that it took; 0 where the platform's clock stands still meanwhile. */
export type Taken = { rows: number; ms: number };
export type Tried = { readonly device: DeviceId; readonly asset: AssetId; readonly profile: ProfileId; readonly trial: Trial };
type Sum = { -readonly [K in keyof Watched]: Watched[K] };

export function watchedOf(
  all: Iterable<Tried>,
  taken: ReadonlyMap<string, Taken>,
): { readonly watched: readonly Watched[]; readonly going: readonly ShadowEpisode[] } {
  const sums = new Map<string, Sum>();
  const going: ShadowEpisode[] = [];
  for (const one of all) {
    const { trial } = one;
    const { beside } = trial;
    add(sumOf(sums, one, trial.model, "live", taken), trial.counts, trial.levels !== null);
    if (beside === null) continue;
    add(sumOf(sums, one, beside.model, "beside", taken), beside.counts, beside.levels !== null);
    if (beside.judged.state === "anomalous") going.push(episodeOf(beside, one));
  }
  return { watched: [...sums.values()], going };
}

function sumOf(sums: Map<string, Sum>, { profile, trial: { since } }: Tried, model: ModelHash, as: Watched["as"], taken: ReadonlyMap<string, Taken>): Sum {
  const key = `${profile} ${since} ${model} ${as}`;
  const known = sums.get(key);
  if (known !== undefined) return known;
  const so = taken.get(model);
  const rowUs = so === undefined || so.ms === 0 ? {} : { rowUs: (so.ms * 1_000) / so.rows };
  const made: Sum = { profile, since, model, as, devices: 0, learning: 0, rows: 0, failures: 0, watchedMs: 0, episodes: 0, ...rowUs };
  sums.set(key, made);
  return made;
}

function add(sum: Sum, counts: Counts, isLearning: boolean): void {
  sum.devices++;
  sum.learning += isLearning ? 1 : 0;
  sum.rows += counts.rows;
  sum.failures += counts.failures;
  sum.watchedMs += counts.watchedMs;
  sum.episodes += counts.episodes;
}
