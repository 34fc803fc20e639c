/**
 * Packets in the files of a queue, as bytes:
 *
 *   {first seq}.log  =  record, record, …     record  =  u32 length of the body │ u32 CRC-32 of the body │ f64 put at │ body as on the wire
 *
 * A record that a crash tore ends its file: its publisher was never answered.
 */
import { open, readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readStored, type Stored, writeStored } from "../../contracts/gateway-wire.ts";

const HEADER_BYTES = 16;

/** One file: `last` is `first - 1` while it is empty. */
export type QueueFile = { readonly first: number; last: number; bytes: number };

export function nameOf(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(16, "0")}.log`);
}

export function recordOf(stored: Stored, putAt: number): Uint8Array {
  const body = writeStored(stored);
  const record = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, body.length, true);
  view.setUint32(4, crc32(body), true);
  view.setFloat64(8, putAt, true);
  record.set(body, HEADER_BYTES);
  return record;
}

type Read = { readonly stored: Stored; readonly putAt: number; readonly length: number };

/** The whole records of a piece of a file; at least one, if the file has one there. */
export async function readPiece(path: string, from: number, length: number): Promise<readonly Read[]> {
  const file = await open(path, "r");
  try {
    const piece = Buffer.alloc(length);
    await file.read(piece, 0, length, from);
    const read = recordsOf(piece);
    if (read.length > 0 || length < 4) return read;
    const whole = HEADER_BYTES + piece.readUInt32LE(0);
    if (whole <= length) return read;
    const larger = Buffer.alloc(whole);
    await file.read(larger, 0, whole, from);
    return recordsOf(larger);
  } finally {
    await file.close();
  }
}

function recordsOf(bytes: Buffer): readonly Read[] {
  const found: Read[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    const body = bytes.subarray(at + HEADER_BYTES, end);
    const stored = crc32(body) === bytes.readUInt32LE(at + 4) ? readStored(body) : null;
    if (stored === null) break;
    found.push({ stored, putAt: bytes.readDoubleLE(at + 8), length: end - at });
    at = end;
  }
  return found;
}

/** Cuts off what is torn. */
export async function readFolder(folder: string, onTorn: () => void): Promise<QueueFile[]> {
  const files: QueueFile[] = [];
  for (const name of (await readdir(folder)).filter((one) => /^\d{16}\.log$/.test(one)).sort()) {
    const first = Number(name.slice(0, 16));
    const bytes = await readFile(join(folder, name));
    const records = recordsOf(bytes);
    const whole = records.reduce((sum, { length }) => sum + length, 0);
    if (whole < bytes.length) {
      onTorn();
      await truncate(join(folder, name), whole);
    }
    files.push({ first, last: records.at(-1)?.stored.seq ?? first - 1, bytes: whole });
  }
  return files;
}
