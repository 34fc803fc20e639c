/**
 * An answer as bytes, as it is kept over restarts.
 *
 *   version · hours · rows · columns (4 × u16) │ cells (f64 each) │ ms (i32) │ m (i32) │ at (u32)        little-endian, by the platform
 */
import type { Table } from "./known.ts";
import { HOURS } from "./hour.ts";

const VERSION = 1;
const HEAD_BYTES = 8;

export function packTable({ hours, from, to, ms, m, at }: Table): Uint8Array<ArrayBuffer> {
  const pairs = from.length * to.length;
  const cellBytes = (from.length + to.length) * 8;
  const bytes = new ArrayBuffer(HEAD_BYTES + cellBytes + pairs * 12);
  new Uint16Array(bytes, 0, 4).set([VERSION, HOURS.indexOf(hours), from.length, to.length]);
  new Float64Array(bytes, HEAD_BYTES, from.length + to.length).set([...from, ...to]);
  const body = HEAD_BYTES + cellBytes;
  new Int32Array(bytes, body, pairs).set(ms);
  new Int32Array(bytes, body + pairs * 4, pairs).set(m);
  new Uint32Array(bytes, body + pairs * 8, pairs).set(at);
  return new Uint8Array(bytes);
}

/** Null for what another version wrote, or half of it: it is asked for again. */
export function unpackTable(packed: Uint8Array): Table | null {
  if (packed.byteLength < HEAD_BYTES) return null;
  const bytes = packed.slice().buffer;
  const [version, hour = -1, rows = 0, columns = 0] = new Uint16Array(bytes, 0, 4);
  const hours = HOURS[hour];
  const pairs = rows * columns;
  const body = HEAD_BYTES + (rows + columns) * 8;
  if (version !== VERSION || hours === undefined || bytes.byteLength !== body + pairs * 12) return null;
  const cells = new Float64Array(bytes, HEAD_BYTES, rows + columns);
  return {
    hours,
    from: [...cells.subarray(0, rows)],
    to: [...cells.subarray(rows)],
    ms: new Int32Array(bytes, body, pairs),
    m: new Int32Array(bytes, body + pairs * 4, pairs),
    at: new Uint32Array(bytes, body + pairs * 8, pairs),
  };
}
