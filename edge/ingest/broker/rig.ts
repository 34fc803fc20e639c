/** A broker with a log in memory, in virtual time, and clients that speak through mqtt-packet: for tests of the whole machine. */
import { generate, type Packet, parser } from "mqtt-packet";
import type { Entry } from "../entry.ts";
import { decodeEntries, encodeEntries, entryRowsOf } from "../entry-row.ts";
import type { Reason } from "../reason.ts";
import { carriedBy, type Speaker } from "../topic.ts";
import { openBroker, type StartingBroker } from "./broker.ts";
import type { BrokerRules, ConnId, Group, Retained, Sleeping } from "./order.ts";

export type RigClient = {
  readonly conn: ConnId;
  readonly version: 4 | 5;
  readonly say: (...packets: readonly Packet[]) => void;
  readonly sayBytes: (bytes: Uint8Array) => void;
  /** All that came and was not taken yet. */
  readonly heard: Packet[];
  /** The next packet of this kind; throws when there is none. */
  readonly next: <C extends Packet["cmd"]>(cmd: C) => Extract<Packet, { cmd: C }>;
  readonly all: <C extends Packet["cmd"]>(cmd: C) => readonly Extract<Packet, { cmd: C }>[];
  readonly isClosed: () => boolean;
  /** The socket is lost. */
  readonly lose: () => void;
};

/** What a crash leaves. */
export type Disk = {
  readonly rows: { n: number; blob: ArrayBuffer; count: number }[];
  readonly retained: Map<string, Retained>;
  readonly sessions: Map<string, Uint8Array>;
  head: number;
  through: number;
  writes: number;
};

export type RigOptions = {
  readonly rules?: Partial<BrokerRules>;
  readonly admit?: (user: string, password: string) => Speaker | Reason;
  /** False: nothing is committed but by `commit`. */
  readonly commits?: boolean;
};

export function openRig({ rules = {}, admit = (user) => ({ device: user }), commits = true }: RigOptions = {}) {
  const disk: Disk = { rows: [], retained: new Map(), sessions: new Map(), head: 0, through: 0, writes: 0 };
  const all: BrokerRules = {
    unit: "plant",
    knows: () => true,
    open: true,
    newId: () => `made-${++made}`,
    carriedBy(topic) {
      const carried = carriedBy(topic, "plant");
      return carried === null ? null : { kind: carried.burst === true ? "burst" : "telemetry", device: carried.device };
    },
    quota: () => true,
    keepAliveMsMax: 60_000,
    receiveMax: 20,
    ...rules,
  };
  let made = 0;
  let now = 1_000_000;
  let nextConn = 1;
  let broker = start();
  const links = new Map<ConnId, { readonly hear: (bytes: Uint8Array) => void; closed: Reason | null }>();

  function start(): StartingBroker {
    const { head, through } = disk;
    const one = openBroker({
      rules: all,
      now,
      head,
      through,
      retained: disk.retained.values(),
      sessions: [...disk.sessions].map(([key, bytes]) => ({ key, bytes })),
    });
    const from = one.replayFrom();
    for (const row of disk.rows) if (row.n + row.count > from) one.replay(row.n, decodeEntries(row.blob));
    return one;
  }

  function write(group: Group): void {
    if (isEmpty(group)) return;
    let n = group.first;
    for (const entries of entryRowsOf(group.entries)) {
      disk.rows.push({ n, blob: encodeEntries(entries).buffer, count: entries.length });
      n += entries.length;
    }
    disk.head = n;
    for (const { topic, message } of group.retained) {
      if (message === null) disk.retained.delete(topic);
      else disk.retained.set(topic, message);
    }
    for (const { key, bytes } of group.sessions) {
      if (bytes === null) disk.sessions.delete(key);
      else disk.sessions.set(key, bytes.slice());
    }
    if (group.through !== null) disk.through = group.through;
    disk.writes++;
  }

  function commit(): void {
    write(broker.group(now));
    broker.committed(now);
  }

  /** Does what the broker orders until it orders nothing more for this instant. */
  function settle(): void {
    for (let turn = 0; turn < 100_000; turn++) {
      const orders = broker.take();
      for (const { conn, bytes } of orders.sends) links.get(conn)?.hear(bytes);
      for (const { conn, reason } of orders.closes) {
        const link = links.get(conn);
        if (link !== undefined) link.closed = reason;
      }
      for (const { conn, user, password } of orders.admits) broker.admitted(conn, admit(user, password), now);
      if (orders.read !== null) read(orders.read);
      // What was read above may have added to it: the group says whether something is to be written.
      if (orders.commit === "now" || (commits && orders.commit !== "none")) commit();
      if (orders.wakeBy <= now) broker.instant(now);
      const isQuiet = orders.sends.length + orders.closes.length + orders.admits.length === 0 && orders.read === null && orders.wakeBy > now;
      if (isQuiet && (orders.commit === "none" || (!commits && orders.commit !== "now"))) return;
    }
    throw new Error("the broker does not come to rest");
  }

  function read(index: number): void {
    const row = disk.rows.find(({ n, count }) => n + count > index);
    if (row === undefined) throw new Error(`nothing is logged from ${index} on`);
    broker.entriesRead(row.n, decodeEntries(row.blob), now);
  }

  function connect(version: 4 | 5 = 5): RigClient {
    const conn = nextConn++;
    const heard: Packet[] = [];
    const theirs = parser({ protocolVersion: version });
    theirs.on("packet", (packet) => void heard.push(packet));
    theirs.on("error", (error: unknown) => {
      throw error instanceof Error ? error : new Error("mqtt-packet can't read what the broker says");
    });
    const link = { hear: (bytes: Uint8Array): void => void theirs.parse(bytes as Parameters<typeof theirs.parse>[0]), closed: null as Reason | null };
    links.set(conn, link);
    broker.open(conn, now);
    const sayBytes = (bytes: Uint8Array): void => {
      broker.bytes(conn, bytes, now);
      settle();
    };
    return {
      conn,
      version,
      heard,
      sayBytes,
      say: (...packets) => sayBytes(joined(packets.map((packet) => new Uint8Array(generate(packet, { protocolVersion: version }))))),
      next(cmd) {
        const at = heard.findIndex((packet) => packet.cmd === cmd);
        const [packet] = at < 0 ? [] : heard.splice(at, 1);
        if (packet === undefined) throw new Error(`no ${cmd} came, but ${heard.map((one) => one.cmd).join(" ") || "nothing"}`);
        return packet as Extract<Packet, { cmd: typeof cmd }>;
      },
      all: (cmd) => heard.filter((packet): packet is Extract<Packet, { cmd: typeof cmd }> => packet.cmd === cmd),
      isClosed: () => link.closed !== null,
      lose() {
        broker.gone(conn, now);
        settle();
      },
    };
  }

  return {
    disk,
    connect,
    settle,
    commit,
    now: () => now,
    broker: () => broker,
    /** Time passes, with every instant that the broker asked for. */
    advance(ms: number): void {
      const until = now + ms;
      settle();
      for (let turn = 0; turn < 100_000; turn++) {
        const { wakeBy } = broker.take();
        if (wakeBy > until) break;
        now = Math.max(now, wakeBy);
        broker.instant(now);
        settle();
      }
      now = until;
      broker.instant(now);
      settle();
    },
    /** What was not committed is lost, connections too. */
    crash(): void {
      links.clear();
      broker = start();
      broker.started();
      settle();
    },
    /** The object is evicted; sockets that could sleep are there again, the others are lost. */
    hibernate(): ReadonlySet<ConnId> {
      broker.checkpoint();
      commit();
      settle();
      const sleeping: [ConnId, Sleeping][] = [];
      for (const conn of links.keys()) {
        const one = broker.sleep(conn);
        if (one !== null) sleeping.push([conn, one]);
      }
      broker = start();
      const awake = new Set<ConnId>();
      for (const [conn, one] of sleeping) if (broker.wake(conn, one)) awake.add(conn);
      for (const conn of links.keys()) if (!awake.has(conn)) links.delete(conn);
      broker.started();
      settle();
      return awake;
    },
    /** Rows that nobody needs go, as the shell prunes them. */
    prune(): void {
      broker.checkpoint();
      commit();
      const from = Math.min(broker.keepFrom(), disk.head);
      while (disk.rows[0] !== undefined && disk.rows[0].n + disk.rows[0].count <= from) disk.rows.shift();
    },
    entries: (): readonly Entry[] => disk.rows.flatMap(({ blob }) => decodeEntries(blob)),
  };
}

function isEmpty({ entries, retained, sessions, through }: Group): boolean {
  return entries.length + retained.length + sessions.length === 0 && through === null;
}

export type Rig = ReturnType<typeof openRig>;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

type ConnectFields = Partial<Extract<Packet, { cmd: "connect" }>>;
/** A client that is in. */
export function joinAs(rig: Rig, clientId: string, version: 4 | 5 = 5, fields: ConnectFields = {}): RigClient & { readonly present: boolean } {
  const client = rig.connect(version);
  client.say({ cmd: "connect", protocolId: "MQTT", protocolVersion: version, clientId, clean: true, keepalive: 0, ...fields });
  const connack = client.next("connack");
  const code = version === 5 ? connack.reasonCode : connack.returnCode;
  if (code !== 0) throw new Error(`refused with ${code}`);
  return { ...client, present: connack.sessionPresent };
}

export function subscribeTo(
  client: RigClient,
  topic: string,
  qos: 0 | 1 | 2 = 2,
  options: { readonly nl?: boolean; readonly rap?: boolean; readonly rh?: number } = {},
  sid = 0,
): number {
  client.say({
    cmd: "subscribe",
    messageId: 9,
    subscriptions: [{ topic, qos, ...options }],
    ...(sid === 0 ? {} : { properties: { subscriptionIdentifier: sid } }),
  });
  const [granted] = client.next("suback").granted;
  return typeof granted === "number" ? granted : -1;
}

type PublishFields = Partial<Extract<Packet, { cmd: "publish" }>>;
export function publishOn(client: RigClient, topic: string, payload: string, qos: 0 | 1 | 2 = 0, fields: PublishFields = {}): void {
  client.say({ cmd: "publish", topic, payload, qos, retain: false, dup: false, ...(qos === 0 ? {} : { messageId: 1 }), ...fields });
  if (qos === 1) client.next("puback");
  if (qos !== 2) return;
  client.next("pubrec");
  client.say({ cmd: "pubrel", messageId: fields.messageId ?? 1 });
  client.next("pubcomp");
}

/** Takes what was published to this client and acknowledges it, as its QoS asks for. */
export function receiveAll(client: RigClient): readonly string[] {
  const texts: string[] = [];
  for (;;) {
    const at = client.heard.findIndex(({ cmd }) => cmd === "publish");
    const [packet] = at < 0 ? [] : client.heard.splice(at, 1);
    if (packet?.cmd !== "publish") return texts;
    texts.push(packet.payload.toString());
    const messageId = packet.messageId ?? 0;
    if (packet.qos === 1) client.say({ cmd: "puback", messageId });
    if (packet.qos !== 2) continue;
    client.say({ cmd: "pubrec", messageId });
    client.next("pubrel");
    client.say({ cmd: "pubcomp", messageId });
  }
}
