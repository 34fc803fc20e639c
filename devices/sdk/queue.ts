/**
 * What waits for its acknowledgement: a bounded queue, in the order of publishing.
 *
 *   offer ─▶ waiting ──take──▶ flying ──settle──▶ gone
 *               ▲                 │
 *               └─────rewind──────┘  the link broke: unacknowledged batches wait again, at the front
 */

export type Entry = { readonly n: number; readonly seq: number; readonly text: string };

/** What happens at the bound. Either way it is counted and its publisher is told. */
export type WhenFull = "refuse-newest" | "drop-oldest";

export type Offered = { readonly taken: true; readonly dropped: Entry | null } | { readonly taken: false };

export type Bounds = { readonly entriesMax: number; readonly batchMax: number; readonly batchBytesMax: number };

export type Queue = {
  /** `keep` stores the entry once there is room for it; when it throws, the queue is as before. */
  offer(entry: Entry, whenFull: WhenFull, keep: () => void): Offered;
  /** The next batch, oldest first, now flying under `key`; empty when nothing waits. Never more than the batch bounds, but at least one. */
  take(key: number): readonly Entry[];
  /** The batch is acknowledged, or finally refused: forgotten. Unknown keys give nothing. */
  settle(key: number): readonly Entry[];
  rewind(): void;
  /** Takes one out that still waits; false where it flies already, or is not there. */
  withdraw(n: number): boolean;
  size(): { readonly waiting: number; readonly flying: number };
};

export function startQueue(bounds: Bounds, left: readonly Entry[] = []): Queue {
  let waiting: Entry[] = [...left];
  const flying = new Map<number, readonly Entry[]>();
  let flyingCount = 0;

  function offer(entry: Entry, whenFull: WhenFull, keep: () => void): Offered {
    const full = waiting.length + flyingCount >= bounds.entriesMax;
    // What flies may already have arrived: only what waits is dropped.
    if (full && (whenFull === "refuse-newest" || waiting.length === 0)) return { taken: false };
    keep();
    const dropped = full ? (waiting.shift() ?? null) : null;
    waiting.push(entry);
    return { taken: true, dropped };
  }

  function take(key: number): readonly Entry[] {
    const count = batchLength(waiting, bounds);
    if (count === 0) return [];
    const batch = waiting.splice(0, count);
    flying.set(key, batch);
    flyingCount += batch.length;
    return batch;
  }

  function settle(key: number): readonly Entry[] {
    const batch = flying.get(key) ?? [];
    flying.delete(key);
    flyingCount -= batch.length;
    return batch;
  }

  function rewind(): void {
    waiting = [...[...flying.values()].flat(), ...waiting];
    flying.clear();
    flyingCount = 0;
  }

  function withdraw(n: number): boolean {
    const at = waiting.findIndex((entry) => entry.n === n);
    if (at >= 0) waiting.splice(at, 1);
    return at >= 0;
  }

  return { offer, take, settle, rewind, withdraw, size: () => ({ waiting: waiting.length, flying: flyingCount }) };
}

/** The message that carries a batch: one alone as itself, several as an array. */
export function payloadOf(batch: readonly Entry[]): string {
  const [only] = batch;
  return batch.length === 1 && only !== undefined ? only.text : `[${batch.map((entry) => entry.text).join(",")}]`;
}

function batchLength(waiting: readonly Entry[], bounds: Bounds): number {
  let bytes = 2;
  let count = 0;
  for (const entry of waiting) {
    // Telemetry is nearly all ASCII; three bytes for each code unit bounds any text.
    bytes += 1 + (/^[\x20-\x7e]*$/.test(entry.text) ? entry.text.length : entry.text.length * 3);
    if (count > 0 && (count >= bounds.batchMax || bytes > bounds.batchBytesMax)) break;
    count += 1;
  }
  return count;
}
