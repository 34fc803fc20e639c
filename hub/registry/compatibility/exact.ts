/**
 * Numbers that were not read as they were written. From 2^53 up several whole numbers are one to JSON.parse, so of two schemas with such a
 * bound or value nothing certain can be said.
 */
import { type Keywords, listOf } from "./keyword.ts";

const NUMBERS = listOf(
  "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minContains maxContains minProperties",
  "maxProperties enum const",
);

/** The first keyword of a schema that holds such a number, however deep in a value. */
export function inexact(schema: Keywords): string | null {
  return NUMBERS.find((keyword) => holdsInexact(schema[keyword])) ?? null;
}

function holdsInexact(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "number" && Math.abs(next) > Number.MAX_SAFE_INTEGER) return true;
    if (typeof next === "object" && next !== null) for (const inner of Object.values(next)) open.push(inner);
  }
  return false;
}
