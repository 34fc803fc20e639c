/** After the faults: waits until what was acknowledged is in the traces and at the subscriber, and counts it against the clients' journals. */
import type { Speaker } from "./clients.ts";
import { addUp, type Journal } from "./journal.ts";
import { apiTo, countersOf, instantsOf, ticketsOf } from "./plant.ts";
import type { Served } from "./served.ts";
import { until } from "./until.ts";

const SETTLE_MS = 60_000;

/**
 * Counts of the clients' journals; `qos2` of the numbers alone, null where the server does not take QoS 2. `absorbed`: came again and was counted
 * once. `faults`: machines that failed, each of which must have one ticket.
 */
export type Settled = {
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly strange: number;
  readonly absorbed: number;
  readonly faults: number;
  readonly tickets: number;
  readonly duplicateTickets: number;
  readonly qos2: { readonly acknowledged: number; readonly lost: number; readonly duplicates: number } | null;
};

/** `told`: samples in the message of each failing machine. `words`: what the listener heard of the teller. */
export type Done = {
  readonly pumps: readonly Speaker[];
  readonly teller: Speaker | null;
  readonly words: Journal;
  readonly failing: readonly string[];
  readonly told: readonly number[];
  /** Samples of others that are in the unit's count too. */
  readonly besides: number;
};

export async function settle(served: Served, { pumps, teller, words, failing, told, besides }: Done): Promise<Settled> {
  const api = apiTo(served);
  const samples = told.reduce((sum, count) => sum + count, besides);
  const expected = pumps.reduce((sum, one) => sum + one.journal.sum().acknowledged, samples);
  // What does not come is counted below; the wait only gives it time.
  const wait = (isSo: () => Promise<boolean>): Promise<void> => until(SETTLE_MS, "", isSo).catch(() => undefined);
  await wait(async () => (await countersOf(api)).samples >= expected);
  await wait(async () => (await ticketsOf(api, failing)).every((count) => count > 0));
  let kept = 0;
  for (const { device, journal } of pumps) {
    const instants = await instantsOf(api, device);
    kept += instants.length;
    for (const ts of instants) journal.heard(ts);
  }
  const sum = addUp(pumps.map((one) => one.journal.sum()));
  const counters = await countersOf(api);
  const tickets = await ticketsOf(api, failing);
  // A trace shows an instant once; the counter has it as often as it came, less what was known to have come before.
  const twice = Math.abs(counters.samples - counters.duplicates - kept - samples);
  const qos2 = teller === null ? null : qos2Of(teller, words);
  return {
    acknowledged: sum.acknowledged + (qos2?.acknowledged ?? 0),
    lost: sum.lost + (qos2?.lost ?? 0),
    duplicates: sum.duplicates + twice + (qos2?.duplicates ?? 0),
    strange: sum.strange,
    absorbed: counters.duplicates,
    faults: failing.length,
    tickets: tickets.reduce((total, count) => total + count, 0),
    duplicateTickets: tickets.reduce((total, count) => total + Math.max(0, count - 1), 0),
    qos2,
  };
}

/** What the listener heard, by what the teller has an answer for. */
function qos2Of(teller: Speaker, words: Journal): NonNullable<Settled["qos2"]> {
  const { duplicates } = words.sum();
  words.eachHeard((word) => teller.journal.heard(word));
  const { acknowledged, lost } = teller.journal.sum();
  return { acknowledged, lost, duplicates };
}
