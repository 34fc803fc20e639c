/** The unit's clock as the page knows it: pages count down against the unit's time, not against the reader's. */
import { useEffect, useState } from "react";

let aheadMs = 0;

/** Called with each answer that carries the unit's `now`. Small differences are the network's. */
export function hearClock(now: number): void {
  const ahead = now - Date.now();
  if (Math.abs(ahead - aheadMs) > 250) aheadMs = ahead;
}

export function unitNow(): number {
  return Date.now() + aheadMs;
}

/** The unit's time, again every `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(unitNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(unitNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
