/**
 * Travel as a routing server said, looked up and never awaited. What it said for other hours or long ago stands in for want of newer, and is called
 * stale; what it never said, and ways within one cell of the grid, are reckoned by the great circle.
 */
import type { Millis, Place } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import type { Leg, Travel } from "../../../contracts/travel.ts";
import { freshMsOf, hoursOf, KEEP_MS } from "./age.ts";
import { cellOf, type Cell } from "./grid.ts";
import { HOURS, type Hours } from "./hour.ts";
import { UNANSWERED, UNREACHABLE, type Known, type Way } from "./known.ts";

export type RoutedParts = {
  readonly known: Known;
  readonly connector: TravelConnector;
  readonly timeZone: string;
  readonly now: () => Millis;
  /** As of now; asked for once for each instant. */
  readonly otherwise: () => Travel;
};

export function routed({ known, connector, timeZone, now, otherwise }: RoutedParts): Travel {
  const freshMs = freshMsOf(connector);
  const source = connector.kind;
  let at: Millis = Number.NaN;
  let hours: Hours = "any";
  let fallback: Travel = otherwise();

  /** What is found under other hours: the latest. */
  function elsewhere(from: Cell, to: Cell): Way | undefined {
    let latest: Way | undefined;
    for (const other of HOURS) {
      const way = other === hours ? undefined : usable(known.way(other, from, to), at);
      if (way !== undefined && (latest === undefined || way.at > latest.at)) latest = way;
    }
    return latest;
  }

  function legOf({ ms, m, at: saidAt }: Way, isOld: boolean, from: Place, to: Place): Leg {
    const ageMs = Math.max(0, at - saidAt);
    const told = { source, ageMs, ...(isOld || ageMs > freshMs ? { stale: true as const } : {}) };
    if (ms !== UNREACHABLE) return { ms, m, ...told };
    const plain = fallback.leg(from, to);
    return { ms: Infinity, m: plain.m, otherwiseMs: plain.ms, ...told };
  }

  return {
    leg: (from, to) => {
      const instant = now();
      if (instant !== at) {
        at = instant;
        hours = hoursOf(connector, at, timeZone);
        fallback = otherwise();
      }
      const [a, b] = [cellOf(from), cellOf(to)];
      if (a === b) return fallback.leg(from, to);
      const way = usable(known.way(hours, a, b), at);
      if (way !== undefined) return legOf(way, false, from, to);
      const old = connector.traffic === true ? elsewhere(a, b) : undefined;
      return old === undefined ? fallback.leg(from, to) : legOf(old, true, from, to);
    },
  };
}

function usable(way: Way | undefined, now: Millis): Way | undefined {
  return way === undefined || way.ms === UNANSWERED || now - way.at > KEEP_MS ? undefined : way;
}
