/** The models of one Intake: those that ship, and those that were uploaded to its unit and lie in its tables. */
import { ModelHash } from "../../contracts/ids.ts";
import { MODEL_BYTES_MAX, MODELS_MAX } from "../../contracts/model-card.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Scorer } from "../verdict/scorer.ts";
import { tryAtDoor, tryBytes } from "../verdict/trial/door.ts";
import type { Models } from "./intake-ports.ts";
import type { IntakeStore } from "./intake-store.ts";
import { partsOf } from "./intake-parts.ts";
import { bundledModel, modelHashOf } from "./models.ts";
import { openModel } from "./onnx.ts";

export function intakeModels(store: IntakeStore): Models {
  const scorers = new Map<ModelHash, Promise<Scorer | Refusal>>();
  /** What made room for others is not asked any more: its memory is the next one's. */
  function closeDropped(): void {
    const held = store.listModels();
    for (const [hash, opening] of scorers) {
      if (bundledModel(hash) !== null || held.includes(hash)) continue;
      scorers.delete(hash);
      void opening.then(async (one) => (isRefusal(one) ? undefined : one.close?.())).catch(() => undefined);
    }
  }
  return {
    hashOf: modelHashOf,
    scorer: async (hash) => {
      const held = scorers.get(hash);
      if (held !== undefined) return held;
      const bytes = bundledModel(hash)?.bytes ?? store.readModel(hash);
      if (bytes === null) return refuse("unknown-model", "a model that ships or was uploaded to this unit", `upload the file whose SHA-256 is ${hash}`);
      closeDropped();
      const opening = openModel(bytes);
      scorers.set(hash, opening);
      const opened = await opening.catch((error: unknown) => {
        scorers.delete(hash);
        throw error;
      });
      return opened;
    },
  };
}

/** Whether a model that is here runs on a profile's channels. Refuses `unknown-model`, `bad-model`. */
export async function tryOn(models: Models, profile: DeviceProfile | undefined, hash: string): Promise<{ readonly hash: string } | Refusal> {
  const named = ModelHash.safeParse(hash);
  if (!named.success) return refuse("malformed", "the SHA-256 of the file, 64 hexadecimal digits", "compute it with sha256sum", "hash");
  if (profile === undefined) return refuse("unknown-entity", "a profile of this unit's scenario", "look at the list of models", "profile");
  const scorer = await models.scorer(named.data);
  if (isRefusal(scorer)) return scorer;
  const no = await tryAtDoor(scorer, profile.channels.length, clock);
  return no === null
    ? { hash: named.data }
    : refuse(no.refused, `it must run on the ${profile.channels.length} channels of profile ${profile.id}: ${no.rule}`, no.mend);
}

/**
 * Keeps an uploaded model, after it was loaded once and run on the channels of each profile that names it. Idempotent. When there are too many,
 * the oldest that no profile runs, tries or may want back makes room. Refuses `bad-model`, `too-large`, `too-many`.
 */
export async function keepModel(
  store: IntakeStore,
  { scenario: { profiles }, models: planned = [] }: Pick<IntakePlan, "scenario" | "models">,
  hash: string,
  bytes: ArrayBuffer,
): Promise<{ readonly hash: string } | Refusal> {
  const named = ModelHash.safeParse(hash);
  if (!named.success) return refuse("malformed", "the SHA-256 of the file, 64 hexadecimal digits", "compute it with sha256sum", "hash");
  if (bytes.byteLength > MODEL_BYTES_MAX) return refuse("too-large", `a model has at most ${MODEL_BYTES_MAX} bytes`, "make it smaller");
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (digest !== named.data) return refuse("bad-model", `the bytes have the SHA-256 ${digest}`, "upload the very file that the hash names", "hash");
  const isHere = (): boolean => bundledModel(named.data) !== null || store.listModels().includes(named.data);
  // Opened once: a session takes of the runtime's memory, which only grows.
  if (isHere()) return { hash: named.data };
  const endless = tryBytes(new Uint8Array(bytes));
  if (endless !== null) return endless;
  const opened = await openModel(new Uint8Array(bytes));
  if (isRefusal(opened)) return opened;
  try {
    return await keepOpened(store, profiles, planned, opened, bytes);
  } finally {
    await opened.close?.();
  }
}

async function keepOpened(
  store: IntakeStore,
  profiles: readonly DeviceProfile[],
  planned: NonNullable<IntakePlan["models"]>,
  opened: Scorer,
  bytes: ArrayBuffer,
): Promise<{ readonly hash: string } | Refusal> {
  const { hash } = opened;
  const used = new Set<string>(planned.flatMap(({ live, other, previous }) => [live, other?.hash ?? "", previous ?? ""]));
  for (const profile of profiles) {
    const own = modelHashOf(profile);
    if (own !== null) used.add(own);
    if (own !== hash) continue;
    const no = await tryAtDoor(opened, profile.channels.length, clock);
    if (no !== null) return refuse(no.refused, `it must run on the ${profile.channels.length} channels of profile ${profile.id}: ${no.rule}`, no.mend);
  }
  // Sent twice at a time, it came meanwhile.
  if (store.listModels().includes(hash)) return { hash };
  const held = store.listModels();
  const idle = held.find((one) => !used.has(one));
  if (held.length >= MODELS_MAX && idle === undefined)
    return refuse("too-many", `a unit keeps at most ${MODELS_MAX} uploaded models that its profiles run, try or may want back`, "end a trial first");
  store.transaction(() => {
    if (held.length >= MODELS_MAX && idle !== undefined) store.dropModel(idle);
    for (const [part, cut] of partsOf(new Uint8Array(bytes)).entries()) store.writeModelPart(hash, part, cut);
  });
  return { hash };
}

/** The platform's clock goes on where a turn of the event loop ends, and only there. */
async function clock(): Promise<number> {
  await scheduler.wait(0);
  return Date.now();
}
