/** How long operations took from the writer's clock to the log. Pure. */

export type Latency = { readonly medianMs: number; readonly p99Ms: number };

/** A clock that is ahead makes a negative length: it counts as none. Null without operations. */
export function latencyOf(operations: readonly { readonly at: number; readonly appliedAt: number }[]): Latency | null {
  const sorted = operations.map(({ at, appliedAt }) => Math.max(0, appliedAt - at)).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return sorted.length === 0 ? null : { medianMs: at(0.5), p99Ms: at(0.99) };
}
