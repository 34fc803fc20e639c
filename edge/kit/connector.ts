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
  const fate = fateOf(row, ended, now);
  // A refusal of one request says that the link works.
  const outcome = ended.timedOut === true ? "timeout" : fate.type === "again" ? "bad" : "ok";
  return { breaker: port.tell(breaker, round, outcome, now), fate };
}

function fateOf(row: AskRow, { status, retryAfterMs }: Ended, now: Millis): Fate {
  const isDone = (status >= 200 && status < 300) || (row.ask.type === "reserve" ? status === 409 : status === 404 || status === 410);
  if (isDone) return { type: "answered" };
  // Of the client's errors only these pass by themselves.
  const passes = status < 400 || status >= 500 || status === 401 || status === 403 || status === 408 || status === 425 || status === 429;
  if (!passes && row.ask.type === "reserve") return { type: "rejected" };
  const attempts = row.attempts + 1;
  const waitMs = Math.max(retryAfter(attempts), Math.min(RETRY_AFTER_MS_MAX, retryAfterMs ?? 0));
  return { type: "again", row: { ...row, attempts, dueAt: now + waitMs } };
}

export function retryAfter(attempts: number): Millis {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(attempts - 1, 10));
}
