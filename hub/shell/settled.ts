/** A call to an object, finished: its answer is a plain value, but the call stays open, and keeps the object from being evicted, until it is disposed of. */
export async function settled<C>(call: C): Promise<Awaited<C>> {
  const answer = await call;
  if (typeof answer === "object" && answer !== null) (answer as Partial<Disposable>)[Symbol.dispose]?.();
  return answer;
}
