/** The broker on its tables: what is acknowledged is there, whenever the object dies; what it costs; back-pressure and clients that do not keep up. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import type { TenantId, UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import { OUT_MAX, QUEUE_MAX } from "../ingest/broker/deliver.ts";
import type { Sleeping } from "../ingest/broker/order.ts";
import { WAITING_MAX } from "../ingest/broker/publish.ts";
import { carriedBy } from "../ingest/topic.ts";
import { connectPacket } from "./intake-client.ts";
import { type Mqtt, openMqtt } from "./intake-mqtt.ts";
import { type IntakeStore, intakeStore, migrateIntake } from "./intake-store.ts";

/** One life after the other on the same tables. */
type Bench = {
  readonly mqtt: () => Mqtt;
  readonly store: IntakeStore;
  readonly rows: () => number;
  readonly refused: string[];
  hasRoom: boolean;
  ackWithinMs: number;
  now: number;
  /** The object dies: sockets and memory are gone. */
  readonly crash: () => void;
  /** It slept and wakes: sockets are there, memory is gone. */
  readonly nap: () => void;
  readonly join: (client: string, fields?: object, version?: 4 | 5) => Promise<End>;
};
type End = {
  readonly say: (...packets: readonly Packet[]) => void;
  /** As above, but what may wait for its commit waits. */
  readonly put: (...packets: readonly Packet[]) => void;
  readonly came: Packet[];
  /** Those of a kind that came since the last look. */
  readonly take: (cmd: Packet["cmd"]) => Packet[];
  readonly closed: () => boolean;
};

function bench(name: string, body: (bench: Bench) => Promise<void>): Promise<void> {
  return runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, { storage }) => {
    await migrateIntake(storage);
    const store = intakeStore(storage);
    let [mqtt, ends]: [Mqtt | null, { readonly wake: () => void; readonly lose: () => void }[]] = [null, []];
    let lives = 0;
    const open = (): Mqtt => {
      let { head } = store.readMarks();
      const life = ++lives;
      return openMqtt(
        {
          store,
          clock: { now: () => at.now, wakeBy: () => {} },
          rules: {
            unit: name,
            knows: () => true,
            open: true,
            newId: () => "made",
            carriedBy: (topic) => {
              const own = carriedBy(topic, name);
              return own === null ? null : { kind: own.burst === true ? "burst" : "telemetry", device: own.device };
            },
            quota: () => true,
            keepAliveMsMax: 60_000,
            receiveMax: 512,
          },
          ackWithinMs: () => at.ackWithinMs,
          admit: async () => "anybody",
          head,
          // Timers of a life that is over write nothing.
          hasRoom: () => at.hasRoom && life === lives,
          appended: (row) => {
            expect(row.n).toBe(head);
            head = row.end;
          },
          committed: () => {},
          refused: (_speaker, rule) => at.refused.push(rule),
          failed: (error) => {
            throw error;
          },
        },
        [],
      );
    };
    const at: Bench = {
      hasRoom: true,
      ackWithinMs: 0,
      now: 1_000_000,
      refused: [],
      store,
      mqtt: () => (mqtt ??= open()),
      rows: () => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM log").one().n,
      crash: () => {
        lives++;
        mqtt = null;
        for (const { lose } of ends.splice(0)) lose();
      },
      nap: () => {
        lives++;
        mqtt = null;
        for (const { wake } of ends) wake();
      },
      join: async (client, fields = {}, version = 4) => {
        const came: Packet[] = [];
        let [isClosed, kept]: [boolean, Sleeping | null] = [false, null];
        const read = parser({ protocolVersion: version });
        read.on("packet", (packet) => came.push(packet));
        const port = {
          send: (bytes: Uint8Array): boolean => {
            read.parse(Buffer.from(bytes));
            return !isClosed;
          },
          close: () => {
            isClosed = true;
          },
          keep: (form: Sleeping): boolean => {
            kept = structuredClone(form);
            return true;
          },
        };
        let conn = at.mqtt().openVia(port);
        ends.push({
          lose: () => {
            isClosed = true;
          },
          wake: () => {
            if (kept !== null && !isClosed) conn = at.mqtt().wakeVia(port, kept);
          },
        });
        const end: End = {
          came,
          closed: () => isClosed,
          take: (cmd) => {
            const some = came.filter((packet) => packet.cmd === cmd);
            came.splice(0, came.length, ...came.filter((packet) => packet.cmd !== cmd));
            return some;
          },
          put: (...packets) => {
            // Far enough from the commit before to be committed at once.
            at.now += 100;
            if (!isClosed) at.mqtt().hear(conn, Uint8Array.from(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: version })))));
          },
          say: (...packets) => {
            end.put(...packets);
            at.mqtt().flush();
          },
        };
        end.say(connectPacket(null, "", { clientId: client, protocolVersion: version, ...fields }));
        await expect.poll(() => came.some(({ cmd }) => cmd === "connack")).toBe(true);
        at.mqtt().flush();
        return end;
      },
    };
    await body(at);
    at.crash();
  });
}

const publish = (topic: string, payload: string, qos: 0 | 1 | 2, messageId: number, dup = false): Packet => ({
  cmd: "publish",
  topic,
  payload,
  qos,
  messageId,
  retain: false,
  dup,
});
const telemetry = (unit: string, id: number, qos: 0 | 1 | 2 = 1): Packet => publish(`u/${unit}/d/pump-1/telemetry`, "{}", qos, id);
const subscribe = (topic: string, qos: 0 | 1 | 2): Packet => ({ cmd: "subscribe", messageId: 65_535, subscriptions: [{ topic, qos }] });
const ids = (packets: readonly Packet[]): readonly (number | undefined)[] => packets.map(({ messageId }) => messageId);
const texts = (packets: readonly Packet[]): readonly string[] => packets.map((packet) => String((packet as IPublishPacket).payload));
const lasting = { clean: false };

test("I24 while the log has no room nothing is acknowledged and nothing is dropped; then everything is, in order", async () => {
  await bench("withheld", async (at) => {
    const client = await at.join("c");
    at.hasRoom = false;
    client.say(...[1, 2, 3].map((id) => telemetry("withheld", id)), { cmd: "pingreq" });
    expect([client.take("pingresp").length, client.take("puback"), at.rows(), at.mqtt().waiting()]).toEqual([1, [], 0, 3]);
    at.hasRoom = true;
    at.mqtt().resume();
    expect([ids(client.take("puback")), at.rows(), at.mqtt().waiting()]).toEqual([[1, 2, 3], 1, 0]);
  });
});

test("I24 what waits is bounded: who goes on publishing is closed, unacknowledged; what was taken is logged", async () => {
  await bench("full", async (at) => {
    const client = await at.join("c");
    at.hasRoom = false;
    for (let from = 0; from < WAITING_MAX; from += 512) client.say(...Array.from({ length: 512 }, (_, i) => telemetry("full", from + i + 1)));
    expect([at.mqtt().waiting(), client.closed()]).toEqual([WAITING_MAX, false]);
    client.say(telemetry("full", WAITING_MAX + 1));
    expect([client.closed(), client.take("puback"), at.refused.length, at.mqtt().count()]).toEqual([true, [], 1, 0]);
    at.hasRoom = true;
    at.mqtt().flush();
    expect(at.rows()).toBe(WAITING_MAX / 512);
  });
});

test("I25 a subscriber that does not acknowledge gets so many, then waits, then is closed; the others go on", async () => {
  await bench("slow", async (at) => {
    const [publisher, slow] = [await at.join("p"), await at.join("s")];
    slow.say(subscribe("lines/#", 1));
    publisher.say(...Array.from({ length: OUT_MAX + 10 }, (_, i) => publish("lines/1", "x", 1, i + 1)));
    const first = ids(slow.take("publish"));
    expect(first).toHaveLength(OUT_MAX);
    slow.say(...first.slice(0, 4).map((messageId): Packet => ({ cmd: "puback", messageId: messageId ?? 0 })));
    expect(slow.take("publish")).toHaveLength(4);
    for (let i = 0; i < QUEUE_MAX; i += 500) publisher.say(...Array.from({ length: 500 }, (_, k) => publish("lines/1", "x", 1, i + k + 1)));
    expect([slow.closed(), at.mqtt().count()]).toEqual([true, 1]);
    expect(publisher.take("puback")).toHaveLength(OUT_MAX + 10 + QUEUE_MAX);
  });
});

test("I38 a socket without CONNECT, and a client that is silent, are closed in time", async () => {
  await bench("quiet", async (at) => {
    const client = await at.join("c", { keepalive: 60 });
    at.mqtt().openVia({ send: () => true, close: () => {}, keep: () => true });
    at.now += 9_999;
    at.mqtt().instant();
    expect(at.mqtt().count()).toBe(2);
    at.now += 1;
    at.mqtt().instant();
    expect([at.mqtt().count(), client.closed()]).toEqual([1, false]);
    at.now += 80_000;
    at.mqtt().instant();
    expect([at.mqtt().count(), client.closed(), at.refused.length]).toEqual([0, true, 2]);
  });
});

test("MD4 a group is one row, whatever is in it, and no row is written where nothing has to be kept", async () => {
  await bench("rows", async (at) => {
    const [one, two, three] = [await at.join("one"), await at.join("two"), await at.join("three")];
    two.say(subscribe("lines/#", 1));
    one.say({ cmd: "pingreq" }, publish("lines/1", "x", 0, 0), publish("lines/1", "x", 1, 1));
    expect([at.mqtt().rowsWritten(), ids(one.take("puback"))]).toEqual([0, [1]]);
    const before = at.mqtt().rowsWritten();
    at.hasRoom = false;
    for (const [from, client] of [one, two, three].entries())
      client.say(...Array.from({ length: 100 }, (_, i) => telemetry("rows", from * 100 + i + 10, i % 2 === 0 ? 1 : 2)));
    at.hasRoom = true;
    at.mqtt().flush();
    expect([one, two, three].map((client) => [client.take("puback").length, client.take("pubrec").length])).toEqual([
      [50, 50],
      [50, 50],
      [50, 50],
    ]);
    expect([at.mqtt().rowsWritten() - before, at.rows()]).toEqual([1, 1]);
  });
});

test("MD4 with time to acknowledge, what comes shares a row until the row is full", async () => {
  await bench("full-row", async (at) => {
    const client = await at.join("c");
    at.ackWithinMs = 60_000;
    for (let i = 0; i < 5; i++) client.put(...Array.from({ length: 100 }, (_, k) => telemetry("full-row", i * 100 + k + 1)));
    expect([client.take("puback").length, at.rows()]).toEqual([0, 0]);
    client.put(...Array.from({ length: 100 }, (_, k) => telemetry("full-row", 500 + k + 1)));
    expect([client.take("puback").length, at.rows()]).toEqual([600, 2]);
  });
});

test("MD5 QoS 2 from a session that lasts is in the log once, at whichever moment the object dies", async () => {
  await bench("twice-in", async (at) => {
    let hears = await at.join("hears", lasting);
    hears.say(subscribe("lines/#", 2));
    for (let dies = 0; dies < 5; dies++) {
      const text = `message ${dies}`;
      let sends = await at.join("sends", lasting);
      let step = 0;
      const again = async (): Promise<void> => {
        if (step++ !== dies) return;
        at.crash();
        sends = await at.join("sends", lasting);
      };
      // As a client does that hears nothing of what was under way: the packet again, until its answer has come.
      for (let isAcknowledged = false, dup = false; !isAcknowledged; dup = true) {
        sends.say(publish("lines/1", text, 2, 7, dup));
        isAcknowledged = sends.take("pubrec").length > 0 && step !== dies;
        await again();
      }
      for (let isComplete = false; !isComplete;) {
        sends.say({ cmd: "pubrel", messageId: 7 });
        isComplete = sends.take("pubcomp").length > 0 && step !== dies;
        await again();
      }
    }
    at.crash();
    hears = await at.join("hears", lasting);
    const heard: string[] = [];
    for (let some = hears.take("publish"); some.length > 0; some = hears.take("publish")) {
      heard.push(...texts(some));
      hears.say(...some.map(({ messageId }): Packet => ({ cmd: "pubrec", messageId: messageId ?? 0 })));
      hears.say(...hears.take("pubrel").map(({ messageId }): Packet => ({ cmd: "pubcomp", messageId: messageId ?? 0 })));
    }
    expect(heard).toEqual(Array.from({ length: 5 }, (_, i) => `message ${i}`));
  });
});

/** A client of QoS 2 as the standard wants it: what it holds by its identifier it has had once. */
function receiver() {
  const held = new Set<number>();
  const got: string[] = [];
  return {
    got,
    answer: (packets: readonly Packet[]): readonly Packet[] =>
      packets.flatMap((packet): readonly Packet[] => {
        const messageId = packet.messageId ?? 0;
        if (packet.cmd === "publish" && packet.qos === 2) {
          if (!held.has(messageId)) got.push(String(packet.payload));
          held.add(messageId);
          return [{ cmd: "pubrec", messageId }];
        }
        if (packet.cmd === "publish" && packet.qos === 1) {
          got.push(String(packet.payload));
          return [{ cmd: "puback", messageId }];
        }
        if (packet.cmd !== "pubrel") return [];
        held.delete(messageId);
        return [{ cmd: "pubcomp", messageId }];
      }),
  };
}

test.each(["crash", "nap"] as const)(
  "MD6 QoS 2 towards a session that lasts is heard once and in order, at whichever moment the object dies (%s)",
  async (how) => {
    await bench(`twice-out-${how}`, async (at) => {
      let hears = await at.join("hears", lasting);
      hears.say(subscribe("lines/#", 2));
      const client = receiver();
      const count = 6;
      const end = async (): Promise<void> => {
        if (how === "nap") return at.nap();
        at.crash();
        hears = await at.join("hears", lasting);
      };
      for (let dies = 0; dies < count; dies++) {
        const sends = await at.join("sends");
        sends.say(publish("lines/1", `message ${dies}`, 2, 9));
        expect(sends.take("pubrec")).toHaveLength(1);
        for (let step = 0; step < 4; step++) {
          if (step === dies % 4) await end();
          const answers = client.answer(hears.came.splice(0));
          // What the client has said in vain it says again once it is asked again.
          if (step === (dies + 1) % 4 && dies > 3) await end();
          if (answers.length > 0) hears.say(...answers);
        }
      }
      for (let answers = client.answer(hears.came.splice(0)); answers.length > 0; answers = client.answer(hears.came.splice(0))) hears.say(...answers);
      expect(client.got).toEqual(Array.from({ length: count }, (_, i) => `message ${i}`));
      expect(at.mqtt().counts().waiting).toBe(0);
    });
  },
);

test("MD7 who was away hears what was acknowledged meanwhile, in order, also after the object died and old rows were thinned", async () => {
  await bench("away", async (at) => {
    const first = await at.join("hears", lasting);
    first.say(subscribe("lines/#", 1));
    first.say({ cmd: "disconnect" });
    const sends = await at.join("sends");
    const said = Array.from({ length: 100 }, (_, i) => `message ${i}`);
    for (const [i, text] of said.entries()) {
      sends.say(publish("lines/1", text, 1, i + 1), telemetry("away", 1_000 + i));
      if (i === 50) {
        const mqtt = at.mqtt();
        mqtt.checkpoint();
        mqtt.flush();
      }
    }
    expect(sends.take("puback")).toHaveLength(200);
    at.store.prune(at.store.readMarks().head, at.now + 1, 0, at.mqtt());
    at.crash();
    const again = await at.join("hears", lasting);
    expect((again.take("connack")[0] as { sessionPresent?: boolean }).sessionPresent).toBe(true);
    const client = receiver();
    for (let answers = client.answer(again.came.splice(0)); answers.length > 0; answers = client.answer(again.came.splice(0))) again.say(...answers);
    expect(client.got).toEqual(said);
    // Once it has them, nothing of the log is kept for it.
    at.mqtt().checkpoint();
    at.mqtt().flush();
    at.store.prune(at.store.readMarks().head, at.now + 1, 0, at.mqtt());
    expect(at.rows()).toBeLessThanOrEqual(1);
  });
});

test("MD8 a session that goes leaves no row", async () => {
  await bench("left", async (at) => {
    const client = await at.join("c", { clean: false });
    client.say(subscribe("lines/#", 1), { cmd: "disconnect" });
    expect(at.store.readSessions()).toHaveLength(1);
    await at.join("c", { clean: true });
    at.crash();
    expect(at.store.readSessions()).toEqual([]);
  });
});
