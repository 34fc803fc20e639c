/** The broker alone, on real sockets: back-pressure, the ring's bound, and clients that do not keep up. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import type { TenantId, UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import { OUT_INFLIGHT_MAX } from "../ingest/session.ts";
import { type Broker, openBroker, RING_MAX } from "./intake-broker.ts";
import { QUEUE_MAX } from "./intake-connection.ts";
import { connectPacket } from "./intake-client.ts";
import { intakeStore, migrateIntake } from "./intake-store.ts";

type Bench = { readonly broker: Broker; readonly open: () => Promise<End>; readonly refused: string[]; hasRoom: boolean; head: number; now: number };
type End = {
  readonly server: WebSocket;
  readonly say: (...packets: readonly Packet[]) => Promise<void>;
  readonly came: Packet[];
  readonly settled: () => Promise<void>;
  readonly closed: () => boolean;
};

async function bench(name: string, body: (bench: Bench) => Promise<void>): Promise<void> {
  await runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, state) => {
    await migrateIntake(state.storage);
    const made = { refused: [] as string[], hasRoom: true, head: 0, now: 0 };
    const broker = openBroker(
      {
        store: intakeStore(state.storage),
        clock: { now: () => made.now, wakeBy: () => {} },
        rules: () => ({ unit: name, knows: () => true, open: true, newId: () => "made" }),
        ackWithinMs: () => 0,
        admit: async () => "anybody",
        head: () => made.head,
        hasRoom: () => made.hasRoom,
        appended: (row) => {
          made.head = row.end;
        },
        committed: () => {},
        refused: (_speaker, rule) => made.refused.push(rule),
      },
      [],
    );
    let ends = 0;
    const open = async (): Promise<End> => {
      const { 0: client, 1: server } = new WebSocketPair();
      state.acceptWebSocket(server);
      client.binaryType = "arraybuffer";
      const came: Packet[] = [];
      let isClosed = false;
      const read = parser({ protocolVersion: 4 });
      read.on("packet", (packet) => came.push(packet));
      client.addEventListener("message", ({ data }) => read.parse(Buffer.from(data as ArrayBuffer)));
      client.addEventListener("close", () => {
        isClosed = true;
      });
      client.accept();
      broker.open(server);
      const say = async (...packets: readonly Packet[]): Promise<void> => {
        const bytes = Buffer.concat(packets.map((packet) => generate(packet)));
        await broker.onFrame(server, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
      };
      const end: End = {
        server,
        say,
        came,
        closed: () => isClosed,
        settled: async () => {
          const before = came.length;
          await expect.poll(() => came.length > before || isClosed).toBe(true);
        },
      };
      await say(connectPacket(null, "", { clientId: `c${ends++}` }));
      await expect.poll(() => came.splice(0).map((packet) => packet.cmd)).toContain("connack");
      return end;
    };
    await body(Object.assign(made, { broker, open }));
  });
}

const telemetry = (unit: string, id: number, qos: 0 | 1 = 1): Packet => ({
  cmd: "publish",
  topic: `u/${unit}/d/pump-1/telemetry`,
  payload: "{}",
  qos,
  messageId: id,
  retain: false,
  dup: false,
});
const ids = (packets: readonly Packet[], cmd: Packet["cmd"]): readonly (number | undefined)[] =>
  packets.filter((packet) => packet.cmd === cmd).map((packet) => packet.messageId);

test("I24 while the log has no room nothing is acknowledged and nothing is dropped; then everything is, in order", async () => {
  await bench("withheld", async (at) => {
    const client = await at.open();
    at.hasRoom = false;
    await client.say(...[1, 2, 3].map((id) => telemetry("withheld", id)), { cmd: "pingreq" });
    await expect.poll(() => client.came.map((packet) => packet.cmd)).toEqual(["pingresp"]);
    expect([at.head, at.broker.waiting()]).toEqual([0, 3]);
    at.hasRoom = true;
    at.broker.flush();
    await expect.poll(() => ids(client.came, "puback")).toEqual([1, 2, 3]);
    expect([at.head, at.broker.waiting()]).toEqual([3, 0]);
  });
});

test("I24 a ring that is full closes who goes on publishing, unacknowledged", async () => {
  await bench("full", async (at) => {
    const client = await at.open();
    at.hasRoom = false;
    for (let from = 0; from < RING_MAX; from += 512) await client.say(...Array.from({ length: 512 }, (_, i) => telemetry("full", from + i + 1)));
    expect(at.broker.waiting()).toBe(RING_MAX);
    await client.say(telemetry("full", RING_MAX + 1));
    await expect.poll(() => client.closed()).toBe(true);
    expect([ids(client.came, "puback"), at.refused.length, at.broker.count()]).toEqual([[], 1, 0]);
    at.hasRoom = true;
    at.broker.flush();
    expect(at.head).toBe(RING_MAX);
  });
});

test("I25 a subscriber that does not acknowledge gets so many, then waits, then is closed; the others go on", async () => {
  await bench("slow", async (at) => {
    const [publisher, slow] = [await at.open(), await at.open()];
    await slow.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "lines/#", qos: 1 }] });
    const plain = (id: number): Packet => ({ cmd: "publish", topic: "lines/1", payload: "x", qos: 1, messageId: id, retain: false, dup: false });
    await publisher.say(...Array.from({ length: OUT_INFLIGHT_MAX + 10 }, (_, i) => plain(i + 1)));
    await expect.poll(() => ids(slow.came, "publish").length).toBe(OUT_INFLIGHT_MAX);
    const first = ids(slow.came, "publish").slice(0, 4);
    await slow.say(...first.map((messageId): Packet => ({ cmd: "puback", messageId: messageId ?? 0 })));
    await expect.poll(() => ids(slow.came, "publish").length).toBe(OUT_INFLIGHT_MAX + 4);
    for (let i = 0; i < QUEUE_MAX; i += 500) await publisher.say(...Array.from({ length: 500 }, (_, k) => plain(i + k + 1)));
    await expect.poll(() => slow.closed()).toBe(true);
    expect(at.broker.count()).toBe(1);
    await expect.poll(() => ids(publisher.came, "puback").length).toBe(OUT_INFLIGHT_MAX + 10 + QUEUE_MAX);
  });
});

test("I38 a socket without CONNECT, and a client that is silent, are closed in time", async () => {
  await bench("quiet", async (at) => {
    const client = await at.open();
    const { 1: idle } = new WebSocketPair();
    at.now = 1_000;
    at.broker.open(idle);
    expect(at.broker.expire(10_999)).toBe(11_000);
    expect(at.broker.count()).toBe(2);
    expect(at.broker.expire(11_000)).toBe(90_000);
    expect(at.broker.count()).toBe(1);
    at.broker.expire(90_000);
    await expect.poll(() => client.closed()).toBe(true);
    expect(at.refused.length).toBe(2);
  });
});
