/** Clients that are hard on a broker, and go on until their process ends. */
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "node:net";
import { connectPacket, PUBACK, PUBLISH, pubackPacket, publishPacket, SUBACK, subscribePacket } from "./mqtt-frames.ts";
import { open, type Link } from "./mqtt-link.ts";
import type { LoadOrder } from "./mqtt-load.ts";

type Order = Extract<LoadOrder, { kind: "nuisance" }>;

const MEBIBYTE = 1024 * 1024;
const RETAINED = 10_000;
/** Two hundred a second of a kilobyte to somebody who does not read. */
const SLOW_PAUSE_MS = 5;
/** A flood in bursts of this many, as fast as the connection takes them. */
const FLOOD_BURST = 500;
const BIG_PAUSE_MS = 500;
const RETAINED_PAUSE_MS = 1_000;
const ANSWER_MS = 5_000;

/** Tells `begin` once it disturbs. Resolves then, too: what it does goes on. */
export async function disturb({ target, nuisance }: Order, tell: (line: string) => void): Promise<{ readonly refused: boolean }> {
  const begun =
    nuisance === "slow" ? await slow(target) : nuisance === "flood" ? await flood(target) : nuisance === "big" ? await big(target) : await retained(target);
  tell("begin");
  return { refused: !begun };
}

type Target = Order["target"];

/** A connection that tells which acknowledgement came last. */
async function speaker(target: Target, name: string, onPacket: (type: number, id: number) => void = () => undefined): Promise<Link> {
  const { link } = await open(target, connectPacket(`${name}-${process.pid}`, true), (first, bytes, from) =>
    onPacket(first >> 4, ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0)),
  );
  return link;
}

/** Subscribes and reads no more, while others speak to it. */
async function slow(target: Target): Promise<boolean> {
  const link = await speaker(target, "slow-mouth");
  if (!("tcp" in target)) return false;
  const socket = connect({ port: target.tcp, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.write(connectPacket(`slow-ear-${process.pid}`, true));
  socket.write(subscribePacket(1, "nuisance/slow", 0));
  // CONNACK and SUBACK are there; from here on it takes nothing.
  socket.once("data", () => setTimeout(() => socket.pause(), 200));
  await wait(300);
  const { bytes } = publishPacket("nuisance/slow", new Uint8Array(1_024), 0);
  setInterval(() => link.send(bytes), SLOW_PAUSE_MS);
  return true;
}

/** One device as fast as it can. */
async function flood(target: Target): Promise<boolean> {
  let free = (): void => undefined;
  const link = await speaker(target, "flood", (type) => type === PUBACK && free());
  const quiet = publishPacket("nuisance/flood", new Uint8Array(64), 0).bytes;
  const last = publishPacket("nuisance/flood", new Uint8Array(64), 1).bytes;
  void (async () => {
    for (;;) {
      for (let i = 0; i < FLOOD_BURST; i++) link.send(quiet);
      link.send(last);
      await Promise.race([new Promise<void>((resolve) => (free = resolve)), wait(ANSWER_MS)]);
    }
  })();
  return true;
}

/** A megabyte at QoS 1, to one who hears it, twice a second. */
async function big(target: Target): Promise<boolean> {
  const ear = await open(target, connectPacket(`big-ear-${process.pid}`, true), (first, bytes, from) => {
    const at = from + 2 + (((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0));
    if (first >> 4 === PUBLISH) ear.link.send(pubackPacket(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)));
  });
  ear.link.send(subscribePacket(1, "nuisance/big", 1));
  let acknowledged = (): void => undefined;
  const link = await speaker(target, "big-mouth", (type) => type === PUBACK && acknowledged());
  const { bytes } = publishPacket("nuisance/big", new Uint8Array(MEBIBYTE), 1);
  const say = async (): Promise<boolean> => {
    const answer = new Promise<true>((resolve) => (acknowledged = () => resolve(true)));
    link.send(bytes);
    return (await Promise.race([answer, wait(ANSWER_MS)])) === true;
  };
  const taken = await say();
  setInterval(() => void say(), BIG_PAUSE_MS);
  return taken;
}

/** Ten thousand retained topics, and somebody who asks for all of them once a second. */
async function retained(target: Target): Promise<boolean> {
  let got = 0;
  let free = (): void => undefined;
  const link = await speaker(target, "retained", (type) => type === PUBACK && free());
  for (let i = 0; i < RETAINED; i++) {
    const last = i % 100 === 99;
    link.send(publishPacket(`nuisance/retained/${i}`, new Uint8Array(64), last ? 1 : 0, true).bytes);
    if (last) await Promise.race([new Promise<void>((resolve) => (free = resolve)), wait(ANSWER_MS)]);
  }
  const ask = async (): Promise<void> => {
    let answered = (): void => undefined;
    const isAnswered = new Promise<void>((resolve) => (answered = resolve));
    const ear = await open(target, connectPacket(`retained-ear-${process.pid}-${got}`, true), (first) => {
      if (first >> 4 === PUBLISH) got++;
      if (first >> 4 === SUBACK) answered();
    });
    ear.link.send(subscribePacket(1, "nuisance/retained/+", 0));
    await Promise.race([isAnswered, wait(ANSWER_MS)]);
    await wait(RETAINED_PAUSE_MS);
    ear.link.end();
  };
  await ask();
  const all = got >= RETAINED;
  void (async () => {
    for (;;) await ask().catch(() => wait(RETAINED_PAUSE_MS));
  })();
  return all;
}
