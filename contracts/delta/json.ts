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

/** Bytes of a value's JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? "").byteLength;
}
