/**
 * Messages a second and processor time a message, ours beside aedes and mosquitto: the same client, the same load, one after another in each case.
 * Publishers send as fast as they are answered and one subscriber gets everything; at QoS 1 its session outlives its connection, so that every
 * broker owes it every message. aedes and mosquitto keep that in memory, ours on disk before it acknowledges.
 */
import type { Tell } from "../server/build.ts";
import { cpuMs, machine } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { PEERS, startOurs, type Broker } from "./mqtt-brokers.ts";
import { FlowSeen, runLoad } from "./mqtt-load.ts";

const WARM_MS = 1_000;
const RUN_MS = 3_000;
const ON_THEIR_WAY_MAX = 2_000;
const CASES = ([0, 1] as const).flatMap((qos) => [1, 100].flatMap((connections) => [64, 1_024].map((bytes) => ({ qos, connections, bytes }))));

/**
 * `perSecond`: messages acknowledged (QoS 1) or delivered (QoS 0). CPU of the broker's process, and of the gateway's beside it, in µs a message;
 * NaN where /proc does not tell. `lost`: acknowledged and not delivered by the end, but for what may be on its way.
 */
export type Figure = {
  readonly broker: string;
  readonly at: string;
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly besideUs: number;
  readonly lost: number;
};

/** `only`: cases whose name contains one of these, such as `qos1 100x64`; all when left out. */
export async function benchMqtt(tell: Tell, only: readonly string[] = [""]): Promise<Measured> {
  const ours = await startOurs();
  try {
    const figures: Figure[] = [];
    for (const one of CASES.filter((some) => only.some((word) => nameOf(some).includes(word)))) {
      for (const broker of ours) figures.push(...(await tried(broker, one, tell)));
      for (const start of PEERS) {
        const peer = await start();
        if (peer !== null) figures.push(...(await tried(peer, one, tell).finally(() => peer.stop())));
      }
    }
    return measured(figures);
  } finally {
    for (const broker of ours) await broker.stop();
  }
}

/** Nothing of a broker that ended on the way. */
async function tried(broker: Broker, load: (typeof CASES)[number], tell: Tell): Promise<readonly Figure[]> {
  const at = nameOf(load);
  try {
    const figure = await measure(broker, load, at);
    const beside = broker.beside === null ? "" : ` and ${figure.besideUs} µs beside`;
    tell(`${at}  ${figure.broker}: ${figure.perSecond} msg/s, ${figure.cpuUs} µs${beside}${figure.lost > 0 ? `, ${figure.lost} not delivered` : ""}`);
    return [figure];
  } catch (error) {
    tell(`${at}  ${broker.name}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function nameOf({ qos, connections, bytes }: (typeof CASES)[number]): string {
  return `qos${qos} ${connections}x${bytes}`;
}

async function measure(broker: Broker, load: (typeof CASES)[number], at: string): Promise<Figure> {
  let [began, beganBeside, spent, spentBeside] = [0, 0, 0, 0];
  const seen = await runLoad({ kind: "flow", target: broker.target, ...load, warmMs: WARM_MS, ms: RUN_MS }, FlowSeen, {
    begin: () => ([began, beganBeside] = [cpuMs(broker.pid), broker.beside === null ? 0 : cpuMs(broker.beside)]),
    end: () => ([spent, spentBeside] = [cpuMs(broker.pid) - began, broker.beside === null ? 0 : cpuMs(broker.beside) - beganBeside]),
  });
  const done = Math.max(1, load.qos === 0 ? seen.delivered : seen.published);
  const behind = Math.max(0, seen.published - seen.delivered - ON_THEIR_WAY_MAX);
  const perMessage = (ms: number): number => Math.round((ms * 10_000) / done) / 10;
  return {
    broker: broker.name,
    at,
    perSecond: Math.round((done * 1_000) / seen.ms),
    cpuUs: perMessage(spent),
    besideUs: perMessage(spentBeside),
    lost: load.qos === 0 ? seen.lost : behind,
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
