/**
 * How a webhook endpoint fares: what an attempt's answer does to it. Events go in order, one at a time: the head is delivered, becomes a
 * dead letter, or is tried again; what stands behind it waits in the log, which is the queue.
 */
import type { Millis } from "../../contracts/instant.ts";
import { waitAfter } from "./schedule.ts";

/** Whole schedules in vain, one after another, that end it: the receiver was away for two days and more. */
export const VAIN_MAX = 2;
/** Operations behind which an endpoint is no longer told one by one, but once: read the feed from here. At 10 a second three hours. */
export const BEHIND_OPERATIONS_MAX = 100_000;
/** Dead letters kept for an endpoint; one that refuses more is behind, and not worth another event. */
export const DEAD_MAX = 1_000;

/** Answers that say: this event, never. Everything else may mend. */
const REFUSING: readonly number[] = [400, 413, 415, 422];
const GONE = 410;

/** `behind`: the next thing it is sent is `outpost.resync.v1`. `disabled`: nothing is sent until somebody resumes it. */
export type DeliveryState = "active" | "behind" | "disabled";

/** `failures`: attempts at the head in vain · `vain`: schedules in vain in a row. */
export type Delivery = {
  readonly state: DeliveryState;
  readonly why: string;
  readonly failures: number;
  readonly vain: number;
  readonly nextAt: Millis;
};

export type Answer =
  | { readonly type: "answered"; readonly status: number; readonly retryAfterMs?: Millis }
  | { readonly type: "timeout"; readonly ms: Millis }
  | { readonly type: "unreachable"; readonly why: string };

/** What became of the head: `delivered` and `dead` go on to the next event. */
export type Fate = "delivered" | "dead" | "again" | "stopped";

export function begin(now: Millis): Delivery {
  return { state: "active", why: "", failures: 0, vain: 0, nextAt: now };
}

/** Resynchronises by one event instead of many. */
export function fallBehind(delivery: Delivery, why: string, now: Millis): Delivery {
  return { ...delivery, state: "behind", why, failures: 0, nextAt: now };
}

export function afterAttempt(delivery: Delivery, answer: Answer, now: Millis, chance: number): { readonly delivery: Delivery; readonly fate: Fate } {
  const reason = reasonOf(answer);
  const status = answer.type === "answered" ? answer.status : 0;
  if (status >= 200 && status < 300) return { delivery: begin(now), fate: "delivered" };
  if (status === GONE) return stop(delivery, "the receiver answered 410: it wants no more");
  if (delivery.state === "active" && REFUSING.includes(status)) return { delivery: { ...delivery, failures: 0, nextAt: now }, fate: "dead" };
  const failures = delivery.failures + 1;
  const wait = waitAfter(failures, chance, answer.type === "answered" ? answer.retryAfterMs : undefined);
  if (wait !== null) return { delivery: { ...delivery, failures, nextAt: now + wait }, fate: "again" };
  const vain = delivery.vain + 1;
  if (vain >= VAIN_MAX || delivery.state === "behind") return stop(delivery, `${failures} attempts in vain: ${reason}`);
  return { delivery: { ...delivery, failures: 0, vain, nextAt: now }, fate: "dead" };
}

/** For people: why an attempt counts as one in vain. */
export function reasonOf(answer: Answer): string {
  switch (answer.type) {
    case "answered":
      return answer.status >= 300 && answer.status < 400 ? `answered ${answer.status}: redirects are not followed` : `answered ${answer.status}`;
    case "timeout":
      return `no answer within ${answer.ms} ms`;
    case "unreachable":
      return `not reached: ${answer.why}`;
  }
}

function stop(delivery: Delivery, why: string): { readonly delivery: Delivery; readonly fate: Fate } {
  return { delivery: { ...delivery, state: "disabled", why, failures: 0 }, fate: "stopped" };
}
