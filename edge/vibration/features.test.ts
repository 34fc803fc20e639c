import fc from "fast-check";
import { expect, test } from "vitest";
import type { BurstPlan } from "../../contracts/burst.ts";
import { noise, randomOf } from "../../devices/simulator/random.ts";
import { isBurstLength } from "../../contracts/burst-wire.ts";
import { faultHzOf } from "./bearing.ts";
import { envelopeOf } from "./envelope.ts";
import { featuresOf } from "./features.ts";
import { spectrumOf } from "./spectrum.ts";

const RATE = 25_600;
const plan: BurstPlan = {
  axes: ["x"],
  uom: "m/s2",
  max: 500,
  bandsHz: [10, 1_000, 5_000, 10_000, 12_800],
  velocityHz: { from: 10, to: 1_000 },
  envelopeHz: { from: 5_000, to: 10_000 },
  envelopeToHz: 1_000,
};
const wave = (n: number, of: (t: number, i: number) => number): Float32Array => Float32Array.from({ length: n }, (_, i) => of(i / RATE, i));
const sine =
  (hz: number, amplitude = 1, phase = 0) =>
  (t: number) =>
    amplitude * Math.sin(2 * Math.PI * hz * t + phase);
const lengths = [256, 270, 300, 2_048, 2_560, 2_800, 6_300, 12_800];

/** Of a wave, bin by bin, as the definition has it. */
function plainly(signal: Float64Array, k: number): readonly [number, number] {
  let [re, im] = [0, 0];
  for (const [i, value] of signal.entries()) {
    re += value * Math.cos((2 * Math.PI * k * i) / signal.length);
    im -= value * Math.sin((2 * Math.PI * k * i) / signal.length);
  }
  return [re, im];
}

test("VB2 a spectrum is what its definition says, at every length that a burst may have", () => {
  fc.assert(
    fc.property(fc.constantFrom(...lengths, 2, 4, 6, 10, 14, 30, 70, 210), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (n, seed) => {
      const signal = Float64Array.from({ length: n }, (_, i) => Math.sin((i + 1) * (seed + 1)) + Math.cos(i * i * 0.37));
      const { re, im } = spectrumOf(signal);
      for (const k of [0, 1, Math.floor(n / 3), n / 2]) {
        const [a, b] = plainly(signal, k);
        expect(Math.hypot((re[k] ?? 0) - a, (im[k] ?? 0) - b)).toBeLessThan(1e-8 * n);
      }
    }),
    { numRuns: 40 },
  );
  expect(() => spectrumOf(new Float64Array(22))).toThrow("prime factor");
});

test("VB3 a sine: rms a/√2, kurtosis 1.5, crest √2, velocity a/ω, all of it in its band", () => {
  for (const n of [2_560, 12_800, 25_600]) {
    const { rms, peak, kurtosis, crest, velocity, ...rest } = featuresOf(wave(n, sine(100, 3)), RATE, plan);
    expect(rms).toBeCloseTo(3 / Math.SQRT2, 6);
    expect(peak).toBeCloseTo(3, 6);
    expect(kurtosis).toBeCloseTo(1.5, 6);
    expect(crest).toBeCloseTo(Math.SQRT2, 6);
    expect(velocity).toBeCloseTo(3 / Math.SQRT2 / (2 * Math.PI * 100), 9);
    expect(rest["band.0"]).toBeCloseTo(3 / Math.SQRT2, 6);
    for (const band of ["band.1", "band.2", "band.3", "envelope"] as const) expect(rest[band]).toBeLessThan(1e-5);
  }
});

test("VB3 a mean, as gravity is, changes nothing", () => {
  const [still, held] = [0, 9.80665].map((mean) =>
    featuresOf(
      wave(2_560, (t) => mean + sine(300, 2)(t) + sine(6_000, 0.5)(t)),
      RATE,
      plan,
    ),
  );
  for (const [name, value] of Object.entries(still ?? {})) expect(held?.[name as "rms"]).toBeCloseTo(value, 4);
});

test("VB3 a square wave has kurtosis 1 and crest 1; a single strike has as much kurtosis as samples, and √n for crest", () => {
  const square = featuresOf(
    wave(2_560, (_, i) => (i % 20 < 10 ? 1 : -1)),
    RATE,
    plan,
  );
  expect([square.kurtosis, square.crest]).toEqual([1, 1]);
  const strike = featuresOf(
    wave(2_560, (_, i) => (i === 700 ? 10 : 0)),
    RATE,
    plan,
  );
  expect(strike.kurtosis).toBeCloseTo(2_558, 0);
  expect(strike.crest).toBeCloseTo(Math.sqrt(2_559), 1);
});

test("VB3 what is amplified by c has its features so, and its ratios as they were", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.nat(96), (c, seed) => {
      const of = (t: number, i: number): number => Math.sin(i * i * (0.001 + seed / 1e4)) + sine(50)(t) + 0.3 * sine(7_000)(t);
      const [one, more] = [
        featuresOf(wave(2_560, of), RATE, plan),
        featuresOf(
          wave(2_560, (t, i) => c * of(t, i)),
          RATE,
          plan,
        ),
      ];
      for (const [name, value] of Object.entries(one)) {
        const times = name === "kurtosis" || name === "crest" ? 1 : c;
        expect(Math.abs((more[name as "rms"] ?? 0) / (value * times) - 1)).toBeLessThan(1e-4);
      }
    }),
    { numRuns: 30 },
  );
});

test("VB4 the bands' squares and the square of the RMS add up, half the sampling rate included", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...lengths.filter((n) => n >= 2_560)),
      fc.array(fc.float({ noNaN: true, min: -5, max: 5 }), { minLength: 50, maxLength: 50 }),
      (n, some) => {
        const noise = wave(n, (t, i) => (some[i % 50] ?? 0) * (some[(i * 7) % 50] ?? 0) + (i % 2 === 0 ? 0.5 : -0.5) + sine(5_000)(t));
        const features = featuresOf(noise, RATE, { ...plan, bandsHz: [RATE / n, 1_000, 5_000, 10_000, 12_800] });
        const bands = [0, 1, 2, 3].reduce((sum, i) => sum + (features[`band.${i as 0}`] ?? Number.NaN) ** 2, 0);
        expect(Math.abs(bands / (features.rms ?? 0) ** 2 - 1)).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 30 },
  );
});

test("VB4 the velocity is of 10 to 1,000 Hz, ends included, and of nothing else", () => {
  const both = (a: number, b: number) =>
    featuresOf(
      wave(25_600, (t) => sine(a)(t) + sine(b)(t)),
      RATE,
      plan,
    ).velocity ?? Number.NaN;
  const rms = (...hz: readonly number[]): number => Math.sqrt(hz.reduce((sum, one) => sum + 0.5 / (2 * Math.PI * one) ** 2, 0));
  expect(both(10, 1_000)).toBeCloseTo(rms(10, 1_000), 8);
  expect(both(9, 50)).toBeCloseTo(rms(50), 8);
  expect(both(50, 1_001)).toBeCloseTo(rms(50), 8);
});

test("VB4 a line between two bins: within a second the velocity is right to two per cent", () => {
  for (const hz of [24.5, 33.3, 49.7, 120.25]) {
    const velocity = featuresOf(wave(25_600, sine(hz, 1, 0.7)), RATE, plan).velocity ?? 0;
    expect(Math.abs((velocity * 2 * Math.PI * hz * Math.SQRT2) / 1 - 1)).toBeLessThan(0.02);
  }
});

test("VB5 a tone that swells and fades m times its size, f times a second, has an envelope of m/√2 at f", () => {
  for (const [n, f] of [
    [2_560, 120],
    [25_600, 87],
  ] as const) {
    const of = (t: number): number => (1 + 0.6 * Math.cos(2 * Math.PI * f * t)) * sine(7_000, 2)(t);
    const features = featuresOf(wave(n, of), RATE, plan);
    expect(features.envelope).toBeCloseTo((2 * 0.6) / Math.SQRT2, 4);
    const spectrum = envelopeOf(spectrumOf(Float64Array.from(wave(n, of))), RATE, plan.envelopeHz);
    const strongest = spectrum?.amplitude.indexOf(Math.max(...(spectrum.amplitude ?? []))) ?? 0;
    expect([strongest * (spectrum?.stepHz ?? 0), spectrum?.amplitude[strongest]]).toEqual([f, expect.closeTo(1.2, 4)]);
  }
});

test("VB5 strikes that ring high have their line at how often they strike, not at how they ring", () => {
  const every = RATE / 128;
  const struck = wave(25_600, (t, i) => {
    const since = (i % 128) / RATE;
    return 5 * Math.exp(-since / 0.001) * Math.sin(2 * Math.PI * 7_300 * since) + 0.2 * sine(29.5)(t);
  });
  const spectrum = envelopeOf(spectrumOf(Float64Array.from(struck)), RATE, plan.envelopeHz);
  const strongest = spectrum?.amplitude.indexOf(Math.max(...(spectrum.amplitude ?? []))) ?? 0;
  expect(strongest * (spectrum?.stepHz ?? 0)).toBe(every);
});

test("VB5 the envelope of noise is the magnitude of its analytic signal, point by point", () => {
  const n = 2_560;
  const random = randomOf(5, "noise");
  const hiss = Float64Array.from({ length: n }, () => noise(random));
  const { re, im } = spectrumOf(hiss);
  // As the definition has it: the band's positive frequencies alone, twice, at every sample.
  const envelope = Float64Array.from({ length: n }, (_, i) => {
    let [a, b] = [0, 0];
    for (let k = 500; k <= 1_000; k++) {
      const turn = (2 * Math.PI * k * i) / n;
      a += (2 / n) * ((re[k] ?? 0) * Math.cos(turn) - (im[k] ?? 0) * Math.sin(turn));
      b += (2 / n) * ((re[k] ?? 0) * Math.sin(turn) + (im[k] ?? 0) * Math.cos(turn));
    }
    return Math.sqrt(a * a + b * b);
  });
  const plain = spectrumOf(envelope);
  const made = envelopeOf(spectrumOf(hiss), RATE, plan.envelopeHz);
  for (let j = 1; j <= 100; j++) {
    const amplitude = (2 * Math.hypot(plain.re[j] ?? 0, plain.im[j] ?? 0)) / n;
    expect(Math.abs((made?.amplitude[j] ?? Number.NaN) - amplitude)).toBeLessThan(1e-3);
  }
});

test("VB6 fault frequencies are those of the textbook's bearing, and strikes at the outer ring's are told from the others", () => {
  // SKF 6205 at 1,797 rpm, of Case Western Reserve's bearing data: 3.5848, 5.4152, 2.357 and 0.39828 times the shaft.
  const bearing = { rpm: 1_797, rollers: 9, rollerMm: 7.94, pitchMm: 39.04, contactDeg: 0 };
  const { bpfo, bpfi, bsf, ftf } = faultHzOf(bearing);
  for (const [hz, orders] of [
    [bpfo, 3.5848],
    [bpfi, 5.4152],
    [bsf, 2.357],
    [ftf, 0.39828],
  ] as const)
    expect(hz / (1_797 / 60)).toBeCloseTo(orders, 2);
  const struck = wave(25_600, (t, i) => {
    const since = t - Math.floor(t * bpfo * 0.99) / (bpfo * 0.99);
    return 5 * Math.exp(-since / 0.001) * Math.sin(2 * Math.PI * 7_300 * since) + 0.3 * Math.sin(i * i * 0.01);
  });
  const lines = featuresOf(struck, RATE, { ...plan, bearing });
  for (const other of ["bpfi", "bsf", "ftf"] as const) expect(lines.bpfo ?? 0).toBeGreaterThan(5 * (lines[other] ?? 0));
});

test("VB7 what a burst can't say is a gap: nothing moves, too slow for a band, too short for a velocity or a fault", () => {
  const flat = featuresOf(new Float32Array(2_560).fill(1), RATE, plan);
  expect([flat.rms, flat.peak, flat.velocity, flat.kurtosis, flat.crest]).toEqual([0, 0, 0, Number.NaN, Number.NaN]);
  const slow = featuresOf(wave(2_560, sine(50)), 10_000, plan);
  expect([slow["band.1"], slow["band.2"], slow["band.3"], slow.envelope]).toEqual([expect.any(Number), Number.NaN, Number.NaN, Number.NaN]);
  expect(slow["band.1"]).not.toBeNaN();
  const bearing = { rpm: 300, rollers: 8, rollerMm: 10, pitchMm: 50, contactDeg: 0 };
  const short = featuresOf(wave(1_280, sine(50)), RATE, { ...plan, bearing });
  expect([short.velocity, short.bpfo, short.ftf]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("VB7 whatever the wave, a feature is a number that is not below 0, or a gap", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 256, max: 4_096 }).filter(isBurstLength),
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -500, max: 500 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 100, max: 200_000, noNaN: true }),
      (n, some, rate) => {
        const features = featuresOf(
          wave(n, (_, i) => some[i % some.length] ?? 0),
          rate,
          plan,
        );
        for (const value of Object.values(features)) expect(value >= 0 ? Number.isFinite(value) : Number.isNaN(value)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
