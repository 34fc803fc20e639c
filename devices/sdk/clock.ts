/**
 * How far our clock is from the unit's, and how well we know it. Each answer bounds the offset: the server read its clock between our asking and our
 * hearing (Cristian 1989), so what is true lies in all bounds at once (Marzullo 1984), which drift widens with their age.
 *
 *   ours:    askedAt ───────────────── heardAt
 *   theirs:            from … to                 from − heardAt ≤ offset ≤ to − askedAt
 */

/** Of plain quartz: 50 parts in a million either side, both may drift. */
const DRIFT = 1e-4;
/** Bounds that are remembered: the newest are the narrowest but for luck. */
const BOUNDS_MAX = 16;
/** The name under which a unit tells its time at sign-in, in milliseconds since the epoch. */
const TIME = "time";

/** `from` and `to`: between which instants the server's clock was when it answered; equal where it told milliseconds. */
export type Answer = { readonly askedAt: number; readonly heardAt: number; readonly from: number; readonly to: number };

/** The unit's clock is ours plus `offsetMs`, give or take `errorMs`. */
export type ClockReading = { readonly offsetMs: number; readonly errorMs: number };

export type Clock = {
  heard(answer: Answer): void;
  /** Null until something was heard. */
  reading(now: number): ClockReading | null;
};

type Bounds = { readonly low: number; readonly high: number; readonly at: number };

export function startClock(): Clock {
  let known: readonly Bounds[] = [];

  function heard({ askedAt, heardAt, from, to }: Answer): void {
    if (!(heardAt >= askedAt) || !(to >= from)) return;
    const bounds = { low: from - heardAt, high: to - askedAt, at: heardAt };
    // Bounds that exclude each other: somebody set a clock. Only the newest says how it is now.
    const agrees = known.filter((one) => {
      const [low, high] = widened(one, heardAt);
      return low <= bounds.high && high >= bounds.low;
    });
    known = [...(agrees.length === known.length ? known : []), bounds].slice(-BOUNDS_MAX);
  }

  function reading(now: number): ClockReading | null {
    if (known.length === 0) return null;
    const all = known.map((one) => widened(one, now));
    const [low, high] = [Math.max(...all.map(([least]) => least)), Math.min(...all.map(([, most]) => most))];
    // Rounding alone can leave them a hair apart.
    return { offsetMs: (low + high) / 2, errorMs: Math.max(0, (high - low) / 2) };
  }

  return { heard, reading };
}

/** Asks an HTTP server of the same clock: its `Date` header says a second, so some answers at different parts of a second narrow it to a round trip. */
export async function askTime(url: string, clock: Clock, ask: typeof fetch = fetch, now: () => number = Date.now): Promise<boolean> {
  const askedAt = now();
  const response = await ask(url, { method: "HEAD", cache: "no-store" }).catch(() => null);
  const from = Date.parse(response?.headers.get("date") ?? "");
  if (Number.isNaN(from)) return false;
  clock.heard({ askedAt, heardAt: now(), from, to: from + 999 });
  return true;
}

/** What the unit told of its time when we signed in; null where it did not. */
export function toldTime(properties: Readonly<Record<string, string | readonly string[]>> | null | undefined): number | null {
  const text = properties?.[TIME];
  return typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

function widened({ low, high, at }: Bounds, now: number): readonly [low: number, high: number] {
  const drift = Math.abs(now - at) * DRIFT;
  return [low - drift, high + drift];
}
