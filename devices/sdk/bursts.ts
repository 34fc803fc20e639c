/**
 * Waveforms on their way to the unit: few, in memory only, the newest worth the most. One burst flies at a time, block after block, since a unit
 * gives a burst up when the next one begins; after a break it goes again from its first block, and the unit knows those that it has.
 *
 *   offer ─▶ waiting ─▶ flying ─▶ acknowledged
 *               ▲          │
 *               └──rewind──┘
 */
import type { MqttClient } from "mqtt";
import { type BurstDraft, BURST_HZ_MAX, BURST_HZ_MIN, isBurstLength, writeBurst } from "../../contracts/burst-wire.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";

/** Bursts kept while the unit is away: at one every ten seconds more would be news of long ago. Of a second and two axes they have 800 KB. */
export const BURSTS_WAITING_MAX = 8;

/** Each of its blocks is acknowledged, or a refusal: `malformed`, `too-many` (newer ones took its place), `not-permitted`, `unavailable`. */
export type BurstSent = { readonly blocks: number } | Refusal;
type Waiting = { readonly blocks: readonly Uint8Array[]; readonly owner: (sent: BurstSent) => void };

export type BurstLane = {
  offer(draft: BurstDraft): Promise<BurstSent>;
  /** Sends what waits, if the link is up and nothing flies. */
  pump(): void;
  /** The link broke. */
  rewind(): void;
  close(): void;
  counts(): { readonly bursts: number; readonly burstsDropped: number; readonly burstsMalformed: number; readonly burstsWaiting: number };
};

/** `link`: the one that is up; null while none is. `settled`: something that waited does not any more. */
export function openLane(topic: string, link: () => MqttClient | null, settled: () => void): BurstLane {
  const counts = { bursts: 0, burstsDropped: 0, burstsMalformed: 0 };
  let waiting: Waiting[] = [];
  let flying: Waiting | null = null;

  function offer(draft: BurstDraft): Promise<BurstSent> {
    const blocks = blocksOf(draft);
    if (isRefusal(blocks)) {
      counts.burstsMalformed += 1;
      return Promise.resolve(blocks);
    }
    const dropped = waiting.length >= BURSTS_WAITING_MAX ? waiting.shift() : undefined;
    if (dropped !== undefined) {
      counts.burstsDropped += 1;
      dropped.owner(refuse("too-many", `at most ${BURSTS_WAITING_MAX} bursts wait for the unit`, "newer ones took its place; the next is another chance"));
    }
    const sent = new Promise<BurstSent>((resolve) => waiting.push({ blocks, owner: resolve }));
    pump();
    return sent;
  }

  function pump(): void {
    const up = link();
    if (up === null || flying !== null) return;
    flying = waiting.shift() ?? null;
    if (flying !== null) send(up, flying, 0);
  }

  function send(up: MqttClient, burst: Waiting, at: number): void {
    const block = burst.blocks[at];
    if (block === undefined) return finish(burst, { blocks: burst.blocks.length });
    // The library asks for a Buffer by its types alone; browsers have none.
    up.publish(topic, block as Buffer, { qos: 1 }, (error) => {
      // A link that is gone has rewound it: it flies again on the next one.
      if (link() !== up || flying !== burst) return;
      if (!error) return send(up, burst, at + 1);
      if (typeof (error as { readonly code?: unknown }).code !== "number") return void up.end(true);
      finish(burst, refuse("not-permitted", error.message, "look at the unit's quarantine for the reason"));
    });
  }

  function finish(burst: Waiting, sent: BurstSent): void {
    flying = null;
    if (!isRefusal(sent)) counts.bursts += 1;
    burst.owner(sent);
    settled();
    pump();
  }

  return {
    offer,
    pump,
    rewind: () => {
      if (flying !== null) waiting.unshift(flying);
      flying = null;
    },
    close: () => {
      const left = flying === null ? waiting : [flying, ...waiting];
      [waiting, flying] = [[], null];
      for (const { owner } of left) owner(refuse("unavailable", "the link was closed before the unit acknowledged", "bursts are kept in memory only"));
    },
    counts: () => ({ ...counts, burstsWaiting: waiting.length + (flying === null ? 0 : 1) }),
  };
}

/** What any unit would refuse is refused here, before it is sent. */
function blocksOf(draft: BurstDraft): readonly Uint8Array[] | Refusal {
  const { start, rate, axes } = draft;
  if (!Number.isSafeInteger(start) || start < 0)
    return refuse("malformed", "start is a whole number of milliseconds since the epoch", "send the instant of the first sample", "start");
  if (!(rate >= BURST_HZ_MIN && rate <= BURST_HZ_MAX))
    return refuse("malformed", `${BURST_HZ_MIN} to ${BURST_HZ_MAX} samples a second`, "say it in Hz", "rate");
  const length = axes[0]?.samples.length ?? 0;
  if (!isBurstLength(length))
    return refuse("malformed", "an even number of samples that is a product of 2, 3, 5 and 7", `it has ${length}: send 2560, 12800 or 25600`, "axes.0.samples");
  for (const [a, { samples }] of axes.entries()) {
    const wrong = samples.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) return refuse("malformed", "a sample is a number", `sample ${wrong} is none`, `axes.${a}.samples`);
  }
  return writeBurst(draft);
}
