/**
 * Conversations side by side, one for each stream at most: none waits for another's, and what comes up while others talk is said at once.
 * Nothing here knows what is said.
 */
import type { Refusal } from "../../contracts/refusal.ts";

/** Rounds after which it is looked whether something else is due, however much there is to say. */
const ROUNDS_MAX = 20;

export type Talking<S> = {
  /** Those that have something to say now. */
  readonly wanting: () => Iterable<S>;
  /** One conversation, until there is nothing to say; or the refusal that ended it. */
  readonly converse: (stream: S) => Promise<Refusal | null>;
};
export type Talks = {
  /** Something came up: whoever is not talking begins, where `talkOut` is under way. */
  more(): void;
  /** Until nobody talks. The first refusal, or null; throws what the first conversation that broke threw. `beside`: a call that goes on meanwhile. */
  talkOut(beside?: () => Promise<Refusal | null>): Promise<Refusal | null>;
};

export function talksOf<S>({ wanting, converse }: Talking<S>): Talks {
  const talks = new Map<S, Promise<void>>();
  const ends: { refused: Refusal | null; broken: { readonly error: unknown } | null } = { refused: null, broken: null };
  let open = false;

  const heed = (talk: Promise<Refusal | null>): Promise<void> =>
    talk.then(
      (no) => void (ends.refused ??= no),
      (error: unknown) => void (ends.broken ??= { error }),
    );
  const begin = (): void => {
    if (ends.refused !== null || ends.broken !== null) return;
    for (const stream of wanting())
      if (!talks.has(stream))
        talks.set(
          stream,
          heed(converse(stream)).finally(() => talks.delete(stream)),
        );
  };

  return {
    more() {
      if (open) begin();
    },
    async talkOut(beside) {
      Object.assign(ends, { refused: null, broken: null });
      open = true;
      try {
        begin();
        if (beside !== undefined) await heed(beside());
        for (let round = 1; talks.size > 0; round++) {
          open = round < ROUNDS_MAX;
          await Promise.all(talks.values());
        }
      } finally {
        open = false;
      }
      if (ends.broken !== null) throw ends.broken.error;
      return ends.refused;
    },
  };
}
