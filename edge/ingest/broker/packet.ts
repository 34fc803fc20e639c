/**
 * What may be said on one MQTT connection, and the limits of it. Bytes become packets in `read.ts`, packets become bytes in
 * `write.ts`; everything between them sees these types only.
 */
import type { Reason, Version } from "../reason.ts";

/** One payload on an ordinary topic: a picture, a firmware block. It must fit into a row of the log, which holds 2 MB. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;
/** Topic, identifiers and properties around a payload. */
const HEADER_BYTES_MAX = 8 * 1024;
export const PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + HEADER_BYTES_MAX;
/** CONNECT comes from somebody unknown yet: a name, a password, a will, and no more. */
export const CONNECT_BYTES_MAX = 16 * 1024;
/** One telemetry message or block of a burst: 10 s at 100 Hz on 8 channels is 48 KiB; more is a fault. */
export const CARRIED_BYTES_MAX = 64 * 1024;
/** One topic or filter, UTF-8. The longest of ours, `u/{63}/d/{64}/telemetry`, has 143. */
export const TOPIC_BYTES_MAX = 512;
/** Characters of a client identifier. The specification promises 23; cloud SDKs make about 64. */
export const CLIENT_ID_MAX = 256;
/** A will lives in the connection's attachment, which holds 16 KiB. */
export const WILL_BYTES_MAX = 2 * 1024;
/** Topic aliases of a client: what it resolves by number, we hold in memory. */
export const ALIAS_MAX = 32;

export type Qos = 0 | 1 | 2;

/** `properties`: the raw section without delay and expiry. */
export type Will = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Uint8Array;
  readonly delayMs: number;
  readonly expiryMs: number | null;
};

export type Connect = {
  readonly type: "connect";
  readonly version: Version;
  readonly client: string;
  readonly clean: boolean;
  readonly keepAliveMs: number;
  readonly user: string | null;
  readonly password: string | null;
  readonly will: Will | null;
  /** How long its session outlives the connection; Infinity: as long as it may. */
  readonly expiryMs: number;
  /** Publishes that it takes unfinished, bytes in one packet, aliases. */
  readonly receiveMax: number;
  readonly packetMax: number;
  readonly aliasMax: number;
  readonly wantsResponse: boolean;
  /** Request Problem Information: whether it wants reason strings. */
  readonly problem: "asked" | "unsaid" | "declined";
  /** Of enhanced authentication. */
  readonly method: string | null;
};

/** `properties`: the raw section of MQTT 5.0 without expiry and alias, to be forwarded as it came. `id` is 0 at QoS 0, `alias` 0 without one. */
export type Publish = {
  readonly type: "publish";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly id: number;
  readonly properties: Uint8Array;
  readonly alias: number;
  readonly expiryMs: number | null;
  /** The payload says of itself that it is text. */
  readonly isText: boolean;
};

export type Subscription = {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** The subscription identifier; 0: none. */
  readonly sid: number;
};

export type Packet =
  | Connect
  | Publish
  | { readonly type: "puback" | "pubrec" | "pubrel" | "pubcomp"; readonly id: number; readonly reason: number }
  | { readonly type: "subscribe"; readonly id: number; readonly subscriptions: readonly Subscription[] }
  | { readonly type: "unsubscribe"; readonly id: number; readonly filters: readonly string[] }
  | { readonly type: "pingreq" }
  | { readonly type: "auth" }
  | { readonly type: "disconnect"; readonly reason: number; readonly expiryMs: number | null };

/** Bytes that are no packet: the reason for the client, the rule for people. `version`: of a CONNECT that said as much. */
export type Malformed = { readonly type: "malformed"; readonly reason: Reason; readonly rule: string; readonly version?: Version };

export function malformed(reason: Reason, rule: string): Malformed {
  return { type: "malformed", reason, rule };
}
