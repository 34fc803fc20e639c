/** Formats by name: which hold all that another holds, and whether a text has one. */
import { format as FORMATS } from "@cfworker/json-schema";
import { FORMAT_CHARS_MAX } from "./limit.ts";

/** Whatever has the format on the left has those on the right too (the RFCs that define them). */
export const FORMATS_WITHIN: ReadonlyMap<string, readonly string[]> = new Map([
  ["uri", ["uri-reference", "iri", "iri-reference"]],
  ["uri-reference", ["iri-reference"]],
  ["iri", ["iri-reference"]],
  ["email", ["idn-email"]],
  ["hostname", ["idn-hostname"]],
]);

/** Of these the known test takes 2^n steps for n characters (`url`), or says what only another engine can (`regex`). */
const UNTRIED: readonly string[] = ["url", "regex"];

/** `null`: nobody here knows the format. */
export function hasFormat(text: string, name: string): boolean | null {
  const test: unknown = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  return typeof test !== "function" || UNTRIED.includes(name) || text.length > FORMAT_CHARS_MAX ? null : Boolean(test(text));
}
