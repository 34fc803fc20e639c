/**
 * Maps in memory with transactions, for the memory sides of stores: what a transaction wrote is taken back when it throws, as SQLite does.
 * `onWrite` is called before each write and may throw: a crash between any two writes.
 */
export type Journal = {
  readonly table: <V>() => Table<V>;
  readonly lists: <V>() => Lists<V>;
  readonly transact: <T>(body: () => T) => T;
};
export type Table<V> = {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  keys(): readonly string[];
  /** In order of insertion. */
  entries(): Iterable<[string, V]>;
  readonly size: number;
};

/** Lists by key that only grow. */
export type Lists<V> = {
  get(key: string): readonly V[];
  push(key: string, value: V): void;
  entries(): Iterable<[string, readonly V[]]>;
};

export function openJournal(onWrite: () => void = () => undefined): Journal {
  let undo: (() => void)[] | null = null;
  return {
    table<V>(): Table<V> {
      const map = new Map<string, V>();
      const before = (key: string): void => {
        onWrite();
        if (undo === null) return;
        const [had, was] = [map.has(key), map.get(key)];
        undo.push(() => (had ? map.set(key, was as V) : map.delete(key)));
      };
      return {
        get: (key) => map.get(key),
        set(key, value) {
          before(key);
          map.set(key, value);
        },
        delete(key) {
          if (!map.has(key)) return;
          before(key);
          map.delete(key);
        },
        keys: () => [...map.keys()],
        entries: () => map.entries(),
        get size() {
          return map.size;
        },
      };
    },
    lists<V>(): Lists<V> {
      const map = new Map<string, V[]>();
      return {
        get: (key) => map.get(key) ?? [],
        push(key, value) {
          onWrite();
          const list = map.get(key) ?? [];
          map.set(key, list);
          list.push(value);
          undo?.push(() => list.pop());
        },
        entries: () => map.entries(),
      };
    },
    transact(body) {
      if (undo !== null) return body();
      undo = [];
      try {
        const result = body();
        undo = null;
        return result;
      } catch (error) {
        const steps = undo ?? [];
        undo = null;
        for (const step of steps.toReversed()) step();
        throw error;
      }
    },
  };
}
