/** JSON values in one canonical text: keys sorted, `undefined` left out. Equal texts are equal values; fingerprints are hashes of it. */
import type { z } from "zod";

export type Json = z.core.util.JSONType;

/** RFC 8785 in spirit: sorted keys, no spaces, numbers as JavaScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item === undefined ? null : item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(",")}}`;
}

export function sameJson(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || canonical(a) === canonical(b);
}

/** Nesting of a value that travels; ours have 5. Deeper ones would exhaust the stack of whoever parses or compares them. */
export const JSON_DEPTH_MAX = 32;

/** Whether lists and objects lie in each other deeper than `max`; found without recursion. */
export function deeperThan(value: unknown, max: number): boolean {
  let layer: unknown[] = [value];
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > max) return true;
    layer = layer.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** Bytes of a value's JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? "").byteLength;
}
