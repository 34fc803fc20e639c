/** One call to the hub: bounded in time, and closed when it is answered. */

/** A hub that does not answer within this is away. */
const CALL_MS = 10_000;

/** Throws when the hub does not answer. */
export async function callHub<T>(body: () => Promise<T>): Promise<T> {
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the hub did not answer within ${CALL_MS} ms`)), CALL_MS);
  });
  try {
    const reply = await Promise.race([body(), late]);
    const copy = structuredClone(reply);
    // The answer is a plain value, but its call stays open, and keeps this object from being evicted, until it is disposed of.
    (reply as Partial<Disposable>)[Symbol.dispose]?.();
    return copy;
  } finally {
    clearTimeout(timer);
  }
}
