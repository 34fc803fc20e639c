/**
 * The discrete Fourier transform of a real signal whose length is even and a product of 2, 3, 5 and 7: sensors sample by the tenth of a
 * second, 2,560 and not 2,048. `fft.js` transforms the powers of two; what is left of the length is put together by Cooley and Tukey's step
 * (Math. Comp. 19, 1965): X[k] = Σr W^(rk) · Xr[k mod m], with Xr the transform of every p-th sample from r on.
 */
import FFT from "fft.js";

/** Lengths whose tables are kept: a plant's sensors are of a few makes. The largest takes 2 MB. */
const LENGTHS_KEPT_MAX = 8;

/** Bins 0 to n / 2, not scaled: bin k is the frequency k · rate / n. */
export type Spectrum = { readonly n: number; readonly re: Float64Array; readonly im: Float64Array };

const transforms = new Map<number, FFT>();
const twiddles = new Map<number, Float64Array>();

/** Of a signal of at least 2 samples. A length that has another prime factor throws: whoever calls has judged it. */
export function spectrumOf(signal: Float64Array): Spectrum {
  const n = signal.length;
  const bins = n / 2 + 1;
  const both = transform(signal);
  const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
  for (let k = 0; k < bins; k++) {
    re[k] = both[2 * k] ?? 0;
    im[k] = both[2 * k + 1] ?? 0;
  }
  return { n, re, im };
}

/** In place of time samples, complex ones: real and imaginary part in turn. The length, half that of the array, is a power of two. */
export function transformComplex(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  fftOf(values.length / 2).transform(out, values);
  return out;
}

function transform(signal: Float64Array): Float64Array {
  const n = signal.length;
  if ((n & (n - 1)) === 0) {
    const out = new Float64Array(2 * n);
    const fft = fftOf(n);
    fft.realTransform(out, signal);
    fft.completeSpectrum(out);
    return out;
  }
  const p = [7, 5, 3].find((prime) => n % prime === 0);
  if (p === undefined) throw new Error(`no spectrum of ${n} samples: its length has a prime factor above 7`);
  const m = n / p;
  // The parts' transforms one behind the other: this loop is most of what a burst costs.
  const parts = new Float64Array(2 * n);
  const part = new Float64Array(m);
  for (let r = 0; r < p; r++) {
    for (let i = 0; i < m; i++) part[i] = signal[i * p + r] ?? 0;
    parts.set(transform(part), 2 * m * r);
  }
  const w = twiddlesOf(n);
  const out = new Float64Array(2 * n);
  for (let k = 0; 2 * k <= n; k++) {
    let re = 0;
    let im = 0;
    let at = 2 * (k % m);
    let turn = 0;
    for (let r = 0; r < p; r++) {
      const a = parts[at] ?? 0;
      const b = parts[at + 1] ?? 0;
      const c = w[2 * turn] ?? 0;
      const s = w[2 * turn + 1] ?? 0;
      re += a * c - b * s;
      im += a * s + b * c;
      at += 2 * m;
      turn += k;
      if (turn >= n) turn -= n;
    }
    out[2 * k] = re;
    out[2 * k + 1] = im;
    // A real signal's spectrum is its own mirror image.
    if (k > 0) {
      out[2 * (n - k)] = re;
      out[2 * (n - k) + 1] = -im;
    }
  }
  return out;
}

function fftOf(n: number): FFT {
  return kept(transforms, n, () => new FFT(n));
}

function twiddlesOf(n: number): Float64Array {
  return kept(twiddles, n, () => {
    const table = new Float64Array(2 * n);
    for (let j = 0; j < n; j++) {
      table[2 * j] = Math.cos((2 * Math.PI * j) / n);
      table[2 * j + 1] = -Math.sin((2 * Math.PI * j) / n);
    }
    return table;
  });
}

function kept<T>(tables: Map<number, T>, n: number, make: () => T): T {
  const known = tables.get(n);
  if (known !== undefined) return known;
  // The one that has been here longest makes room.
  for (const oldest of tables.keys()) {
    if (tables.size < LENGTHS_KEPT_MAX) break;
    tables.delete(oldest);
  }
  const made = make();
  tables.set(n, made);
  return made;
}
