/** One question of a page and its answer, parsed by a schema. A problem is thrown as an Error whose cause is a `Problem`. */
import "./zod-without-eval.ts";
import { z } from "zod";
import { Refusal, type RefusalCode } from "../../contracts/refusal.ts";

/** Longer than any answer of a healthy unit; an engineer in a cellar should hear "not sent" soon. */
const ANSWER_MS = 12_000;

export type Problem = {
  readonly code: RefusalCode | "offline" | "unreadable";
  readonly field?: string;
  readonly rule?: string;
  readonly mend?: string;
  /** The whole refusal, where there is more in it. */
  readonly answer?: unknown;
};

/** What went wrong, for a sentence. */
export function problemOf(error: unknown): Problem {
  const cause = error instanceof Error ? error.cause : undefined;
  return isProblem(cause) ? cause : { code: "unreadable" };
}

/** Without a body it reads; with one it changes something. `waitMs`: for answers that take longer than a healthy server's usual ones. */
export async function ask<T>(path: string, schema: z.ZodType<T>, body?: unknown, method: "POST" | "PUT" | "DELETE" = "POST", waitMs = ANSWER_MS): Promise<T> {
  const request: RequestInit = body === undefined ? {} : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return hear(path, schema, { ...request, signal: AbortSignal.timeout(waitMs) });
}

/** A file as it is, its kind as the content type. */
export async function send(path: string, file: Blob, waitMs: number): Promise<unknown> {
  return hear(path, z.unknown(), { method: "POST", headers: { "content-type": file.type }, body: file, signal: AbortSignal.timeout(waitMs) });
}

async function hear<T>(path: string, schema: z.ZodType<T>, request: RequestInit): Promise<T> {
  const response = await fetch(path, request).catch(() => fail({ code: "offline" }));
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) return fail(problemIn(answer, response.status));
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return fail({ code: "unreadable", field: issue?.path.join(".") ?? "", rule: issue?.message ?? path });
}

/** A refusal of a document says more than the others do. */
const AnyRefusal = z.object(Refusal.shape);

function problemIn(answer: unknown, status: number): Problem {
  const refusal = AnyRefusal.safeParse(answer);
  if (refusal.success) {
    const { refused, rule, mend, field } = refusal.data;
    return { code: refused, rule, mend, answer, ...(field === undefined ? {} : { field }) };
  }
  if (status === 401) return { code: "not-signed-in" };
  if (status === 403) return { code: "not-permitted" };
  return { code: status >= 500 ? "unavailable" : "unreadable", rule: `HTTP ${status}` };
}

function fail(problem: Problem): never {
  throw new Error(problem.rule ?? problem.code, { cause: problem });
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value;
}
