/** What a comparison with the baseline may find, in words that pages translate by code. */
import type { Field } from "./field.ts";
import type { Test } from "./statistic.ts";

export type DriftKind = "distribution" | "nulls" | "enum" | "uom" | "type" | "range";
export type Drift = {
  readonly kind: DriftKind;
  /** What within the kind; pages have a sentence of their own for each, filled with `params`. */
  readonly code:
    | "numbers-moved"
    | "shares-moved"
    | "more-nulls"
    | "fewer-nulls"
    | "undeclared-value"
    | "new-value"
    | "vanished-value"
    | "other-uom"
    | "undeclared-type"
    | "new-type"
    | "new-shape"
    | "above"
    | "below";
  readonly severity: "minor" | "major";
  readonly statistic: number;
  readonly threshold: number;
  readonly params: Readonly<Record<string, string | number>>;
  readonly sentence: string;
};

/** A distribution that moved; `what` did, in words. */
export function moved(code: "numbers-moved" | "shares-moved", test: Test, major: number, field: Field, what: string, params: Drift["params"] = {}): Drift {
  return {
    kind: "distribution",
    code,
    severity: test.statistic >= major ? "major" : "minor",
    ...test,
    params: { path: field.path, ...params },
    sentence: `${field.path}: ${what} moved away from the baseline`,
  };
}

export function percent(share: number): string {
  return share > 0 && share < 0.001 ? "under 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
