/** Packets that were mutated, cut and joined, against a whole connection: whatever arrives, the outcome is a value. */
import { generate, type Packet as Theirs } from "mqtt-packet";
import { expect, test } from "vitest";
import { openReader } from "./packet-read.ts";
import { encode } from "./packet-write.ts";
import { admitted, onPacket, openSession } from "./session.ts";
import type { Rules, Session } from "./session-step.ts";

const ROUNDS = 6_000;
const HELD_MAX = 1 << 17;

/** mulberry32: the seed is the test. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const rules: Rules = { unit: "plant", knows: () => true, open: false, newId: () => "made" };

function samples(version: 4 | 5): Buffer[] {
  const packets: Theirs[] = [
    { cmd: "publish", topic: "u/plant/d/d/telemetry", payload: '{"ts":1}', qos: 1, messageId: 4, retain: false, dup: false },
    {
      cmd: "publish",
      topic: "a/b",
      payload: "x",
      qos: 0,
      retain: true,
      dup: false,
      ...(version === 5 ? { properties: { contentType: "t", userProperties: { a: "b" } } } : {}),
    },
    {
      cmd: "subscribe",
      messageId: 2,
      subscriptions: [
        { topic: "a/#", qos: 1 },
        { topic: "+/b", qos: 0 },
      ],
    },
    { cmd: "unsubscribe", messageId: 3, unsubscriptions: ["a/#"] },
    { cmd: "puback", messageId: 1 },
    { cmd: "pingreq" },
    { cmd: "disconnect" },
  ];
  const connect = generate({
    cmd: "connect",
    clientId: "c",
    protocolVersion: version,
    protocolId: "MQTT",
    clean: true,
    keepalive: 9,
    username: "d",
    password: Buffer.from("p"),
    will: { topic: "w", payload: Buffer.from("x"), qos: 0, retain: false },
  });
  return [connect, ...packets.map((packet) => generate(packet, { protocolVersion: version }))];
}

function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = new Uint8Array(bytes);
  const pick = (n: number): number => Math.floor(random() * n);
  const how = pick(6);
  if (how === 0) return copy.subarray(0, pick(copy.length));
  if (how === 1) return Uint8Array.of(...copy, ...Array.from({ length: pick(20) }, () => pick(256)));
  if (how === 2) return copy;
  for (let i = pick(4); i >= 0; i--)
    copy[how === 3 ? pick(Math.min(4, copy.length)) : pick(copy.length)] = how === 4 ? ([0, 255, 128, 127][pick(4)] ?? 0) : pick(256);
  return copy;
}

test(`I16 nothing that arrives throws: ${ROUNDS} connections of mutated packets`, () => {
  const random = chance(20_261_121);
  const seen = { packets: 0, malformed: 0, closed: 0, connected: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const version = random() < 0.5 ? 4 : 5;
    const [connect, ...others] = samples(version);
    if (connect === undefined) throw new Error("no sample");
    const reader = openReader(null);
    let session: Session = openSession(0);
    const stream = [
      random() < 0.8 ? connect : mutate(connect, random),
      ...Array.from({ length: 6 }, () => mutate(others[Math.floor(random() * others.length)] ?? connect, random)),
    ];
    for (const bytes of stream) {
      reader.take(bytes);
      for (let i = 0; i < 100 && session.state !== "closed"; i++) {
        const packet = reader.next();
        if (packet === null) break;
        seen[packet.type === "malformed" ? "malformed" : "packets"]++;
        let step = onPacket(session, packet, rules, round);
        if (step.session.state === "admitting") step = admitted(step.session, { device: "d" }, rules, round);
        for (const said of step.said) expect(encode(said, version).length).toBeLessThan(HELD_MAX);
        session = step.session;
      }
      expect(reader.held()).toBeLessThan(HELD_MAX);
    }
    if (session.state === "closed") seen.closed++;
    if (session.state === "connected") seen.connected++;
  }
  // Each kind of outcome was reached, or the fuzz tests nothing.
  expect(Math.min(seen.packets, seen.malformed, seen.closed, seen.connected)).toBeGreaterThan(ROUNDS / 20);
});
