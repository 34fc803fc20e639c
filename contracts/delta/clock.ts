/** Hybrid logical clock (Kulkarni 2014): physical milliseconds and a counter; sorts as text `{ms in 11 base-36 digits}-{counter in 4}`. */
import { z } from "zod";
import type { Millis } from "../instant.ts";

export const Hlc = z
  .string()
  .regex(/^[0-9a-z]{11}-[0-9a-z]{4}$/)
  .brand<"Hlc">();
export type Hlc = z.infer<typeof Hlc>;

/** Base-36 digits of the counter; 1.6 million events in one millisecond is a bug. */
const COUNTER_MAX = 36 ** 4 - 1;

/** A clock further ahead of the hub than this is re-stamped there: otherwise it would win every conflict until then. */
export const CLOCK_AHEAD_MS = 60_000;

export const HLC_ZERO: Hlc = write(0, 0);

/** The next local event: never earlier than the wall clock nor than the last event. */
export function tick(last: Hlc, now: Millis): Hlc {
  const { ms, counter } = read(last);
  return now > ms ? write(now, 0) : advance(ms, counter);
}

/** The clock after hearing `remote`: later than both. */
export function hear(last: Hlc, remote: Hlc, now: Millis): Hlc {
  const latest = last > remote ? last : remote;
  return tick(latest, now);
}

export function read(hlc: Hlc): { readonly ms: Millis; readonly counter: number } {
  return { ms: Number.parseInt(hlc.slice(0, 11), 36), counter: Number.parseInt(hlc.slice(12), 36) };
}

function advance(ms: Millis, counter: number): Hlc {
  return counter >= COUNTER_MAX ? write(ms + 1, 0) : write(ms, counter + 1);
}

function write(ms: Millis, counter: number): Hlc {
  return `${ms.toString(36).padStart(11, "0")}-${counter.toString(36).padStart(4, "0")}` as Hlc;
}
