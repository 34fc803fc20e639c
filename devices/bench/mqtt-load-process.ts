/** The program of `mqtt-load.ts`: one line of order on standard input; `begin`, `end` and one line of what was seen on standard output. */
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { connectPacket, PINGREQ, PUBACK, PUBLISH, pubackPacket, publishPacket, SUBACK, subscribePacket } from "./mqtt-frames.ts";
import { open, type Link } from "./mqtt-link.ts";
import { LoadOrder, type FlowSeen } from "./mqtt-load.ts";
import { disturb } from "./mqtt-nuisance.ts";

const CONNECT_AT_ONCE = 50;
/** Publishes of one connection that wait for their acknowledgement: enough to keep a broker busy, below what any of them announces; of many, as a device has. */
const WINDOW_ALONE = 64;
const WINDOW = 2;
/** QoS 0 messages in all that the subscriber has not got yet. */
const WINDOW_UNACKNOWLEDGED = 1_000;
/** Without a delivery for this long, what is on its way at QoS 0 counts as lost. */
const STUCK_MS = 500;
const TOPIC = "bench/flow";
/** Of silent ones: they say no more than that they are there. */
const KEEP_ALIVE_S = 60;

function tell(line: string | object): void {
  process.stdout.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
}

async function flow(order: Extract<LoadOrder, { kind: "flow" }>): Promise<FlowSeen> {
  const { target, qos, connections, bytes } = order;
  const run = `${process.pid}-${Date.now()}`;
  let [published, delivered, lost, stopped] = [0, 0, 0, false];
  let subscribed = (): void => undefined;
  const isSubscribed = new Promise<void>((resolve) => (subscribed = resolve));
  let onDelivered = (): void => undefined;
  const subscriber = await open(target, connectPacket(`sub-${run}`, qos === 0), (first, data, from) => {
    if (first >> 4 === SUBACK) return subscribed();
    if (first >> 4 !== PUBLISH) return;
    delivered++;
    const topicBytes = ((data[from] ?? 0) << 8) | (data[from + 1] ?? 0);
    if ((first & 6) > 0) subscriber.link.send(Uint8Array.of(0x40, 2, data[from + 2 + topicBytes] ?? 0, data[from + 3 + topicBytes] ?? 0));
    onDelivered();
  });
  subscriber.link.send(subscribePacket(1, TOPIC, qos));
  await isSubscribed;
  const payload = new Uint8Array(bytes).fill(97);
  const window = connections === 1 ? WINDOW_ALONE : WINDOW;
  const speakers = await Promise.all(
    Array.from({ length: connections }, async (_, i) => {
      await wait(Math.floor(i / CONNECT_AT_ONCE) * 50);
      const packet = publishPacket(TOPIC, payload, qos);
      let id = 0;
      const say = (link: Link): void => {
        if (stopped) return;
        const out = packet.bytes.slice();
        if (qos > 0) {
          id = (id % 65_535) + 1;
          out[packet.idAt] = id >> 8;
          out[packet.idAt + 1] = id & 255;
        }
        link.send(out);
      };
      const opened = await open(target, connectPacket(`pub-${run}-${i}`, true), (first) => {
        if (first >> 4 !== PUBACK) return;
        published++;
        say(opened.link);
      });
      return { say: () => say(opened.link), link: opened.link };
    }),
  );
  // At QoS 0 the subscriber's messages make room for the next, whoever says it.
  let turn = 0;
  const next = (): void => {
    published++;
    speakers[turn++ % connections]?.say();
  };
  let deliveredAt = Date.now();
  onDelivered = () => {
    deliveredAt = Date.now();
    if (qos === 0) next();
  };
  if (qos > 0) for (const { say } of speakers) for (let i = 0; i < window; i++) say();
  else for (let i = 0; i < WINDOW_UNACKNOWLEDGED; i++) next();
  const unstick = setInterval(() => {
    if (qos > 0 || stopped || Date.now() - deliveredAt < STUCK_MS) return;
    deliveredAt = Date.now();
    lost += published - lost - delivered;
    for (let i = 0; i < WINDOW_UNACKNOWLEDGED; i++) next();
  }, 100);
  await wait(order.warmMs);
  const before = { at: performance.now(), published, delivered, lost };
  tell("begin");
  await wait(order.ms);
  const seen = {
    ms: performance.now() - before.at,
    published: published - before.published,
    delivered: delivered - before.delivered,
    lost: lost - before.lost,
  };
  tell("end");
  stopped = true;
  clearInterval(unstick);
  for (const { link } of speakers) link.end();
  subscriber.link.end();
  // A session that outlives its connection would be there for the next run. aedes was seen to end when many connections do: what was seen stands.
  if (qos > 0)
    await open(target, connectPacket(`sub-${run}`, true), () => undefined).then(
      ({ link }) => link.end(),
      () => undefined,
    );
  return seen;
}

async function silent({ target, connections }: Extract<LoadOrder, { kind: "silent" }>): Promise<object> {
  const startedAt = performance.now();
  let [connected, refused, next] = [0, 0, 0];
  const some = async (): Promise<void> => {
    while (next < connections) {
      const i = next++;
      await open(target, connectPacket(`silent-${process.pid}-${i}`, true, KEEP_ALIVE_S), () => undefined).then(
        ({ code, link }) => {
          if (code !== 0) return refused++;
          setInterval(() => link.send(PINGREQ), KEEP_ALIVE_S * 900);
          return connected++;
        },
        () => refused++,
      );
    }
  };
  await Promise.all(Array.from({ length: CONNECT_AT_ONCE }, some));
  return { connected, refused, ms: performance.now() - startedAt };
}

async function ping({ target, hz, ms, topic }: Extract<LoadOrder, { kind: "ping" }>): Promise<object> {
  const took: number[] = [];
  let sent = 0;
  let subscribed = (): void => undefined;
  const isSubscribed = new Promise<void>((resolve) => (subscribed = resolve));
  const listener = await open(target, connectPacket(`ear-${process.pid}`, true), (first, bytes, from, to) => {
    if (first >> 4 === SUBACK) return subscribed();
    if (first >> 4 !== PUBLISH) return;
    const name = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
    const at = from + 2 + name;
    listener.link.send(pubackPacket(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)));
    took.push(performance.now() - Number(Buffer.from(bytes.subarray(at + 2, to)).toString()));
  });
  listener.link.send(subscribePacket(1, topic, 1));
  await isSubscribed;
  const speaker = await open(target, connectPacket(`mouth-${process.pid}`, true), () => undefined);
  tell("begin");
  for (const startAt = performance.now(); performance.now() - startAt < ms; sent++) {
    const { bytes, idAt } = publishPacket(topic, Buffer.from(String(performance.now())), 1);
    bytes[idAt] = ((sent % 65_535) + 1) >> 8;
    bytes[idAt + 1] = ((sent % 65_535) + 1) & 255;
    speaker.link.send(bytes);
    await wait(Math.max(0, startAt + ((sent + 1) * 1_000) / hz - performance.now()));
  }
  tell("end");
  for (const until = Date.now() + 5_000; took.length < sent && Date.now() < until;) await wait(20);
  listener.link.end();
  speaker.link.end();
  return { ms: took, unanswered: sent - took.length };
}

createInterface({ input: process.stdin })
  .once("line", (line) => {
    const order = LoadOrder.parse(JSON.parse(line));
    const done = order.kind === "flow" ? flow(order) : order.kind === "silent" ? silent(order) : order.kind === "ping" ? ping(order) : disturb(order, tell);
    done.then(
      (seen) => {
        tell(seen);
        // The silent ones and the nuisances stay until they are ended.
        if (order.kind !== "silent" && order.kind !== "nuisance") process.stdout.write("", () => process.exit(0));
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  })
  .once("close", () => process.exit(0));
