/** The models that all Intakes of a unit have: what one of them lacks, the unit can't run. */
import { bundledModel } from "./models.ts";
import { intakesOf } from "./stubs.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";

type Done = { readonly hash: string };

/** To each of them; the first that refuses ends it, and the file is given again once that is mended. Refuses as `keepModel`. */
export async function giveModel(env: Env, unit: string, hash: string, bytes: ArrayBuffer): Promise<Done | Refusal> {
  return each(env, unit, async (intake) => await intake.putModel(hash, bytes));
}

/** Refuses as the Intake's `tryOn`. */
export async function tryModelOn(env: Env, unit: string, hash: string, profile: string): Promise<Done | Refusal> {
  return each(env, unit, async (intake) => await intake.tryOn(hash, profile), hash);
}

/** Those that came, and lie in each of them; the oldest first. */
export async function heldModels(env: Env, unit: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    intakesOf(env, unit).map(async (intake) => {
      const held = await intake.heldModels();
      const copy = [...held];
      (held as Partial<Disposable>)[Symbol.dispose]?.();
      return copy;
    }),
  );
  return (lists[0] ?? []).filter((hash) => lists.every((list) => list.includes(hash)));
}

export async function hasModel(env: Env, unit: string, hash: string): Promise<boolean> {
  return bundledModel(hash) !== null || (await heldModels(env, unit)).includes(hash);
}

async function each(
  env: Env,
  unit: string,
  ask: (intake: ReturnType<typeof intakesOf>[number]) => Promise<Done | Refusal>,
  hash = "",
): Promise<Done | Refusal> {
  let last: Done = { hash };
  for (const intake of intakesOf(env, unit)) {
    const answer = await ask(intake);
    const copy = { ...answer };
    (answer as Partial<Disposable>)[Symbol.dispose]?.();
    if (isRefusal(copy)) return copy;
    last = copy;
  }
  return last;
}
