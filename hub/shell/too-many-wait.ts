/** The answer to a long-poll for which there is no room: a refusal, since an empty page would be asked for again at once. */
import type { Context } from "hono";
import { refuse } from "../../contracts/refusal.ts";
import { refused } from "../../edge/shell/answer.ts";
import { FULL_RETRY_MS, WAITERS_MAX } from "./waiters.ts";

export function tooManyWait(c: Context): Response {
  const seconds = FULL_RETRY_MS / 1_000;
  c.header("retry-after", `${seconds}`);
  return refused(
    c,
    refuse("too-many", `at most ${WAITERS_MAX} requests wait for the feed at once`, `ask again after ${seconds} s, or without \`wait\``, "wait"),
  );
}
