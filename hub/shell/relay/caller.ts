/**
 * Calls to a system behind a connector, each through its breaker. A read falls back on the last good answer, marked stale; a write waits in
 * the queue until it was answered, in order, under the same Idempotency-Key each time.
 */
import { type CallOutcome, ask, tell } from "../../../contracts/breaker.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { readRetryAfter } from "../../../edge/shell/retry-after.ts";
import { judgeAddress } from "../../relay/address.ts";
import { fateOfWrite, isOutOfOrder, whyNot } from "../../relay/queued-write.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./connector-tables.ts";
import { unanswered, urlOf, within } from "./sender.ts";
import { type Send, wayOut } from "./way-out.ts";

/** One call, its body included: longer than any healthy system takes, and a person may be waiting. */
export const CALL_MS = 5_000;
/** Of an answer: a page of a thousand records. A longer one is an error. */
export const ANSWER_BYTES_MAX = 256 * 1024;
/** Writes in one turn, and its length. */
const WRITES_MAX = 50;
const TURN_MS = 5_000;

/** What a system answered; `outcome` is what it says about the link. */
export type Called = {
  readonly status: number;
  readonly body: string;
  readonly outcome: CallOutcome;
  readonly error: string | null;
  readonly retryAfterMs?: Millis;
  readonly tookMs: Millis;
  readonly at: Millis;
};
export type Request = { readonly method: string; readonly path: string; readonly body: string | null; readonly key?: string };

/** Null: the breaker lets nobody through until `until`. */
export async function callThrough(env: Env, db: Db, id: string, request: Request): Promise<Called | { readonly until: Millis } | null> {
  const connector = t.readConnector(db, id);
  if (connector === undefined) return null;
  const permission = ask(connector.breaker, Date.now());
  if (!permission.go) return { until: permission.until };
  if (permission.breaker !== connector.breaker) t.writeConnector(db, id, { breaker: permission.breaker });
  const no = judgeAddress(connector.url, urlOf(connector.url), mayReachLocal(env));
  const called = no === null ? await call(wayOut(env, mayReachLocal(env)), connector.url, secretOf(env, connector.secretRef), request) : forbidden(no.rule);
  const now = t.readConnector(db, id);
  if (now !== undefined)
    t.countCall(
      db,
      id,
      tell(now.breaker, permission.round, called.outcome, called.at),
      called.outcome,
      called.tookMs,
      errorAfter(db, now, request, called),
      called.at,
    );
  return called;
}

/** Why a write waits stays to be seen while it does, whatever is read meanwhile. */
function errorAfter(db: Db, { id, lastError }: t.Connector, { method }: Request, { error, outcome }: Called): string | null {
  return outcome === "ok" && method === "GET" && t.queueOf(db, id).depth > 0 ? lastError : error;
}

/** One turn of a connector's queue. `settle` hears of each write that left it, and with null of one that stays. */
export async function drain(env: Env, db: Db, id: string, settle: (n: number, called: Called | null) => void): Promise<void> {
  const until = Date.now() + TURN_MS;
  for (let i = 0; i < WRITES_MAX && Date.now() < until; i++) {
    const write = t.nextQueued(db, id);
    if (write === undefined) return;
    const called = await callThrough(env, db, id, write);
    if (called === null) return;
    if ("until" in called) {
      settle(write.n, null);
      return t.writeConnector(db, id, { nextAt: called.until });
    }
    // Removed meanwhile, with all that waited.
    if (t.readConnector(db, id) === undefined) return;
    const answers = write.answers + (called.status === 0 ? 0 : 1);
    const fate = fateOfWrite(called, answers);
    if (fate.fate === "again") {
      t.countAnswer(db, write.n, answers);
      settle(write.n, null);
      return t.writeConnector(db, id, { nextAt: called.at + fate.waitMs });
    }
    if (fate.fate === "done") t.removeQueued(db, write.n);
    else t.bury(db, id, write.n, fate.reason);
    settle(write.n, called);
  }
}

/** Only an administrator makes connectors: the plant's own network can be opened to them, and to them alone. */
export function mayReachLocal(env: Env): boolean {
  return env.WEBHOOKS_LOCAL === "1" || env.CONNECTORS_LOCAL === "1";
}

function forbidden(rule: string): Called {
  return { status: 0, body: "", outcome: "bad", error: `not sent there: ${rule}`, tookMs: 0, at: Date.now() };
}

async function call(send: Send, base: string, secret: string | null, { method, path, body, key }: Request): Promise<Called> {
  const began = Date.now();
  const ended = (status: number, text: string, outcome: CallOutcome, error: string | null): Called => {
    const at = Date.now();
    return { status, body: text, outcome, error, tookMs: at - began, at };
  };
  const headers = {
    accept: "application/json",
    ...(body === null ? {} : { "content-type": "application/json" }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...(secret === null ? {} : { authorization: secret.includes(" ") ? secret : `Bearer ${secret}` }),
  };
  try {
    return await within(CALL_MS, async (signal) => {
      const response = await send(below(base, path), { method, headers, body, redirect: "manual", signal });
      const text = await readText(response);
      if (text === null) return ended(response.status, "", "bad", `an answer of more than ${ANSWER_BYTES_MAX} bytes`);
      const { status } = response;
      const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), Date.now());
      // Of a read only what says something about the link is an error; of a write everything that keeps it from being done.
      const bad = isOutOfOrder(status);
      const error = bad || method !== "GET" ? whyNot(status) : null;
      return { ...ended(status, text, bad ? "bad" : "ok", error), ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    });
  } catch (error) {
    const none = unanswered(error, CALL_MS);
    return ended(0, "", none.type === "timeout" ? "timeout" : "bad", none.type === "timeout" ? `no answer within ${none.ms} ms` : `not reached: ${none.why}`);
  }
}

/** The URL of a path that stays below the connector's own: `..` and `//` lead nowhere else. */
export function below(base: string, path: string): URL {
  const root = new URL(base);
  const url = new URL(root.href.replace(/\/$/, "") + path);
  if (url.origin !== root.origin || !url.pathname.startsWith(`${root.pathname.replace(/\/$/, "")}/`)) throw new Error("a path outside the connector's URL");
  return url;
}

/** The body, or null when it is longer than an answer may be; one that drips ends with the call's time. */
async function readText(response: Response): Promise<string | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > ANSWER_BYTES_MAX) {
      void reader.cancel().catch(() => undefined);
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Secrets of connectors have a prefix, so that no connector can be pointed at another secret of the deployment. */
function secretOf(env: Env, ref: string): string | null {
  const value: unknown = ref === "" ? undefined : Reflect.get(env, `CONNECTOR_SECRET_${ref}`);
  return typeof value === "string" && value !== "" ? value : null;
}
