/** What the parts of the decision may ask of the whole: the only way back from elements and members to schemas. */
import type { Literal, Signed } from "./formula.ts";
import type { Language } from "./language.ts";

export type Ask = {
  /** Whether no value is all of these at once. "No" when it can't be told: every conclusion drawn from a "yes" is certain. */
  readonly isEmpty: (all: readonly Signed[]) => boolean;
  /** The same of texts alone, with literals on top: names of members are texts. */
  readonly isTextless: (literals: readonly Literal[], all: readonly Signed[]) => boolean;
  /** Whether a value is allowed by a schema; `null` when it can't be told. */
  readonly allows: (value: unknown, signed: Signed) => boolean | null;
  readonly language: (source: string) => Language | null;
  readonly lengths: (min: number, max: number) => Language | null;
  /** An upper bound of how many values are all of these at once. */
  readonly countAtMost: (all: readonly Signed[]) => number;
  /** The same of texts alone, with literals on top. */
  readonly countTextsAtMost: (literals: readonly Literal[], all: readonly Signed[]) => number;
  /** A result that depends on nothing but its key. */
  readonly remember: <T>(key: string, make: () => T) => T;
  /** Counts work done; `false` once there was too much of it, and then nothing more is concluded. */
  readonly spend: (steps: number) => boolean;
};
