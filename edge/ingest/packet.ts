/**
 * What may be said on one MQTT connection, and the limits of it. Bytes become packets in `packet-read.ts`,
 * packets become bytes in `packet-write.ts`; everything between them sees these types only.
 */
import type { Reason, Version } from "./reason.ts";

/** One MQTT payload. A 10 s burst at 100 Hz on 8 channels is 48 KiB; more is a fault. */
export const PAYLOAD_BYTES_MAX = 64 * 1024;
/** Topic, identifiers and properties around a payload. */
export const HEADER_BYTES_MAX = 4 * 1024;
export const PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + HEADER_BYTES_MAX;
/** CONNECT comes from somebody unknown yet: a name, a password, a will, and no more. */
export const CONNECT_BYTES_MAX = 8 * 1024;
/** One topic or filter, UTF-8. The longest of ours, `u/{63}/d/{64}/telemetry`, has 143. */
export const TOPIC_BYTES_MAX = 512;
/** Characters of a client identifier. The specification promises 23; cloud SDKs make about 64. */
export const CLIENT_ID_MAX = 256;
/** A will lives in the connection's attachment, which holds 16 KiB. */
export const WILL_BYTES_MAX = 2 * 1024;
/** Publishes of one client that may wait for their acknowledgement: the Receive Maximum that we announce. */
export const RECEIVE_MAX = 512;

export type Qos = 0 | 1 | 2;

export type Will = { readonly topic: string; readonly payload: Uint8Array; readonly qos: Qos; readonly retain: boolean };

export type Connect = {
  readonly type: "connect";
  readonly version: Version;
  readonly client: string;
  readonly clean: boolean;
  readonly keepAliveMs: number;
  readonly user: string | null;
  readonly password: string | null;
  readonly will: Will | null;
  /** What the client takes: unacknowledged QoS 1 publishes, and bytes in one packet. */
  readonly receiveMax: number;
  readonly packetMax: number;
  /** Whether it asked for a session that outlives the connection. */
  readonly wantsSession: boolean;
};

/** `properties`: the raw property section of MQTT 5.0, checked, to be forwarded as it came; empty for 3.1.1. `id` is 0 at QoS 0. */
export type Publish = {
  readonly type: "publish";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly id: number;
  readonly properties: Uint8Array;
};

export type Subscription = {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
};

export type Packet =
  | Connect
  | Publish
  | { readonly type: "puback"; readonly id: number }
  | { readonly type: "subscribe"; readonly id: number; readonly subscriptions: readonly Subscription[] }
  | { readonly type: "unsubscribe"; readonly id: number; readonly filters: readonly string[] }
  | { readonly type: "pingreq" }
  | { readonly type: "disconnect"; readonly reason: number };

/** What the client is told. */
export type Said =
  | { readonly type: "connack"; readonly reason: Reason; readonly assigned: string | null; readonly forgetsSession: boolean }
  | Publish
  | { readonly type: "puback"; readonly id: number; readonly reason: Reason }
  | { readonly type: "suback"; readonly id: number; readonly reasons: readonly number[] }
  | { readonly type: "unsuback"; readonly id: number; readonly reasons: readonly number[] }
  | { readonly type: "pingresp" }
  | { readonly type: "disconnect"; readonly reason: Reason };

/** Bytes that are no packet: the reason for the client, the rule for people. */
export type Malformed = { readonly type: "malformed"; readonly reason: Reason; readonly rule: string };
export function malformedPacket(reason: Reason, rule: string): Malformed {
  return { type: "malformed", reason, rule };
}

export const NO_BYTES = new Uint8Array(0);
