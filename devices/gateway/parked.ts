/**
 * A client whose unit is away, spoken to by the gateway itself. It may publish: at QoS 1 and 2 onto the gateway's disk, acknowledged once it
 * is there; what it sends at QoS 0 is not kept, as MQTT allows. It can't subscribe, and is told so. When the unit is back it is closed, and
 * connects anew.
 */
import { generate, parser, type Packet } from "mqtt-packet";
import type { MemberEnd, Stored } from "../../contracts/gateway-wire.ts";
import { PACKET_BYTES_MAX } from "../../edge/ingest/broker/packet.ts";
import type { Introduction } from "./connect-packet.ts";
import type { Seat, Sitter } from "./seat.ts";

/** Publishes of one client that may wait for the disk: it answers in groups within milliseconds. */
const RECEIVE_MAX = 64;
/** The reason of a SUBACK or UNSUBACK that can't be given now: "implementation specific error", and what 3.1.1 has for it [MQTT-3.9.3-2]. */
const NOT_NOW = { 5: 0x83, 4: 0x80, 3: 0x80 } as const;
const PUBLISH = 3;
const PUBREL = 6;
const DISCONNECT = 14;
const DISCONNECT_WITH_WILL = 0x04;
/** The will's identifier: the gateway acknowledges it to nobody. */
const WILL_ID = 1;

/** Identifiers of QoS 2 publishes that are on disk and not released: the same one again is the same message [MQTT-4.3.3-2]. */
export type Unreleased = Set<number>;

export type ParkedQueue = {
  hasRoom(): boolean;
  add(packet: Omit<Stored, "seq" | "ageMs">, onDisk: () => void): void;
};

export type Parked = Seat & {
  /** The queue has room again. */
  flow(): void;
  /** The unit is back: ends the client. */
  back(): void;
};

export type ParkedOptions = {
  readonly hello: Introduction;
  readonly hasSession: boolean;
  readonly sitter: Sitter;
  readonly queue: ParkedQueue;
  readonly unreleased: Unreleased;
  readonly newId: () => string;
  readonly onQos0: () => void;
  readonly onGone: (parked: Parked) => void;
};

export function openParked({ hello, hasSession, sitter, queue, unreleased, newId, onQos0, onGone }: ParkedOptions): Parked {
  const version = hello.version === 5 ? 5 : 4;
  const client = hello.client === "" ? `gateway-${newId()}` : hello.client;
  /** What came while the queue was full. */
  const held: Uint8Array[] = [];
  let gone = false;
  let greeted = false;
  let goodbye = false;

  const say = (packet: Packet): void => {
    if (!gone) sitter.hear(generate(packet, { protocolVersion: hello.version }));
  };

  function send(packet: Uint8Array): void {
    if (gone) return;
    if (!greeted) return greet();
    if (held.length > 0) held.push(packet);
    else if (!take(packet)) held.push(packet);
  }

  function greet(): void {
    greeted = true;
    const limits = { receiveMaximum: RECEIVE_MAX, maximumPacketSize: PACKET_BYTES_MAX };
    const properties = version === 5 ? { properties: { ...limits, ...(client === hello.client ? {} : { assignedClientIdentifier: client }) } } : {};
    say({ cmd: "connack", sessionPresent: hasSession && !hello.clean, reasonCode: 0, returnCode: 0, ...properties });
  }

  /** False: there is no room for it now. */
  function take(packet: Uint8Array): boolean {
    const type = (packet[0] ?? 0) >> 4;
    if (type === PUBLISH) return publish(packet);
    if (type === PUBREL) return release(packet);
    const read = readPacket(packet, hello.version);
    if (read === null) return end();
    if (read.cmd === "subscribe" || read.cmd === "unsubscribe") return answerFilters(read);
    // Acknowledgements of what the unit had sent are for the unit: it sends again.
    if (type !== DISCONNECT) return type >= 4 && type <= 7 ? true : end();
    goodbye = !("reasonCode" in read && read.reasonCode === DISCONNECT_WITH_WILL);
    return true;
  }

  function publish(packet: Uint8Array): boolean {
    const qos = ((packet[0] ?? 0) >> 1) & 3;
    const id = qos === 0 ? 0 : publishId(packet);
    if (qos === 3 || (qos > 0 && id === 0)) return end();
    if (qos === 0) onQos0();
    else if (qos === 2 && unreleased.has(id)) say({ cmd: "pubrec", messageId: id });
    else if (!queue.hasRoom()) return false;
    else {
      if (qos === 2) unreleased.add(id);
      store(packet, () => say({ cmd: qos === 2 ? "pubrec" : "puback", messageId: id }));
    }
    return true;
  }

  /** Of an identifier that isn't known, too: the unit may know it. */
  function release(packet: Uint8Array): boolean {
    if (!queue.hasRoom()) return false;
    const read = readPacket(packet, hello.version);
    if (read?.cmd !== "pubrel" || read.messageId === undefined) return end();
    const id = read.messageId;
    store(packet, () => {
      unreleased.delete(id);
      say({ cmd: "pubcomp", messageId: id });
    });
    return true;
  }

  function store(packet: Uint8Array, onDisk: () => void): void {
    queue.add({ version, device: hello.user, client, packet: packet.slice() }, onDisk);
  }

  function answerFilters(packet: Packet & { readonly cmd: "subscribe" | "unsubscribe" }): boolean {
    if (packet.messageId === undefined) return end();
    // A 3.1.1 UNSUBACK can't say no, and a yes would be wrong.
    if (packet.cmd === "unsubscribe" && version === 4) return end();
    const count = packet.cmd === "subscribe" ? packet.subscriptions.length : packet.unsubscriptions.length;
    const granted = Array.from({ length: count }, () => NOT_NOW[version]);
    say({ cmd: packet.cmd === "subscribe" ? "suback" : "unsuback", messageId: packet.messageId, granted });
    return true;
  }

  function end(): true {
    leave("lost");
    sitter.ended("refused");
    return true;
  }

  function leave(why: MemberEnd): void {
    if (gone) return;
    gone = true;
    held.length = 0;
    onGone(parked);
    if (greeted && !goodbye && why !== "gateway-closed") sayWill();
  }

  /** Its will is a message like another [MQTT-3.1.2-8]; where the queue is full it is lost, as it is with a server that dies. */
  function sayWill(): void {
    const { will } = hello;
    if (will === null || !queue.hasRoom()) return;
    const { topic, payload, retain } = will;
    const packet = { cmd: "publish" as const, topic, payload: Buffer.from(payload), retain, dup: false, qos: 1 as const, messageId: WILL_ID };
    store(generate(packet, { protocolVersion: hello.version }), () => {});
  }

  const parked: Parked = {
    send,
    isWritable: () => held.length === 0,
    took: () => {},
    leave,
    flow() {
      for (let [first] = held; first !== undefined && !gone; [first] = held) {
        if (!take(first)) return;
        held.shift();
      }
      if (!gone) sitter.flow();
    },
    back() {
      if (gone) return;
      // Not an end of its own doing: the will isn't due.
      gone = true;
      held.length = 0;
      onGone(parked);
      sitter.ended("back");
    },
  };
  return parked;
}

/** 0 where there is none. */
function publishId(packet: Uint8Array): number {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80 && at < 4) at++;
  const topic = at + 1;
  const from = topic + 2 + (packet[topic] ?? 0) * 256 + (packet[topic + 1] ?? 0);
  return (packet[from] ?? 0) * 256 + (packet[from + 1] ?? 0);
}

function readPacket(bytes: Uint8Array, protocolVersion: 3 | 4 | 5): Packet | null {
  let read: Packet | null = null;
  const parse = parser({ protocolVersion });
  parse.on("packet", (packet) => {
    read = packet;
  });
  parse.on("error", () => {
    read = null;
  });
  try {
    parse.parse(Buffer.from(bytes));
  } catch {
    return null;
  }
  return read;
}
