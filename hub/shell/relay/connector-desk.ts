/** What administrators do with connectors, and how anybody here calls through one. */
import { uuidv7 } from "uuidv7";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import { judgeAddress } from "../../relay/address.ts";
import type { ConnectorView, WriteView, WritesAnswer } from "../../relay/answered.ts";
import { CALL_BODY_BYTES_MAX, type ConnectorCall, type NewConnector } from "../../relay/asked.ts";
import { CLOSED } from "../../../contracts/breaker.ts";
import type { Db } from "../stream-tables.ts";
import { type Called, below, callThrough, mayReachLocal } from "./caller.ts";
import * as t from "./connector-tables.ts";
import { unknownLink } from "./owner.ts";
import { urlOf } from "./sender.ts";

/** Reads under way at one connector; more of them would only wait for each other. */
const READS_MAX = 10;

/** An answer, as JSON crosses to the Worker. `stale`: the last good one, `ageMs` old, since the system can't be asked now. `queued`: it is written once the system is back. */
export type CallAnswer =
  | { readonly status: number; readonly body: string; readonly stale: false }
  | { readonly status: number; readonly body: string; readonly stale: true; readonly ageMs: Millis }
  | { readonly queued: true; readonly key: string; readonly depth: number };

/** Refuses `forbidden-address`, `malformed`, `exists` and `quota-exceeded`. */
export function addConnector(env: Env, db: Db, { id, kind, url, secretRef }: NewConnector): { readonly id: string } | Refusal {
  const parts = urlOf(url);
  const no = judgeAddress(url, parts, mayReachLocal(env));
  if (no !== null) return no;
  if (parts?.search !== "" || parts.hash !== "")
    return refuse("malformed", "no query and no fragment in a connector's URL", "give them with each call's path", "url");
  return t.addConnector(db, { id, kind, url, secretRef: secretRef ?? "", madeAt: Date.now() }, CLOSED) ?? { id };
}

/** Refuses `unknown-link`. */
export function removeConnector(db: Db, id: string): null | Refusal {
  if (t.readConnector(db, id) === undefined) return unknownLink();
  db.transaction(() => t.removeConnector(db, id));
  return null;
}

/** As JSON text: each with its breaker, counts, and how much waits since when. */
export function listConnectors(db: Db, now: Millis): string {
  return JSON.stringify(t.readConnectors(db).map((connector) => shown(db, connector, now)));
}

function shown(db: Db, connector: t.Connector, now: Millis): ConnectorView {
  const { id, kind, url, secretRef, breaker, calls, bad, timeouts, stale, tookMs, lastOkAt, lastError, madeAt } = connector;
  const { depth, oldestAt, dead } = t.queueOf(db, id);
  const opened = breaker.state === "closed" ? {} : { why: breaker.why, ...(breaker.state === "open" ? { until: breaker.until } : {}) };
  const queue = { queued: depth, ...(oldestAt === null ? {} : { oldestAgeMs: Math.max(0, now - oldestAt) }), deadLetters: dead };
  return {
    id,
    kind: kind as ConnectorView["kind"],
    url,
    secretRef,
    breaker: breaker.state,
    ...opened,
    calls,
    bad,
    timeouts,
    stale,
    tookMs,
    lastOkAt,
    lastError,
    ...queue,
    madeAt,
  };
}

function shownWrite({ n, key, method, path, at, answers, dead }: t.Queued): WriteView {
  return { n, key, method, path, at, answers, dead };
}

/** As JSON text: what waits and what was given up. Refuses `unknown-link`. */
export function listQueue(db: Db, id: string): string | Refusal {
  if (t.readConnector(db, id) === undefined) return unknownLink();
  const { waiting, dead } = t.readQueue(db, id);
  return JSON.stringify({ waiting: waiting.map(shownWrite), dead: dead.map(shownWrite) } satisfies WritesAnswer);
}

/** Reads through to the last good answer. `underWay`: reads of this connector that have not ended. Refuses `unknown-link`, `too-many`, and `unavailable` when there is no last good answer. */
export async function read(env: Env, db: Db, id: string, path: string, underWay: number): Promise<CallAnswer | Refusal> {
  const connector = t.readConnector(db, id);
  if (connector === undefined) return unknownLink();
  const no = judgePath(connector.url, path);
  if (no !== null) return no;
  const called = underWay >= READS_MAX ? null : await callThrough(env, db, id, { method: "GET", path, body: null });
  if (called !== null && "status" in called && called.outcome === "ok") {
    const { status, body, at } = called;
    if (status < 300 && t.readConnector(db, id) !== undefined) t.keepAnswer(db, id, path, { status, body, at });
    return { status, body, stale: false };
  }
  const kept = t.readAnswer(db, id, path);
  if (kept !== undefined) {
    t.countStale(db, id);
    return { status: kept.status, body: kept.body, stale: true, ageMs: Math.max(0, Date.now() - kept.at) };
  }
  if (called === null) return refuse("too-many", `at most ${READS_MAX} reads of a connector at once`, "ask again in a moment");
  return refuse(
    "unavailable",
    "until" in called ? "the connector's breaker is open, and there is no earlier answer" : (called.error ?? "no answer"),
    "ask again later",
  );
}

/** Puts a write into the queue. Refuses `unknown-link`, `too-large` and `quota-exceeded`. */
export function write(db: Db, id: string, asked: ConnectorCall): { readonly n: number; readonly key: string } | Refusal {
  const connector = t.readConnector(db, id);
  if (connector === undefined) return unknownLink();
  const no = judgePath(connector.url, asked.path);
  if (no !== null) return no;
  const body = asked.body === undefined ? null : JSON.stringify(asked.body);
  if (body !== null && new TextEncoder().encode(body).byteLength > CALL_BODY_BYTES_MAX)
    return refuse("too-large", `a body of at most ${CALL_BODY_BYTES_MAX} bytes`, "write it in parts", "body");
  const key = asked.key ?? uuidv7();
  const n = db.transaction(() => t.enqueue(db, id, { key, method: asked.method, path: asked.path, body, at: Date.now() }));
  return typeof n === "number" ? { n, key } : n;
}

/** Writes that were given up, once more: one or all. What waits goes at once, whatever it waited for. Refuses `unknown-link`, `quota-exceeded`. */
export function redeliver(db: Db, id: string, n: number | undefined): { readonly again: number } | Refusal {
  if (t.readConnector(db, id) === undefined) return unknownLink();
  return db.transaction(() => {
    const again = t.queueAgain(db, id, n);
    if (typeof again !== "number") return again;
    t.writeConnector(db, id, { nextAt: 0 });
    return { again };
  });
}

export function answerOf({ status, body }: Called): CallAnswer {
  return { status, body, stale: false };
}

function judgePath(url: string, path: string): Refusal | null {
  try {
    below(url, path);
    return null;
  } catch {
    return refuse("malformed", "a path below the connector's URL", "leave out `..`", "path");
  }
}
