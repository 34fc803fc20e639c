/** What is due when: a heap. An item that is due may find that its time has moved on, and is then put back. */

export type Timers<T> = {
  readonly add: (at: number, item: T) => void;
  readonly first: () => number;
  /** Takes what is due first, or nothing. */
  readonly due: (now: number) => T | null;
};

export function openTimers<T>(): Timers<T> {
  const heap: { readonly at: number; readonly item: T }[] = [];

  function add(at: number, item: T): void {
    if (at === Infinity) return;
    const one = { at, item };
    let i = heap.length;
    heap.push(one);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = one;
  }

  function due(now: number): T | null {
    const first = heap[0];
    if (first === undefined || first.at > now) return null;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first.item;
    let i = 0;
    for (;;) {
      let child = i * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first.item;
  }

  return { add, first: () => heap[0]?.at ?? Infinity, due };
}
