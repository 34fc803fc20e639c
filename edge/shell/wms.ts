/**
 * The connector to a warehouse (WMS): performs the `reserve` and `release` asks over HTTP. The ask's key is the Idempotency-Key, so
 * a retry after a lost answer reserves nothing twice.
 */
import { z } from "zod";
import { PartCount } from "../../contracts/asset.ts";
import type { Answer, Ask } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";

/** One request to the WMS. */
const CALL_MS = 5_000;
const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;

const Reserved = z.object({ reservation: z.string().min(1).max(100), depot: z.string().max(100), at: z.number() });
const Short = z.object({ missing: z.array(PartCount).max(50) });

/** The WMS's answer as an input, `released` when nothing follows from it, or why there was none. */
export type Reply = { readonly answer: Answer } | { readonly released: true } | { readonly failed: string };

export async function perform(url: string, ask: Ask, now: () => Millis): Promise<Reply> {
  try {
    return ask.type === "reserve" ? await reserve(url, ask, now) : await release(url, ask);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

export function retryAfter(attempts: number): Millis {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(attempts, 10));
}

async function reserve(url: string, ask: Extract<Ask, { type: "reserve" }>, now: () => Millis): Promise<Reply> {
  const response = await fetch(new URL("/reservations", url), {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": ask.key },
    body: JSON.stringify({ lines: ask.lines, ref: ask.ticket }),
    redirect: "manual",
    signal: AbortSignal.timeout(CALL_MS),
  });
  const body: unknown = await response.json();
  if (response.ok) {
    const { reservation, depot } = Reserved.parse(body);
    return { answer: { type: "reserved", kit: ask.kit, key: ask.key, reservation, depot, at: now() } };
  }
  if (response.status === 409) return { answer: { type: "short", kit: ask.kit, key: ask.key, missing: Short.parse(body).missing, at: now() } };
  return { failed: `the WMS answered ${response.status}` };
}

async function release(url: string, ask: Extract<Ask, { type: "release" }>): Promise<Reply> {
  const response = await fetch(new URL(`/reservations/${encodeURIComponent(ask.reservation)}`, url), {
    method: "DELETE",
    redirect: "manual",
    signal: AbortSignal.timeout(CALL_MS),
  });
  await response.body?.cancel();
  return response.ok || response.status === 404 ? { released: true } : { failed: `the WMS answered ${response.status}` };
}
