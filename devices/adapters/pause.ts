/** Waits so long, or until it is told to end, whichever is first. Never rejects. */
export function pause(ms: number, ended: AbortSignal): Promise<void> {
  if (ms <= 0 || ended.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener("abort", done);
  });
}
