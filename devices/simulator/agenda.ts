/** What is to happen when, in virtual time: earliest first, and what is due in the same instant in the order in which it was planned. */

export type Agenda = {
  plan(at: number, run: () => void): void;
  /** When the earliest is due; infinite when there is nothing. */
  nextAt(): number;
  /** Runs everything due up to `until`, what that plans for as early included. */
  runUntil(until: number): void;
};

type Entry = { readonly at: number; readonly run: () => void };

export function startAgenda(): Agenda {
  /** Latest first, so that the earliest is taken off the end. */
  const entries: Entry[] = [];
  const nextAt = (): number => entries.at(-1)?.at ?? Infinity;
  return {
    nextAt,
    plan(at, run) {
      const entry = { at, run };
      let [low, high] = [0, entries.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        const one = entries[middle];
        if (one !== undefined && one.at > at) low = middle + 1;
        else high = middle;
      }
      entries.splice(low, 0, entry);
    },
    runUntil(until) {
      while (nextAt() <= until) {
        const entry = entries.pop();
        if (entry === undefined) return;
        entry.run();
      }
    },
  };
}
