/**
 * The connector to a warehouse (WMS): performs the `reserve` and `release` asks over HTTP. The ask's key is the Idempotency-Key, so
 * a retry after a lost answer reserves nothing twice. Nothing is decided here: `edge/kit/connector.ts` says what the end of a call means.
 */
import { z } from "zod";
import { PartCount } from "../../contracts/asset.ts";
import type { Answer, Ask } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ended } from "../kit/connector.ts";
import { readRetryAfter } from "./retry-after.ts";

/** One request to the WMS, its answer's body included. */
const CALL_MS = 5_000;
/** An answer names a reservation, or what is missing of fifty lines. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** `replaceable`: it may be named as `replaces` in a later request. `replaced`: what was so named, and is no more. Both are a WMS's to say or not. */
const Reserved = z.object({
  reservation: z.string().min(1).max(100),
  depot: z.string().max(100),
  replaceable: z.literal(true).optional().catch(undefined),
  replaced: z.string().max(100).optional().catch(undefined),
});
const Short = z.object({ missing: z.array(PartCount).max(50) });

/** `answer`: what the body says, where the status says that there is one. `why`: in words, where there is none. */
export type Called = Ended & { readonly answer?: Answer; readonly why: string };

export async function callWms(url: string, ask: Ask, now: () => Millis): Promise<Called> {
  try {
    const response = await (ask.type === "reserve" ? reserve(url, ask) : release(url, ask));
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), now());
    const ended = { status: response.status, why: `the WMS answered ${response.status}`, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    const answer = await answerOf(response, ask, now());
    // What says that it was done and not what is no answer: the line is out of order.
    return answer === "garbled"
      ? { status: 0, why: `the WMS answered ${response.status} with something else` }
      : { ...ended, ...(answer === null ? {} : { answer }) };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    return { status: 0, timedOut, why: (error instanceof Error ? error.message : String(error)).slice(0, 200) };
  }
}

async function reserve(url: string, ask: Extract<Ask, { type: "reserve" }>): Promise<Response> {
  return fetch(new URL("/reservations", url), {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": ask.key },
    body: JSON.stringify({ lines: ask.lines, ref: ask.ticket, ...(ask.replaces === undefined ? {} : { replaces: ask.replaces }) }),
    redirect: "manual",
    signal: AbortSignal.timeout(CALL_MS),
  });
}

async function release(url: string, ask: Extract<Ask, { type: "release" }>): Promise<Response> {
  return fetch(new URL(`/reservations/${encodeURIComponent(ask.reservation)}`, url), {
    method: "DELETE",
    headers: { "idempotency-key": ask.key },
    redirect: "manual",
    signal: AbortSignal.timeout(CALL_MS),
  });
}

async function answerOf(response: Response, ask: Ask, at: Millis): Promise<Answer | "garbled" | null> {
  const { status } = response;
  const isShort = ask.type === "reserve" && status === 409;
  if (ask.type === "release" || !(response.ok || isShort)) {
    await response.body?.cancel();
    return ask.type === "release" && (response.ok || status === 404 || status === 410) ? { type: "released", kit: ask.kit, key: ask.key } : null;
  }
  const text = await response.text();
  const body = text.length > ANSWER_BYTES_MAX ? undefined : parse(text);
  if (isShort) {
    const short = Short.safeParse(body);
    return short.success ? { type: "short", kit: ask.kit, key: ask.key, missing: short.data.missing, at } : "garbled";
  }
  const reserved = Reserved.safeParse(body);
  if (!reserved.success) return "garbled";
  const { reservation, depot, replaceable, replaced } = reserved.data;
  const more = { ...(replaceable === undefined ? {} : { replaceable }), ...(replaced === undefined ? {} : { replaced }) };
  return { type: "reserved", kit: ask.kit, key: ask.key, reservation, depot, at, ...more };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
