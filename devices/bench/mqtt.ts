/**
 * Messages a second and processor time a message, ours beside aedes and mosquitto: the same client, the same load, one after another in each case.
 * Publishers send as fast as they are answered and one subscriber gets everything; at QoS 1 its session outlives its connection, so that every
 * broker owes it every message. aedes and mosquitto keep that in memory, ours on disk before it acknowledges.
 */
import type { Tell } from "../server/build.ts";
import { cpuMs, machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { startOurs, startPeers, type Broker } from "./mqtt-brokers.ts";
import { FlowSeen, runLoad } from "./mqtt-load.ts";

const WARM_MS = 1_000;
const RUN_MS = 3_000;
const CASES = ([0, 1] as const).flatMap((qos) => [1, 100].flatMap((connections) => [64, 1_024].map((bytes) => ({ qos, connections, bytes }))));

/** `perSecond`: messages that went all the way. CPU of the broker's process, and of the gateway's beside it, in µs a message; NaN where /proc does not tell. */
export type Figure = {
  readonly broker: string;
  readonly at: string;
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly besideUs: number;
  readonly lost: number;
};

export async function benchMqtt(tell: Tell): Promise<Measured> {
  const brokers: Broker[] = [];
  try {
    brokers.push(...(await startOurs()), ...(await startPeers()));
    const figures: Figure[] = [];
    for (const one of CASES) {
      const at = `qos${one.qos} ${one.connections}x${one.bytes}`;
      for (const broker of brokers) {
        const figure = await measure(broker, one, at);
        figures.push(figure);
        tell(`${at}  ${figure.broker}: ${figure.perSecond} msg/s, ${figure.cpuUs} µs${broker.beside === null ? "" : ` and ${figure.besideUs} µs beside`}`);
      }
    }
    return measured(figures);
  } finally {
    for (const broker of brokers.toReversed()) await broker.stop();
  }
}

async function measure(broker: Broker, load: (typeof CASES)[number], at: string): Promise<Figure> {
  let [began, beganBeside, spent, spentBeside] = [0, 0, 0, 0];
  const seen = await runLoad({ kind: "flow", target: broker.target, ...load, warmMs: WARM_MS, ms: RUN_MS }, FlowSeen, {
    begin: () => ([began, beganBeside] = [cpuMs(broker.pid), broker.beside === null ? 0 : cpuMs(broker.beside)]),
    end: () => ([spent, spentBeside] = [cpuMs(broker.pid) - began, broker.beside === null ? 0 : cpuMs(broker.beside) - beganBeside]),
  });
  // At QoS 1 a message is done when it is acknowledged and delivered: whichever is fewer.
  const done = Math.max(1, load.qos === 0 ? seen.delivered : Math.min(seen.published, seen.delivered));
  const perMessage = (ms: number): number => Math.round((ms * 10_000) / done) / 10;
  return {
    broker: broker.name,
    at,
    perSecond: Math.round((done * 1_000) / seen.ms),
    cpuUs: perMessage(spent),
    besideUs: perMessage(spentBeside),
    lost: seen.lost,
  };
}

/** Ratios against aedes: of speed, where more is better. */
export function measured(figures: readonly Figure[]): Measured {
  const ours = figures.filter((one) => one.broker === "websocket" || one.broker === "gateway");
  const ratios = ours.flatMap((one) => {
    const peer = figures.find((other) => other.broker === "aedes" && other.at === one.at);
    return peer === undefined ? [] : [[`${one.at} ${one.broker} of aedes`, Math.round((one.perSecond / peer.perSecond) * 100) / 100] as const];
  });
  const rows = figures.flatMap(({ at, broker, perSecond, cpuUs, besideUs, lost }) => [
    [`${at} ${broker} msg/s`, perSecond] as const,
    [`${at} ${broker} cpu µs`, cpuUs] as const,
    ...(broker === "gateway" ? [[`${at} ${broker} process µs`, besideUs] as const] : []),
    ...(lost > 0 ? [[`${at} ${broker} lost`, lost] as const] : []),
  ]);
  return { bench: "mqtt", ratios: Object.fromEntries(ratios), figures: Object.fromEntries(rows), machine: machine() };
}
