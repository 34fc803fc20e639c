/**
 * One row of the message log: a group of messages as one blob, since rows are what storage costs.
 *
 *   format(1) count(var) base(f64) devices(var) {length(var) utf8}… {device(var) arrivedAt-base(zigzag var) length(var) payload}…
 *
 * In format 2, which rows with bursts have, device is twice its index, and one more where the message is a block of a burst.
 *
 * `var` is LEB128. A blob that breaks the layout throws: what is read here was written here.
 */
/** One message, with the instant at which it arrived here. `topic`: of one in the device's own words (format 3, `entry-row.ts`). */
export type Logged = { readonly device: string; readonly payload: Uint8Array; readonly arrivedAt: number; readonly burst?: true; readonly topic?: string };

/** Messages in one row: a second of 500 devices. */
export const ROW_MESSAGES_MAX = 512;
/** Bytes in one row, below the platform's 2 MB with room for the largest last message. */
export const ROW_BYTES_MAX = 1_900_000;

const FORMAT = 1;
const FORMAT_BURSTS = 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Cuts a group into the rows that hold it, in order. */
export function rowsOf(messages: readonly Logged[]): readonly (readonly Logged[])[] {
  const rows: Logged[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const size = message.payload.length + message.device.length * 3 + 16;
    let row = rows.at(-1);
    if (row === undefined || row.length >= ROW_MESSAGES_MAX || bytes + size > ROW_BYTES_MAX) {
      row = [];
      rows.push(row);
      bytes = 16;
    }
    row.push(message);
    bytes += size;
  }
  return rows;
}

export function encodeRow(messages: readonly Logged[]): Uint8Array<ArrayBuffer> {
  const base = messages[0]?.arrivedAt ?? 0;
  const indexOf = new Map<string, number>();
  const names: Uint8Array[] = [];
  let size = 32;
  for (const { device, payload } of messages) {
    if (!indexOf.has(device)) {
      indexOf.set(device, names.length);
      const name = encoder.encode(device);
      names.push(name);
      size += name.length + 5;
    }
    size += payload.length + 20;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  const put = (value: number): void => {
    at = writeVar(bytes, at, value);
  };
  const putBytes = (value: Uint8Array): void => {
    put(value.length);
    bytes.set(value, at);
    at += value.length;
  };
  const hasBursts = messages.some(({ burst }) => burst === true);
  bytes[at++] = hasBursts ? FORMAT_BURSTS : FORMAT;
  put(messages.length);
  new DataView(bytes.buffer).setFloat64(at, base);
  at += 8;
  put(names.length);
  for (const name of names) putBytes(name);
  for (const { device, payload, arrivedAt, burst } of messages) {
    const later = arrivedAt - base;
    const index = indexOf.get(device) ?? 0;
    put(hasBursts ? index * 2 + (burst === true ? 1 : 0) : index);
    put(later >= 0 ? later * 2 : -later * 2 - 1);
    putBytes(payload);
  }
  return bytes.slice(0, at);
}

export function decodeRow(blob: ArrayBuffer): readonly Logged[] {
  const bytes = new Uint8Array(blob);
  let at = 0;
  const take = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a row of the log ends early");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const takeBytes = (): Uint8Array => {
    const length = take();
    at += length;
    if (at > bytes.length) throw new Error("a row of the log ends early");
    return bytes.subarray(at - length, at);
  };
  const format = bytes[at++];
  if (format !== FORMAT && format !== FORMAT_BURSTS) throw new Error("a row of the log has an unknown format");
  const count = take();
  const base = new DataView(blob).getFloat64(at);
  at += 8;
  const names = Array.from({ length: take() }, () => decoder.decode(takeBytes()));
  return Array.from({ length: count }, () => {
    const who = take();
    const device = names[format === FORMAT_BURSTS ? who >> 1 : who];
    const zigzag = take();
    const payload = takeBytes();
    if (device === undefined) throw new Error("a row of the log names no device");
    const message = { device, payload, arrivedAt: base + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2) };
    return format === FORMAT_BURSTS && who % 2 === 1 ? { ...message, burst: true } : message;
  });
}

function writeVar(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest > 127) {
    bytes[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
