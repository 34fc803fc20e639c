/** The attributes that an operation under a contract may name. */
import type { Contract } from "../../contracts/contract.ts";
import { attributesOf as namesOf } from "./attribute.ts";

export function attributesOf(contract: Contract): readonly string[] {
  return [...namesOf(contract.schema).keys()];
}
