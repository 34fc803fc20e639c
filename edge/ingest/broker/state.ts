/** The broker's memory: mutable, owned by one machine, changed by the stages of this folder in the order that `broker.ts` writes down. */
import type { Entry, SessionKey } from "../entry.ts";
import { REASON, type Reason, type Version } from "../reason.ts";
import type { Speaker } from "../topic.ts";
import type { BrokerRules, ConnId, Orders, RetainedWrite } from "./order.ts";
import type { Connect, Qos, Subscription, Will } from "./packet.ts";
import type { Reader } from "./read.ts";
import type { Kept } from "./retain.ts";
import type { Group, Router } from "./route.ts";
import type { Timers } from "./timers.ts";

/** A message on its way to subscribers. `shapes` holds it as bytes for those who are told the same. */
export type Message = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly expiresAt: number | null;
  readonly from: SessionKey;
  topicBytes: Uint8Array | null;
  shapes: Map<number, { readonly bytes: Uint8Array; readonly idAt: number }> | null;
};

/** A message for one session: `index` is its entry's, -1 where it has none. */
export type Held = {
  readonly message: Message;
  readonly index: number;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly sids: readonly number[];
};

/** One that is not finished. `committing` and `releasing` wait for their entry; `isSaid`: on this connection; else it is read from the log and said again. */
export type Out = { readonly index: number; readonly qos: 1 | 2; state: "committing" | "sent" | "releasing" | "taken"; held: Held | null; isSaid: boolean };

export type Sub = { subscription: Subscription; readonly since: number; readonly group: Group | null };

export type Session = {
  readonly key: SessionKey;
  readonly client: string;
  readonly speaker: Speaker;
  /** It has a row and finds its messages in the log. */
  durable: boolean;
  expiryMs: number;
  readonly subscriptions: Map<string, Sub>;
  filterBytes: number;
  conn: Connection | null;
  will: Will | null;
  willBy: number;
  goneAt: number | null;
  ended: boolean;
  /** Identifiers of QoS 2 publishes from the client: before their commit (`asked`: and sent again), after it, and while they are released. */
  readonly received: Map<number, "waiting" | "asked" | "held" | "releasing">;
  readonly out: Map<number, Out>;
  readonly idOf: Map<number, number>;
  nextId: number;
  queue: Held[];
  queueBytes: number;
  /** The first entry that is still to be looked at; null: it hears messages as they are committed. */
  lagFrom: number | null;
  /** What is finished although earlier messages are not. */
  readonly finished: Set<number>;
  finishedNow: number[];
  /** Rows: is there one, must it be written with the next group, has anything changed since, up to where does it speak. */
  saved: boolean;
  savedGone: boolean;
  writeNow: boolean;
  dirty: boolean;
  at: number;
  /** Retained messages that a subscription is still to be sent. */
  jobs: Job[];
};
export type Job = { readonly topics: readonly string[]; at: number; readonly before: number; readonly subscription: Subscription };

export type Connection = {
  readonly conn: ConnId;
  readonly reader: Reader;
  state: "fresh" | "admitting" | "connected";
  readonly since: number;
  connect: Connect | null;
  version: Version;
  session: Session | null;
  heardAt: number;
  silentMs: number;
  /** Whoever carries it keeps its keep-alive, and says when it is silent. */
  keptAlive: boolean;
  receiveMax: number;
  packetMax: number;
  aliasMax: number;
  problem: Connect["problem"];
  /** Topics by the client's aliases, and ours for it; null: none yet. */
  aliases: Map<number, string> | null;
  aliasOf: Map<string, number> | null;
  /** Publishes of the client that have not come to their end, and those that wait for a commit. */
  unfinished: number;
  waiting: number;
  out: Uint8Array[];
  /** Its CONNACK waits for a commit. */
  corked: boolean;
  paused: boolean;
  outBytes: number;
  touched: boolean;
  /** The topic it published on last, and what that means for it. */
  last: Publishing | null;
};
export type Publishing = {
  readonly topic: string;
  readonly generation: number;
  readonly permitted: boolean;
  readonly carried: { readonly kind: "telemetry" | "burst" | "foreign"; readonly device: string } | null;
};

/** What waits for the commit: who is acknowledged how, and who is to hear it. */
export type Waiting = {
  readonly conn: Connection | null;
  readonly session: Session | null;
  readonly id: number;
  readonly qos: Qos;
  readonly reason: Reason;
  readonly message: Message | null;
  readonly index: number;
  readonly targets: readonly Target[];
};
export type Target = {
  readonly session: Session;
  readonly qos: Qos;
  readonly sids: readonly number[];
  readonly retainAsPublished: boolean;
  /** Chosen by a shared subscription. */
  readonly isChosen?: true;
  /** Of one of the subscriptions at least; then the publisher is looked at again. */
  readonly noLocal: boolean;
};

export type Due = { readonly kind: "conn"; readonly conn: ConnId } | { readonly kind: "session"; readonly key: SessionKey } | { readonly kind: "status" };

export type Core = {
  rules: BrokerRules;
  now: number;
  head: number;
  /** Rows of sessions without a place of their own speak of everything before. */
  through: number;
  readonly connections: Map<ConnId, Connection>;
  readonly sessions: Map<SessionKey, Session>;
  readonly router: Router;
  readonly kept: Kept;
  readonly timers: Timers<Due>;
  readonly entries: Entry[];
  readonly waiting: Waiting[];
  waitingBytes: number;
  readonly retained: Map<string, RetainedWrite>;
  readonly after: (() => void)[];
  readonly finishing: Set<Session>;
  readonly writing: Set<Session>;
  readonly dropping: Set<SessionKey>;
  readonly lagging: Set<Session>;
  readonly busy: Set<Session>;
  readonly touched: Connection[];
  /** To be closed once the event is dealt with: slow clients, wrong acknowledgements. */
  doomed: { readonly conn: Connection; readonly reason: Reason; readonly rule: string }[];
  closes: Orders["closes"][number][];
  admits: Orders["admits"][number][];
  isChecking: boolean;
  statusAt: number;
  received: number;
  sent: number;
  dropped: number;
};

export function touch(core: Core, connection: Connection): void {
  if (connection.touched) return;
  connection.touched = true;
  core.touched.push(connection);
}

export function say(core: Core, connection: Connection, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  connection.out.push(bytes);
  connection.outBytes += bytes.length;
  touch(core, connection);
}

/** What the code alone does not tell a person: which limit, which payload. */
const UNCLEAR = new Set<Reason>([REASON.quotaExceeded, REASON.payloadFormatInvalid, REASON.unspecified]);

/** A reason string goes to who asked for it, and where the code leaves one guessing to whoever did not decline [MQTT-3.1.2-29]. */
export function isExplained({ problem }: Connection, reason: Reason): boolean {
  return problem === "asked" || (problem === "unsaid" && UNCLEAR.has(reason));
}

/** An entry of the group that is being gathered; its index. */
export function append(core: Core, entry: Entry): number {
  core.entries.push(entry);
  return core.head + core.entries.length - 1;
}

/** Its row is written with the next group. */
export function writeSession(core: Core, session: Session): void {
  if (!session.durable || session.ended || session.expiryMs === 0) return;
  session.writeNow = true;
  core.writing.add(session);
}

/** Its bytes are made for the first who hears it: most telemetry nobody subscribes to. */
export function messageOf({ topic, payload, properties, qos, retain, expiresAt, from }: Omit<Message, "topicBytes" | "shapes">): Message {
  return { topic, payload, properties, qos, retain, expiresAt, from, topicBytes: null, shapes: null };
}
