/**
 * A bearing whose outer ring fails, as a sensor on its housing hears it: waveforms, not features. The shaft turns with its harmonics, the
 * structure hisses, and each rolling element that passes the defect strikes; a strike rings at the housing's resonances and dies away. Strikes
 * come as often as geometry says, with the slip of real ones. Pure: time and chance are handed in.
 */
import type { BearingGeometry } from "../../contracts/burst.ts";
import type { BurstDraft } from "../../contracts/burst-wire.ts";
import { faultHzOf } from "../../edge/vibration/bearing.ts";
import { noise, type Random } from "./random.ts";

export const BEARING_RATE = 25_600;
/** What the sensor takes at most, up and down, and so what one of 32,768 counts stands for. */
const RANGE_G = 50;
const SCALE = Math.fround(RANGE_G / 32_768);
/** A deep-groove ball bearing 6205 at the speed of a four-pole motor. */
export const BEARING: BearingGeometry = { rpm: 1_797, rollers: 9, rollerMm: 7.94, pitchMm: 39.04, contactDeg: 0 };

/** Where the housing rings, how long, and how loud of all. */
const RESONANCES = [
  { hz: 3_150, decayS: 0.0012, share: 0.6 },
  { hz: 7_400, decayS: 0.0007, share: 1 },
];
const SHAFT = [0.06, 0.02, 0.01];
/** g, RMS. */
const HISS = 0.3;
/** A strike of a defect that has just gone through, in g. */
const STRIKE = 14;
/** Rolling elements slip from strike to strike by so much of their distance. */
const SLIP = 0.01;
/** What the second sensor hears of it. */
const AXES = [
  { id: "horizontal", hears: 1 },
  { id: "vertical", hears: 0.7 },
];

/** `wear`: 0 for a bearing as new, 1 at its end. `samples` as `isBurstLength` allows. Starts with a strike anywhere in its turn. */
export function soundOf(wear: number, start: number, samples: number, random: Random): BurstDraft {
  const phase = random() * 2 * Math.PI;
  const struck = strikes(wear, samples, random);
  const axes = AXES.map(({ id, hears }) => {
    const counts = new Int16Array(samples);
    for (let i = 0; i < samples; i++) {
      const turn = (2 * Math.PI * BEARING.rpm * i) / (60 * BEARING_RATE) + phase;
      let g = HISS * hears * noise(random) + hears * (struck[i] ?? 0);
      for (const [h, amplitude] of SHAFT.entries()) g += amplitude * Math.sin((h + 1) * turn);
      counts[i] = Math.max(-32_768, Math.min(32_767, Math.round(g / SCALE)));
    }
    return { id, scale: SCALE, samples: counts };
  });
  return { start, rate: BEARING_RATE, axes };
}

function strikes(wear: number, samples: number, random: Random): Float64Array {
  const heard = new Float64Array(samples);
  const every = BEARING_RATE / faultHzOf(BEARING).bpfo;
  // A crack is loud long before it is large.
  const loud = STRIKE * wear ** 1.5;
  for (let at = random() * every; at < samples; at += every * (1 + SLIP * noise(random))) {
    for (const { hz, decayS, share } of RESONANCES) {
      for (let i = Math.ceil(at); i < Math.min(samples, at + 8 * decayS * BEARING_RATE); i++) {
        const since = (i - at) / BEARING_RATE;
        heard[i] = (heard[i] ?? 0) + loud * share * Math.exp(-since / decayS) * Math.sin(2 * Math.PI * hz * since);
      }
    }
  }
  return heard;
}
