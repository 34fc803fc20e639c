/**
 * A burst on `u/{unit}/d/{device}/burst`: one block a message, one block or several a burst. All numbers are little-endian.
 *
 *   offset  size       field
 *        0     4       "BRST"
 *        4     u8      version: 1
 *        5     u8      samples are 1: int16, 2: float32
 *        6     u8      axes: 1 to 4
 *        7     u8      0
 *        8     f64     start: instant of the burst's first sample, whole milliseconds since the epoch
 *       16     f64     samples per second of each axis
 *       24     u32     samples of each axis in the whole burst
 *       28     u32     index of this block's first sample in the burst
 *       32     u32     samples of each axis in this block
 *       36    20 × axes  for each: name in ASCII, 16 bytes, filled up with 0 · f32 what 1 of a sample stands for, in the profile's uom
 *        …     axis after axis, its samples of this block, and nothing behind them
 *
 * All blocks of a burst say the same but for the index and count; together they have each sample once, in whatever order they come.
 */
import { type Refusal, refuse } from "./refusal.ts";

export const BURST_MAGIC = 0x54_53_52_42;
export const BURST_VERSION = 1;
export const BURST_HEADER_BYTES = 36;
export const BURST_AXIS_BYTES = 20;
export const BURST_NAME_BYTES = 16;
/** Below it there is no spectrum worth the name: 10 ms at 25.6 kHz. */
export const BURST_SAMPLES_MIN = 256;
/** Of each axis: 2.5 s at 25.6 kHz. What an Intake holds of a burst that is not whole, and how long it reckons, hang on it. */
export const BURST_SAMPLES_MAX = 65_536;
/** Blocks of one burst. The largest, four axes of float32, needs 17. */
export const BURST_BLOCKS_MAX = 64;
/** Below and above it no accelerometer of a machine is read. */
export const BURST_HZ_MIN = 100;
export const BURST_HZ_MAX = 500_000;
/** A block is an MQTT payload, of which a unit takes 64 KiB. */
export const BURST_BLOCK_BYTES_MAX = 64 * 1024;

export type SampleFormat = "int16" | "float32";
export const FORMAT_CODE: Readonly<Record<SampleFormat, number>> = { int16: 1, float32: 2 };
export const SAMPLE_BYTES: Readonly<Record<SampleFormat, number>> = { int16: 2, float32: 4 };

/** As a device has it: `samples` of all axes are of one length. `int16`: counts of `scale`; `float32`: values, of which 1 stands for `scale` (absent: 1). */
export type BurstDraft = {
  readonly start: number;
  readonly rate: number;
  readonly axes: readonly { readonly id: string; readonly scale?: number; readonly samples: Int16Array | Float32Array }[];
};

/** Whether a spectrum can be made of so many samples: even, and a product of 2, 3, 5 and 7, as 2,560 or 25,600. */
export function isBurstLength(samples: number): boolean {
  if (!Number.isInteger(samples) || samples < BURST_SAMPLES_MIN || samples > BURST_SAMPLES_MAX || samples % 2 !== 0) return false;
  let rest = samples;
  for (const prime of [2, 3, 5, 7]) while (rest % prime === 0) rest /= prime;
  return rest === 1;
}

/** The blocks of one burst, each within `bytesMax`. What they say is judged by whoever reads them; refused is what can't be written. */
export function writeBurst({ start, rate, axes }: BurstDraft, bytesMax = BURST_BLOCK_BYTES_MAX): readonly Uint8Array<ArrayBuffer>[] | Refusal {
  const [first] = axes;
  if (first === undefined || axes.length > 255) return refuse("malformed", "a burst has 1 to 4 axes", "name what was measured", "axes");
  const format = first.samples instanceof Int16Array ? "int16" : "float32";
  const { length } = first.samples;
  if (axes.some(({ samples }) => samples.length !== length || samples instanceof Int16Array !== first.samples instanceof Int16Array))
    return refuse("malformed", "all axes have as many samples, of one format", "cut them at the same instants", "axes");
  if (axes.some(({ id }) => id.length > BURST_NAME_BYTES || !/^[\x21-\x7e]+$/.test(id)))
    return refuse("malformed", `an axis has a name of 1 to ${BURST_NAME_BYTES} ASCII characters`, "name it as the profile does", "axes");
  const head = BURST_HEADER_BYTES + BURST_AXIS_BYTES * axes.length;
  const each = Math.floor((bytesMax - head) / (axes.length * SAMPLE_BYTES[format]));
  if (each < 1) return refuse("malformed", "a block holds at least one sample", "allow larger blocks");
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from < length || from === 0; from += each) {
    const count = Math.min(each, length - from);
    const bytes = new Uint8Array(head + axes.length * count * SAMPLE_BYTES[format]);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, BURST_MAGIC, true);
    bytes.set([BURST_VERSION, FORMAT_CODE[format], axes.length, 0], 4);
    view.setFloat64(8, start, true);
    view.setFloat64(16, rate, true);
    view.setUint32(24, length, true);
    view.setUint32(28, from, true);
    view.setUint32(32, count, true);
    let at = head;
    for (const [a, { id, scale, samples }] of axes.entries()) {
      const place = BURST_HEADER_BYTES + BURST_AXIS_BYTES * a;
      for (let i = 0; i < id.length; i++) bytes[place + i] = id.charCodeAt(i);
      view.setFloat32(place + BURST_NAME_BYTES, scale ?? 1, true);
      for (let i = from; i < from + count; i++) {
        if (format === "int16") view.setInt16(at, samples[i] ?? 0, true);
        else view.setFloat32(at, samples[i] ?? 0, true);
        at += SAMPLE_BYTES[format];
      }
    }
    blocks.push(bytes);
  }
  return blocks;
}
