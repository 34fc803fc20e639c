/**
 * Spans of time that can't be, in what comes in from outside. A JSON Schema can't say that one value lies behind another, so no contract does:
 * each place where such values enter asks here.
 */
import { refuse, type Refusal } from "./refusal.ts";

/** By family and attribute: the members of a span, the first of which must lie before the second; `point`: or be the same instant. */
const SPANS: Readonly<Record<string, Readonly<Record<string, { readonly from: string; readonly to: string; readonly what: string; readonly point?: true }>>>> =
  {
    ticket: { appointment: { from: "from", to: "to", what: "an appointment", point: true } },
    engineer: {
      absences: { from: "from", to: "until", what: "an absence" },
      extraShifts: { from: "from", to: "until", what: "a shift" },
    },
  };

/** Refuses `code`, with the field of the first span that ends before it begins; null where there is none. `attrs`: of a shape that was checked. */
export function refuseWindows(family: string, attrs: Readonly<Record<string, unknown>>, code: "malformed" | "breaks-contract", under: string): Refusal | null {
  for (const [attr, { from, to, what, point }] of Object.entries(SPANS[family] ?? {})) {
    const value = attrs[attr];
    for (const [i, span] of (Array.isArray(value) ? value : [value]).entries()) {
      const [begins, ends] = [instantIn(span, from), instantIn(span, to)];
      if (begins === null || ends === null || begins < ends || (point === true && begins === ends)) continue;
      return refuse(code, `${what} that ends after it begins`, "say from when until when", `${under}.${attr}${Array.isArray(value) ? `.${i}` : ""}.${to}`);
    }
  }
  return null;
}

function instantIn(span: unknown, member: string): number | null {
  if (typeof span !== "object" || span === null) return null;
  const instant = (span as Readonly<Record<string, unknown>>)[member];
  return typeof instant === "number" ? instant : null;
}
