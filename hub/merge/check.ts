/** Whether an operation can be merged at all. What can't is poison: it goes to a dead letter with a reason, and only its entity waits. */
import { jsonBytes } from "../../contracts/delta/json.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type Operation, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";

/** The reason it is poison, `{code}` or `{code}: {field}`; null when it may be merged. `side`: whose write it is. */
export function poison(operation: Operation, meaning: Meaning | undefined, side: "unit" | "hub"): string | null {
  const { attr, op, value } = operation;
  if (meaning === undefined) return "not-registered";
  if (meaning.stream !== operation.stream) return "unknown-entity";
  if (op === "delete" && attr !== "") return "breaks-contract: attr";
  if (op !== "delete" && !meaning.knows(attr)) return `unknown-field: ${attr}`;
  const writers = meaning.writersOf(attr);
  if (writers !== "any" && writers !== side) return op === "delete" ? "not-writer" : `not-writer: ${attr}`;
  if (op === "delete") return null;
  if (op === "unset") return value === undefined ? null : "breaks-contract: value";
  if (value === undefined) return "breaks-contract: value";
  if (jsonBytes(value) > VALUE_BYTES_MAX) return "too-large";
  return meaning.fits(attr, value) ? null : `breaks-contract: ${attr}`;
}
