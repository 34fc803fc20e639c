/** Fitting in the Intake: normal rows of its machines out of the traces that it keeps, and the live model over them, between telemetry. */
import type { IntakeFit } from "../../contracts/fit.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { columnsOf, readMinute } from "../ingest/window-trace.ts";
import type { Tracks } from "../journey/track.ts";
import { FLEET_DEVICES_MIN, fitFleet, type NormalRows, normalTail } from "../verdict/fit.ts";
import { fraction } from "../verdict/trial/share.ts";
import type { Scorer } from "../verdict/scorer.ts";
import type { Models } from "./intake-ports.ts";
import type { IntakeStore } from "./intake-store.ts";

/** Machines that a fit looks at, by the hash of their ids: a floor of so many differs by some per cent from that of a thousand. */
const DEVICES_MAX = 64;
/** Minutes of the trace that are read of each: half an hour beyond what commissioning takes. */
const MINUTES = 40;
/** Rows after which telemetry has its turn: a few milliseconds. */
const ROWS_A_TURN = 32;

/** Refuses `unknown-entity`, `unknown-model`, `bad-model`, and `incomplete` below three machines that have been well for long enough. */
export async function fitProfile(deps: { readonly store: IntakeStore; readonly models: Models }, tracks: Tracks, id: string): Promise<IntakeFit | Refusal> {
  const profile = tracks.plan.scenario.profiles.find((one) => one.id === id);
  if (profile === undefined) return refuse("unknown-entity", "a profile of this unit's scenario", "look at the list of models", "profile");
  const model = tracks.hashOf(id);
  const scorer = await deps.models.scorer(model);
  if (isRefusal(scorer)) return scorer;
  const heard = heardOf(deps.store, tracks, profile);
  const fit = await fitFleet(inTurns(scorer), profile, heard, tracks.plan.scenario.commissioningRows, 0);
  if (isRefusal(fit)) return fit;
  const leftOut = tracks.plan.devices.flatMap((device) => (fit.leftOut.includes(device.id) ? [device.id] : []));
  return { model, floor: [...fit.floor], devices: fit.baselines.size, leftOut, rows: fit.rows };
}

function heardOf(store: IntakeStore, tracks: Tracks, profile: DeviceProfile): readonly NormalRows[] {
  const well = [...tracks.byDevice.values()].filter(
    ({ profile: of, watch }) => of.id === profile.id && watch.baseline !== null && watch.judged.state === "normal",
  );
  const chosen = well.toSorted((a, b) => fraction(a.device.id) - fraction(b.device.id)).slice(0, Math.max(DEVICES_MAX, FLEET_DEVICES_MIN));
  return chosen.map(({ device, trace }) => {
    const stored = store.readTrace(device.id, 0, MINUTES).map(readMinute);
    const fitting = stored.flatMap((read) => (read !== null && read.channels === profile.channels.length ? [read.minute] : []));
    return normalTail(device.id, profile, columnsOf([...fitting, ...trace.minutes], profile.channels.length, 0), tracks.plan.scenario.judge.onScore);
  });
}

/** The object answers others between two turns. */
function inTurns(scorer: Scorer): Scorer {
  let run = 0;
  return {
    ...scorer,
    run: async (ask) => {
      run += 1;
      if (run % ROWS_A_TURN === 0) await scheduler.wait(0);
      return await scorer.run(ask);
    },
  };
}
