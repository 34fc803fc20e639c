/**
 * What the broker and the shell say to each other. The broker is a machine: events come in by the verbs of `Broker`, orders are taken
 * with `take()` after them. Whatever is acknowledged after a commit is said only once the shell has called `committed`:
 *
 *   bytes ─▶ broker ─▶ group() ─▶ one transaction: entries, retained, sessions ─▶ committed() ─▶ take(): PUBACK, deliveries
 */
import type { Entry, SessionKey } from "../entry.ts";
import type { Reason } from "../reason.ts";
import type { Grounds, Speaker } from "../topic.ts";
import type { Qos } from "./packet.ts";

/** The shell's number for a connection; a member of a gateway's link has one as well as a socket of its own. */
export type ConnId = number;

export type Retained = {
  readonly topic: string;
  /** Who published it; empty when nobody needs to sign in. */
  readonly device: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  /** The raw section of MQTT 5.0 without expiry and alias. */
  readonly properties: Uint8Array;
  readonly expiresAt: number | null;
};

/** A persistent session as its row holds it (`snapshot.ts`); null: the row goes. */
export type SessionWrite = { readonly key: SessionKey; readonly bytes: Uint8Array | null };
/** `message` null: the topic keeps nothing any more. */
export type RetainedWrite = { readonly topic: string; readonly message: Retained | null };

/** All of it in one transaction, in any order; the entries take the indices from `first` on. */
export type Group = {
  readonly first: number;
  readonly entries: readonly Entry[];
  readonly retained: readonly RetainedWrite[];
  readonly sessions: readonly SessionWrite[];
  /** A checkpoint: sessions whose rows are not written anew have nothing open before this index. Null: none. */
  readonly through: number | null;
};

export type Orders = {
  /** One frame for all that a connection is told. */
  readonly sends: readonly { readonly conn: ConnId; readonly bytes: Uint8Array }[];
  /** After the sends. The broker has forgotten these already. */
  readonly closes: readonly { readonly conn: ConnId; readonly reason: Reason; readonly rule: string; readonly speaker: Speaker | null }[];
  /** Ask who this is; the answer comes back by `admitted`. */
  readonly admits: readonly { readonly conn: ConnId; readonly user: string; readonly password: string; readonly client: string }[];
  /** Hand in the row that holds this index (`entriesRead`); null: nothing is wanted. */
  readonly read: number | null;
  /** `now`: somebody waits, and nothing is to be written unless something came since: take the group at once. `soon`: somebody waits. `lazy`: within a second or so. */
  readonly commit: "none" | "now" | "soon" | "lazy";
  /** Call `instant` then; Infinity: never. */
  readonly wakeBy: number;
};

/** What the broker is told by its surroundings. All of it is pure and quick. */
export type BrokerRules = Grounds & {
  /** Clients need no credentials. */
  readonly open: boolean;
  readonly newId: () => string;
  /** Which device's telemetry a topic carries; null: an ordinary message. */
  readonly carriedBy: (topic: string, speaker: Speaker) => { readonly kind: "telemetry" | "burst" | "foreign"; readonly device: string } | null;
  /** Whether this device may send so many bytes more now; false is answered with 0x97. */
  readonly quota: (speaker: Speaker, bytes: number, now: number) => boolean;
  /** What a client that asks for a longer keep-alive is given instead. */
  readonly keepAliveMsMax: number;
  /** Publishes of one client that may wait for their end. */
  readonly receiveMax: number;
};

/** What a connection takes along into hibernation, for its attachment: plain values, at most 16 KiB. */
export type Sleeping = { readonly format: 2; readonly json: string };

/** The verbs of the machine; `now` never goes back. */
export type Broker = {
  /** `keptAlive`: a gateway answers its PINGREQ and says when it is silent; the CONNACK tells the gateway for how long it may be. */
  readonly open: (conn: ConnId, now: number, keptAlive?: boolean) => void;
  /** Bytes as they came; the broker keeps views of them, so the frame must not be written to any more. */
  readonly bytes: (conn: ConnId, frame: Uint8Array, now: number) => void;
  readonly gone: (conn: ConnId, now: number) => void;
  readonly admitted: (conn: ConnId, answer: Speaker | Reason, now: number) => void;
  /** Ends what this device has opened, also what the unit has just been asked about; its sessions go too. */
  readonly disconnect: (device: string, rule: string, now: number) => void;
  /** Ends one connection for a reason of the shell's. */
  readonly close: (conn: ConnId, reason: Reason, rule: string, now: number) => void;
  /** Whether a connection takes no bytes now (a link without credit): QoS 0 is dropped for it, the rest waits. */
  readonly pause: (conn: ConnId, paused: boolean, now: number) => void;
  /** The unit's own publish. */
  readonly publish: (message: OwnMessage, now: number) => void;
  /** An entry of somebody else's (a silent device, a gateway's number) rides in the next group. */
  readonly append: (entry: Entry) => void;
  /** What is to be committed. The same until `committed`, which must follow before anything else is told. */
  readonly group: (now: number) => Group;
  readonly committed: (now: number) => void;
  /** The row that begins at `n`: the one asked for, or the first one after it when that is pruned. */
  readonly entriesRead: (n: number, entries: readonly Entry[], now: number) => void;
  readonly instant: (now: number) => void;
  /** The plan or a permission changed. */
  readonly replanned: () => void;
  /** Sessions that changed since their row was written go into the next group. */
  readonly checkpoint: () => void;
  /** The first index that a session may still want: rows before it may go. Infinity: none does. */
  readonly keepFrom: () => number;
  /** Whether a session still wants this entry to be delivered or replayed; others may be thinned to `gone`. */
  readonly wants: (index: number, entry: Entry) => boolean;
  readonly sleep: (conn: ConnId) => Sleeping | null;
  readonly take: () => Orders;
  readonly counts: () => Counts;
  readonly connectedDevices: () => ReadonlySet<string>;
};

export type OwnMessage = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Uint8Array;
  readonly expiresAt: number | null;
};

export type Counts = {
  readonly connections: number;
  readonly connected: number;
  readonly sessions: number;
  readonly subscriptions: number;
  readonly retained: number;
  readonly retainedBytes: number;
  /** Publishes that wait for a commit. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly received: number;
  readonly sent: number;
  /** QoS 0 that a connection had no room for, and messages that a session lost to its bounds. */
  readonly dropped: number;
};
