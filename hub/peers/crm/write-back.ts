/**
 * What people change here, on its way to the hub: stored first, sent with a key of its own until the hub has answered, and kept until a backup
 * of the hub holds it. A hub that was restored may have lost it: then it is sent again, under the same key, and is taken once.
 */
import { isRefusal } from "../../../contracts/refusal.ts";
import { pause } from "./follow.ts";
import type { HubClient } from "./hub-client.ts";
import type { OwnWrite, OwnWrites } from "./own-writes.ts";

const RETRY_MS = 200;
const RETRY_MS_MAX = 5_000;

export type WriteBack = {
  /** Stores it, and sends it as soon as the hub hears. */
  put(write: Pick<OwnWrite, "key" | "entity" | "id" | "changes" | "reason">): void;
  /** What the hub may have lost waits again. */
  again(): void;
  stop(): Promise<void>;
};

export function writeBack(hub: HubClient, own: OwnWrites, now: () => number, onChange: () => void, stopped: AbortSignal): WriteBack {
  let wake: () => void = () => undefined;
  let failures = 0;

  const send = async (): Promise<boolean> => {
    const next = own.next();
    if (next === undefined) return false;
    const { key, entity, id, changes, reason } = next;
    const answer = await hub.write({ key, entity, id, changes, reason });
    if (isRefusal(answer)) own.settle(key, { state: "refused", why: `${answer.rule}: ${answer.mend}` });
    else {
      const { stream, epoch, position, stable, results } = answer;
      const lost = results.filter(({ outcome }) => outcome !== "applied").map(({ attr, reason: why }) => `${attr}: ${why ?? "lost"}`);
      own.settle(key, { state: "taken", stream, epoch, position, why: lost.length === 0 ? null : lost.join(", ") });
      own.forget(stream, epoch, stable);
    }
    return true;
  };

  const run = async (): Promise<void> => {
    while (!stopped.aborted) {
      try {
        const sent = await send();
        failures = 0;
        if (sent) onChange();
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
            // Something may have come between the look and now.
            if (stopped.aborted || own.next() !== undefined) resolve();
          });
      } catch {
        if (stopped.aborted) return;
        await pause(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 8)), stopped);
        failures += 1;
      }
    }
  };

  stopped.addEventListener("abort", () => wake(), { once: true });
  const done = run();
  return {
    put(write) {
      own.put(write, now());
      wake();
      onChange();
    },
    again() {
      own.again();
      wake();
    },
    stop: () => done,
  };
}
