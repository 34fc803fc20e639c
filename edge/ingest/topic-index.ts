/** Who subscribed to what: exact filters by name, the few with wildcards one by one. Mutable, owned by the object that serves the connections. */
import { hasWildcard, matches } from "./topic.ts";

export type TopicIndex<S, V> = {
  readonly set: (filter: string, subscriber: S, value: V) => void;
  readonly remove: (filter: string, subscriber: S) => void;
  /** Removes all filters of one subscriber. */
  readonly forget: (subscriber: S) => void;
  /** Each subscriber once, with the value `best` chooses where several of its filters match. */
  readonly matching: (topic: string) => ReadonlyMap<S, V>;
};

export function topicIndex<S, V>(best: (a: V, b: V) => V): TopicIndex<S, V> {
  const exact = new Map<string, Map<S, V>>();
  const wild = new Map<string, Map<S, V>>();
  const filtersOf = new Map<S, Set<string>>();
  const sideOf = (filter: string): Map<string, Map<S, V>> => (hasWildcard(filter) ? wild : exact);

  function set(filter: string, subscriber: S, value: V): void {
    const side = sideOf(filter);
    const held = side.get(filter);
    if (held === undefined) side.set(filter, new Map([[subscriber, value]]));
    else held.set(subscriber, value);
    const filters = filtersOf.get(subscriber);
    if (filters === undefined) filtersOf.set(subscriber, new Set([filter]));
    else filters.add(filter);
  }

  function remove(filter: string, subscriber: S): void {
    const side = sideOf(filter);
    const held = side.get(filter);
    if (held?.delete(subscriber) === true && held.size === 0) side.delete(filter);
    filtersOf.get(subscriber)?.delete(filter);
  }

  function forget(subscriber: S): void {
    for (const filter of filtersOf.get(subscriber) ?? []) remove(filter, subscriber);
    filtersOf.delete(subscriber);
  }

  function matching(topic: string): ReadonlyMap<S, V> {
    const named = exact.get(topic);
    const found = new Map<S, V>(named);
    for (const [filter, held] of wild) {
      if (!matches(filter, topic)) continue;
      for (const [subscriber, value] of held) {
        const other = found.get(subscriber);
        found.set(subscriber, other === undefined ? value : best(other, value));
      }
    }
    return found;
  }

  return { set, remove, forget, matching };
}
