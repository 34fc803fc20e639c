/**
 * The line to a warehouse: which ask goes next, and what the end of a call means. A breaker stands before it; nothing here calls anything, and
 * all state is plain: the rows of the asks, and the breaker's own.
 */
import type { Ask } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";

export const RETRY_MS = 500;
/** A kit is wanted within the hour: who is back is asked within half a minute. */
export const RETRY_MS_MAX = 30_000;
/** What a WMS may ask us to wait. */
const RETRY_AFTER_MS_MAX = 10 * 60_000;

/** While we are not let in, or are sent elsewhere, somebody has to change something: more attempts could lock the account. */
const DOOR_MS = 5 * 60_000;
/** Answers that shut everybody out, whatever is asked. */
const DOOR: readonly number[] = [401, 403, 407];
/** Answers that ask for more patience. */
const LATER: readonly number[] = [408, 425, 429];
/** Answers that may be about the request, or about now: not there, locked. After so many tries they are about the request. */
const MAYBE: readonly number[] = [404, 423];
const MAYBE_MAX = 20;

/** A circuit breaker as a value: two verbs. `B` is whatever it keeps; `round` names what was permitted when. */
export type BreakerPort<B> = {
  ask(breaker: B, now: Millis): { readonly go: true; readonly breaker: B; readonly round: number } | { readonly go: false; readonly until: Millis };
  tell(breaker: B, round: number, outcome: "ok" | "bad" | "timeout", now: Millis): B;
};

/** An ask that waits, as the unit's store keeps it. */
export type AskRow = { readonly ask: Ask; readonly attempts: number; readonly dueAt: Millis };

/** `held`: keys of asks that are due and can't go; they are told unreachable though nobody was called. */
export type Turn<B> =
  | { readonly call: AskRow; readonly breaker: B; readonly round: number }
  | { readonly wait: Millis | null; readonly held: readonly string[] };

/** What goes next: a release before a reservation, since it may free what the other needs; then what waits longest. `wait` is null when nothing is to do. */
export function nextCall<B>(port: BreakerPort<B>, breaker: B, rows: readonly AskRow[], now: Millis): Turn<B> {
  const due = rows.filter(({ dueAt }) => dueAt <= now);
  const [next] = due.toSorted(
    (a, b) => Number(a.ask.type === "reserve") - Number(b.ask.type === "reserve") || a.dueAt - b.dueAt || (a.ask.key < b.ask.key ? -1 : 1),
  );
  if (next === undefined) return { wait: rows.length === 0 ? null : Math.min(...rows.map(({ dueAt }) => dueAt)), held: [] };
  const permission = port.ask(breaker, now);
  if (!permission.go) return { wait: permission.until, held: due.map(({ ask }) => ask.key) };
  return { call: next, breaker: permission.breaker, round: permission.round };
}

/** How a call ended. `status` 0: nothing was answered, in time or at all. */
export type Ended = { readonly status: number; readonly timedOut?: boolean; readonly retryAfterMs?: Millis };

/**
 * `answered`: the row may go, what the body says is the answer. `rejected`: the row may go, this request will never be taken. `again`: the row
 * stays, until then. The breaker hears of each.
 */
export type Fate = { readonly type: "answered" | "rejected" } | { readonly type: "again"; readonly row: AskRow };

export function callEnded<B>(
  port: BreakerPort<B>,
  breaker: B,
  round: number,
  row: AskRow,
  ended: Ended,
  now: Millis,
): { readonly breaker: B; readonly fate: Fate } {
  const outcome = ended.timedOut === true ? "timeout" : isOutOfOrder(ended.status) ? "bad" : "ok";
  return { breaker: port.tell(breaker, round, outcome, now), fate: fateOf(row, ended, now) };
}

function fateOf(row: AskRow, { status, retryAfterMs = 0 }: Ended, now: Millis): Fate {
  const isReserve = row.ask.type === "reserve";
  const isDone = (status >= 200 && status < 300) || (isReserve ? status === 409 : status === 404 || status === 410);
  if (isDone) return { type: "answered" };
  const attempts = row.attempts + 1;
  const isShut = DOOR.includes(status) || isRedirect(status);
  const passes = isShut || status < 400 || status >= 500 || LATER.includes(status) || (MAYBE.includes(status) && attempts < MAYBE_MAX);
  if (isReserve && !passes) return { type: "rejected" };
  // What we hold must go back, whatever is answered: it is tried until somebody has seen to it.
  const waitMs = Math.max(isShut || !passes ? DOOR_MS : retryAfter(attempts), Math.min(RETRY_AFTER_MS_MAX, retryAfterMs));
  return { type: "again", row: { ...row, attempts, dueAt: now + waitMs } };
}

/** Whether an answer says that the link is out of order, not only this request. */
export function isOutOfOrder(status: number): boolean {
  return status < 200 || isRedirect(status) || status >= 500 || status === 401 || status === 407 || LATER.includes(status);
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

export function retryAfter(attempts: number): Millis {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(attempts - 1, 10));
}
