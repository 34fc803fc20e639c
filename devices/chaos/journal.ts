/**
 * What a client may rely on, kept by the client itself: each word that it said, when it was told that it is safe, and how often it came out at the
 * other end. Words are numbers that are said once.
 */

export type Journal = {
  said(word: number): void;
  /** The server has answered for it: from here on its loss is the server's. */
  acknowledged(word: number): void;
  /** It came out: in a trace, or at a subscriber. */
  heard(word: number): void;
  /** Each word that came out, once. */
  eachHeard(tell: (word: number) => void): void;
  /** Of what was acknowledged: how many, and which never came out. */
  sum(): Sum;
};

/** `strange`: came out and was never said. `duplicates`: each coming out after the first. */
export type Sum = { readonly said: number; readonly acknowledged: number; readonly lost: number; readonly duplicates: number; readonly strange: number };

export function startJournal(): Journal {
  const said = new Set<number>();
  const safe = new Set<number>();
  const heard = new Map<number, number>();
  return {
    said: (word) => void said.add(word),
    acknowledged: (word) => void safe.add(word),
    heard: (word) => void heard.set(word, (heard.get(word) ?? 0) + 1),
    eachHeard: (tell) => {
      for (const word of heard.keys()) tell(word);
    },
    sum: () => ({
      said: said.size,
      acknowledged: safe.size,
      lost: [...safe].filter((word) => !heard.has(word)).length,
      duplicates: [...heard.values()].reduce((sum, times) => sum + times - 1, 0),
      strange: [...heard.keys()].filter((word) => !said.has(word)).length,
    }),
  };
}

export function addUp(sums: readonly Sum[]): Sum {
  const of = (read: (sum: Sum) => number): number => sums.reduce((total, sum) => total + read(sum), 0);
  return {
    said: of((one) => one.said),
    acknowledged: of((one) => one.acknowledged),
    lost: of((one) => one.lost),
    duplicates: of((one) => one.duplicates),
    strange: of((one) => one.strange),
  };
}
