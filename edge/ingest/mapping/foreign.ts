/**
 * A payload in a device's own words → messages as `telemetry.ts` has them, by its profile's mapping. Runs in the fold, from the log: the same
 * bytes with the same memory of the device give the same messages. Values are judged afterwards like any others.
 */
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import type { DeviceProfile } from "../../../contracts/scenario.ts";
import { BATCH_MAX, EVENTS_MAX } from "../../../contracts/telemetry.ts";
import { convert } from "../../../contracts/uom.ts";
import { decodePayload } from "../decode.ts";
import { type CompiledField, type CompiledRoute, mappingOf } from "./compile.ts";
import { type Born, readSparkplug, sparkplugMessage } from "./sparkplug.ts";
import { captures } from "./topic-pattern.ts";
import { readWhen } from "./when.ts";

/** Bytes that the paths of many of a route may look at together: eight of them at half of the largest payload. At three bytes an item and 0.65 µs a look it is 60 ms. */
export const MANY_BYTES_MAX = 256 * 1024;

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*$/;

/** Rules of what a mapping may be proposed for. */
const UNMAPPED = { topic: "a topic that the profile's mapping knows", message: "a message that the profile's mapping reads something of" } as const;

export function isUnmapped(rule: string): boolean {
  return rule === UNMAPPED.topic || rule === UNMAPPED.message;
}

/** `messages`: as telemetry, not judged yet. `born`: what is to be remembered of the device. `said`: what came, where nothing could be made of it. */
export type ForeignRead = { readonly messages: readonly unknown[]; readonly refused: readonly Refusal[]; readonly born: Born | null; readonly said?: unknown };

/**
 * `untimedAt`: the instant of a record that names none; those behind it in the payload are a millisecond later each. Never throws. Refuses
 * `unmapped` what no route reads anything of.
 */
export function readForeign(payload: Uint8Array, topic: string, profile: DeviceProfile, born: Born | null, untimedAt: number): ForeignRead {
  const none = (refusal: Refusal, said?: unknown): ForeignRead => ({ messages: [], refused: [refusal], born, ...(said === undefined ? {} : { said }) });
  const routes = mappingOf(profile);
  if (isRefusal(routes)) return none(routes);
  const levels = topic.split("/");
  const route = routes.find(({ topics }) => topics.some((pattern) => captures(pattern, levels) !== null));
  if (route === undefined) return none(refuse("unmapped", UNMAPPED.topic, "look at the mapping that is proposed", topic), glimpse(payload, topic));
  if (route.manyPaths * payload.byteLength > MANY_BYTES_MAX)
    return none(
      refuse(
        "too-many",
        `paths with [*], a slice or a filter look at ${MANY_BYTES_MAX} bytes at most`,
        "name the places by [0] or by name, or send less at once",
      ),
    );
  const opened = open(payload, topic, route, born);
  if (isRefusal(opened)) return none(opened);
  if (opened.records.length > BATCH_MAX)
    return none(refuse("too-many", `a batch holds at most ${BATCH_MAX} messages`, `split it: it held ${opened.records.length}`));
  const refused: Refusal[] = [];
  const messages = opened.records.flatMap((record, i) => messageOf(record, route, untimedAt + i, refused) ?? []);
  if (messages.length === 0 && refused.length === 0 && !opened.silent)
    return none(refuse("unmapped", UNMAPPED.message, "look at the mapping that is proposed", topic), glimpse(payload, topic));
  return { messages, refused, born: opened.born };
}

type Opened = { readonly records: readonly unknown[]; readonly born: Born | null; readonly silent: boolean };

/** `silent`: it may say nothing of the channels. */
function open(payload: Uint8Array, topic: string, route: CompiledRoute, born: Born | null): Opened | Refusal {
  if (route.sparkplug) {
    const message = sparkplugMessage(topic);
    if (message === null) return { records: [], born, silent: true };
    const read = readSparkplug(payload, message, born);
    return isRefusal(read) ? read : { ...read, silent: true };
  }
  const decoded = decodePayload(payload);
  if (isRefusal(decoded)) return decoded;
  const { value } = decoded;
  return { records: route.records !== null ? route.records.all(value) : Array.isArray(value) ? value : [value], born, silent: false };
}

/** Null where the record says nothing of the device. */
function messageOf(record: unknown, route: CompiledRoute, untimedAt: number, refused: Refusal[]): unknown {
  const { ts, seq, fields, events, position } = route;
  const writtenAt = ts?.at.one(record);
  const at = ts === null || writtenAt === undefined || writtenAt === null ? untimedAt : readWhen(writtenAt, ts, ts.name);
  if (isRefusal(at)) {
    refused.push(at);
    return null;
  }
  const channels: Record<string, unknown> = {};
  let hasRefused = false;
  for (const field of fields) {
    const value = valueOf(record, field);
    if (isRefusal(value)) {
      refused.push(value);
      hasRefused = true;
    } else if (value !== null) channels[field.channel] = value.value;
  }
  const codes = events === null ? [] : codesOf(events.at.all(record), events.codes);
  const place = position === null ? null : { lat: position.lat.one(record), lon: position.lon.one(record) };
  const hasPlace = place !== null && place.lat !== undefined && place.lon !== undefined;
  if (Object.keys(channels).length === 0 && codes.length === 0 && !hasPlace && !hasRefused) return null;
  const number = seq?.one(record);
  return {
    ts: at,
    channels,
    ...(codes.length === 0 ? {} : { events: codes.map((code) => ({ code })) }),
    ...(hasPlace ? { position: place } : {}),
    ...(number === undefined ? {} : { seq: number }),
  };
}

/** The channel's value, wrapped; null where the record does not have it. */
function valueOf(record: unknown, { at, expression, table, scale, offset, uom, name }: CompiledField): { readonly value: unknown } | Refusal | null {
  const found = at === null ? undefined : at.one(record);
  if (at !== null && found === undefined) return null;
  const crossed = expression === null ? { value: found } : expression(found, record);
  if (isRefusal(crossed)) return { ...crossed, field: name };
  const number = numberOf(crossed.value, table);
  if (number === undefined)
    return refuse(
      "breaks-contract",
      `one of ${Object.keys(table ?? {})
        .join(", ")
        .slice(0, 200)}`,
      "add the text to the mapping's table, or have the device send another",
      name,
    );
  if (typeof number !== "number") return { value: number };
  const scaled = number * scale + offset;
  const converted = uom === null || !Number.isFinite(scaled) ? scaled : convert(scaled, uom.from, uom.to);
  return isRefusal(converted) ? { ...converted, field: name } : { value: converted };
}

/** A number where it is one in any way, undefined for a text that its table does not have, and otherwise as it is: it is judged with all others. */
function numberOf(value: unknown, table: Readonly<Record<string, number>> | null): unknown {
  if (table !== null && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")) {
    const text = String(value);
    if (Object.hasOwn(table, text)) return table[text];
    if (typeof value === "string" && !NUMBER.test(value)) return undefined;
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && value.length <= 64 && NUMBER.test(value) ? Number(value) : value;
}

/** Nothing, no, and zero are no faults. */
function codesOf(found: readonly unknown[], codes: Readonly<Record<string, string>> | null): readonly string[] {
  const texts = found.flat(1).flatMap((one) => (typeof one === "string" && one !== "" ? [one] : typeof one === "number" && one !== 0 ? [String(one)] : []));
  const known = codes === null ? texts : texts.flatMap((text) => (Object.hasOwn(codes, text) ? [codes[text] ?? text] : []));
  // One more than may be, so that the excess is told.
  return known.slice(0, EVENTS_MAX + 1);
}

/** What a payload says, where a person has to find out what it means. Undefined where it is neither JSON, CBOR nor Sparkplug. */
function glimpse(payload: Uint8Array, topic: string): unknown {
  if (sparkplugMessage(topic) !== null && topic.startsWith("spBv1.0/")) {
    const read = readSparkplug(payload, "birth", null);
    return isRefusal(read) ? undefined : read.records[0];
  }
  const decoded = decodePayload(payload);
  return isRefusal(decoded) ? undefined : decoded.value;
}
