/** What a server that wants to be left alone asks for. */
import type { Millis } from "../../contracts/instant.ts";

/** Seconds or an HTTP date; null for anything else. */
export function readRetryAfter(text: string | null, now: Millis): Millis | null {
  if (text === null) return null;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
