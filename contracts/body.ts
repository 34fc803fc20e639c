/** JSON that comes in from outside, before anything looks into it: what is nested too deep exhausts the stack of whoever parses, compares or prints it. */
import { deeperThan } from "./delta/json.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** Room for a document of the deepest that any rule allows with what stands around it, and far from what exhausts a stack. */
export const BODY_DEPTH_MAX = 256;

/** Refuses `malformed`. */
export function readJson(text: string): { readonly json: unknown } | Refusal {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("malformed", "the body must be JSON", "check quotes, commas and brackets");
  }
  return deeperThan(json, BODY_DEPTH_MAX) ? refuse("malformed", `nested at most ${BODY_DEPTH_MAX} deep (BODY_DEPTH_MAX)`, "flatten it") : { json };
}
