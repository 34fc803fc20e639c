/**
 * Notices and reports on their way to their teams: one at a time, each under its own key until it was taken, refused for good or given up. Before each
 * inbox stands a breaker, whose state is a row: one that is away is left alone, and holds up neither the others nor its own messages' tries.
 */
import { z } from "zod";
import * as breaker from "../../contracts/breaker.ts";
import { UNIT } from "../../contracts/effect.ts";
import type { Action } from "../../contracts/fan-out.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type ActionEvent, dueActions, nextDueAt } from "../decision/fan-out.ts";
import { onAction } from "../journey/fan-out.ts";
import { isOutOfOrder } from "../kit/connector.ts";
import { readRetryAfter } from "./retry-after.ts";
import type { Runner } from "./runner.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** One request to a team's inbox. */
const CALL_MS = 5_000;
/** Answers that ask for more patience; the others below 500 are about the action itself. */
const LATER: readonly number[] = [408, 423, 425, 429];

const Taken = z.object({ ref: z.string().max(200) });

export type FanOutLine = { drain(): Promise<void>; nextAt(): Millis | null };
/** What came of a call, for the action and for the breaker. */
type Sent = { readonly event: ActionEvent; readonly outcome: breaker.CallOutcome };

export function fanOutLine(unit: string, runner: () => Runner): FanOutLine {
  let busy = false;
  /** As they stand, with what is held back by its inbox's breaker due when that is over. */
  const waiting = (now: Millis): readonly Action[] => {
    const { view, desk } = runner();
    return view.list("action", { state: "due" }).map(({ action }) => {
      if (action.state !== "due") return action;
      const permission = breaker.ask(readBreaker(desk.db, action.to), now);
      return permission.go ? action : { ...action, dueAt: Math.max(action.dueAt, permission.until) };
    });
  };
  const nextOf = (now: Millis): Action | undefined => dueActions(waiting(now), now, 1)[0];
  return {
    nextAt: () => nextDueAt(waiting(Date.now())),
    async drain() {
      if (busy) return;
      busy = true;
      try {
        for (let next = nextOf(Date.now()); next !== undefined; next = nextOf(Date.now())) if (!(await carryOut(next))) return;
      } finally {
        busy = false;
      }
    },
  };

  /** False when somebody else took it meanwhile. */
  async function carryOut({ key, to }: Action): Promise<boolean> {
    const { db } = runner().desk;
    const permission = breaker.ask(readBreaker(db, to), Date.now());
    if (!permission.go) return true;
    // Before the call: a probe that is lost with this object must not be followed by another at once.
    if (!tell(key, { type: "begin" }, () => writeBreaker(db, to, permission.breaker))) return false;
    const action = runner().view.get("action", key)?.action;
    const url = runner().view.scenario.connectors.teams?.[to]?.url;
    if (action === undefined || url === undefined) return tell(key, { type: "failed", why: `no address is bound to ${to}`, final: true });
    const { event, outcome } = await send(url, unit, action);
    tell(key, event, () => writeBreaker(db, to, breaker.tell(readBreaker(db, to), permission.round, outcome, Date.now())));
    return true;
  }

  /** `besides` is written with it. False when it was refused: somebody else took it meanwhile. */
  function tell(key: string, event: ActionEvent, besides: () => void = () => undefined): boolean {
    const now = Date.now();
    const decided = onAction(runner().view, key, event, UNIT, now);
    runner().input((write) => {
      besides();
      if (!isRefusal(decided)) write(decided, UNIT, "fan-out");
    }, now);
    return !isRefusal(decided);
  }
}

async function send(url: string, unit: string, { key, decision, action, to, about, at }: Action): Promise<Sent> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ key, decision, action, to, unit, at, about }),
      redirect: "manual",
      signal: AbortSignal.timeout(CALL_MS),
    });
    const { status } = response;
    if (response.ok) {
      const ref = Taken.safeParse(await response.json().catch(() => null));
      return { event: { type: "done", ...(ref.success ? { ref: ref.data.ref } : {}) }, outcome: "ok" };
    }
    await response.body?.cancel();
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), Date.now());
    const final = status >= 400 && status < 500 && !LATER.includes(status);
    const event = { type: "failed" as const, why: `${to} answered ${status}`, final, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    return { event, outcome: isOutOfOrder(status) ? "bad" : "ok" };
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return { event: { type: "failed", why: error instanceof Error ? error.message : String(error) }, outcome: isLate ? "timeout" : "bad" };
  }
}

function readBreaker(db: Db, to: string): breaker.Breaker {
  const text = readMeta(db, `teamBreaker:${to}`);
  return text === undefined || text === "" ? breaker.CLOSED : (JSON.parse(text) as breaker.Breaker);
}

function writeBreaker(db: Db, to: string, after: breaker.Breaker): void {
  writeMeta(db, `teamBreaker:${to}`, JSON.stringify(after));
}
