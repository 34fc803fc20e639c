/** Formats by name: which hold all that another holds, and whether a text has one. */
import { format as FORMATS } from "@cfworker/json-schema";

/** Whatever has the format on the left has those on the right too (the RFCs that define them). */
export const FORMATS_WITHIN: ReadonlyMap<string, readonly string[]> = new Map([
  ["uri", ["uri-reference", "iri", "iri-reference"]],
  ["uri-reference", ["iri-reference"]],
  ["iri", ["iri-reference"]],
  ["email", ["idn-email"]],
  ["hostname", ["idn-hostname"]],
]);

/** `null`: nobody here knows the format. */
export function hasFormat(text: string, name: string): boolean | null {
  const test: unknown = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (typeof test !== "function" || name === "regex") return null;
  return Boolean(test(text));
}
