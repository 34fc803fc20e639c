/**
 * One row of the log in format 3: entries of every kind as one blob, since rows are what storage costs.
 *
 *   format(1)=3 count(var) base(f64) names(var) {length(var) utf8}… {kind(1) fields}…
 *
 * Devices, topics and sessions are names of one table; instants are zigzag distances from the base. Formats 1 and 2 hold
 * telemetry only and stay readable. A blob that breaks the layout throws: what is read here was written here.
 */
import { bytesOfEntry, type Carrying, type Delivery, type Entry } from "./entry.ts";
import { openByteReader, openByteWriter, type ByteReader, type ByteWriter } from "./entry-bytes.ts";
import { decodeRow, ROW_BYTES_MAX, ROW_MESSAGES_MAX } from "./log.ts";
import type { Qos } from "./broker/packet.ts";

const FORMAT = 3;
const KINDS = ["telemetry", "burst", "foreign", "message", "held", "released", "sent", "taken", "finished", "silent", "link", "gone"] as const;
const KIND_OF = new Map(KINDS.map((kind, i) => [kind, i]));
/** Above the kind: the entry has a delivery, its topic is spelled out. */
const DELIVERED = 0x40;
const ELSEWHERE = 0x80;

/** Cuts a group into the rows that hold it, in order. */
export function entryRowsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const rows: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const size = bytesOfEntry(entry);
    let row = rows.at(-1);
    if (row === undefined || row.length >= ROW_MESSAGES_MAX || bytes + size > ROW_BYTES_MAX) {
      row = [];
      rows.push(row);
      bytes = 32;
    }
    row.push(entry);
    bytes += size;
  }
  return rows;
}

export function encodeEntries(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const first = entries.find((entry) => "arrivedAt" in entry || entry.kind === "silent");
  const base = first === undefined ? 0 : "arrivedAt" in first ? first.arrivedAt : first.kind === "silent" ? first.at : 0;
  const body = openByteWriter(64 + entries.reduce((sum, entry) => sum + bytesOfEntry(entry), 0));
  const names = new Map<string, number>();
  const name = (text: string): void => {
    let index = names.get(text);
    if (index === undefined) names.set(text, (index = names.size));
    body.number(index);
  };
  for (const entry of entries) putEntry(body, entry, base, name);
  const whole = openByteWriter(32 + body.length() + [...names.keys()].reduce((sum, text) => sum + text.length * 3 + 5, 0));
  whole.byte(FORMAT);
  whole.number(entries.length);
  whole.float(base);
  whole.number(names.size);
  for (const text of names.keys()) whole.text(text);
  whole.raw(body.done());
  return whole.done();
}

function putEntry(to: ByteWriter, entry: Entry, base: number, name: (text: string) => void): void {
  const kind = KIND_OF.get(entry.kind) ?? 0;
  switch (entry.kind) {
    case "telemetry":
    case "burst":
    case "foreign":
      to.byte(kind | (entry.delivery === null ? 0 : DELIVERED) | (entry.topic === null ? 0 : ELSEWHERE));
      name(entry.device);
      if (entry.topic !== null) name(entry.topic);
      to.signed(entry.arrivedAt - base);
      to.bytes(entry.payload);
      if (entry.delivery !== null) putDelivery(to, entry.delivery, base, name);
      return;
    case "message":
      to.byte(kind);
      to.signed(entry.arrivedAt - base);
      to.bytes(entry.payload);
      return putDelivery(to, entry.delivery, base, name);
    case "held":
    case "released":
      to.byte(kind);
      name(entry.session);
      return to.number(entry.id);
    case "sent":
    case "taken":
      to.byte(kind);
      name(entry.session);
      to.number(entry.index);
      return to.number(entry.id);
    case "finished":
      to.byte(kind);
      name(entry.session);
      to.number(entry.indices.length);
      for (const index of entry.indices) to.number(index);
      return;
    case "silent":
      to.byte(kind);
      name(entry.device);
      return to.signed(entry.at - base);
    case "link":
      to.byte(kind);
      name(entry.gateway);
      return to.number(entry.seq);
    case "gone":
      return to.byte(kind);
  }
}

function putDelivery(to: ByteWriter, said: Delivery, base: number, name: (text: string) => void): void {
  to.byte(said.qos | (said.retain ? 4 : 0) | (said.only ? 8 : 0) | (said.expiresAt === null ? 0 : 16));
  name(said.topic);
  name(said.from);
  if (said.expiresAt !== null) to.signed(said.expiresAt - base);
  to.bytes(said.properties);
  to.number(said.to.length);
  for (const key of said.to) name(key);
}

/** The entries of a row, whatever its format. Payloads are views of the blob. */
export function decodeEntries(blob: ArrayBuffer): readonly Entry[] {
  if (new Uint8Array(blob)[0] !== FORMAT) return decodeRow(blob).map(carryingOf);
  const from = openByteReader(blob);
  from.byte();
  const count = from.number();
  const base = from.float();
  const names = Array.from({ length: from.number() }, () => from.text());
  const name = (): string => {
    const text = names[from.number()];
    if (text === undefined) throw new Error("a row of the log names nobody");
    return text;
  };
  return Array.from({ length: count }, () => takeEntry(from, base, name));
}

/** A message of formats 1 and 2. */
function carryingOf(logged: { readonly device: string; readonly payload: Uint8Array; readonly arrivedAt: number; readonly burst?: true }): Carrying {
  const { device, payload, arrivedAt, burst } = logged;
  return { kind: burst === true ? "burst" : "telemetry", device, topic: null, payload, arrivedAt, delivery: null };
}

function takeEntry(from: ByteReader, base: number, name: () => string): Entry {
  const first = from.byte();
  const kind = KINDS[first & 0x3f];
  if (kind === undefined) throw new Error("a row of the log has an entry of an unknown kind");
  switch (kind) {
    case "telemetry":
    case "burst":
    case "foreign": {
      const device = name();
      const topic = (first & ELSEWHERE) === 0 ? null : name();
      const arrivedAt = base + from.signed();
      const payload = from.bytes();
      return { kind, device, topic, payload, arrivedAt, delivery: (first & DELIVERED) === 0 ? null : takeDelivery(from, base, name) };
    }
    case "message": {
      const arrivedAt = base + from.signed();
      const payload = from.bytes();
      return { kind, payload, arrivedAt, delivery: takeDelivery(from, base, name) };
    }
    case "held":
    case "released":
      return { kind, session: name(), id: from.number() };
    case "sent":
    case "taken":
      return { kind, session: name(), index: from.number(), id: from.number() };
    case "finished":
      return { kind, session: name(), indices: Array.from({ length: from.number() }, () => from.number()) };
    case "silent":
      return { kind, device: name(), at: base + from.signed() };
    case "link":
      return { kind, gateway: name(), seq: from.number() };
    case "gone":
      return { kind };
  }
}

function takeDelivery(from: ByteReader, base: number, name: () => string): Delivery {
  const flags = from.byte();
  const topic = name();
  const sender = name();
  const expiresAt = (flags & 16) === 0 ? null : base + from.signed();
  const properties = from.bytes();
  const to = Array.from({ length: from.number() }, name);
  return { topic, qos: qosOf(flags), retain: (flags & 4) !== 0, properties, expiresAt, from: sender, to, only: (flags & 8) !== 0 };
}

function qosOf(flags: number): Qos {
  const qos = flags & 3;
  if (qos === 3) throw new Error("a row of the log has QoS 3");
  return qos as Qos;
}
