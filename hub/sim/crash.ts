/** Crashes between any two writes: a store's `onWrite` counts down, and what throws takes the whole transaction back. */

export type Fuse = {
  /** For a store's `onWrite`. */
  readonly burn: () => void;
  /** The write after `writes` more throws; null: none does. */
  readonly set: (writes: number | null) => void;
};

const CRASHED = "crashed between two writes";

export function makeFuse(): Fuse {
  let left: number | null = null;
  return {
    burn() {
      if (left === null) return;
      if (left === 0) {
        left = null;
        throw new Error(CRASHED);
      }
      left -= 1;
    },
    set(writes) {
      left = writes;
    },
  };
}

/** Null when it crashed. Other errors are bugs and go on. */
export function attempt<T>(fuse: Fuse, writes: number | null, body: () => T): { readonly done: T } | null {
  fuse.set(writes);
  try {
    return { done: body() };
  } catch (error) {
    if (error instanceof Error && error.message === CRASHED) return null;
    throw error;
  } finally {
    fuse.set(null);
  }
}
