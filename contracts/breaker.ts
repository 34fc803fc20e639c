/**
 * A circuit breaker as a value. Nothing here calls anything: ask before a call, tell after it, keep what comes back with your state.
 *
 *     3 time-outs in a row, or > 5 % bad of the last 100; of few calls 5 in a row
 *   closed ──────────────────────────────────────────────────────▶ open ◀──────────┐
 *      ▲                                                             │ its time is up │ bad
 *      └──────────────── 2 probes went well ──────────────────── half-open ──────────┘   (each time twice as long)
 */
import type { Millis } from "./instant.ts";

/** Time-outs in a row that open it: at 5 s a call, a caller has lost 15 s. */
export const TIMEOUTS_MAX = 3;
/** Failures of any kind in a row that open it while there are fewer calls than a share needs. With 5 % of errors, which are borne, a run of this length comes once in three million calls. */
export const FAILURES_MAX = 5;
/** Calls that are looked back on. By count, not by time: a busy link opens after six bad calls, not after minutes of them. */
export const WINDOW_CALLS = 100;
/** Calls before a share means anything: one bad call of ten is no outage. */
export const SAMPLE_MIN = 20;
/** Share of bad calls that is still borne. */
export const BAD_SHARE_MAX = 0.05;
/** Older calls say nothing about now, where there are enough newer ones. */
export const WINDOW_MS = 10 * 60_000;
/** On a quiet link the last `SAMPLE_MIN` calls are looked back on for so long: what fails once a minute, or once an hour, fails too. */
export const QUIET_MS = 24 * 3_600_000;
/** How long it stays open the first time; doubled each time that a probe fails. */
export const OPEN_MS = 10_000;
export const OPEN_MS_MAX = 5 * 60_000;
/** Probes in a row that must go well. */
export const PROBES_NEEDED = 2;
/** A probe whose end nobody told within this was lost with its caller: another one may go. */
export const PROBE_MS = 60_000;

/** `bad`: an answer that says the other side is out of order, or none at all. A refusal of one request is `ok`: the link works. */
export type CallOutcome = "ok" | "bad" | "timeout";
type Call = readonly [at: Millis, bad: 0 | 1];

/** `round` names what was permitted when: the end of a call of an earlier round says nothing about this one. JSON through and through. */
export type Breaker =
  | { readonly state: "closed"; readonly round: number; readonly timeouts: number; readonly calls: readonly Call[] }
  | { readonly state: "open"; readonly round: number; readonly opened: number; readonly until: Millis; readonly why: string }
  | {
      readonly state: "half-open";
      readonly round: number;
      readonly opened: number;
      readonly passed: number;
      readonly probeUntil: Millis;
      readonly why: string;
    };

/** Go, and tell the end under this `round`; or wait. */
export type Permission = { readonly go: true; readonly breaker: Breaker; readonly round: number } | { readonly go: false; readonly until: Millis };

export const CLOSED: Breaker = { state: "closed", round: 0, timeouts: 0, calls: [] };

/** Whether a call may be made now. While half-open one probe at a time. */
export function ask(breaker: Breaker, now: Millis): Permission {
  if (breaker.state === "closed") return { go: true, breaker, round: breaker.round };
  const { round, opened, why } = breaker;
  const [until, longest, passed] = breaker.state === "open" ? [breaker.until, OPEN_MS_MAX, 0] : [breaker.probeUntil, PROBE_MS, breaker.passed];
  // Further away than it was ever set: the clock was put back.
  if (now < until && until - now <= longest) return { go: false, until };
  const probing: Breaker = { state: "half-open", round: round + 1, opened, passed, probeUntil: now + PROBE_MS, why };
  return { go: true, breaker: probing, round: probing.round };
}

/** What the end of a call makes of it. */
export function tell(breaker: Breaker, round: number, outcome: CallOutcome, now: Millis): Breaker {
  if (round !== breaker.round || breaker.state === "open") return breaker;
  if (breaker.state === "closed") return look({ ...breaker, ...countCall(breaker, outcome, now) }, now);
  if (outcome !== "ok") return open(breaker.round, breaker.opened + 1, now, outcome === "timeout" ? "the probe timed out" : "the probe failed");
  const passed = breaker.passed + 1;
  // Due at once: the next call is the next probe.
  return passed >= PROBES_NEEDED ? { ...CLOSED, round: round + 1 } : { ...breaker, round: round + 1, passed, probeUntil: 0 };
}

/** Calls that failed one after another until now, while it is closed. */
export function failuresOf(breaker: Breaker): number {
  return breaker.state === "closed" ? breaker.calls.length - 1 - breaker.calls.findLastIndex(([, bad]) => bad === 0) : 0;
}

function countCall({ timeouts, calls }: Extract<Breaker, { state: "closed" }>, outcome: CallOutcome, now: Millis) {
  const recent = calls.filter(([at], i) => now - at < (i >= calls.length - SAMPLE_MIN + 1 ? QUIET_MS : WINDOW_MS) && at <= now);
  const call: Call = [now, outcome === "ok" ? 0 : 1];
  return { timeouts: outcome === "timeout" ? timeouts + 1 : 0, calls: [...recent, call].slice(-WINDOW_CALLS) };
}

function look(breaker: Extract<Breaker, { state: "closed" }>, now: Millis): Breaker {
  const bad = breaker.calls.reduce((sum, [, one]) => sum + one, 0);
  const many = breaker.calls.length;
  if (breaker.timeouts >= TIMEOUTS_MAX) return open(breaker.round, 1, now, `${TIMEOUTS_MAX} time-outs in a row`);
  if (many < SAMPLE_MIN && failuresOf(breaker) >= FAILURES_MAX) return open(breaker.round, 1, now, `${FAILURES_MAX} calls failed one after another`);
  if (many >= SAMPLE_MIN && bad > many * BAD_SHARE_MAX) return open(breaker.round, 1, now, `${bad} of the last ${many} calls failed`);
  return breaker;
}

function open(round: number, opened: number, now: Millis, why: string): Breaker {
  return { state: "open", round: round + 1, opened, until: now + Math.min(OPEN_MS_MAX, OPEN_MS * 2 ** (opened - 1)), why };
}
