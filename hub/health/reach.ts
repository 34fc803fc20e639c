/** What the health of links is reckoned from: where each stream stands with each of its readers and writers, and which tickets are open. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ReceiptSummary, Verified } from "../../contracts/receipt.ts";
import type { TicketCounts } from "./link-health.ts";

/** A unit as a reader. `lag`: lines for it behind what it said it has applied, `oldestAt`: when the first of them was taken. */
export type ReplicaReach = {
  readonly unit: string;
  readonly applied: number;
  readonly at: Millis;
  readonly expelled: boolean;
  readonly lag: number;
  readonly oldestAt?: Millis | undefined;
};

/** A unit as a writer, one of its incarnations. `lastAt`: when its last operation was taken; `delaysMs`: how old the last ones were then, newest first. */
export type OriginReach = {
  readonly unit: string;
  readonly through: number;
  readonly dead: number;
  readonly lastAt?: Millis | undefined;
  readonly delaysMs: readonly Millis[];
};

/** A consumer of the feed. `token`: the hash of it; `unit`: the only one it sees, "" for all; `at`: when it last asked; `delayMs`: how old the last line was when it confirmed it. */
export type ConsumerReach = {
  readonly token: string;
  readonly unit: string;
  readonly position: number;
  readonly at: Millis;
  readonly delayMs?: Millis | undefined;
  readonly oldestAt?: Millis | undefined;
};

export type StreamReach = {
  readonly stream: StreamName;
  /** Where its log ends. */
  readonly position: number;
  readonly replicas: readonly ReplicaReach[];
  readonly origins: readonly OriginReach[];
  readonly consumers: readonly ConsumerReach[];
};

/** A ticket that is neither done nor called off. `at`: position of the last line about it in the stream of tickets. */
export type OpenTicket = {
  readonly id: string;
  readonly units: readonly string[];
  readonly priority: keyof TicketCounts;
  readonly state: string;
  readonly respondBy: Millis;
  readonly resolveBy: Millis;
  readonly at: number;
};

/** What a unit said of itself when it last asked how far the CRM is. */
export type UnitWord = {
  readonly unit: string;
  readonly at: Millis;
  readonly verified?: Verified | undefined;
  readonly receipt?: ReceiptSummary | undefined;
};

/** The last comparison of a consumer. `token`: as the streams know it; `apart`: families that differed. */
export type ComparedWord = { readonly token: string; readonly at: Millis; readonly equal: boolean; readonly apart: readonly string[] };
