/** Every bug that is planted. */
import { CONTRACT_MUTANTS } from "./mutant-contract.ts";
import { HUB_MUTANTS } from "./mutant-hub.ts";
import { UNIT_MUTANTS } from "./mutant-unit.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [...UNIT_MUTANTS, ...HUB_MUTANTS, ...CONTRACT_MUTANTS];
