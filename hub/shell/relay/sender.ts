/** One signed POST to a webhook endpoint. Nothing of the answer is read but its status and Retry-After: a body, however long or slow, is cut off. */
import { Webhook } from "standardwebhooks";
import type { Millis } from "../../../contracts/instant.ts";
import { readRetryAfter } from "../../../edge/shell/retry-after.ts";
import { judgeAddress } from "../../relay/address.ts";
import { CLOUD_EVENT } from "../../relay/cloud-event.ts";
import type { Answer } from "../../relay/delivery.ts";
import { type Send, wayOut } from "./way-out.ts";

/** Until the answer's headers. The specification advises 15 to 30 s. */
export const SEND_MS = 15_000;
/** Of what the network said, for the list of errors. */
const WHY_CHARS_MAX = 200;

export type Sent = { readonly answer: Answer; readonly tookMs: Millis; readonly at: Millis };

/** `secrets`: the present one first; each signs, so that a receiver may know either. The address is judged again: what was let through before may not be now. */
export async function post(env: Env, url: string, secrets: readonly string[], id: string, body: string): Promise<Sent> {
  const began = Date.now();
  const no = judgeAddress(url, urlOf(url), env.WEBHOOKS_LOCAL === "1");
  if (no !== null) return { answer: { type: "unreachable", why: `the hub does not send there: ${no.rule}` }, tookMs: 0, at: began };
  const headers = {
    "content-type": CLOUD_EVENT,
    "user-agent": "Outpost-Webhooks/1",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(began / 1_000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, new Date(began), body)).join(" "),
  };
  const answer = await attempt(wayOut(env, env.WEBHOOKS_LOCAL === "1"), url, headers, body);
  const at = Date.now();
  return { answer, tookMs: at - began, at };
}

async function attempt(send: Send, url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
  try {
    return await within(SEND_MS, async (signal) => {
      const response = await send(url, { method: "POST", headers, body, redirect: "manual", signal });
      void response.body?.cancel().catch(() => undefined);
      const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), Date.now());
      return { type: "answered", status: response.status, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    });
  } catch (error) {
    return unanswered(error, SEND_MS);
  }
}

/** As `AbortSignal.timeout`, whose timer would go on when the call is over and keep the object in memory for its whole length. */
export async function within<T>(ms: Millis, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException("no answer in time", "TimeoutError")), ms);
  try {
    return await call(over.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** A call that ended without an answer. */
export function unanswered(error: unknown, ms: Millis): Extract<Answer, { type: "timeout" | "unreachable" }> {
  if (error instanceof Error && error.name === "TimeoutError") return { type: "timeout", ms };
  return { type: "unreachable", why: (error instanceof Error ? error.message : String(error)).slice(0, WHY_CHARS_MAX) };
}

/** 256 random bits, as the specification writes them down. */
export function makeWebhookSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
}

/** The URL's parts as the platform reads them; null when it is none. */
export function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
