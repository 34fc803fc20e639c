/** The contract verdict of each field of a message, for people: made anew from its bytes when somebody looks, never on the hot path. */
import type { Quarantined, TailLine } from "../../contracts/board.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { DeviceProfile, JudgePolicy } from "../../contracts/scenario.ts";
import { decodePayload } from "./decode.ts";
import { readForeign } from "./mapping/foreign.ts";
import type { Born } from "./mapping/sparkplug.ts";
import { readMessages, readTelemetry, type Shown } from "./sample.ts";

/** Messages that a tail can look back on, and the bytes they may hold together. */
export const TAIL_MESSAGES_MAX = 200;
export const TAIL_BYTES_MAX = 1024 * 1024;
/** Fields shown of one message: eight readings of eight channels. */
export const TAIL_FIELDS_MAX = 64;
/** Kinds of refusal remembered: per device, so that one device can't push out the others, and in all. */
export const QUARANTINE_KINDS_PER_DEVICE_MAX = 32;
export const QUARANTINE_KINDS_MAX = 1_024;
/** Characters of a payload kept as the sample of its kind. */
export const QUARANTINE_SAMPLE_MAX = 1_024;

/** `refused`: what its bytes alone don't show. `shown`: of a burst, in place of its bytes. `topic`: of a message in the device's own words. */
export type Heard = {
  readonly n: number;
  readonly device: string;
  readonly payload: Uint8Array;
  readonly arrivedAt: number;
  readonly refused: readonly Refusal[];
  readonly shown?: readonly Shown[];
  readonly topic?: string;
};
export type Tail = { readonly heard: Heard[]; bytes: number; n: number };

export function openTail(): Tail {
  return { heard: [], bytes: 0, n: 0 };
}

export function hear(tail: Tail, device: string, payload: Uint8Array, arrivedAt: number, refused: readonly Refusal[] = [], topic?: string): void {
  tail.n++;
  tail.heard.push({ n: tail.n, device, payload: payload.slice(), arrivedAt, refused, ...(topic === undefined ? {} : { topic }) });
  tail.bytes += payload.byteLength;
  while (tail.heard.length > TAIL_MESSAGES_MAX || (tail.bytes > TAIL_BYTES_MAX && tail.heard.length > 1))
    tail.bytes -= tail.heard.shift()?.payload.byteLength ?? 0;
}

/** A burst is remembered by what is shown of it: waveforms would push everything else out. */
export function hearBurst(tail: Tail, device: string, arrivedAt: number, shown: readonly Shown[], refused: readonly Refusal[]): void {
  hear(tail, device, new Uint8Array(0), arrivedAt, refused);
  const heard = tail.heard.pop();
  if (heard !== undefined) tail.heard.push({ ...heard, shown });
}

/** One line: every field that was read or refused, up to TAIL_FIELDS_MAX. `born`: what the device was born with, where it speaks so. */
export function explain(heard: Heard, profile: DeviceProfile | undefined, judge: JudgePolicy, born: Born | null = null): TailLine {
  const line = { n: heard.n, at: heard.arrivedAt, device: heard.device };
  if (profile === undefined) return { ...line, fields: [], refused: "unknown device" };
  if (heard.shown !== undefined) return explainBurst(line, heard.shown, heard.refused);
  if (heard.topic !== undefined) return explainForeign(line, heard, heard.topic, profile, judge, born);
  const read = readTelemetry(heard.payload, profile, judge, heard.arrivedAt);
  const decoded = decodePayload(heard.payload);
  return lineOf(line, isRefusal(decoded) ? null : decoded.value, [...read.refused, ...heard.refused]);
}

function explainForeign(line: Line, heard: Heard, topic: string, profile: DeviceProfile, judge: JudgePolicy, born: Born | null): TailLine {
  const { messages, refused } = readForeign(heard.payload, topic, profile, born, heard.arrivedAt);
  const [first] = refused;
  if (messages.length === 0 && first !== undefined) return { ...line, fields: [], refused: said(first) };
  const read = messages.length === 0 ? [] : readMessages(messages, profile, judge, heard.arrivedAt).refused;
  const told = lineOf(line, messages, [...read, ...heard.refused]);
  return {
    ...told,
    fields: [...told.fields, ...refused.map((one) => ({ field: one.field ?? topic, value: "", verdict: said(one) }))].slice(0, TAIL_FIELDS_MAX),
  };
}

type Line = Pick<TailLine, "n" | "at" | "device">;

function lineOf(line: Line, value: unknown, refused: readonly Refusal[]): TailLine {
  const refusalOf = new Map(refused.map((refusal) => [refusal.field ?? "", refusal]));
  const whole = refusalOf.get("");
  const fields = fieldsOf(value).map(({ field, value: shown, gap }) => {
    const refusal = refusalOf.get(field);
    return { field, value: shown, verdict: refusal === undefined ? (gap ? "gap" : "ok") : said(refusal) };
  });
  return whole === undefined ? { ...line, fields } : { ...line, fields, refused: said(whole) };
}

function explainBurst(line: Line, shown: readonly Shown[], refused: readonly Refusal[]): TailLine {
  const [first] = refused;
  const fields = shown.map((one) => ({ ...one, verdict: "ok" }));
  return first === undefined ? { ...line, fields } : { ...line, fields, refused: said(first) };
}

function said(refusal: Refusal): string {
  return `${refusal.rule}; ${refusal.mend}`;
}

function fieldsOf(parsed: unknown): readonly { readonly field: string; readonly value: string; readonly gap: boolean }[] {
  const fields: { field: string; value: string; gap: boolean }[] = [];
  const add = (field: string, value: unknown): void => {
    if (fields.length < TAIL_FIELDS_MAX) fields.push({ field, value: (JSON.stringify(value) ?? "").slice(0, 64), gap: value === null });
  };
  for (const [i, entry] of (Array.isArray(parsed) ? parsed : [parsed]).slice(0, TAIL_FIELDS_MAX).entries()) {
    if (typeof entry !== "object" || entry === null) continue;
    const path = Array.isArray(parsed) ? `${i}.` : "";
    for (const [key, value] of Object.entries(entry)) {
      if (key === "channels" && typeof value === "object" && value !== null && !Array.isArray(value))
        for (const [name, one] of Object.entries(value)) add(`${path}channels.${name.slice(0, 64)}`, one);
      else if (key === "events" && Array.isArray(value)) for (const [j, one] of value.entries()) add(`${path}events.${j}`, one);
      else add(path + key.slice(0, 64), value);
    }
  }
  return fields;
}

export type Quarantine = Map<string, Quarantined>;

/** Counts one refusal under its device and rule; keeps the latest payload as the sample. Indices in a batch are not told apart. */
export function quarantine(kinds: Quarantine, device: string, refusal: Refusal, payload: Uint8Array, at: number): void {
  const field = (refusal.field ?? "").replace(/^\d+\./, "");
  const key = kindOf({ device, rule: refusal.rule, field });
  const known = kinds.get(key);
  const sample = new TextDecoder().decode(payload.subarray(0, QUARANTINE_SAMPLE_MAX)).slice(0, QUARANTINE_SAMPLE_MAX);
  if (known !== undefined) {
    kinds.set(key, { ...known, mend: refusal.mend, count: known.count + 1, lastAt: at, sample });
    return;
  }
  if (!hasRoom(kinds, device)) return;
  kinds.set(key, { device, rule: refusal.rule, field, mend: refusal.mend, count: 1, lastAt: at, sample });
}

/** Room for one more kind of this device. At the limit of all, the kind seen longest ago makes room. */
function hasRoom(kinds: Quarantine, device: string): boolean {
  let ofDevice = 0;
  let oldest: { readonly key: string; readonly at: number } | null = null;
  for (const [key, kind] of kinds) {
    if (kind.device === device) ofDevice++;
    if (oldest === null || kind.lastAt < oldest.at) oldest = { key, at: kind.lastAt };
  }
  if (ofDevice >= QUARANTINE_KINDS_PER_DEVICE_MAX) return false;
  if (kinds.size >= QUARANTINE_KINDS_MAX && oldest !== null) kinds.delete(oldest.key);
  return true;
}

export function kindOf(kind: Pick<Quarantined, "device" | "rule" | "field">): string {
  return `${kind.device}\n${kind.rule}\n${kind.field}`;
}
