/** One thing that changed between two contracts, in words for a program (`code`, `path`) and for a person (`message`). */
import { canonical } from "../../../contracts/delta/json.ts";
import { encodeStep } from "./uri.ts";
import { QUOTE_CHARS_MAX } from "./limit.ts";

export type Change = {
  /** Kebab-case: what changed and how, such as `maximum-lowered`. */
  readonly code: string;
  /** JSON pointer into the new schema; into the old one for what the new one no longer has. */
  readonly path: string;
  /** A plain sentence with the old and the new value. */
  readonly message: string;
  /** Whether it alone makes the pair incompatible. */
  readonly breaking: boolean;
};

/** A value as a sentence shows it. */
export function quoted(value: unknown): string {
  const text = value === undefined ? "nothing" : canonical(value);
  return text.length > QUOTE_CHARS_MAX ? `${text.slice(0, QUOTE_CHARS_MAX)}…` : text;
}

export function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, 5).map(quoted).join(", ");
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown;
}

export function child(path: string, ...steps: readonly (string | number)[]): string {
  return [path, ...steps.map((step) => encodeStep(String(step)))].join("/");
}

/** `minLength` as `min-length`. */
export function kebab(keyword: string): string {
  return keyword.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("$", "");
}
