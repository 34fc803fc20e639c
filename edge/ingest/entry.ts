/**
 * One entry of the log, which is the write-ahead log of everything that MQTT promises. Each entry has one index, gapless.
 * The fold reads those that carry telemetry (`loggedOf`) and passes over the others; sessions find their messages by index.
 */
import type { Logged } from "./log.ts";
import type { Qos } from "./broker/packet.ts";

/** Device and client identifier, as `sessionKey` joins them. Empty: nobody's, such as the unit's own publishes. */
export type SessionKey = string;

/**
 * What subscribers are to hear of a message.
 * `properties`: the raw section of MQTT 5.0 without expiry and alias. `from`: who published it, for No Local.
 * `to`: the persistent sessions that shared subscriptions chose, or the only ones that it is for (`only`).
 */
export type Delivery = {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Uint8Array;
  readonly expiresAt: number | null;
  readonly from: SessionKey;
  readonly to: readonly SessionKey[];
  readonly only: boolean;
};

/** Telemetry of a device, a block of its bursts, or what a profile's mapping has yet to read (`foreign`, with the topic it came on). */
export type Carrying = {
  readonly kind: "telemetry" | "burst" | "foreign";
  readonly device: string;
  /** Where it was published; null: on the device's own topic of this kind. */
  readonly topic: string | null;
  readonly payload: Uint8Array;
  readonly arrivedAt: number;
  /** Null: no persistent session wants it. */
  readonly delivery: Delivery | null;
};
export type Message = { readonly kind: "message"; readonly payload: Uint8Array; readonly arrivedAt: number; readonly delivery: Delivery };

export type Entry =
  | Carrying
  | Message
  /** A persistent session's QoS 2 publish, in the same group: its identifier is taken until its release. */
  | { readonly kind: "held"; readonly session: SessionKey; readonly id: number }
  /** PUBREL: the identifier may be used again. */
  | { readonly kind: "released"; readonly session: SessionKey; readonly id: number }
  /** A QoS 2 message is about to be sent under this identifier. */
  | { readonly kind: "sent"; readonly session: SessionKey; readonly index: number; readonly id: number }
  /** PUBREC of the client: from here on only PUBREL is said. */
  | { readonly kind: "taken"; readonly session: SessionKey; readonly index: number; readonly id: number }
  /** The client has these: PUBACK, PUBCOMP, expired, too large for it. */
  | { readonly kind: "finished"; readonly session: SessionKey; readonly indices: readonly number[] }
  /** A device was not heard for longer than its profile allows. */
  | { readonly kind: "silent"; readonly device: string; readonly at: number }
  /** The last number of a gateway's disk queue that is in the log: what it sends again is known by it. */
  | { readonly kind: "link"; readonly gateway: string; readonly seq: number }
  /** An entry that was wanted by nobody any more and made room; it keeps its index. */
  | { readonly kind: "gone" };

/** What the fold reads of an entry; null when it is none of its business. A foreign one goes with its topic, by which its mapping reads it. */
export function loggedOf(entry: Entry): Logged | null {
  if (entry.kind !== "telemetry" && entry.kind !== "burst" && entry.kind !== "foreign") return null;
  const { kind, device, topic, payload, arrivedAt } = entry;
  if (kind === "burst") return { device, payload, arrivedAt, burst: true };
  return kind === "foreign" && topic !== null ? { device, payload, arrivedAt, topic } : { device, payload, arrivedAt };
}

/** How many bytes an entry keeps in memory and, nearly, in its row. */
export function bytesOfEntry(entry: Entry): number {
  if (entry.kind === "telemetry" || entry.kind === "burst" || entry.kind === "foreign" || entry.kind === "message") {
    const said = entry.delivery;
    const names = entry.kind === "message" ? 0 : (entry.device.length + (entry.topic?.length ?? 0)) * 3;
    if (said === null) return entry.payload.length + names + 32;
    let refs = said.from.length * 3;
    for (const key of said.to) refs += key.length * 3 + 5;
    return entry.payload.length + names + said.properties.length + said.topic.length * 3 + refs + 64;
  }
  if (entry.kind === "finished") return entry.session.length * 3 + entry.indices.length * 9 + 16;
  return 48 + ("session" in entry ? entry.session.length : "device" in entry ? entry.device.length : "gateway" in entry ? entry.gateway.length : 0) * 3;
}
