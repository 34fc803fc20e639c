/**
 * A device's link to its unit: publishes telemetry at QoS 1 and keeps what is not yet acknowledged, within a bound, until it is; beside it
 * waveforms (`bursts.ts`).
 * Over a WebSocket straight to the unit (`ws://…/mqtt/{unit}`) or over TCP through the gateway (`mqtt://…`).
 */
import mqtt, { type MqttClient } from "mqtt";
import type { z } from "zod";
import type { BurstDraft } from "../../contracts/burst-wire.ts";
import { isRefusal, malformed, refuse, type Refusal } from "../../contracts/refusal.ts";
import { BATCH_MAX, Telemetry } from "../../contracts/telemetry.ts";
import { BACKOFF, backoffMs, type Backoff } from "./backoff.ts";
import { type BurstSent, openLane } from "./bursts.ts";
import { type Clock, type ClockReading, startClock, toldTime } from "./clock.ts";
import { payloadOf, startQueue, type Entry, type Offered, type WhenFull } from "./queue.ts";
import { memoryStore, type Store } from "./store.ts";

/** Telemetry kept while the unit is away: ten hours at 1 Hz, about 9 MB for eight channels. */
export const STORE_MAX = 36_000;
/** One batch. Three quarters of the smallest payload that a unit takes (64 KiB). */
export const BATCH_BYTES_MAX = 48 * 1024;
/** Batches sent and not yet acknowledged: enough to hide a round trip, few enough to repeat after a break. */
export const FLYING_MAX = 4;
/** A unit that has not answered CONNECT by then is tried again. */
const CONNECT_MS = 10_000;
const KEEPALIVE_S = 30;

export type LinkState = "connecting" | "up" | "waiting" | "closed";

export type DeviceOptions = {
  readonly url: string;
  readonly unit: string;
  readonly device: string;
  readonly password: string;
  /** MQTT user name. By itself: the device id over a WebSocket, `unit/device` over TCP, where the gateway may serve several units. */
  readonly user?: string;
  readonly storeMax?: number;
  readonly whenFull?: WhenFull;
  readonly store?: Store;
  readonly backoff?: Backoff;
  readonly protocolVersion?: 4 | 5;
  readonly random?: () => number;
  readonly now?: () => number;
  /** Compared with the unit's clock at each sign-in, where the unit tells it (MQTT 5). Give one to compare it otherwise too, by `askTime`. */
  readonly clock?: Clock;
  /** `why` says what ended the last link: for people, not for programs. */
  readonly onState?: (state: LinkState, why: string) => void;
};

/** `seq` is filled in where it is absent. */
export type TelemetryDraft = z.input<typeof Telemetry>;

/** Acknowledged by the unit, or a refusal: `malformed`, `too-many` (the store is full), `not-permitted` (the unit said no), `unavailable` (closed before). */
export type Published = { readonly seq: number } | Refusal;

export type LinkCounts = {
  readonly published: number;
  readonly acknowledged: number;
  readonly malformed: number;
  readonly refusedFull: number;
  readonly droppedOldest: number;
  readonly refusedByStore: number;
  readonly refusedByUnit: number;
  readonly messages: number;
  readonly batches: number;
  readonly connects: number;
  readonly bursts: number;
  readonly burstsDropped: number;
  readonly burstsMalformed: number;
  readonly burstsWaiting: number;
  readonly waiting: number;
};

export type DeviceLink = {
  /** Now by the unit's clock, as far as it is known; by our own until then. */
  now(): number;
  clock(): ClockReading | null;
  publish(telemetry: TelemetryDraft): Promise<Published>;
  /** A waveform. The newest few are kept, in memory only. */
  burst(draft: BurstDraft): Promise<BurstSent>;
  counts(): LinkCounts;
  /** Resolves when nothing waits for an acknowledgement any more, or the link is closed. */
  idle(): Promise<void>;
  /** Ends the link at once. What is not acknowledged stays in the store, if the store outlives the program. */
  close(): Promise<void>;
};

export function connectDevice(options: DeviceOptions): DeviceLink {
  const random = options.random ?? Math.random;
  const store = options.store ?? memoryStore();
  const backoff = options.backoff ?? BACKOFF;
  const whenFull = options.whenFull ?? "refuse-newest";
  const left = store.load();
  const queue = startQueue({ entriesMax: options.storeMax ?? STORE_MAX, batchMax: BATCH_MAX, batchBytesMax: BATCH_BYTES_MAX }, left.entries);
  const topic = `u/${options.unit}/d/${options.device}/telemetry`;
  const lane = openLane(`u/${options.unit}/d/${options.device}/burst`, () => (up ? client : null), settleIdle);
  const user = options.user ?? (options.url.startsWith("ws") ? options.device : `${options.unit}/${options.device}`);
  const counts = {
    published: 0,
    acknowledged: 0,
    malformed: 0,
    refusedFull: 0,
    droppedOldest: 0,
    refusedByStore: 0,
    refusedByUnit: 0,
    messages: 0,
    batches: 0,
    connects: 0,
  };
  const now = options.now ?? Date.now;
  const clock = options.clock ?? startClock();
  const answers = new Map<number, (published: Published) => void>();
  let idlers: (() => void)[] = [];
  let client: MqttClient | null = null;
  let up = false;
  let closed = false;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let flying = 0;
  let nextKey = 0;
  let nextN = left.entries.reduce((most, entry) => Math.max(most, entry.n + 1), 0);
  // Without memory of an earlier life the clock keeps sequence numbers rising: nobody publishes more than one a millisecond for long.
  let nextSeq = left.lastSeq === null ? now() : left.lastSeq + 1;

  function state(next: LinkState, why: string): void {
    options.onState?.(next, why);
  }

  function connect(): void {
    state("connecting", "");
    let why = "the connection was closed";
    let askedAt = now();
    const link = mqtt.connect(options.url, {
      clientId: options.device,
      username: user,
      password: options.password,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      keepalive: KEEPALIVE_S,
      protocolVersion: options.protocolVersion ?? 4,
      queueQoSZero: false,
      resubscribe: false,
    });
    client = link;
    link.on("packetsend", ({ cmd }) => {
      if (cmd === "connect") askedAt = now();
    });
    link.on("connect", ({ properties }) => {
      const told = toldTime(properties?.userProperties);
      if (told !== null) clock.heard({ askedAt, heardAt: now(), from: told, to: told });
      up = true;
      attempt = 0;
      counts.connects += 1;
      state("up", "");
      pump();
    });
    link.on("error", (error) => {
      why = error.message === "" ? String((error as { readonly code?: unknown }).code ?? error.name) : error.message;
      link.end(true);
    });
    link.once("close", () => lost(link, why));
  }

  function lost(link: MqttClient, why: string): void {
    link.end(true);
    if (client !== link || closed) return;
    client = null;
    up = false;
    flying = 0;
    queue.rewind();
    lane.rewind();
    const waitMs = backoffMs(attempt, backoff, random);
    attempt += 1;
    state("waiting", why);
    timer = setTimeout(connect, waitMs);
  }

  function pump(): void {
    if (!up || client === null) return;
    lane.pump();
    while (flying < FLYING_MAX) {
      const key = nextKey++;
      const batch = queue.take(key);
      if (batch.length === 0) return;
      send(client, key, batch);
    }
  }

  function send(link: MqttClient, key: number, batch: readonly Entry[]): void {
    flying += 1;
    counts.messages += 1;
    if (batch.length > 1) counts.batches += 1;
    link.publish(topic, payloadOf(batch), { qos: 1 }, (error) => {
      // A link that is gone has rewound its batches: they fly again on the next one.
      if (client !== link || !up) return;
      const code = (error as { readonly code?: unknown } | null | undefined)?.code;
      if (error !== null && error !== undefined && typeof code !== "number") return void link.end(true);
      flying -= 1;
      const batch = queue.settle(key);
      store.remove(batch);
      if (error === null || error === undefined) counts.acknowledged += batch.length;
      else counts.refusedByUnit += batch.length;
      for (const entry of batch)
        answer(entry, error ? refuse("not-permitted", error.message, "look at the unit's quarantine for the reason") : { seq: entry.seq });
      settleIdle();
      pump();
    });
  }

  function answer(entry: Entry, published: Published): void {
    answers.get(entry.n)?.(published);
    answers.delete(entry.n);
  }

  function settleIdle(): void {
    const { waiting, flying } = queue.size();
    if (waiting + flying + lane.counts().burstsWaiting > 0 && !closed) return;
    const waiters = idlers;
    idlers = [];
    for (const wake of waiters) wake();
  }

  function publish(draft: TelemetryDraft): Promise<Published> {
    if (closed) return Promise.resolve(refuse("unavailable", "the link is closed", "connect the device again"));
    const parsed = Telemetry.safeParse(draft);
    if (!parsed.success) {
      counts.malformed += 1;
      return Promise.resolve(malformed(parsed.error, "send what contracts/telemetry.ts describes"));
    }
    const seq = parsed.data.seq ?? nextSeq;
    const entry: Entry = { n: nextN, seq, text: JSON.stringify({ ...parsed.data, seq }) };
    const offered = keep(entry);
    if (isRefusal(offered)) return Promise.resolve(offered);
    if (!offered.taken) {
      counts.refusedFull += 1;
      return Promise.resolve(
        refuse("too-many", `at most ${options.storeMax ?? STORE_MAX} messages wait for the unit`, "publish again when the unit is back, or raise storeMax"),
      );
    }
    nextN += 1;
    nextSeq = Math.max(nextSeq, seq + 1);
    counts.published += 1;
    if (offered.dropped !== null) {
      counts.droppedOldest += 1;
      store.remove([offered.dropped]);
      answer(
        offered.dropped,
        refuse("too-many", `at most ${options.storeMax ?? STORE_MAX} messages wait for the unit`, "the oldest gave way to a newer one; raise storeMax"),
      );
    }
    const published = new Promise<Published>((resolve) => answers.set(entry.n, resolve));
    pump();
    return published;
  }

  function keep(entry: Entry): Offered | Refusal {
    try {
      return queue.offer(entry, whenFull, () => {
        const kept = store.add(entry);
        if (kept !== undefined) kept.catch((error: unknown) => unkept(entry, error));
      });
    } catch (error) {
      return failed(error);
    }
  }

  /** A store that answers later failed. What flies already may arrive: its acknowledgement answers the publisher. */
  function unkept(entry: Entry, error: unknown): void {
    if (closed || !queue.withdraw(entry.n)) return;
    counts.published -= 1;
    answer(entry, failed(error));
    settleIdle();
  }

  function failed(error: unknown): Refusal {
    counts.refusedByStore += 1;
    return refuse("unavailable", `the store failed: ${error instanceof Error ? error.message : String(error)}`, "look at the disk");
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    up = false;
    clearTimeout(timer);
    for (const resolve of answers.values())
      resolve(refuse("unavailable", "the link was closed before the unit acknowledged", "a store that outlives the program sends it next time"));
    answers.clear();
    lane.close();
    settleIdle();
    store.close();
    await client?.endAsync(true);
    client = null;
    state("closed", "");
  }

  connect();
  return {
    now: () => Math.round(now() + (clock.reading(now())?.offsetMs ?? 0)),
    clock: () => clock.reading(now()),
    publish,
    burst: (draft) => (closed ? Promise.resolve(refuse("unavailable", "the link is closed", "connect the device again")) : lane.offer(draft)),
    counts: () => ({ ...counts, ...lane.counts(), waiting: queue.size().waiting + queue.size().flying }),
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        settleIdle();
      }),
    close,
  };
}
