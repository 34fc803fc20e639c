/** Sends a request to a routing server, and reads so much of its answer and for so long, and no more. */
import type { Reply } from "../dispatch/matrix/line.ts";
import { ANSWER_CHARS_MAX, type Request } from "../dispatch/matrix/server.ts";

/** One request, its answer read. A table of 2,500 ways takes a server tens of milliseconds. */
const CALL_MS = 5_000;

/** Never throws. Goes nowhere but to the address: a redirect is an answer. */
export async function sendRequest({ method, url, body }: Request, callMs = CALL_MS): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: AbortSignal.timeout(callMs),
    });
    const text = await readText(response);
    if (text === null) return { type: "failed", why: `an answer of more than ${ANSWER_CHARS_MAX} characters (ANSWER_CHARS_MAX)` };
    const seconds = Number(response.headers.get("retry-after") ?? "0");
    return { type: "answer", status: response.status, text, ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}) };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return { type: "timeout" };
    return { type: "failed", why: (error instanceof Error ? error.message : String(error)).slice(0, 200) };
  }
}

/** Null for what is too long; the rest of it is not read. */
async function readText(response: Response): Promise<string | null> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value as Uint8Array<ArrayBuffer>, { stream: true });
    if (text.length > ANSWER_CHARS_MAX) {
      await reader.cancel();
      return null;
    }
  }
}
