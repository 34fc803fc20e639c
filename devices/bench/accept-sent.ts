/** What devices sent and when it was acknowledged: which sample completed a verdict, and how long acknowledgements took. */

/** A clock that is read twice in one millisecond. */
const CLOCK_MS = 2;

export type Sent = {
  readonly add: (device: string, sentAt: number, ackedAt: number) => void;
  /** The latest sample of the device that had left by then. */
  lastBefore(device: string, at: number): number | null;
  /** Publish → PUBACK of what was sent from then on. */
  acks(from: number): readonly number[];
};

export function startSent(): Sent {
  const byDevice = new Map<string, number[]>();
  const acks: { readonly at: number; readonly ms: number }[] = [];
  return {
    add(device, sentAt, ackedAt) {
      acks.push({ at: sentAt, ms: ackedAt - sentAt });
      const before = byDevice.get(device) ?? [];
      before.push(sentAt);
      byDevice.set(device, before);
    },
    lastBefore: (device, at) => byDevice.get(device)?.findLast((sentAt) => sentAt <= at + CLOCK_MS) ?? null,
    acks: (from) => acks.filter(({ at }) => at >= from).map(({ ms }) => ms),
  };
}
