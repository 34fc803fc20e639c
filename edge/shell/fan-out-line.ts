/** Notices and reports on their way to their teams: one at a time, each under its own key until it was taken, refused for good or given up. */
import { z } from "zod";
import { UNIT } from "../../contracts/effect.ts";
import type { Action } from "../../contracts/fan-out.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type ActionEvent, dueActions, nextDueAt } from "../decision/fan-out.ts";
import { onAction } from "../journey/fan-out.ts";
import { readRetryAfter } from "./retry-after.ts";
import type { Runner } from "./unit-runner.ts";

/** One request to a team's inbox. */
const CALL_MS = 5_000;
/** Answers that ask for more patience; the others below 500 are about the action itself. */
const LATER: readonly number[] = [408, 423, 425, 429];

const Taken = z.object({ ref: z.string().max(200) });

export type FanOutLine = { drain(): Promise<void>; nextAt(): Millis | null };

export function fanOutLine(unit: string, runner: () => Runner): FanOutLine {
  let busy = false;
  const waiting = (): readonly Action[] =>
    runner()
      .view.list("action", { state: "due" })
      .map(({ action }) => action);
  return {
    nextAt: () => nextDueAt(waiting()),
    async drain() {
      if (busy) return;
      busy = true;
      try {
        for (let [next] = dueActions(waiting(), Date.now(), 1); next !== undefined; [next] = dueActions(waiting(), Date.now(), 1)) {
          if (!tell(next.key, { type: "begin" })) return;
          const url = runner().view.scenario.connectors.teams?.[next.to]?.url;
          tell(next.key, url === undefined ? { type: "failed", why: `no address is bound to ${next.to}`, final: true } : await send(url, unit, next));
        }
      } finally {
        busy = false;
      }
    },
  };

  /** False when it was refused: somebody else took it meanwhile. */
  function tell(key: string, event: ActionEvent): boolean {
    const now = Date.now();
    const decided = onAction(runner().view, key, event, UNIT, now);
    if (isRefusal(decided)) return false;
    runner().input((write) => write(decided, UNIT, "fan-out"), now);
    return true;
  }
}

async function send(url: string, unit: string, { key, decision, action, to, about, at }: Action): Promise<ActionEvent> {
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
      return { type: "done", ...(ref.success ? { ref: ref.data.ref } : {}) };
    }
    await response.body?.cancel();
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), Date.now());
    const final = status >= 400 && status < 500 && !LATER.includes(status);
    return { type: "failed", why: `${to} answered ${status}`, final, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  } catch (error) {
    return { type: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}
