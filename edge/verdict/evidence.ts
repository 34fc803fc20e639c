/** Which channels spoke: shares of the evidence, largest first. */
import type { Channel } from "../../contracts/scenario.ts";
import type { Evidence } from "../../contracts/verdict.ts";

/** Channels named in a verdict. */
const NAMED_MAX = 8;
/** A share below this names nothing. */
const SHARE_MIN = 0.01;

/** `share` is one row of the model's output, one number in [0, 1] per channel. A channel whose sensor is doubted is evidence of nothing. */
export function evidenceOf(share: Float32Array, row: number, channels: readonly Channel[], isDoubted: (channel: number) => boolean): readonly Evidence[] {
  return channels
    .map((channel, c) => ({
      channel: channel.id,
      share: isDoubted(c) ? 0 : Math.round(Math.min(1, Math.max(0, share[row * channels.length + c] ?? 0)) * 1_000) / 1_000,
    }))
    .filter((one) => one.share >= SHARE_MIN)
    .sort((a, b) => b.share - a.share)
    .slice(0, NAMED_MAX);
}
