/** What a burst costs its unit: from the bytes of its blocks to a row of twenty features, two axes of int16. Processor time, in Node. */
import { machine, type Measured, quantile } from "../../devices/bench/machine.ts";
import { writeBurst } from "../../contracts/burst-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { readBlock } from "../ingest/burst.ts";
import { openBursts, takeBlock } from "../ingest/burst-whole.ts";
import { rowOfBurst } from "./row.ts";

const RATE = 25_600;
const AT = 1_790_000_000_000;
const MEASUREMENTS = 50;
const CALLS = 5;

/** µs of processor time per burst. */
export function benchBurst(): Measured {
  const figures = Object.fromEntries(
    [2_560, 8_192, 12_800, 25_600].map((samples) => [`${(samples / RATE).toFixed(2)} s, ${samples} samples an axis`, costOf(samples)] as const),
  );
  return { bench: "burst", ratios: {}, figures, machine: machine() };
}

function costOf(samples: number): number {
  const [profile] = bearingVibration.profiles;
  const plan = profile?.burst;
  if (profile === undefined || plan === undefined) throw new Error("the template takes bursts");
  const axes = plan.axes.map((id, a) => ({ id, scale: 0.001, samples: Int16Array.from({ length: samples }, (_, i) => 1_000 * Math.sin(i * i * (a + 1))) }));
  const blocks = writeBurst({ start: AT, rate: RATE, axes });
  if (isRefusal(blocks)) throw new Error(blocks.rule);
  const once = (): void => {
    const bursts = openBursts();
    for (const payload of blocks) {
      const block = readBlock(payload, plan, bearingVibration.judge, AT);
      if (isRefusal(block)) throw new Error(block.rule);
      const { whole } = takeBlock(bursts, block, AT);
      const heard = whole?.head.axes.map(({ id }, a) => ({ id, wave: whole.waves[a] ?? new Float32Array(0) })) ?? [];
      if (whole !== null) rowOfBurst(heard, RATE, profile, plan, (value) => value, raise);
    }
  };
  const took: number[] = [];
  for (let m = 0; m < MEASUREMENTS; m++) {
    const from = process.cpuUsage();
    for (let n = 0; n < CALLS; n++) once();
    const { user, system } = process.cpuUsage(from);
    took.push((user + system) / CALLS);
  }
  return Number(quantile(took, 0.5).toPrecision(3));
}

function raise(): never {
  throw new Error("a value of this burst was refused");
}
