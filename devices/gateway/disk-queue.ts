/**
 * Packets that a gateway took over while its unit was away, in files of one folder (`disk-record.ts`).
 * Appended in groups, each flushed to the disk before anybody is told; read once, in order; a file is deleted when the unit has all of it.
 * The last file stays, if only for its name: a gateway that starts anew goes on counting.
 */
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import type { Stored } from "../../contracts/gateway-wire.ts";
import { nameOf, readFolder, readPiece, recordOf } from "./disk-record.ts";

/** One file: what is deleted, and read at the start, at a time. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes that wait for the disk. Beyond it nobody is read any further until they are there. */
const UNFLUSHED_BYTES_MAX = 4 * 1024 * 1024;

export type DiskQueue = {
  /** Whether another packet may be added now. False: its publisher waits, unanswered. */
  hasRoom(): boolean;
  /** `onDisk` is called when the packet has been flushed; never if the disk fails. */
  add(packet: Omit<Stored, "seq" | "ageMs">, onDisk: () => void): void;
  /** The next flushed packets in order, about `bytesMax` of them; empty at the end. One call at a time. */
  next(bytesMax: number): Promise<readonly Stored[]>;
  /** Reads again from the first packet after `through`; those up to it are the unit's. */
  rewind(through: number): Promise<void>;
  /** Everything up to this seq is on the unit's disk. */
  accepted(through: number): Promise<void>;
  /** Through which seq it was read. */
  readThrough(): number;
  /** False after the disk has failed, until `repair` has worked. */
  isSound(): boolean;
  /** Tries a failed disk again; rejects while it still fails. */
  repair(): Promise<void>;
  /** Packets that were not accepted, with those that are not flushed yet. */
  packets(): number;
  bytes(): number;
  counts(): { readonly stored: number; readonly tooOld: number; readonly torn: number };
  close(): Promise<void>;
};

export type DiskQueueOptions = {
  readonly folder: string;
  readonly bytesMax: number;
  /** Older packets are left out when the unit is back, and counted. */
  readonly ageMaxMs: number;
  readonly now: () => number;
  /** There is room again: called once for each time `hasRoom` was false. */
  readonly onRoom: () => void;
  /** The disk can't be written: nothing more is taken until it is repaired, and nobody hears of what waited. */
  readonly onFailure: (error: Error) => void;
};

type Waiting = { readonly packet: Omit<Stored, "seq" | "ageMs">; readonly putAt: number; readonly onDisk: () => void };

/** Rejects when the folder can't be made or read. */
export async function openDiskQueue(options: DiskQueueOptions): Promise<DiskQueue> {
  const { folder, now } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const counts = { stored: 0, tooOld: 0, torn: 0 };
  const files = await readFolder(folder, () => (counts.torn += 1));
  if (files.length === 0) files.push({ first: 1, last: 0, bytes: 0 });
  let handle = await openLast();
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let unflushed = 0;
  let flushing = false;
  /** Files are written, read and deleted one after another. */
  let turn: Promise<unknown> = Promise.resolve();
  let failed = false;
  let wasFull = false;
  let acceptedThrough = (files[0]?.first ?? 1) - 1;
  /** Where reading goes on. */
  let at = { first: files[0]?.first ?? 1, offset: 0, seq: acceptedThrough };

  function fileBytes(): number {
    return files.reduce((sum, file) => sum + file.bytes, 0);
  }

  async function openLast(): Promise<FileHandle> {
    const last = files.at(-1);
    if (last === undefined) throw new Error("a queue has a file");
    const opened = await open(nameOf(folder, last.first), "a", 0o600);
    const directory = await open(folder, "r");
    await directory.sync().finally(() => directory.close());
    return opened;
  }

  function hasRoom(): boolean {
    const room = !failed && waitingBytes < UNFLUSHED_BYTES_MAX && fileBytes() + waitingBytes < options.bytesMax;
    wasFull ||= !room;
    return room;
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return await result;
  }

  function add(packet: Omit<Stored, "seq" | "ageMs">, onDisk: () => void): void {
    waiting.push({ packet, putAt: now(), onDisk });
    waitingBytes += packet.packet.length;
    unflushed += 1;
    if (flushing) return;
    flushing = true;
    // What comes in this turn of the loop shares one flush, as does what comes while another goes on.
    setImmediate(() => void inTurn(flush).catch(fail));
  }

  /** Nobody was told of what waits: its publishers have it still. */
  function fail(error: unknown): void {
    failed = true;
    waiting = [];
    waitingBytes = 0;
    unflushed = 0;
    options.onFailure(error instanceof Error ? error : new Error(String(error)));
  }

  async function flush(): Promise<void> {
    flushing = false;
    const group = waiting;
    waiting = [];
    const file = files.at(-1);
    if (failed || file === undefined || group.length === 0) return;
    const records = group.map(({ packet, putAt }, i) => recordOf({ ...packet, seq: file.last + 1 + i, ageMs: 0 }, putAt));
    await handle.appendFile(Buffer.concat(records));
    await handle.datasync();
    for (const { length } of records) file.bytes += length;
    for (const { packet } of group) waitingBytes -= packet.packet.length;
    unflushed -= group.length;
    file.last += group.length;
    counts.stored += group.length;
    if (file.bytes >= FILE_BYTES_MAX) await roll(file.last);
    for (const { onDisk } of group) onDisk();
    tellRoom();
  }

  /** Half a record may be at the end of the file. */
  async function repair(): Promise<void> {
    const file = files.at(-1);
    if (!failed || file === undefined) return;
    await handle.close().catch(() => undefined);
    handle = await openLast();
    await handle.truncate(file.bytes);
    failed = false;
    tellRoom();
  }

  async function roll(last: number): Promise<void> {
    files.push({ first: last + 1, last, bytes: 0 });
    await handle.close();
    handle = await openLast();
  }

  function tellRoom(): void {
    if (!wasFull || !hasRoom()) return;
    wasFull = false;
    options.onRoom();
  }

  async function read(bytesMax: number): Promise<readonly Stored[]> {
    const found: Stored[] = [];
    let bytes = 0;
    while (bytes < bytesMax) {
      const file = files.find((one) => one.first === at.first) ?? files[0];
      if (file === undefined) break;
      if (file.first !== at.first) at = { first: file.first, offset: 0, seq: at.seq };
      if (at.offset >= file.bytes) {
        const following = files[files.indexOf(file) + 1];
        if (following === undefined) break;
        at = { first: following.first, offset: 0, seq: at.seq };
        continue;
      }
      const piece = await readPiece(nameOf(folder, file.first), at.offset, Math.min(file.bytes - at.offset, bytesMax));
      for (const { stored, putAt, length } of piece) {
        at = { ...at, offset: at.offset + length };
        if (stored.seq <= at.seq) continue;
        at = { ...at, seq: stored.seq };
        const ageMs = Math.max(0, now() - putAt);
        if (ageMs > options.ageMaxMs) {
          counts.tooOld += 1;
          continue;
        }
        bytes += length;
        found.push({ ...stored, ageMs });
      }
      if (piece.length > 0) continue;
      // Rotten since it was written: what follows in this file can't be told apart any more. What comes after the file can.
      counts.torn += 1;
      at = { first: file.first, offset: file.bytes, seq: file.last };
    }
    return found;
  }

  async function accept(through: number): Promise<void> {
    acceptedThrough = Math.max(acceptedThrough, through);
    const last = files.at(-1);
    // A unit that has more than this folder ever held: files were deleted. What is counted anew would be taken for what it has.
    if (last !== undefined && (last.last < acceptedThrough || (last.bytes > 0 && last.last === acceptedThrough))) await roll(acceptedThrough);
    while (files.length > 1 && (files[0]?.last ?? Infinity) <= acceptedThrough) {
      const [gone] = files.splice(0, 1);
      if (gone !== undefined) await unlink(nameOf(folder, gone.first));
    }
    tellRoom();
  }

  return {
    hasRoom,
    add,
    next: (bytesMax) => inTurn(() => read(bytesMax)),
    rewind: (through) =>
      inTurn(async () => {
        at = { first: files[0]?.first ?? 1, offset: 0, seq: Math.max(through, acceptedThrough) };
        await accept(through);
      }),
    accepted: (through) => inTurn(() => accept(through)),
    readThrough: () => at.seq,
    isSound: () => !failed,
    repair: () => inTurn(repair),
    packets: () => unflushed + Math.max(0, (files.at(-1)?.last ?? 0) - Math.max(acceptedThrough, (files[0]?.first ?? 1) - 1)),
    bytes: () => fileBytes() + waitingBytes,
    counts: () => ({ ...counts }),
    async close() {
      await inTurn(flush);
      await inTurn(() => handle.close());
    },
  };
}
