/** How a link to another system fares, for those who watch: the health page shows one line for each. */
import type { Millis } from "../../contracts/instant.ts";

export type Link = {
  readonly kind: "webhook" | "consumer" | "connector";
  readonly id: string;
  readonly name: string;
  /** Absent: sees all units of the tenant. */
  readonly unit?: string;
  /** Of a webhook `active behind disabled`, of a consumer `reading` or `idle`, of a connector `crm erp wms`'s breaker: `closed open half-open`. */
  readonly state: string;
  readonly why?: string;
  /** Lines of the log that it has not; 0 for a connector, which follows no log. */
  readonly lagOperations: number;
  /** Its position in the stream of tickets; absent for a connector. */
  readonly ticketsAt?: number;
  /** Age of the oldest thing that it is owed: an operation that it wants, or a queued write. */
  readonly oldestAgeMs?: Millis;
  /** How old the last delivered change was when it arrived; of a connector how long its last answered call took. */
  readonly delayMs?: Millis;
  /** Writes that wait; 0 for those who follow the log, which is their queue. */
  readonly queued: number;
  readonly breaker?: "closed" | "open" | "half-open";
  /** Of a connector: calls that failed one after another until now. */
  readonly failures?: number;
  readonly deadLetters: number;
  readonly lastError?: string;
  readonly lastOkAt?: Millis;
};
