/** How often somebody outside may speak: so much at once, and one more for every so long. In memory: it outlives no restart, and needs not to. */
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";

/** Complaints and reopenings of one customer: a bad day of a plant at once, then one every five minutes, which nobody who writes them by hand notices. */
export const CUSTOMER_BURST_MAX = 10;
export const CUSTOMER_EVERY_MS = 5 * 60_000;
/** Customers that are remembered; whoever has spoken least lately is forgotten first. */
const SPEAKERS_MAX = 1_000;

/** Until when what was said so far has been paid off, by who said it. */
export type Allowance = Map<string, Millis>;

/** Null when they may, and then it is counted. Refuses `too-many`. */
export function spend(allowance: Allowance, who: string, now: Millis): Refusal | null {
  const paidBy = Math.max(allowance.get(who) ?? 0, now);
  const ahead = paidBy + CUSTOMER_EVERY_MS - now;
  if (ahead > CUSTOMER_BURST_MAX * CUSTOMER_EVERY_MS) {
    const minutes = Math.ceil((ahead - CUSTOMER_BURST_MAX * CUSTOMER_EVERY_MS) / 60_000);
    return refuse(
      "too-many",
      `at most ${CUSTOMER_BURST_MAX} messages at once, then one every ${CUSTOMER_EVERY_MS / 60_000} minutes`,
      `wait ${minutes} min, or call the service desk`,
    );
  }
  allowance.delete(who);
  allowance.set(who, paidBy + CUSTOMER_EVERY_MS);
  const [oldest] = allowance.keys();
  if (allowance.size > SPEAKERS_MAX && oldest !== undefined) allowance.delete(oldest);
  return null;
}
