/**
 * One seeded world: publishers and subscribers whose sessions last, each with its own memory as a client must have it, and the rig's
 * broker under them. What is checked is what clients wrote down: a publish that was acknowledged is heard by every subscriber that
 * was subscribed, at QoS 2 once and in order of its publisher.
 */
import type { Packet } from "mqtt-packet";
import { openRig, type Rig, type RigClient } from "./rig.ts";

/** mulberry32: the seed is the test. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Qos = 0 | 1 | 2;
/** A client's own memory, which outlives its connections. */
type Client = {
  readonly name: string;
  readonly version: 4 | 5;
  link: RigClient | null;
  /** Publishes that are not at their end, in order: the text, and whether PUBREC came. */
  readonly out: Map<number, { readonly text: string; readonly topic: string; readonly qos: 1 | 2; released: boolean }>;
  nextId: number;
  /** QoS 2 identifiers taken and not released. */
  readonly held: Set<number>;
  readonly heard: Map<string, number>;
  /** Packets to be said later: acknowledgements of a slow client. */
  later: Packet[];
  readonly filters: Map<string, Qos>;
};
type Counted = { packets: number; crashes: number; published: number; delivered: number; reconnects: number; hibernations: number };
export type World = { readonly faults: readonly string[]; readonly seen: Counted; readonly rows: number; readonly bytes: number };

const TOPICS = ["a", "a/b", "b/c", "u/plant/d/pump-1/telemetry"];
const FILTERS = ["a/#", "+/b", "b/c", "u/plant/d/pump-1/telemetry", "#"];
const DAY = 86_400;

export function runWorld(seed: number, steps: number): World {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const rig = openRig({ commits: false, rules: { receiveMax: 20 } });
  const seen: Counted = { packets: 0, crashes: 0, published: 0, delivered: 0, reconnects: 0, hibernations: 0 };
  const faults: string[] = [];
  /** Acknowledged publishes: who must hear them, by the subscriptions at that time, at which QoS. */
  const owed: { readonly text: string; readonly qos: Qos; readonly to: readonly Client[] }[] = [];
  const clients = Array.from({ length: 5 }, (_, i): Client => ({
    name: `c${i}`,
    version: random() < 0.5 ? 4 : 5,
    link: null,
    out: new Map(),
    nextId: 1,
    held: new Set(),
    heard: new Map(),
    later: [],
    filters: new Map(),
  }));
  /** Who was subscribed when a publish was first sent: those owe to be told. */
  const audience = new Map<string, readonly Client[]>();
  let texts = 0;

  function say(client: Client, ...packets: readonly Packet[]): void {
    seen.packets += packets.length;
    client.link?.say(...packets);
  }

  function connect(client: Client): void {
    seen.reconnects++;
    const link = rig.connect(client.version);
    client.link = link;
    client.later = [];
    say(client, {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: client.version,
      clientId: client.name,
      clean: false,
      keepalive: 0,
      ...(client.version === 5 ? { properties: { sessionExpiryInterval: DAY, receiveMaximum: 1 + Math.floor(random() * 10) } } : {}),
    });
  }

  function resend(client: Client): void {
    for (const [messageId, { text, topic, qos, released }] of client.out) {
      if (released) say(client, { cmd: "pubrel", messageId });
      else say(client, { cmd: "publish", topic, payload: text, qos, dup: true, retain: false, messageId });
    }
  }

  function publish(client: Client): void {
    if (client.link === null || client.out.size >= 10) return;
    const qos = pick([0, 1, 2] as const);
    const text = `${client.name}-${++texts}`;
    const topic = pick(TOPICS);
    if (qos === 0) return say(client, { cmd: "publish", topic, payload: text, qos, dup: false, retain: false });
    let messageId = client.nextId;
    while (client.out.has(messageId)) messageId = (messageId % 30) + 1;
    client.nextId = (messageId % 30) + 1;
    client.out.set(messageId, { text, topic, qos, released: false });
    audience.set(
      text,
      clients.filter((one) => [...one.filters].some(([filter, granted]) => granted > 0 && takes(filter, topic))),
    );
    seen.published++;
    say(client, { cmd: "publish", topic, payload: text, qos, dup: false, retain: false, messageId });
  }

  /** What came, dealt with as a client of the standard does; acknowledgements at once or later. */
  function hear(client: Client): void {
    const { link } = client;
    if (link === null) return;
    for (const packet of link.heard.splice(0)) {
      const messageId = "messageId" in packet ? (packet.messageId ?? 0) : 0;
      const one = client.out.get(messageId);
      if (packet.cmd === "connack") resend(client);
      else if (packet.cmd === "publish") onPublish(client, packet);
      else if (packet.cmd === "puback" && one?.qos === 1) settled(client, messageId, one.text, 1);
      else if (packet.cmd === "pubrec" && one?.qos === 2) {
        if (!one.released) owe(one.text, 2);
        one.released = true;
        answer(client, { cmd: "pubrel", messageId });
      } else if (packet.cmd === "pubcomp" && one?.qos === 2 && one.released) client.out.delete(messageId);
      else if (packet.cmd === "pubrel") {
        client.held.delete(messageId);
        answer(client, { cmd: "pubcomp", messageId });
      }
    }
    if (link.isClosed()) client.link = null;
  }

  function onPublish(client: Client, packet: Extract<Packet, { cmd: "publish" }>): void {
    const text = packet.payload.toString();
    const messageId = packet.messageId ?? 0;
    if (packet.qos === 2 && client.held.has(messageId)) return answer(client, { cmd: "pubrec", messageId });
    if (packet.qos === 2) client.held.add(messageId);
    seen.delivered++;
    const times = (client.heard.get(text) ?? 0) + 1;
    client.heard.set(text, times);
    if (packet.qos === 2 && times > 1) faults.push(`${client.name} heard ${text} of QoS 2 ${times} times`);
    if (packet.qos === 1) answer(client, { cmd: "puback", messageId });
    if (packet.qos === 2) answer(client, { cmd: "pubrec", messageId });
  }

  function answer(client: Client, packet: Packet): void {
    if (random() < 0.7) say(client, packet);
    else client.later.push(packet);
  }

  function settled(client: Client, messageId: number, text: string, qos: Qos): void {
    client.out.delete(messageId);
    owe(text, qos);
  }

  function owe(text: string, qos: Qos): void {
    owed.push({ text, qos, to: audience.get(text) ?? [] });
  }

  function step(): void {
    const client = pick(clients);
    const what = random();
    if (client.link === null) {
      if (what < 0.3) connect(client);
    } else if (what < 0.5) publish(client);
    else if (what < 0.6) say(client, ...client.later.splice(0));
    else if (what < 0.64) lose(client);
    else if (what < 0.68) say(client, { cmd: "pingreq" });
    if (what > 0.75 && what < 0.92) rig.commit();
    if (what > 0.92 && what < 0.93) crash();
    if (what > 0.93 && what < 0.94) rig.prune();
    if (what > 0.94 && what < 0.95) hibernate();
    rig.settle();
    for (const one of clients) hear(one);
  }

  function lose(client: Client): void {
    client.link?.lose();
    client.link = null;
  }

  function crash(): void {
    seen.crashes++;
    rig.crash();
    for (const one of clients) one.link = null;
  }

  function hibernate(): void {
    seen.hibernations++;
    const awake = rig.hibernate();
    for (const one of clients) if (one.link !== null && !awake.has(one.link.conn)) one.link = null;
  }

  function calm(): void {
    for (let i = 0; i < 2_000; i++) {
      for (const one of clients) {
        if (one.link === null) connect(one);
        hear(one);
        say(one, ...one.later.splice(0));
        hear(one);
      }
      rig.settle();
      rig.commit();
      rig.settle();
      if (clients.every((one) => one.out.size === 0 && one.held.size === 0 && one.later.length === 0 && one.link !== null && one.link.heard.length === 0))
        return;
    }
    faults.push("the world does not come to rest");
  }

  for (const client of clients) {
    connect(client);
    hear(client);
    for (let i = 0; i < 2; i++) {
      const filter = pick(FILTERS);
      const qos = pick([1, 2, 2] as const);
      client.filters.set(filter, qos);
      say(client, { cmd: "subscribe", messageId: 100, subscriptions: [{ topic: filter, qos }] });
    }
    rig.commit();
    rig.settle();
    hear(client);
  }
  for (let i = 0; i < steps; i++) step();
  calm();
  for (const { text, to } of owed) for (const one of to) if (!one.heard.has(text)) faults.push(`${one.name} never heard ${text}, which was acknowledged`);
  calm();
  checkRest(rig, faults);
  const bytes = rig.disk.rows.reduce((sum, { blob }) => sum + blob.byteLength, 0);
  return { faults, seen, rows: rig.disk.rows.length, bytes };
}

/** When all is said, nothing is kept: no row is wanted, nothing waits. */
function checkRest(rig: Rig, faults: string[]): void {
  rig.prune();
  rig.settle();
  rig.prune();
  const { waiting } = rig.broker().counts();
  if (waiting > 0) faults.push(`${waiting} publishes still wait`);
  if (rig.disk.rows.length > 0) faults.push(`${rig.disk.rows.length} rows are still wanted, from ${rig.broker().keepFrom()} of ${rig.disk.head}`);
}

function takes(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  return (
    wanted.every((level, i) => level === "#" || (level === "+" ? levels[i] !== undefined : level === levels[i])) &&
    (wanted.includes("#") || wanted.length === levels.length)
  );
}
