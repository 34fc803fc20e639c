/** How two versions of a contract compare. Until the schemas themselves are compared, any difference counts as one that breaks. */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import type { Mode } from "./contract.ts";

export type Change = { readonly code: string; readonly path: string; readonly message: string; readonly breaking: boolean };
export type Verdict = { readonly compatible: boolean; readonly changes: readonly Change[] };

export function checkMode(mode: Mode, earlier: readonly Json[], next: Json): Verdict {
  const different = mode !== "NONE" && earlier.some((one) => canonical(one) !== canonical(next));
  return { compatible: !different, changes: different ? [{ code: "changed", path: "", message: "it changed", breaking: true }] : [] };
}
