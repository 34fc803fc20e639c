/** The line of those who wait to sign in: a storm of a site's devices reaches the unit at the pace at which it answers. Pure: time is an argument. */

/** CONNECTs of one unit that are asked at a time: each is a question to another Durable Object. */
const ASKED_AT_ONCE_MAX = 64;
/** CONNECTs a second: 10,000 devices are back within half a minute. */
const ASKED_PER_S = 400;
/** Who waits longer is told that the gateway is busy: common clients give up by themselves after 30 s. */
const WAIT_MS = 20_000;

export type Waiter = {
  go(): void;
  /** It has waited too long. */
  giveUp(): void;
};

export type Line = {
  enter(waiter: Waiter, now: number): void;
  /** Left by itself before its turn. */
  leave(waiter: Waiter): void;
  /** Whoever went has its answer, or is gone. */
  answered(now: number): void;
  /** Called about once a second, and when the line opens. */
  check(now: number): void;
  waiting(): number;
};

export type LineOptions = { readonly isOpen: () => boolean; readonly atOnceMax?: number; readonly perS?: number };

export function openLine({ isOpen, atOnceMax = ASKED_AT_ONCE_MAX, perS = ASKED_PER_S }: LineOptions): Line {
  // In the order of their coming.
  const waiting = new Map<Waiter, number>();
  let asked = 0;
  let tokens = perS;
  let filledAt = -Infinity;
  let serving = false;

  function serve(now: number): void {
    tokens = Math.min(perS, tokens + (Math.max(0, now - filledAt) / 1_000) * perS);
    filledAt = now;
    // Whoever is answered while it goes would be another call within this one.
    if (serving) return;
    serving = true;
    for (const waiter of waiting.keys()) {
      if (!isOpen() || asked >= atOnceMax || tokens < 1) break;
      waiting.delete(waiter);
      asked += 1;
      tokens -= 1;
      waiter.go();
    }
    serving = false;
  }

  return {
    enter(waiter, now) {
      waiting.set(waiter, now);
      serve(now);
    },
    leave: (waiter) => void waiting.delete(waiter),
    answered(now) {
      asked -= 1;
      serve(now);
    },
    check(now) {
      for (const [waiter, since] of waiting) {
        if (now - since <= WAIT_MS) break;
        waiting.delete(waiter);
        waiter.giveUp();
      }
      serve(now);
    },
    waiting: () => waiting.size,
  };
}
