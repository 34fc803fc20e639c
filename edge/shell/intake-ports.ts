/** What the Intake's shell needs from outside itself; tests answer in their place. */
import type { ModelHash } from "../../contracts/ids.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Scorer } from "../verdict/scorer.ts";

export type Models = {
  /** The model that a profile runs. Null: none by that name ships. */
  readonly hashOf: (profile: DeviceProfile) => ModelHash | null;
  /** Loads once, keeps it. Refuses `unknown-model` and `bad-model`. */
  readonly scorer: (hash: ModelHash) => Promise<Scorer | Refusal>;
};

export type Clock = {
  readonly now: () => number;
  /** Have the pipeline run again, at the latest then, whatever happens to the object meanwhile. */
  readonly wakeBy: (at: number) => void;
};
