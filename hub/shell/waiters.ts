/** Those who wait for the log to grow. Kept in memory: whoever is lost with it asks again. */

/** Waiting at once; a consumer beyond it is answered at once and asks again. */
const WAITERS_MAX = 1_000;

export class Waiters {
  private readonly waiting = new Set<() => void>();

  wait(ms: number): Promise<void> {
    if (this.waiting.size >= WAITERS_MAX || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
    });
  }

  wake(): void {
    for (const done of this.waiting) done();
  }
}
