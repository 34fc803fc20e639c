/**
 * What hangs on a link, by which links are ranked: a broken link on which nothing waits can wait itself, a slow one before an urgent ticket
 * can't. The score is a weighted count, not money: it orders, and what it is made of is shown beside it.
 */
import type { Millis } from "../../contracts/instant.ts";
import { gravityOf } from "./judge.ts";
import { RISK_MS } from "./limit.ts";
import type { Impact, LinkHealth, LinkKind, LinkState, TicketCounts } from "./link-health.ts";
import type { OpenTicket } from "./reach.ts";

/** By priority: hours, a day, when somebody is near. Nine jobs that have time weigh what one that has none does. */
const WEIGHT: Readonly<Record<keyof TicketCounts, number>> = { p1: 9, p2: 3, p3: 1 };
/** A promise at risk doubles its ticket. */
const RISK_FACTOR = 2;
/** A write that another system has not got: somebody typed it, and takes it for done. */
const WRITE_WEIGHT = 3;
/** Everything else depends on the units; the feed and its consumers are the CRM's truth, and writes come back by connectors; a webhook only says that there is something to read. */
const IMPORTANCE: Readonly<Record<LinkKind, number>> = { unit: 3, feed: 2, consumer: 2, connector: 2, webhook: 1 };

export type Stake = {
  readonly kind: LinkKind;
  readonly state: LinkState;
  /** Tickets that go over the link, and those of them of which something has not come through. */
  readonly tickets: readonly OpenTicket[];
  readonly waiting: readonly OpenTicket[];
  readonly writes: number;
};

/** On a link that is well nothing waits longer than the network takes: it has no score. */
export function impactOf({ kind, state, tickets, waiting, writes }: Stake, now: Millis): Impact {
  const held = state === "ok" ? [] : waiting;
  const risky = held.filter((ticket) => isAtRisk(ticket, now));
  const sum = held.reduce((total, ticket) => total + WEIGHT[ticket.priority] * (isAtRisk(ticket, now) ? RISK_FACTOR : 1), 0);
  const owed = state === "ok" ? 0 : writes * WRITE_WEIGHT;
  return { waiting: countByPriority(held), promises: risky.length, writes, atStake: countByPriority(tickets), score: (sum + owed) * IMPORTANCE[kind] };
}

/** Until somebody is on site the promise is the response, afterwards the repair. */
export function isAtRisk({ state, respondBy, resolveBy }: OpenTicket, now: Millis): boolean {
  return (state === "working" ? resolveBy : Math.min(respondBy, resolveBy)) - now < RISK_MS;
}

/** What hangs on it first, then how bad it is, then what would hang on it, then how long it waits; names last, so that the order is one. */
export function rank(links: readonly LinkHealth[]): readonly LinkHealth[] {
  return links.toSorted(
    (a, b) =>
      b.impact.score - a.impact.score ||
      gravityOf(b.state) - gravityOf(a.state) ||
      stakeOf(b) - stakeOf(a) ||
      (a.oldestAt ?? Number.POSITIVE_INFINITY) - (b.oldestAt ?? Number.POSITIVE_INFINITY) ||
      (`${a.kind}/${a.id}` < `${b.kind}/${b.id}` ? -1 : 1),
  );
}

function stakeOf({ kind, impact }: LinkHealth): number {
  const { p1, p2, p3 } = impact.atStake;
  return (p1 * WEIGHT.p1 + p2 * WEIGHT.p2 + p3 * WEIGHT.p3) * IMPORTANCE[kind];
}

function countByPriority(tickets: readonly OpenTicket[]): TicketCounts {
  const counts = { p1: 0, p2: 0, p3: 0 };
  for (const { priority } of tickets) counts[priority] += 1;
  return counts;
}
