/** Timestamps as foreign devices write them → milliseconds since the epoch, by the wall clock of a zone where they name none. */
import { Temporal } from "temporal-polyfill";
import type { When } from "../../../contracts/mapping.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import { instantOf } from "../../../contracts/zone.ts";

/** How many of it are a millisecond. */
const PER_MS = { s: 1 / 1_000, ms: 1, us: 1_000, ns: 1_000_000 } as const;
/** Longest text of a date: nanoseconds, an offset, a zone. */
const DATE_CHARS_MAX = 64;
const DIGITS = /^-?\d{1,20}(?:\.\d{1,9})?$/;

/** Refuses `malformed` for what is not of its form. */
export function readWhen(raw: unknown, { form, timeZone = "UTC" }: Pick<When, "form" | "timeZone">, field: string): number | Refusal {
  if (form === "iso" || form === "local") {
    const text = typeof raw === "string" && raw.length <= DATE_CHARS_MAX ? raw.trim().replace(/^(\S+) (?=\d)/, "$1T") : "";
    try {
      if (form === "iso") return Temporal.Instant.from(text).epochMilliseconds;
      return instantOf(timeZone, Temporal.PlainDateTime.from(text).toZonedDateTime("UTC").epochMilliseconds);
    } catch {
      return form === "iso"
        ? refuse("malformed", "an instant as in RFC 3339", "write 2026-01-31T08:00:00+08:00, or have the mapping read it as local", field)
        : refuse("malformed", "a date and a time", "write 2026-01-31T08:00:00", field);
    }
  }
  const number = typeof raw === "number" ? raw : typeof raw === "string" && DIGITS.test(raw.trim()) ? Number(raw) : Number.NaN;
  const ms = Math.round(number / PER_MS[form]);
  if (Number.isSafeInteger(ms)) return ms;
  return refuse("malformed", `a number of ${form} since the epoch`, "look at what form the mapping gives this timestamp", field);
}
