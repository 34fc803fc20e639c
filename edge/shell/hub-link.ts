/**
 * The unit's line to the hub: registers, pushes what the outbox holds, waits and tries again; then asks how far the CRM has come in it,
 * until that is everything. Nothing on the way from a sample to an engineer waits for it.
 */
import type { Origin, PushReply, StreamName } from "../../contracts/delta/operation.ts";
import { PUSH_OPERATIONS_MAX } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Heard, HubForUnit, Registration } from "../../contracts/rpc.ts";
import { backoff, cut } from "../delta/push.ts";
import { readMeta, readOutboxes, readPending, settleOutbox, writeMeta, type Db } from "./unit-tables.ts";

/** A hub that does not answer within this is away. */
const CALL_MS = 10_000;
/** When the hub is asked how far the CRM is: so long after a push, then at doubling distances while it is behind. */
const HEAR_MS = 1_000;
const HEAR_MS_MAX = 5_000;
/** The same while there is no CRM at all. */
const NOBODY_MS_MAX = 60_000;

export type HubLine = {
  readonly db: Db;
  readonly hub: HubForUnit;
  readonly registration: () => Registration;
  readonly origin: Origin;
  readonly transact: <T>(body: () => T) => T;
  readonly now: () => Millis;
  readonly chance: () => number;
  /** Called when the line's state changed or operations were acknowledged. */
  readonly onChange: () => void;
};

/** As the hub said last. `behind`: operations that it has and the slowest consumer of its feed has not confirmed. */
export type CrmState = { readonly consumers: number; readonly behind: number; readonly oldestAt: Millis | null };
/** `crm` is null until the hub was asked. */
export type HubState = {
  readonly state: "never" | "up" | "down";
  readonly lastAckAt: Millis | null;
  readonly why: string | null;
  readonly crm: CrmState | null;
};

export type HubLink = {
  state(): HubState;
  /** Sends until the outbox is empty or the hub fails; one call at a time does the work. Returns when to come again, or null when all is sent and confirmed. */
  drain(): Promise<Millis | null>;
};

export function hubLink(line: HubLine): HubLink {
  let failures = 0;
  let registered = readMeta(line.db, "registered") === "1";
  let state: HubState = { state: "never", lastAckAt: Number(readMeta(line.db, "lastAckAt") ?? "0") || null, why: null, crm: null };
  let hearAt: Millis | null = readOutboxes(line.db).some((o) => o.through > 0) ? 0 : null;
  let hearWait = HEAR_MS;
  let busy = false;
  let again = false;

  const call = async <T>(body: () => Promise<T>): Promise<T> => {
    let timer: number | null = null;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the hub did not answer within ${CALL_MS} ms`)), CALL_MS);
    });
    try {
      const reply = await Promise.race([body(), late]);
      const copy = structuredClone(reply);
      // The answer is a plain value, but its call stays open, and keeps this object from being evicted, until it is disposed of.
      (reply as Partial<Disposable>)[Symbol.dispose]?.();
      return copy;
    } finally {
      clearTimeout(timer);
    }
  };

  const register = async (): Promise<Refusal | null> => {
    const reply = await call(() => line.hub.register(line.registration()));
    if (isRefusal(reply)) return reply;
    registered = true;
    line.transact(() => writeMeta(line.db, "registered", "1"));
    return null;
  };

  const push = async (name: StreamName, through: number): Promise<Refusal | null> => {
    const operations = cut(readPending(line.db, name, through, PUSH_OPERATIONS_MAX));
    if (operations.length === 0) return null;
    const reply: PushReply | Refusal = await call(() =>
      line.hub.push({ origin: line.origin, stream: name, key: line.registration().key, operations: [...operations] }),
    );
    if (isRefusal(reply)) {
      if (reply.refused === "unknown-origin") registered = false;
      return reply;
    }
    if (reply.through <= through)
      return refuse("unavailable", `the hub's answer stands still at ${name} ${reply.through}`, "the unit sends again, later each time");
    const at = line.now();
    line.transact(() => {
      settleOutbox(line.db, name, reply.through, reply.dead);
      writeMeta(line.db, "lastAckAt", String(at));
    });
    state = { ...state, state: "up", lastAckAt: at, why: null };
    hearWait = HEAR_MS;
    hearAt = Math.min(hearAt ?? Number.POSITIVE_INFINITY, at + HEAR_MS);
    return null;
  };

  const hear = async (): Promise<Refusal | null> => {
    const reply: Heard | Refusal = await call(() => line.hub.heard({ origin: line.origin, key: line.registration().key }));
    if (isRefusal(reply)) {
      if (reply.refused === "unknown-origin") registered = false;
      return reply;
    }
    const { consumers, through, oldestAt } = reply;
    const behind = readOutboxes(line.db).reduce((sum, o) => sum + Math.max(0, o.through - through[o.name]), 0);
    hearAt = behind === 0 ? null : line.now() + hearWait;
    hearWait = Math.min(consumers === 0 ? NOBODY_MS_MAX : HEAR_MS_MAX, hearWait * 2);
    state = { ...state, state: "up", why: null, crm: { consumers, behind, oldestAt: behind === 0 ? null : (oldestAt ?? null) } };
    failures = 0;
    line.onChange();
    return null;
  };

  const fail = (why: string): Millis => {
    failures += 1;
    state = { ...state, state: "down", why };
    line.onChange();
    return line.now() + backoff(failures - 1, line.chance());
  };

  const run = async (): Promise<Millis | null> => {
    try {
      for (;;) {
        const waiting = readOutboxes(line.db).filter((o) => o.last > o.through);
        if (waiting.length === 0 && registered) break;
        const refusal = registered ? null : await register();
        if (refusal !== null) return fail(refusal.rule);
        for (const outbox of waiting) {
          const no = await push(outbox.name, outbox.through);
          if (no !== null) return fail(no.rule);
        }
        failures = 0;
        if (state.state !== "up") state = { ...state, state: "up", why: null };
        line.onChange();
      }
      const no = hearAt !== null && hearAt <= line.now() ? await hear() : null;
      return no === null ? null : fail(no.rule);
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
  };

  return {
    state: () => state,
    async drain() {
      if (busy) {
        again = true;
        return null;
      }
      busy = true;
      try {
        let retryAt: Millis | null;
        do {
          again = false;
          retryAt = await run();
        } while (again && retryAt === null);
        return retryAt ?? hearAt;
      } finally {
        busy = false;
      }
    },
  };
}
