/**
 * How much longer a message of a quiet neighbour takes while somebody else is hard on the broker: a subscriber that does not read, a flood from one
 * device, payloads of a megabyte, ten thousand retained topics. Stretches with and without take turns.
 */
import type { Tell } from "../server/build.ts";
import { randomOf } from "../simulator/random.ts";
import { machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { startOurs, type Broker } from "./mqtt-brokers.ts";
import { NuisanceSeen, PingSeen, runLoad, startLoad } from "./mqtt-load.ts";
import { ratioOf, type Pair } from "./ratio.ts";

const NUISANCES = ["slow", "flood", "big", "retained"] as const;
const HZ = 50;
const STRETCH_MS = 3_000;
const PAIRS = 2;
/** A nuisance has begun within this; ten thousand retained topics take a while. */
const BEGIN_MS = 60_000;

export async function benchNeighbours(tell: Tell): Promise<Measured> {
  const ours = await startOurs();
  const broker = ours[1];
  try {
    const ratios: [string, number][] = [];
    const figures: [string, number][] = [];
    for (const nuisance of NUISANCES) {
      const pairs: Pair[] = [];
      let refused = false;
      for (let i = 0; i < PAIRS; i++) {
        const without = await latencies(broker);
        const { seen, stop } = await begin(broker, nuisance);
        refused ||= seen.refused;
        const laden = await latencies(broker).finally(stop);
        pairs.push({ with: laden, without });
      }
      const p50 = ratioOf(pairs, 0.5, randomOf(1, "p50"));
      const p99 = ratioOf(pairs, 0.99, randomOf(1, "p99"));
      const p99Ms = quantile(
        pairs.flatMap((one) => one.with),
        0.99,
      );
      ratios.push([`${nuisance} p50`, round(p50.ratio)], [`${nuisance} p99`, round(p99.ratio)]);
      figures.push([`${nuisance} p99 ms`, round(p99Ms)], [`${nuisance} refused`, refused ? 1 : 0]);
      tell(`${nuisance}${refused ? " (refused)" : ""}: p50 × ${round(p50.ratio)}, p99 × ${round(p99.ratio)} (${round(p99Ms)} ms)`);
    }
    return { bench: "neighbours", ratios: Object.fromEntries(ratios), figures: Object.fromEntries(figures), machine: machine() };
  } finally {
    for (const one of ours) await one.stop();
  }
}

async function latencies(broker: Broker): Promise<readonly number[]> {
  const { ms, unanswered } = await runLoad({ kind: "ping", target: broker.target, hz: HZ, ms: STRETCH_MS, topic: "bench/neighbour" }, PingSeen);
  // What never came took longer than anything.
  return [...ms, ...Array.from({ length: unanswered }, () => STRETCH_MS)];
}

async function begin(broker: Broker, nuisance: (typeof NUISANCES)[number]): Promise<{ readonly seen: { readonly refused: boolean }; stop(): void }> {
  const { result, stop } = startLoad({ kind: "nuisance", target: broker.target, nuisance }, NuisanceSeen);
  const timer = setTimeout(stop, BEGIN_MS);
  const seen = await result.catch(() => ({ refused: true }));
  clearTimeout(timer);
  return { seen, stop };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
