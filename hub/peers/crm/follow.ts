/**
 * Follows the feed by long-polling: one page, one transaction, again. A hub that is away is asked again with growing pauses. When the hub says
 * `rewound`, this goes on from where it is led: after a restore it reads again, and tells what it holds once it is through; where lines are
 * gone or something differs, it takes a snapshot and goes on from its cursor. It compares once an hour too. Nobody has to look after it.
 *
 * ```
 * page ─ items ─▶ apply ─▶ page …
 *      ─ rewound: restored ─▶ go on from `next`, own writes again; at the end compare ─ equal ─▶ page …
 *      ─ rewound: expired ──▶ snapshot ─────────────────────────────────────────────── differs ─▶ snapshot
 * ```
 */
import type { Comparing } from "./comparing.ts";
import { type HubClient, ITEMS } from "./hub-client.ts";
import type { CrmStore } from "./store.ts";

const RETRY_MS = 100;
const RETRY_MS_MAX = 2_000;
/** Comparisons after a restore that the hub could not answer; after so many a snapshot is taken. */
const LOOKS_MAX = 3;

export type Line = { readonly state: "up" | "down"; readonly why: string | null; /** When the feed last answered. */ readonly answeredAt: number | null };
export type Follower = { line(): Line; stop(): Promise<void> };

/** `onRewound`: the hub may have lost what was written to it. */
export function follow(
  hub: HubClient,
  store: CrmStore,
  comparing: Comparing,
  now: () => number,
  onChange: () => void,
  onRewound: () => void,
  stopped: AbortSignal,
): Follower {
  let line: Line = { state: "down", why: "not asked yet", answeredAt: null };
  let failures = 0;
  let looks = 0;

  /** Whether something was new. */
  const step = async (): Promise<boolean> => {
    if (store.owes() === "snapshot") {
      await takeSnapshot(hub, store, now);
      comparing.begun();
      await comparing.compare();
      return true;
    }
    const page = await hub.feed(store.cursor());
    if (stopped.aborted) return false;
    if (page.rewound !== undefined) {
      store.rewind(page.next, page.rewound === "expired" ? "snapshot" : "compare", now());
      looks = 0;
      onRewound();
      return true;
    }
    if (page.items.length > 0 || page.next !== store.cursor()) store.apply(page.items, page.next, now());
    if (store.owes() === "compare") {
      // Units offer again what the hub lost: what differs before it is quiet may only be on its way.
      if (page.items.length === 0) await compareRestored();
    } else if (page.items.length < ITEMS && comparing.isDue(now())) {
      await comparing.compare();
      return true;
    }
    return page.items.length > 0;
  };

  const compareRestored = async (): Promise<void> => {
    const heard = await comparing.compare();
    if (heard?.outcome === "equal") store.owe(null);
    else if (heard?.outcome === "apart" || (looks += 1) >= LOOKS_MAX) store.owe("snapshot");
  };

  const run = async (): Promise<void> => {
    while (!stopped.aborted) {
      try {
        const news = await step();
        if (stopped.aborted) return;
        failures = 0;
        const back = line.state === "down";
        line = { state: "up", why: null, answeredAt: now() };
        if (back || news) onChange();
      } catch (error) {
        if (stopped.aborted) return;
        const lost = line.state === "up";
        line = { ...line, state: "down", why: error instanceof Error ? error.message : String(error) };
        if (lost) onChange();
        await pause(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 8)), stopped);
        failures += 1;
      }
    }
  };

  const done = run();
  return {
    line: () => line,
    stop: () => done,
  };
}

/** All of it, or nothing: what came before it broke off is forgotten. */
async function takeSnapshot(hub: HubClient, store: CrmStore, now: () => number): Promise<void> {
  store.beginSnapshot();
  for (let after: string | null = null; ;) {
    const page = await hub.snapshot(after);
    store.stage(page.rows);
    if (page.next === null) {
      store.endSnapshot(page.cursor, now());
      return;
    }
    after = page.next;
  }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
