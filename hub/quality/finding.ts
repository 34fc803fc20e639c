/** What a scan may find, in words that pages translate by code. */

export const CODES = {
  unused: ["never-filled", "rarely-filled", "not-written-lately", "never-read", "constant"],
  overloaded: ["mixed-types", "mixed-forms", "mixed-uom", "catch-all", "numbers-as-text"],
  undocumented: ["no-description", "no-meaning", "no-uom", "no-purpose", "no-owner", "no-promises"],
  duplicate: ["same-values"],
} as const;
export type Topic = keyof typeof CODES;
export type Code = (typeof CODES)[Topic][number];

/** `path` is "" for what concerns the document. `sentence` says what was seen, `suggestion` what to do; pages word both from `code` and `params`. */
export type Finding = {
  readonly topic: Topic;
  readonly code: Code;
  readonly path: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly sentence: string;
  readonly suggestion: string;
};
