/** What the Intakes of a unit ask of it and tell it, besides transitions (`unit-verdicts.ts`): the plan, who may connect, baselines, how models do. */
import { uuidv7 } from "uuidv7";
import type { Baseline, Device } from "../../contracts/device.ts";
import { NOTHING, UNIT } from "../../contracts/effect.ts";
import type { Change } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { IntakePlan, WatchReport } from "../../contracts/rpc.ts";
import { onWear } from "../journey.ts";
import { isBetter } from "../verdict/baseline.ts";
import { passwordFits } from "./sign-in.ts";
import type { Runner } from "./runner.ts";

export function planFor({ state, desk, models }: Runner, env: Pick<Env, "OPEN_ACCESS">): IntakePlan {
  const { unit, scenario, planVersion } = state();
  return {
    unit,
    scenario,
    version: planVersion,
    devices: desk.entities.list("device"),
    openAccess: env.OPEN_ACCESS === "1",
    models: models.planned(),
    judges: models.judges(),
  };
}

/** Refuses `not-permitted`. */
export function admit({ desk: { db, entities } }: Runner, device: string, password: string): Device | Refusal {
  const found = entities.get("device", device);
  if (found !== undefined && passwordFits(db, device, password)) return found;
  return refuse("not-permitted", "user name and password of a device of this unit", "add the device, or give it a new password");
}

/** A baseline that is no better than the one that is known is let go. */
export function takeBaseline(runner: Runner, device: string, baseline: Baseline, now: Millis): void {
  const before = runner.desk.entities.get("device", device);
  const profile = runner.view.scenario.profiles.find(({ id }) => id === before?.profile);
  if (before === undefined || profile === undefined || !isBetter(before.baseline, baseline, profile)) return;
  const change: Change = { family: "device", id: device, after: { ...before, baseline } };
  runner.input((write) => write({ ...NOTHING, changes: [change] }, "journey", "commissioned"), now);
}

export function takeReport(runner: Runner, report: WatchReport, now: Millis): void {
  runner.models.report(report, now);
  const foreseen = onWear(runner.view, report.wear ?? [], now, uuidv7);
  if (foreseen.changes.length > 0) runner.input((write) => write(foreseen, UNIT, "wear"), now);
}
