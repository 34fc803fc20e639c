/** Scenarios to start from, by name. */
import type { Scenario } from "../../contracts/scenario.ts";
import { bearingVibration } from "./bearing-vibration.ts";
import { pumpDuty } from "./pump-duty.ts";
import { pumpSequence } from "./pump-sequence.ts";
import { pumpVibration } from "./pump-vibration.ts";

export const TEMPLATES: ReadonlyMap<string, Scenario> = new Map(
  [pumpVibration, pumpDuty, pumpSequence, bearingVibration].map((scenario) => [scenario.template, scenario]),
);
