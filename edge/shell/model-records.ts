/** The models of a unit as its page and its hub read them: what each runs, what became of what it said, and how a candidate fares. */
import type { View } from "../../contracts/entity.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelBinding, ModelStage } from "../../contracts/model-binding.ts";
import type { ModelRecord, Trial } from "../../contracts/model-record.ts";
import type { ProfileModels } from "../../contracts/models-view.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { historyOf, judgedOf } from "../journey/model-facts.ts";
import type { Evidence } from "./model-evidence.ts";

const DAY_MS = 86_400_000;

export type Records = {
  readonly shownOf: (binding: ModelBinding, profile: DeviceProfile, now: Millis) => ProfileModels;
  /** Of the live model, its candidate, and the one before it. */
  readonly recordsOf: (binding: ModelBinding, now: Millis) => ModelRecord[];
  /** Of each candidate. */
  readonly trialsOf: (bindings: readonly ModelBinding[], now: Millis) => Trial[];
};

export function modelRecords(view: View, { factsOf, present, seenBy }: Evidence): Records {
  function shownOf(binding: ModelBinding, profile: DeviceProfile, now: Millis): ProfileModels {
    const { comparison, canary } = factsOf(binding, now);
    return {
      binding,
      title: profile.title,
      channels: profile.channels.length,
      devices: view.list("device").filter((device) => device.profile === profile.id).length,
      records: recordsOf(binding, now),
      ...(comparison === null ? {} : { comparison }),
      ...(canary === null ? {} : { canary: canary.state }),
    };
  }

  function recordsOf(binding: ModelBinding, now: Millis): ModelRecord[] {
    const { profile, live, liveSince, previous, candidate } = binding;
    const history = historyOf(view, profile);
    const told = present(binding, now);
    const recordOf = (model: ModelHash, stage: ModelStage, since: Millis): ModelRecord => {
      const seen = seenBy(binding, model, now);
      const own = told.filter((one) => one.model === model);
      const rowUs = own.find((one) => one.rowUs !== undefined)?.rowUs;
      return {
        model,
        profile,
        stage,
        since,
        devices: own.reduce((sum, one) => sum + one.devices, 0),
        assetDays: seen.watchedMs / DAY_MS,
        rows: seen.rows,
        failures: seen.failures,
        ...(rowUs === undefined ? {} : { rowUs }),
        verdicts: seen.episodes,
        ...judgedOf(history, model),
        at: now,
      };
    };
    return [
      recordOf(live, "live", liveSince),
      ...(candidate === undefined ? [] : [recordOf(candidate.hash, candidate.stage, candidate.since)]),
      ...(previous === undefined ? [] : [recordOf(previous, "retired", liveSince)]),
    ];
  }

  function trialsOf(bindings: readonly ModelBinding[], now: Millis): Trial[] {
    return bindings.flatMap((binding): Trial[] => {
      if (binding.candidate === undefined) return [];
      const { comparison, canary } = factsOf(binding, now);
      return [{ profile: binding.profile, ...(comparison === null ? {} : { comparison }), ...(canary === null ? {} : { canary: canary.state }) }];
    });
  }

  return { shownOf, recordsOf, trialsOf };
}
