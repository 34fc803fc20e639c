/**
 * Bytes of one block of a burst → what it says, or why not. Strict: a waveform with a hole, a wrong length or one sample that is no
 * number would be a spectrum of something else, so that a block that is not right in everything is refused as a whole.
 */
import { type BurstPlan, AxisId, BURST_AXES_MAX } from "../../contracts/burst.ts";
import * as wire from "../../contracts/burst-wire.ts";
import { Instant } from "../../contracts/instant.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { JudgePolicy } from "../../contracts/scenario.ts";

/** What all blocks of a burst say alike. */
export type BurstHead = {
  readonly start: number;
  readonly rate: number;
  readonly format: wire.SampleFormat;
  /** Of each axis in the whole burst. */
  readonly samples: number;
  readonly axes: readonly { readonly id: string; readonly scale: number }[];
};
/** `waves`: of each axis, its samples of this block in the profile's uom. */
export type BurstBlock = { readonly head: BurstHead; readonly first: number; readonly waves: readonly Float32Array[] };

/** The start of a burst, as far as its bytes can be trusted to say it: what is shown of a block that was refused. Null: too short or no burst. */
export function glimpseBurst(payload: Uint8Array): { readonly start: number; readonly samples: number; readonly first: number; readonly count: number } | null {
  if (payload.byteLength < wire.BURST_HEADER_BYTES) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.getUint32(0, true) !== wire.BURST_MAGIC) return null;
  return { start: view.getFloat64(8, true), samples: view.getUint32(24, true), first: view.getUint32(28, true), count: view.getUint32(32, true) };
}

/** Never throws. Refuses `malformed`, `too-large`, and what breaks the profile: `breaks-contract`. */
export function readBlock(payload: Uint8Array, plan: BurstPlan, judge: JudgePolicy, arrivedAt: number): BurstBlock | Refusal {
  if (payload.byteLength < wire.BURST_HEADER_BYTES)
    return refuse(
      "malformed",
      `a block has a header of ${wire.BURST_HEADER_BYTES} bytes`,
      `it held ${payload.byteLength}: send blocks as devices/README.md has them`,
    );
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.getUint32(0, true) !== wire.BURST_MAGIC) return refuse("malformed", 'a block begins with "BRST"', "send JSON on the topic telemetry", "magic");
  const [version, code, axisCount, reserved] = [view.getUint8(4), view.getUint8(5), view.getUint8(6), view.getUint8(7)];
  if (version !== wire.BURST_VERSION)
    return refuse("malformed", `version ${wire.BURST_VERSION}`, `it says ${version}: a newer device needs a newer unit`, "version");
  const format = code === wire.FORMAT_CODE.int16 ? "int16" : code === wire.FORMAT_CODE.float32 ? "float32" : null;
  if (format === null) return refuse("malformed", "samples are 1 (int16) or 2 (float32)", `it says ${code}`, "format");
  if (axisCount < 1 || axisCount > BURST_AXES_MAX) return refuse("malformed", `1 to ${BURST_AXES_MAX} axes`, `it says ${axisCount}`, "axes");
  if (reserved !== 0) return refuse("malformed", "byte 7 is 0", "fill it with 0", "reserved");
  const head = headOf(view, payload, format, axisCount, plan, judge, arrivedAt);
  if (isRefusal(head)) return head;
  const [first, count] = [view.getUint32(28, true), view.getUint32(32, true)];
  if (count < 1 || first + count > head.samples)
    return refuse("malformed", `a block has at least one of the burst's ${head.samples} samples`, `it has ${count} from ${first} on`, "count");
  const from = wire.BURST_HEADER_BYTES + wire.BURST_AXIS_BYTES * axisCount;
  const expected = from + axisCount * count * wire.SAMPLE_BYTES[format];
  if (payload.byteLength !== expected)
    return refuse("malformed", `so many samples make ${expected} bytes`, `it held ${payload.byteLength}: it was cut, or counted wrongly`, "count");
  return wavesOf(view, from, count, head, first, plan);
}

function headOf(
  view: DataView,
  payload: Uint8Array,
  format: wire.SampleFormat,
  axisCount: number,
  plan: BurstPlan,
  judge: JudgePolicy,
  arrivedAt: number,
): BurstHead | Refusal {
  const start = Instant.safeParse(view.getFloat64(8, true));
  if (!start.success) return refuse("malformed", "start is a whole number of milliseconds since the epoch", "send the instant of the first sample", "start");
  if (start.data > arrivedAt + judge.aheadMs)
    return refuse(
      "breaks-contract",
      `start lies at most ${judge.aheadMs} ms ahead of its arrival`,
      `set the device's clock: it is ${start.data - arrivedAt} ms ahead`,
      "start",
    );
  const rate = view.getFloat64(16, true);
  if (!(rate >= wire.BURST_HZ_MIN && rate <= wire.BURST_HZ_MAX))
    return refuse("malformed", `${wire.BURST_HZ_MIN} to ${wire.BURST_HZ_MAX} samples a second`, "say how often each axis was sampled, in Hz", "rate");
  const samples = view.getUint32(24, true);
  if (samples > wire.BURST_SAMPLES_MAX)
    return refuse("too-large", `at most ${wire.BURST_SAMPLES_MAX} samples of an axis in a burst`, `it says ${samples}: send shorter bursts`, "samples");
  if (!wire.isBurstLength(samples))
    return refuse(
      "malformed",
      `an even number of samples, ${wire.BURST_SAMPLES_MIN} at least, that is a product of 2, 3, 5 and 7`,
      `it says ${samples}: send 2560, 12800 or 25600, or a power of 2`,
      "samples",
    );
  if (payload.byteLength < wire.BURST_HEADER_BYTES + wire.BURST_AXIS_BYTES * axisCount)
    return refuse("malformed", `${wire.BURST_AXIS_BYTES} bytes for each axis follow the header`, `it held ${payload.byteLength} bytes`, "axes");
  const axes: { readonly id: string; readonly scale: number }[] = [];
  for (let a = 0; a < axisCount; a++) {
    const at = wire.BURST_HEADER_BYTES + wire.BURST_AXIS_BYTES * a;
    const name = nameOf(payload.subarray(at, at + wire.BURST_NAME_BYTES));
    const scale = view.getFloat32(at + wire.BURST_NAME_BYTES, true);
    const field = `axes.${a}`;
    if (name === null) return refuse("malformed", "an axis is named in ASCII, filled up with 0", "use lower-case letters and digits", `${field}.name`);
    if (!plan.axes.includes(name)) return refuse("breaks-contract", "unknown axis", `the profile knows ${plan.axes.join(", ")}, not ${name}`, `${field}.name`);
    if (axes.some(({ id }) => id === name)) return refuse("malformed", "each axis comes once", `${name} came twice`, `${field}.name`);
    if (!(scale > 0 && Number.isFinite(scale)))
      return refuse("malformed", "a scale is a number above 0", "send what 1 of a sample stands for", `${field}.scale`);
    axes.push({ id: name, scale });
  }
  return { start: start.data, rate, format, samples, axes };
}

function nameOf(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  const isFilled = end < 0 || bytes.subarray(end).every((byte) => byte === 0);
  return isFilled && AxisId.safeParse(text).success ? text : null;
}

function wavesOf(view: DataView, from: number, count: number, head: BurstHead, first: number, plan: BurstPlan): BurstBlock | Refusal {
  const waves: Float32Array[] = [];
  let at = from;
  for (const [a, { id, scale }] of head.axes.entries()) {
    const wave = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const raw = head.format === "int16" ? view.getInt16(at, true) : view.getFloat32(at, true);
      at += wire.SAMPLE_BYTES[head.format];
      const value = raw * scale;
      if (!(value >= -plan.max && value <= plan.max))
        return refuse(
          "breaks-contract",
          `a sample is a number of −${plan.max} to ${plan.max} ${plan.uom}`,
          `check the sensor or its scale: sample ${first + i} of ${id} is ${value}`,
          `axes.${a}.samples`,
        );
      wave[i] = value;
    }
    waves.push(wave);
  }
  return { head, first, waves };
}
