/** Refusals over HTTP: the same value as everywhere, under the status that its code means. */
import type { Context } from "hono";
import { readJson } from "../../contracts/body.ts";
import { isRefusal, refuse, type Refusal, type RefusalCode } from "../../contracts/refusal.ts";
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
  "steps-open": 409,
  incomplete: 422,
  "crew-missing": 409,
  "children-open": 409,
  "too-late": 410,
  "too-large": 413,
  "breaks-contract": 422,
  "bad-model": 422,
  "not-better": 409,
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

/** Of a body that is too large, this much is read and thrown away, so that whoever sends it gets to read why; beyond it the connection is cut. */
const DISCARDED_BYTES_MAX = 16 * 1024 * 1024;

/** The one door for bodies of JSON: as `schema` says, or a refusal that names the limit or the field. An empty body is `{}`. Refuses `too-large` and `malformed`. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>, bytesMax: number): Promise<T | Refusal> {
  const bytes = await readBytes(c.req.raw, bytesMax);
  if (isRefusal(bytes)) return bytes;
  const text = new TextDecoder().decode(bytes);
  const body = readJson(text === "" ? "{}" : text);
  if (isRefusal(body)) return body;
  const parsed = schema.safeParse(body.json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
  return refuse("malformed", issue?.message ?? "does not fit its schema", mendOf(issue), path.map(String).join("."));
}

/** What to do about a field that does not fit. */
function mendOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "unrecognized_keys":
      return "leave it out";
    case "invalid_value":
      return "send one of the values that the rule names";
    case "too_big":
    case "too_small":
      return "send one within the bound that the rule names";
    case "invalid_type":
      if (issue.message.endsWith("received undefined")) return "add it";
      return issue.path.length === 0 ? "send a JSON object" : "send it in the type that the rule names";
    default:
      return "see the field's rule";
  }
}

/** The body's bytes, of which no more than `bytesMax` are ever held. Refuses `too-large`. */
export async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array | Refusal> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) break;
    size += value.byteLength;
    if (size <= bytesMax) chunks.push(value);
    else chunks.length = 0;
    if (size > bytesMax + DISCARDED_BYTES_MAX) {
      void reader?.cancel().catch(() => undefined);
      break;
    }
  }
  if (size > bytesMax) return refuse("too-large", `a body of at most ${bytesMax} bytes`, "send it in smaller pieces");
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** What a route failed with, as people and programs are told: a bug or an object that was lost. `who` could not answer. */
export function failed(c: Context, error: unknown, who: string): Response {
  console.error(`${c.req.method} ${c.req.path}`, error);
  return refused(c, refuse("unavailable", `${who} could not answer`, "try again; if it stays, look at the server's log"));
}
