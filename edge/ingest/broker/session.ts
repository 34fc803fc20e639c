/** Sessions that begin, and those that come back from their rows and from the log behind them. */
import type { Entry, SessionKey } from "../entry.ts";
import type { Speaker } from "../topic.ts";
import type { Core, Session } from "./state.ts";

/** Two devices can't take each other's sessions over by choosing the same client identifier. */
export function sessionKey(speaker: Speaker, client: string): SessionKey {
  return `${speaker === "anybody" ? "" : speaker.device}\n${client}`;
}

export function openSession(key: SessionKey, client: string, speaker: Speaker, durable: boolean, at: number): Session {
  return {
    key,
    client,
    speaker,
    durable,
    expiryMs: 0,
    subscriptions: new Map(),
    filterBytes: 0,
    conn: null,
    will: null,
    willBy: Infinity,
    goneAt: null,
    ended: false,
    received: new Map(),
    out: new Map(),
    idOf: new Map(),
    nextId: 1,
    queue: [],
    queueBytes: 0,
    lagFrom: null,
    finished: new Set(),
    finishedNow: [],
    saved: false,
    savedGone: false,
    writeNow: false,
    dirty: false,
    at,
    jobs: [],
  };
}

/** What the log says of sessions since their rows were written: the entries from `n` on. */
export function replayEntries(core: Core, n: number, entries: readonly Entry[]): void {
  for (const [i, entry] of entries.entries()) {
    if (!("session" in entry)) continue;
    const session = core.sessions.get(entry.session);
    if (session === undefined || n + i < session.at) continue;
    session.dirty = true;
    replay(session, entry);
  }
}

function replay(session: Session, entry: Entry & { readonly session: SessionKey }): void {
  switch (entry.kind) {
    case "held":
      session.received.set(entry.id, "held");
      return;
    case "released":
      session.received.delete(entry.id);
      return;
    case "sent":
      session.out.set(entry.id, { index: entry.index, qos: 2, state: "sent", held: null, isSaid: false });
      session.idOf.set(entry.index, entry.id);
      session.nextId = entry.id === 0xffff ? 1 : entry.id + 1;
      return;
    case "taken": {
      const out = session.out.get(entry.id);
      if (out?.index === entry.index) out.state = "taken";
      return;
    }
    case "finished":
      for (const index of entry.indices) {
        const id = session.idOf.get(index);
        session.idOf.delete(index);
        // The identifier may be another message's by now.
        if (id !== undefined && session.out.get(id)?.index === index) session.out.delete(id);
        session.finished.add(index);
      }
      return;
  }
}
