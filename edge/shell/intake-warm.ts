/**
 * The runtime before traffic: a model's first call takes a second with the start of the runtime, and the first of a size many times what later
 * ones take, since code is compiled and memory is taken then. Nobody is let in before that is done.
 */
import type { ModelHash } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { type ScoreAsk, type Scorer, SCORE_BATCH_MAX } from "../verdict/scorer.ts";
import type { Models } from "./intake-ports.ts";

/** Rows of one device, of a crowd, of a backlog. */
const WARM_ROWS = [1, 32, SCORE_BATCH_MAX] as const;
/** Calls of each size: after two of them a call takes what it will always take. */
const WARM_CALLS = 2;

/** Resolves when the models that a plan's devices run, live or beside, have scored calls of all sizes on their profile's channels. Each once; never rejects. */
export function openWarmth(models: Models): (plan: IntakePlan) => Promise<void> {
  const warm = new Map<string, Promise<void>>();

  async function warmUp(hash: ModelHash, profile: string, channels: number): Promise<void> {
    try {
      const scorer = await models.scorer(hash);
      if (isRefusal(scorer)) return;
      for (const rows of WARM_ROWS) for (let call = 0; call < WARM_CALLS; call++) await scorer.run(restOf(scorer, rows, channels));
    } catch (error) {
      console.warn(`a model of ${profile} could not be loaded`, error);
      // It is looked for again with the next connection.
      warm.delete(`${hash} ${channels}`);
    }
  }

  return async ({ scenario, models: planned = [] }) => {
    for (const profile of scenario.profiles) {
      const found = planned.find((one) => one.profile === profile.id);
      const hashes = [found?.other?.hash ?? null, found?.live ?? models.hashOf(profile)];
      for (const hash of hashes) {
        if (hash === null) continue;
        const key = `${hash} ${profile.channels.length}`;
        const warming = warm.get(key) ?? warmUp(hash, profile.id, profile.channels.length);
        warm.set(key, warming);
        await warming;
      }
    }
  };
}

/** Machines at rest: what comes out is thrown away. */
function restOf({ hash }: Scorer, rows: number, channels: number): ScoreAsk {
  const all = (value: number): Float32Array => new Float32Array(rows * channels).fill(value);
  return {
    model: hash,
    profile: "",
    devices: Array.from({ length: rows }, (_, r) => String(r)),
    ts: new Float64Array(rows),
    channels,
    x: all(0),
    mask: all(1),
    mean: all(0),
    scale: all(1),
    floor: all(1),
    states: Array.from({ length: rows }, () => null),
  };
}
