/**
 * The live socket: what changed, as it changes. Reconnects by itself; `opened` is called after each connection, and a gap in
 * `seq` or a new connection means that something may have been missed, so the page asks again for the whole.
 */
import "./zod-without-eval.ts";
import { Down, type Changed } from "../../contracts/down.ts";
import type { PageSide } from "../../contracts/permission.ts";
import type { Up } from "../../contracts/up.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";

/** Waits between attempts: quick at first, since most gaps are a restart of the unit. */
const RETRY_MS = [300, 1_000, 2_000, 5_000, 10_000] as const;
/** A connection shorter than this was no success: the waits go on growing. */
const STEADY_MS = 5_000;
/** A page that was told to reload and is told again within this time stays as it is: the mismatch is not the page's. */
const RELOAD_GUARD_MS = 60_000;
const RELOADED = "outpost.reloaded";

export type Listener = {
  readonly opened: () => void;
  readonly closed: () => void;
  readonly changed: (changes: readonly Changed[]) => void;
  readonly missed: () => void;
  /** Everybody's day is another by now. */
  readonly planned?: () => void;
  readonly status?: (status: Extract<Down, { type: "status" }>) => void;
};

/** Returns what closes it for good. `side`: whose session listens. */
export function listen(unit: string, side: PageSide, listener: Listener): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let over = false;

  const open = () => {
    let last: number | null = null;
    let openedAt = Number.POSITIVE_INFINITY;
    const opening = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/u/${encodeURIComponent(unit)}/live${side === "desk" ? "" : `?as=${side}`}`,
    );
    socket = opening;
    opening.addEventListener("open", () => {
      openedAt = Date.now();
      const hello: Up = { type: "hello", version: PROTOCOL_VERSION };
      opening.send(JSON.stringify(hello));
      listener.opened();
    });
    opening.addEventListener("message", (event) => {
      const down = parse(event.data);
      if (down === null) return listener.missed();
      if (down.type === "reload") return reloadOnce();
      if (down.type === "plan") return listener.planned?.();
      if (down.type === "status") return listener.status?.(down);
      if (last !== null && down.seq !== last + 1) listener.missed();
      last = down.seq;
      listener.changed(down.changes);
    });
    opening.addEventListener("close", () => {
      if (over) return;
      listener.closed();
      if (Date.now() - openedAt > STEADY_MS) attempt = 0;
      timer = setTimeout(open, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      attempt += 1;
    });
  };

  open();
  return () => {
    over = true;
    clearTimeout(timer);
    socket?.close();
  };
}

function parse(text: unknown): Down | null {
  if (typeof text !== "string") return null;
  try {
    const parsed = Down.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function reloadOnce(): void {
  const before = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - before < RELOAD_GUARD_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
}
