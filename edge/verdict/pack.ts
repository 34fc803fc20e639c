/**
 * A value made of plain objects, numbers, texts and typed arrays ↔ bytes, exactly: a checkpoint reads back bit for bit.
 *
 *   u32 MARK · value
 *   value: tag · null, false, true: nothing · f64 · whole number as zigzag var · text: length var, UTF-8; met before: its number var
 *          · array: count var, values · object: number of its shape var, the keys after a new one, values
 *          · f32, f64: count var, bytes, little-endian · f64 of whole numbers: count var, each one's distance from the one before as zigzag var
 *
 * `var` is LEB128. What was written before this layout (u32 length · JSON · typed arrays) is read still.
 */
export type Packable = null | boolean | number | string | Float32Array | Float64Array | readonly Packable[] | { readonly [key: string]: Packable | undefined };

/** No text of the layout before has so many bytes. */
const MARK = 0xff_ff_ff_ff;
const [NULL, FALSE, TRUE, NUMBER, WHOLE, TEXT, TEXT_AGAIN, ARRAY, OBJECT, F32, F64, F64_STEPS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/** Whole numbers up to here keep their differences exact: instants are far below. */
const STEPS_MAX = 2 ** 51;
/** What one slice of a checkpoint has, about. */
const FIRST_BYTES = 1 << 16;
/** The longest of number, tag and length. */
const ROOM = 24;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Writer = { bytes: Uint8Array<ArrayBuffer>; view: DataView; at: number; readonly texts: Map<string, number>; readonly shapes: (readonly string[])[] };

export function pack(value: Packable): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FIRST_BYTES);
  const writer: Writer = { bytes, view: new DataView(bytes.buffer), at: 4, texts: new Map(), shapes: [] };
  writer.view.setUint32(0, MARK, true);
  write(writer, value);
  return writer.bytes.slice(0, writer.at);
}

function write(w: Writer, value: Packable): void {
  reserve(w, ROOM);
  if (value === null) w.bytes[w.at++] = NULL;
  else if (typeof value === "boolean") w.bytes[w.at++] = value ? TRUE : FALSE;
  else if (typeof value === "number") writeNumber(w, value);
  else if (typeof value === "string") writeText(w, value);
  else if (value instanceof Float32Array) writeFloats(w, F32, value);
  else if (value instanceof Float64Array) {
    if (isSteps(value)) writeSteps(w, value);
    else writeFloats(w, F64, value);
  } else if (isList(value)) {
    w.bytes[w.at++] = ARRAY;
    writeVar(w, value.length);
    for (const one of value) write(w, one);
  } else writeObject(w, value);
}

function writeNumber(w: Writer, value: number): void {
  if (isWhole(value)) {
    w.bytes[w.at++] = WHOLE;
    return writeVar(w, zigzag(value));
  }
  w.bytes[w.at++] = NUMBER;
  w.view.setFloat64(w.at, value, true);
  w.at += 8;
}

function writeText(w: Writer, text: string): void {
  const known = w.texts.get(text);
  if (known !== undefined) {
    w.bytes[w.at++] = TEXT_AGAIN;
    return writeVar(w, known);
  }
  w.texts.set(text, w.texts.size);
  w.bytes[w.at++] = TEXT;
  writeLetters(w, text);
}

function writeLetters(w: Writer, text: string): void {
  const letters = encoder.encode(text);
  reserve(w, letters.length + ROOM);
  writeVar(w, letters.length);
  w.bytes.set(letters, w.at);
  w.at += letters.length;
}

function writeObject(w: Writer, value: { readonly [key: string]: Packable | undefined }): void {
  const all = Object.keys(value);
  const keys = all.some((key) => value[key] === undefined) ? all.filter((key) => value[key] !== undefined) : all;
  w.bytes[w.at++] = OBJECT;
  const known = w.shapes.findIndex((shape) => shape.length === keys.length && shape.every((key, i) => key === keys[i]));
  writeVar(w, known < 0 ? w.shapes.length : known);
  if (known < 0) {
    w.shapes.push(keys);
    writeVar(w, keys.length);
    for (const key of keys) writeLetters(w, key);
  }
  for (const key of keys) write(w, value[key] ?? null);
}

function writeFloats(w: Writer, tag: number, values: Float32Array | Float64Array): void {
  reserve(w, values.byteLength + ROOM);
  w.bytes[w.at++] = tag;
  writeVar(w, values.length);
  w.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), w.at);
  w.at += values.byteLength;
}

function writeSteps(w: Writer, values: Float64Array): void {
  reserve(w, values.length * 8 + ROOM);
  w.bytes[w.at++] = F64_STEPS;
  writeVar(w, values.length);
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    writeVar(w, zigzag(values[i]! - last));
    last = values[i]!;
  }
}

/** Instants: at one a second two bytes take the place of eight. */
function isSteps(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!isWhole(values[i]!)) return false;
  return values.length > 0;
}

/** −0 is a number of its own. */
function isWhole(value: number): boolean {
  return Number.isInteger(value) && value <= STEPS_MAX && value >= -STEPS_MAX && !Object.is(value, -0);
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function writeVar(w: Writer, value: number): void {
  let rest = value;
  // Shifts of 32 bits are many times as fast as a division of any number.
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) w.bytes[w.at++] = (rest % 128) + 128;
  for (; rest > 127; rest >>>= 7) w.bytes[w.at++] = (rest & 127) | 128;
  w.bytes[w.at++] = rest;
}

function reserve(w: Writer, room: number): void {
  if (w.at + room <= w.bytes.length) return;
  const bytes = new Uint8Array(Math.max(w.bytes.length * 2, w.at + room));
  bytes.set(w.bytes.subarray(0, w.at));
  w.bytes = bytes;
  w.view = new DataView(bytes.buffer);
}

type Reader = { readonly bytes: Uint8Array; readonly view: DataView; at: number; readonly texts: string[]; readonly shapes: (readonly string[])[] };

/** Reads what `pack` wrote. Throws on other bytes: they are our own, so that is a bug. */
export function unpack(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0, true) === MARK ? read({ bytes, view, at: 4, texts: [], shapes: [] }) : unpackText(bytes);
}

function read(r: Reader): unknown {
  const tag = r.bytes[r.at++];
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      r.at += 8;
      return r.view.getFloat64(r.at - 8, true);
    case WHOLE:
      return unzigzag(readVar(r));
    case TEXT:
      r.texts.push(readLetters(r));
      return r.texts.at(-1);
    case TEXT_AGAIN:
      return known(r.texts, readVar(r));
    case ARRAY:
      return Array.from({ length: readVar(r) }, () => read(r));
    case OBJECT:
      return readObject(r);
    case F32:
      return new Float32Array(cut(r, readVar(r) * 4));
    case F64:
      return new Float64Array(cut(r, readVar(r) * 8));
    case F64_STEPS:
      return readSteps(r);
    default:
      throw new Error(`packed bytes have no value at ${r.at - 1}`);
  }
}

function readObject(r: Reader): unknown {
  const shape = readVar(r);
  if (shape === r.shapes.length) r.shapes.push(Array.from({ length: readVar(r) }, () => readLetters(r)));
  return Object.fromEntries(known(r.shapes, shape).map((key) => [key, read(r)]));
}

function readSteps(r: Reader): Float64Array {
  const values = new Float64Array(readVar(r));
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    last += unzigzag(readVar(r));
    values[i] = last;
  }
  return values;
}

function readLetters(r: Reader): string {
  return decoder.decode(cut(r, readVar(r)));
}

function readVar(r: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = r.bytes[r.at++];
    if (byte === undefined) throw new Error("packed bytes end early");
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function cut(r: Reader, size: number): ArrayBuffer {
  r.at += size;
  if (r.at > r.bytes.length) throw new Error("packed bytes end early");
  return r.bytes.slice(r.at - size, r.at).buffer;
}

function known<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new Error(`packed bytes name ${index} of ${all.length}`);
  return one;
}

function isList(value: readonly Packable[] | { readonly [key: string]: Packable | undefined }): value is readonly Packable[] {
  return Array.isArray(value);
}

/** The layout before: u32 length of the text · JSON text, typed arrays replaced by { "$f32" | "$f64": offset, n } · their bytes, little-endian. */
function unpackText(bytes: Uint8Array): unknown {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const start = 4 + length;
  const from = (at: number, size: number): ArrayBuffer => bytes.slice(start + at, start + at + size).buffer;
  const revive = (_key: string, one: unknown): unknown => {
    if (typeof one !== "object" || one === null || !("n" in one) || typeof one.n !== "number") return one;
    if ("$f32" in one && typeof one.$f32 === "number") return new Float32Array(from(one.$f32, one.n * 4));
    if ("$f64" in one && typeof one.$f64 === "number") return new Float64Array(from(one.$f64, one.n * 8));
    return one;
  };
  return JSON.parse(decoder.decode(bytes.subarray(4, start)), revive) as unknown;
}
