/** From the numbers of a link to what is wrong with it. The worst finding is its state; each names its figure, so that a page can say it in words. */
import type { Millis } from "../../contracts/instant.ts";
import { COMPARED_MS, FAILING_CALLS, type Patience, SLOW_MS } from "./limit.ts";
import type { Finding, LinkState } from "./link-health.ts";

export type Measured = {
  readonly patience: Patience;
  /** Absent: there is nothing to be heard from this kind of link while it has nothing to say. */
  readonly silentMs?: Millis | undefined;
  readonly waitingMs?: Millis | undefined;
  readonly delayMs?: Millis | undefined;
  readonly compared?: { readonly at: Millis; readonly equal: boolean; readonly apart?: readonly string[] | undefined } | undefined;
  readonly dead: number;
  readonly lost: number;
  readonly breaker?: "closed" | "open" | "half-open" | undefined;
  /** Of a connector: calls that failed one after another until now, and why the last one did. */
  readonly failures?: number | undefined;
  readonly lastError?: string | undefined;
  /** Of a webhook. */
  readonly delivery?: string | undefined;
  /** Of a named consumer that has never confirmed anything: what it has not is no queue yet. */
  readonly notBegun?: boolean | undefined;
  readonly why?: string | undefined;
};

const ORDER: readonly LinkState[] = ["ok", "slow", "behind", "broken"];

/** 0 for `ok`, 3 for `broken`. */
export function gravityOf(state: LinkState): number {
  return ORDER.indexOf(state);
}

export function stateOf(findings: readonly Finding[]): LinkState {
  return findings.reduce<LinkState>((worst, { state }) => (gravityOf(state) > gravityOf(worst) ? state : worst), "ok");
}

/** The gravest first. */
export function judge(link: Measured, now: Millis): readonly Finding[] {
  const { patience, dead, lost, compared, breaker, delivery, delayMs } = link;
  const why = link.why === undefined ? {} : { why: link.why };
  const failures = link.failures ?? 0;
  const lastError = link.lastError === undefined ? {} : { why: link.lastError };
  const silent = pace(link.silentMs, patience);
  const waiting = link.notBegun === true ? null : pace(link.waitingMs, patience);
  const comparedMs = compared === undefined ? 0 : Math.max(0, now - compared.at);
  const findings: readonly (Finding | null)[] = [
    silent === null ? null : { code: "silent", ...silent },
    compared?.equal === false
      ? { code: "unequal", state: "broken", ms: comparedMs, ...(compared.apart === undefined ? {} : { why: compared.apart.join(", ") }) }
      : null,
    lost > 0 ? { code: "lost", state: "broken", count: lost } : null,
    breaker === "open" ? { code: "breaker-open", state: "broken", ...why } : null,
    delivery === "disabled" ? { code: "disabled", state: "broken", ...why } : null,
    waiting === null ? null : { code: "waiting", ...waiting },
    delivery === "behind" ? { code: "catching-up", state: "behind", ...why } : null,
    breaker === "half-open" ? { code: "breaker-half-open", state: "behind", ...why } : null,
    failures > 0 ? { code: "failing", state: failures >= FAILING_CALLS ? "behind" : "slow", count: failures, ...lastError } : null,
    dead > 0 ? { code: "dead-letters", state: "behind", count: dead } : null,
    // Whoever does not speak can't compare either: that is said once.
    compared?.equal === true && comparedMs > COMPARED_MS && silent === null ? { code: "not-compared", state: "slow", ms: comparedMs } : null,
    delayMs !== undefined && delayMs > SLOW_MS ? { code: "late", state: "slow", ms: delayMs } : null,
    link.notBegun === true ? { code: "not-begun", state: "slow" } : null,
  ];
  return findings.filter((one) => one !== null).toSorted((a, b) => gravityOf(b.state) - gravityOf(a.state));
}

function pace(ms: Millis | undefined, { slowMs, behindMs, brokenMs }: Patience): Pick<Finding, "state" | "ms"> | null {
  if (ms === undefined || ms <= Math.min(slowMs, behindMs)) return null;
  return { state: ms > brokenMs ? "broken" : ms > behindMs ? "behind" : "slow", ms };
}
