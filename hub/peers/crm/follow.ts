/** Follows the feed by long-polling: one page, one transaction, again. A hub that is away is asked again with growing pauses. */
import { FeedPage } from "../../../contracts/delta/operation.ts";
import type { CrmStore } from "./store.ts";

/** Seconds that the hub may hold a request open, and how long we wait for it at all. */
const WAIT_SECONDS = 20;
const CALL_MS = 30_000;
const LIMIT = 200;
const RETRY_MS = 100;
const RETRY_MS_MAX = 2_000;

export type Line = { readonly state: "up" | "down"; readonly why: string | null; /** When the feed last answered. */ readonly answeredAt: number | null };
export type Follower = { line(): Line; stop(): Promise<void> };

export function follow(feedUrl: URL, token: string, store: CrmStore, now: () => number, onChange: () => void): Follower {
  const stopped = new AbortController();
  let line: Line = { state: "down", why: "not asked yet", answeredAt: null };
  let failures = 0;

  const ask = async (): Promise<FeedPage> => {
    const url = new URL(feedUrl);
    const cursor = store.cursor();
    if (cursor !== null) url.searchParams.set("after", cursor);
    url.searchParams.set("wait", String(WAIT_SECONDS));
    url.searchParams.set("limit", String(LIMIT));
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(CALL_MS)]),
    });
    if (!response.ok) throw new Error(`the feed answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return FeedPage.parse(await response.json());
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const page = await ask();
        if (stopped.signal.aborted) return;
        if (page.items.length > 0 || page.next !== store.cursor()) store.apply(page.items, page.next, now());
        failures = 0;
        const back = line.state === "down";
        line = { state: "up", why: null, answeredAt: now() };
        if (back || page.items.length > 0) onChange();
      } catch (error) {
        if (stopped.signal.aborted) return;
        const lost = line.state === "up";
        line = { ...line, state: "down", why: error instanceof Error ? error.message : String(error) };
        if (lost) onChange();
        await pause(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 8)), stopped.signal);
        failures += 1;
      }
    }
  };

  const done = run();
  return {
    line: () => line,
    async stop() {
      stopped.abort();
      await done;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
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
