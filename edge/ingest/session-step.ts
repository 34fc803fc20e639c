/** What a connection is, and what a step of it says and asks for. */
import type { Connect, Said, Subscription, Will } from "./packet.ts";
import type { Reason, Version } from "./reason.ts";
import type { Carried, Grounds, Speaker } from "./topic.ts";

export type Connected = {
  readonly state: "connected";
  readonly version: Version;
  readonly client: string;
  readonly speaker: Speaker;
  readonly keepAliveMs: number;
  readonly heardAt: number;
  readonly packetMax: number;
  /** How many publishes the client takes unacknowledged; `out` are the identifiers of those that are. */
  readonly outMax: number;
  readonly out: readonly number[];
  readonly nextId: number;
  /** QoS 1 publishes of the client that are not acknowledged yet. */
  readonly unacknowledged: number;
  readonly subscriptions: readonly Subscription[];
  readonly will: Will | null;
};
export type Session =
  | { readonly state: "fresh"; readonly since: number }
  | { readonly state: "admitting"; readonly since: number; readonly connect: Connect }
  | Connected
  | { readonly state: "closed" };

/** `carried`: what is to be logged; null for what only passes by. `ackId`: acknowledge after the commit; 0 at QoS 0. */
export type PublishEffect = {
  readonly type: "publish";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly carried: Carried | null;
  readonly ackId: number;
};

export type Effect =
  /** Ask the unit; the answer comes back by `admitted`. */
  | { readonly type: "admit"; readonly user: string; readonly password: string }
  /** The client is in: whoever holds the same identifier is to be taken over [MQTT-3.1.4-3]. */
  | { readonly type: "joined"; readonly client: string }
  | PublishEffect
  | { readonly type: "subscribed"; readonly subscription: Subscription; readonly sendRetained: boolean }
  | { readonly type: "unsubscribed"; readonly filter: string }
  /** Acknowledged by the client: more may be sent. */
  | { readonly type: "drained" }
  | { readonly type: "close"; readonly reason: Reason; readonly rule: string };

export type Step = { readonly session: Session; readonly said: readonly Said[]; readonly effects: readonly Effect[] };
/** `open`: clients need no credentials. `newId` names a client that has no identifier of its own [MQTT-3.1.3-6]. */
export type Rules = Grounds & { readonly open: boolean; readonly newId: () => string };
