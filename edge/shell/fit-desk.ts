/** The fleet's floors of a unit: asked of its Intakes, shown beside what counts now, and written into the scenario when a person says so. */
import type { ApplyFloor, FleetFloor, IntakeFit } from "../../contracts/fit.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { DeviceProfile, Scenario } from "../../contracts/scenario.ts";
import { NOTHING, type Decided } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { record } from "../decision/record.ts";
import { joinFloors, withFloor } from "../verdict/fit.ts";
import { intakesOf } from "./stubs.ts";
import type { UnitState } from "./unit-state.ts";

/** Refuses `unknown-entity`, and as the Intakes do where none of them has enough. */
export async function fitOf(env: Env, { unit, scenario, rules }: Pick<UnitState, "unit" | "scenario" | "rules">, id: string): Promise<FleetFloor | Refusal> {
  const profile = profileIn(scenario, id);
  if (isRefusal(profile)) return profile;
  const answers = await Promise.all(
    intakesOf(env, unit).map(async (intake) => {
      const answer = await intake.fit(id);
      const copy = structuredClone(answer) as IntakeFit | Refusal;
      (answer as Partial<Disposable>)[Symbol.dispose]?.();
      return copy;
    }),
  );
  const fits = answers.filter((answer): answer is IntakeFit => !isRefusal(answer));
  const [first] = fits;
  if (first === undefined) return answers.find(isRefusal) ?? refuse("incomplete", "an Intake with machines of this profile", "connect some", "profile");
  const floor = joinFloors(fits);
  const sum = (read: (fit: IntakeFit) => number): number => fits.reduce((all, fit) => all + read(fit), 0);
  return {
    unit,
    profile: profile.id,
    rules,
    model: first.model,
    devices: sum((fit) => fit.devices),
    leftOut: fits.flatMap((fit) => fit.leftOut),
    rows: sum((fit) => fit.rows),
    channels: withFloor(profile, floor).channels.map(({ id: channel, floor: after = 1 }, c) => {
      const before = profile.channels[c]?.floor;
      return { channel, ...(before === undefined ? {} : { before }), after };
    }),
  };
}

/** The scenario with these floors, and the decision that says so. Refuses `unknown-entity`, `stale-version`, and `malformed` for another number of channels. */
export function applyFloor(
  { scenario, rules }: Pick<UnitState, "scenario" | "rules">,
  id: string,
  asked: ApplyFloor,
  by: string,
  now: Millis,
): { readonly scenario: Scenario; readonly decided: Decided } | Refusal {
  const profile = profileIn(scenario, id);
  if (isRefusal(profile)) return profile;
  if (asked.rules !== rules)
    return refuse("stale-version", "the scenario is the one that the fit was made against", "fit again, and look at what would change", "rules");
  if (asked.floor.length !== profile.channels.length)
    return refuse("malformed", `one floor for each of ${profile.channels.length} channels`, "send back what was shown", "floor");
  const fitted = withFloor(profile, asked.floor);
  const floors = ({ channels }: DeviceProfile) => Object.fromEntries(channels.map(({ id: channel, floor }) => [channel, floor ?? null]));
  const told = { outcome: "fitted", snapshot: { rules, before: floors(profile), after: floors(fitted) }, reasons: [{ code: "fleet-floor", about: { by } }] };
  const because = [record({ at: now, type: "model", ref: id, actor: by }, "model", `model:${id}`, told)];
  return { scenario: { ...scenario, profiles: scenario.profiles.map((one) => (one.id === id ? fitted : one)) }, decided: { ...NOTHING, because } };
}

function profileIn(scenario: Scenario, id: string): DeviceProfile | Refusal {
  const found = scenario.profiles.find((one) => one.id === id);
  return found ?? refuse("unknown-entity", "a profile of this unit's scenario", "look at the list of models", "profile");
}
