/** Scenarios to start from, by name. */
import type { Scenario } from "../../contracts/scenario.ts";
import { bearingVibration } from "./bearing-vibration.ts";
import { pumpSequence } from "./pump-sequence.ts";
import { pumpVibration } from "./pump-vibration.ts";

export const TEMPLATES: ReadonlyMap<string, Scenario> = new Map(
  [pumpVibration, pumpSequence, bearingVibration].map((scenario) => [scenario.template, scenario]),
);
