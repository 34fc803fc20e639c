/** Those who wait for the log to grow. Kept in memory: whoever is lost with it asks again. */

/** Waiting at once at one stream: a thousand consumers, each with one question. */
export const WAITERS_MAX = 1_000;
/** Who finds no room is asked to come again after this: the longest that somebody waits is 30 s, so places come free all the time. */
export const FULL_RETRY_MS = 5_000;

export class Waiters {
  readonly #waiting = new Map<string, () => void>();
  readonly #most: number;

  constructor(most = WAITERS_MAX) {
    this.#most = most;
  }

  /** Until somebody wakes all, or this one is told to leave, or `ms` are over; false at once when there is no room. Ids are the caller's, and not reused. */
  wait(id: string, ms: number): Promise<boolean> {
    if (ms <= 0) return Promise.resolve(true);
    if (this.#waiting.size >= this.#most || this.#waiting.has(id)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(true);
      };
      const timer = setTimeout(done, ms);
      this.#waiting.set(id, done);
    });
  }

  wake(): void {
    for (const done of this.#waiting.values()) done();
  }

  /** Whoever waited for several streams was woken by another one. */
  leave(id: string): void {
    this.#waiting.get(id)?.();
  }
}
