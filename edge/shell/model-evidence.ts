/** What the models of a unit have seen, arrangement by arrangement, and what it says of a candidate: the same jobs, and the other devices. */
import type { View } from "../../contracts/entity.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Candidate, ModelBinding } from "../../contracts/model-binding.ts";
import type { Watched } from "../../contracts/rpc.ts";
import { type Facts, plannedOf } from "../journey/model.ts";
import { alarmsBy, historyOf, jobsOf } from "../journey/model-facts.ts";
import { BOUNDS, compare } from "../verdict/trial/compare.ts";
import { CANARY_DAYS_MIN, compareGroups, type Group } from "../verdict/trial/rates.ts";
import { minus, plus, readEpisodes, readSeen, readSeenBefore, readWatched, type Seen, writeSeen, writeSeenBefore } from "./model-store.ts";
import type { Db } from "./unit-tables.ts";

const DAY_MS = 86_400_000;

export type Evidence = {
  /** What was seen in an arrangement that is over is added to what each model has seen before. Inside a transaction. */
  readonly closeCounts: (profile: string, since: Millis) => void;
  /** A model on trial again is judged by what it sees from now on. Inside a transaction. */
  readonly beginTrial: (binding: ModelBinding, before: Candidate | undefined) => void;
  /** What the Intakes tell of the arrangement that stands. */
  readonly present: (binding: ModelBinding, now: Millis) => readonly Watched[];
  readonly seenBy: (binding: ModelBinding, model: ModelHash, now: Millis) => Seen;
  readonly factsOf: (binding: ModelBinding, now: Millis) => Facts;
};

export function modelEvidence(db: Db, view: View): Evidence {
  function present(binding: ModelBinding, now: Millis): readonly Watched[] {
    return watchedIn(binding.profile, plannedOf(binding, now).since);
  }

  function closeCounts(profile: string, since: Millis): void {
    for (const one of watchedIn(profile, since)) writeSeen(db, profile, one.model, plus(readSeen(db, profile, one.model), one));
  }

  function beginTrial({ profile, candidate }: ModelBinding, before: Candidate | undefined): void {
    if (candidate === undefined || (candidate.hash === before?.hash && candidate.since === before.since)) return;
    writeSeenBefore(db, profile, candidate.hash, candidate.since, readSeen(db, profile, candidate.hash));
  }

  function watchedIn(profile: string, since: Millis): readonly Watched[] {
    return readWatched(db).filter((one) => one.profile === profile && one.since === since);
  }

  function seenBy(binding: ModelBinding, model: ModelHash, now: Millis): Seen {
    const own = present(binding, now).filter((one) => one.model === model);
    return own.reduce<Seen>(plus, readSeen(db, binding.profile, model));
  }

  function factsOf(binding: ModelBinding, now: Millis): Facts {
    const { candidate, live } = binding;
    if (candidate === undefined) return { comparison: null, canary: null, learning: 0 };
    const told = present(binding, now);
    const learning = told.filter((one) => one.model === candidate.hash).reduce((sum, one) => sum + one.learning, 0);
    return { comparison: comparisonOf(binding, candidate, now), canary: candidate.stage === "canary" ? ratesOf(candidate, live, told) : null, learning };
  }

  function comparisonOf(binding: ModelBinding, { hash, since, bounds }: Candidate, now: Millis): Facts["comparison"] {
    const { profile, live } = binding;
    const seen = minus(seenBy(binding, hash, now), readSeenBefore(db, profile, hash, since));
    if (seen.rows === 0) return null;
    const history = historyOf(view, profile);
    const of = (model: ModelHash) => [...alarmsBy(history, model, since), ...readEpisodes(db, profile, model)];
    const trial = { from: since, to: now, assetDays: seen.watchedMs / DAY_MS, jobs: jobsOf(history), live: of(live), candidate: of(hash) };
    return compare(trial, { ticketsMin: bounds?.ticketsMin ?? BOUNDS.ticketsMin, assetDaysMin: bounds?.assetDaysMin ?? BOUNDS.assetDaysMin });
  }

  function ratesOf({ hash, bounds }: Candidate, live: ModelHash, told: readonly Watched[]): Facts["canary"] {
    const group = (model: ModelHash): Group => groupOf(told.filter((one) => one.as === "live" && one.model === model));
    return compareGroups(group(hash), group(live), bounds?.canaryDaysMin ?? CANARY_DAYS_MIN);
  }

  return { closeCounts, beginTrial, present, seenBy, factsOf };
}

function groupOf(watched: readonly Watched[]): Group {
  const sum = (read: (one: Watched) => number): number => watched.reduce((all, one) => all + read(one), 0);
  const rowUs = watched.find((one) => one.rowUs !== undefined)?.rowUs;
  return {
    devices: sum((one) => one.devices),
    assetDays: sum((one) => one.watchedMs) / DAY_MS,
    alarms: sum((one) => one.episodes),
    failures: sum((one) => one.failures),
    rows: sum((one) => one.rows),
    ...(rowUs === undefined ? {} : { rowUs }),
  };
}
