/** Refusals over HTTP: the same value as everywhere, under the status that its code means. */
import type { Context } from "hono";
import { refuse, type Refusal, type RefusalCode } from "../../contracts/refusal.ts";
import type { z } from "zod";

type Status = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 429 | 503;

const STATUS: Readonly<Record<RefusalCode, Status>> = {
  malformed: 400,
  "bad-cursor": 400,
  "not-signed-in": 401,
  "not-permitted": 403,
  "not-yours": 403,
  "wrong-unit": 403,
  "unknown-origin": 403,
  "forbidden-address": 422,
  "unknown-unit": 404,
  "unknown-device": 404,
  "unknown-asset": 404,
  "unknown-ticket": 404,
  "unknown-offer": 404,
  "unknown-engineer": 404,
  "unknown-model": 404,
  "unknown-alarm": 404,
  "unknown-template": 404,
  "unknown-contract": 404,
  "unknown-entity": 404,
  "unknown-link": 404,
  exists: 409,
  "wrong-state": 409,
  gap: 409,
  "stale-version": 409,
  "needs-person": 409,
  "too-late": 410,
  "too-large": 413,
  "breaks-contract": 422,
  "bad-model": 422,
  "unfit-contract": 422,
  unmapped: 422,
  "not-equivalent": 422,
  "too-many": 429,
  "quota-exceeded": 429,
  unavailable: 503,
};

export function refused(c: Context, refusal: Refusal): Response {
  return c.json(refusal, STATUS[refusal.refused]);
}

/** The body as `schema` says, or a refusal that names the field. `bytesMax` guards against a body that only pretends to be small. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>, bytesMax: number): Promise<T | Refusal> {
  const text = await c.req.text();
  if (text.length > bytesMax) return refuse("too-large", `a body of at most ${bytesMax} bytes`, "send it in smaller pieces");
  let body: unknown;
  try {
    body = JSON.parse(text === "" ? "{}" : text);
  } catch {
    return refuse("malformed", "the body must be JSON", "check quotes, commas and brackets");
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return refuse("malformed", issue?.message ?? "does not fit its schema", "see the field's rule", issue?.path.map(String).join(".") ?? "");
}
