/**
 * What becomes of a write at the head of a connector's queue. Only what the other side refuses for its content is given up; whatever says
 * nothing about this write (nobody answers, it is out of order, we may not come in, it is somewhere else now) keeps it at the head.
 */
import type { Millis } from "../../contracts/instant.ts";
import { RETRY_AFTER_MS_MAX } from "./schedule.ts";

/** Between the attempts while the breaker is closed, doubled each time. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** While we are not let in, or are sent elsewhere, somebody has to change something: more attempts could lock the account. */
const DOOR_MS = 5 * 60_000;
/** How often "not there" and "not now" may be answered about one write before it is given up: a quarter of an hour, longer than any roll-out. */
export const MAYBE_ANSWERS_MAX = 20;

/** Answers that shut everybody out, whatever is asked. */
const DOOR: readonly number[] = [401, 403, 407];
/** Answers that ask for more patience. */
const LATER: readonly number[] = [408, 425, 429];
/** Answers that may be about the content, or about now: not there, in conflict, locked. */
const MAYBE: readonly number[] = [404, 409, 423];

/** `status` 0: no answer. `answers`: how often this write was answered, this time included. */
export type WriteAnswer = { readonly status: number; readonly error: string | null; readonly retryAfterMs?: Millis | undefined };
export type WriteFate =
  | { readonly fate: "done" }
  | { readonly fate: "dead"; readonly reason: string }
  | { readonly fate: "again"; readonly waitMs: Millis; readonly reason: string };

export function fateOfWrite({ status, error, retryAfterMs = 0 }: WriteAnswer, answers: number): WriteFate {
  const reason = error ?? whyNot(status) ?? `answered ${status}`;
  if (status >= 200 && status < 300) return { fate: "done" };
  const asked = Math.min(Math.max(0, retryAfterMs), RETRY_AFTER_MS_MAX);
  const again = (waitMs: Millis): WriteFate => ({ fate: "again", waitMs: Math.max(waitMs, asked), reason });
  if (isRedirect(status) || DOOR.includes(status)) return again(DOOR_MS);
  const waits = status < 400 || status >= 500 || LATER.includes(status) || (MAYBE.includes(status) && answers < MAYBE_ANSWERS_MAX);
  if (waits) return again(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(answers, 10)));
  return { fate: "dead", reason: MAYBE.includes(status) ? `${reason}, ${answers} times` : reason };
}

/** Whether an answer says that the link is out of order, not only this request. */
export function isOutOfOrder(status: number): boolean {
  return isRedirect(status) || status >= 500 || status === 401 || status === 407 || LATER.includes(status);
}

/** For people; null for what is well. */
export function whyNot(status: number): string | null {
  if (isRedirect(status)) return `answered ${status}: redirects are not followed`;
  if (DOOR.includes(status)) return `answered ${status}: the connector is not let in`;
  return status < 400 ? null : `answered ${status}`;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
