/**
 * Messages that go on as they are: kept in a store when this returns, sent in order with their own quality of service, forgotten once the unit has
 * acknowledged them.
 */
import mqtt, { type IClientPublishOptions } from "mqtt";
import { z } from "zod";
import { BACKOFF, backoffMs, type Backoff } from "../../sdk/backoff.ts";
import type { Entry } from "../../sdk/queue.ts";
import type { Store } from "../../sdk/store.ts";

/** Messages that wait for the unit: an hour at ten a second. Beyond it the other broker keeps them. */
const WAITING_MAX = 36_000;
/** Sent and not yet acknowledged. */
const FLYING_MAX = 32;

/** By whom a message came here: who finds it again knows that it went round. */
export const VIA = "outpost-via";

/** Properties that mean the same on either side; a topic alias and subscription identifiers do not. */
const Properties = z.object({
  payloadFormatIndicator: z.boolean().optional(),
  messageExpiryInterval: z.number().optional(),
  responseTopic: z.string().optional(),
  contentType: z.string().optional(),
  userProperties: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});
const Kept = z.object({ topic: z.string(), qos: z.union([z.literal(0), z.literal(1), z.literal(2)]), payload: z.string(), properties: Properties });

export type Message = { readonly topic: string; readonly qos: 0 | 1 | 2; readonly payload: Uint8Array; readonly properties: unknown };

export type Relay = {
  /** True once it is kept; false: full. Rejects when the store fails. */
  offer(message: Message): Promise<boolean>;
  counts(): { readonly waiting: number; readonly sent: number; readonly refused: number };
  close(): Promise<void>;
};

export type RelayOptions = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly clientId: string;
  readonly via: string;
  readonly store: Store;
  readonly waitingMax?: number;
  readonly protocolVersion?: 4 | 5;
  readonly backoff?: Backoff;
  readonly random?: () => number;
};

export function openRelay(options: RelayOptions): Relay {
  const { store, waitingMax = WAITING_MAX, protocolVersion = 5, backoff = BACKOFF, random = Math.random } = options;
  const left = store.load();
  const waiting: Entry[] = [...left.entries];
  let next = left.entries.reduce((most, { n }) => Math.max(most, n + 1), (left.lastSeq ?? -1) + 1);
  let flying = 0;
  let qosMax = 2;
  let attempt = 0;
  let closed = false;
  const counts = { sent: 0, refused: 0 };
  const client = mqtt.connect(options.url, {
    clientId: options.clientId,
    username: options.user,
    password: options.password,
    clean: true,
    protocolVersion,
    reconnectPeriod: backoffMs(0, backoff, random),
    queueQoSZero: true,
    resubscribe: false,
  });
  client.on("connect", ({ properties }) => {
    attempt = 0;
    qosMax = properties?.maximumQoS ?? 2;
    pump();
  });
  // The library reads the wait anew for each attempt.
  client.on("close", () => void (client.options.reconnectPeriod = backoffMs(++attempt, backoff, random)));
  client.on("error", () => {});

  async function offer({ topic, qos, payload, properties }: Message): Promise<boolean> {
    if (closed || waiting.length + flying >= waitingMax) return false;
    const kept = { topic, qos, payload: Buffer.from(payload).toString("base64"), properties: Properties.parse(properties ?? {}) };
    const entry = { n: next, seq: next, text: JSON.stringify(kept) };
    next += 1;
    await store.add(entry);
    waiting.push(entry);
    pump();
    return true;
  }

  function pump(): void {
    while (client.connected && flying < FLYING_MAX) {
      const entry = waiting.shift();
      if (entry === undefined) return;
      send(entry);
    }
  }

  /** What is out when a link breaks is sent again by the library, under its old number. */
  function send(entry: Entry): void {
    const { topic, qos, payload, properties } = Kept.parse(JSON.parse(entry.text));
    flying += 1;
    const via = { ...properties.userProperties, [VIA]: options.via };
    const with5 = protocolVersion === 5 ? { properties: present({ ...properties, userProperties: via }) } : {};
    client.publish(topic, Buffer.from(payload, "base64"), { qos: qos > qosMax ? (qosMax as 0 | 1 | 2) : qos, ...with5 }, (error) => {
      if (closed) return;
      flying -= 1;
      store.remove([entry]);
      if (error) counts.refused += 1;
      else counts.sent += 1;
      pump();
    });
  }

  return {
    offer,
    counts: () => ({ ...counts, waiting: waiting.length + flying }),
    close: async () => {
      if (closed) return;
      closed = true;
      await client.endAsync(true);
      store.close();
    },
  };
}

function present(properties: z.infer<typeof Properties>): NonNullable<IClientPublishOptions["properties"]> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
