/**
 * A value made of plain objects, numbers, texts and typed arrays ↔ bytes, exactly: a checkpoint reads back bit for bit.
 *
 *   u32 length of the text · JSON text, typed arrays replaced by { "$f32" | "$f64": offset, n } · their bytes, little-endian
 */
export type Packable = null | boolean | number | string | Float32Array | Float64Array | readonly Packable[] | { readonly [key: string]: Packable | undefined };

type Place = { readonly bytes: Uint8Array; readonly at: number };

export function pack(value: Packable): Uint8Array<ArrayBuffer> {
  const places: Place[] = [];
  let size = 0;
  const put = (array: Float32Array | Float64Array): number => {
    const at = size;
    places.push({ at, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    size += array.byteLength;
    return at;
  };
  const plain = (one: Packable | undefined): unknown => {
    if (one instanceof Float32Array) return { $f32: put(one), n: one.length };
    if (one instanceof Float64Array) return { $f64: put(one), n: one.length };
    if (Array.isArray(one)) return one.map(plain);
    if (typeof one === "object" && one !== null) return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, plain(inner)]));
    return one;
  };
  const text = new TextEncoder().encode(JSON.stringify(plain(value)));
  const bytes = new Uint8Array(4 + text.byteLength + size);
  new DataView(bytes.buffer).setUint32(0, text.byteLength, true);
  bytes.set(text, 4);
  for (const one of places) bytes.set(one.bytes, 4 + text.byteLength + one.at);
  return bytes;
}

/** Reads what `pack` wrote. Throws on other bytes: they are our own, so that is a bug. */
export function unpack(bytes: Uint8Array): unknown {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const start = 4 + length;
  const cut = (at: number, size: number): ArrayBuffer => bytes.slice(start + at, start + at + size).buffer;
  const revive = (_key: string, one: unknown): unknown => {
    if (typeof one !== "object" || one === null || !("n" in one) || typeof one.n !== "number") return one;
    if ("$f32" in one && typeof one.$f32 === "number") return new Float32Array(cut(one.$f32, one.n * 4));
    if ("$f64" in one && typeof one.$f64 === "number") return new Float64Array(cut(one.$f64, one.n * 8));
    return one;
  };
  return JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)), revive) as unknown;
}
