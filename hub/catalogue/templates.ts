/** Scenarios to start from, by name. */
import type { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "./pump-vibration.ts";

export const TEMPLATES: ReadonlyMap<string, Scenario> = new Map([pumpVibration].map((scenario) => [scenario.template, scenario]));
