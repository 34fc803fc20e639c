/** The hub as its consumer calls it: the feed, a snapshot, what is held, writes. Each answer is parsed here; a refusal of a write is a value, everything else throws. */
import { FeedPage } from "../../../contracts/delta/operation.ts";
import { Refusal } from "../../../contracts/refusal.ts";
import { HeldAnswer, type HeldAsk } from "../../feed/held.ts";
import { SnapshotPage, type WriteAsk, WriteAnswer } from "../../feed/view.ts";

/** Seconds that the hub may hold a request open, and how long we wait for any answer. */
const WAIT_SECONDS = 20;
const CALL_MS = 30_000;
export const ITEMS = 200;
const ROWS = 500;

export type HubClient = {
  feed(after: string | null): Promise<FeedPage>;
  /** One page; `after` is `next` of the one before. */
  snapshot(after: string | null): Promise<SnapshotPage>;
  /** Says what is held, and hears whether the hub held the same there. */
  tell(held: Pick<HeldAsk, "cursor" | "families">): Promise<HeldAnswer>;
  write(ask: WriteAsk): Promise<WriteAnswer | Refusal>;
};

/** `address`: of the hub, with or without `/api/feed`. */
export function hubClient(address: string, token: string, stopped: AbortSignal): HubClient {
  const base = new URL(address);
  const call = async (path: string, query: Readonly<Record<string, string | number | null>>, body?: unknown): Promise<Response> => {
    const url = new URL(base);
    url.pathname = path;
    for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, String(value));
    return fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([stopped, AbortSignal.timeout(CALL_MS)]),
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  };
  const get = async (path: string, query: Readonly<Record<string, string | number | null>>, body?: unknown): Promise<unknown> => {
    const response = await call(path, query, body);
    if (!response.ok) throw new Error(`the hub answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return response.json();
  };
  const feed = base.pathname === "/" ? "/api/feed" : base.pathname;
  return {
    feed: async (after) => FeedPage.parse(await get(feed, { after, wait: WAIT_SECONDS, limit: ITEMS })),
    snapshot: async (after) => SnapshotPage.parse(await get("/api/snapshot", { after, limit: ROWS })),
    tell: async (held) => HeldAnswer.parse(await get("/api/hub/digest", {}, { ...held, whole: true })),
    async write(ask) {
      const response = await call("/api/writes", {}, ask);
      if (response.ok) return WriteAnswer.parse(await response.json());
      const text = await response.text();
      const refusal = response.status < 500 && response.status !== 429 ? Refusal.safeParse(jsonOf(text)) : null;
      if (refusal?.success === true) return refusal.data;
      throw new Error(`the hub answered ${response.status}: ${text.slice(0, 300)}`);
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
