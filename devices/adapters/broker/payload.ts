/** A foreign payload's numbers: the payload itself, or fields of it as JSON. */
import type { z } from "zod";
import type { TelemetryDraft } from "../../sdk/device.ts";
import { refuse, type Refusal } from "../../../contracts/refusal.ts";
import { Telemetry } from "../../../contracts/telemetry.ts";
import { valueOf } from "../channel.ts";
import type { Row } from "./table.ts";

/** Words for a switch, as gateways and home controllers send them. */
const WORDS: Readonly<Record<string, number>> = { true: 1, false: 0, on: 1, off: 0 };

/** Refuses `malformed`: not JSON where fields are named, none of them there, an instant that is none. A field that is missing is left out; null is a gap. */
export function telemetryOf(row: Row, payload: string, now: number): TelemetryDraft | Refusal {
  const asks = row.at !== undefined || row.channels?.some(({ field }) => field !== undefined) === true;
  const body = asks ? parsed(payload) : payload;
  if (body === undefined) return refuse("malformed", "JSON, since fields are named", "look at what the topic carries", row.from);
  const channels: Record<string, number | null> = {};
  for (const binding of row.channels ?? []) {
    const raw = binding.field === undefined ? numberOf(payload) : numberOf(at(body, binding.field));
    if (raw === undefined) continue;
    const { field: _, ...part } = binding;
    channels[binding.channel] = raw === null ? null : valueOf(raw, part);
  }
  if (Object.keys(channels).length === 0) return refuse("malformed", "a number for one of the channels", "look at what the topic carries", row.from);
  const ts = row.at === undefined ? now : instantOf(at(body, row.at));
  const telemetry = { ts, channels } satisfies Partial<z.input<typeof Telemetry>>;
  return Telemetry.safeParse(telemetry).success
    ? telemetry
    : refuse("malformed", "an instant in milliseconds or ISO 8601", "look at what the field carries", row.at ?? row.from);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(body: unknown, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split("."))
    value = typeof value === "object" && value !== null && Object.hasOwn(value, step) ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  return value;
}

/** Undefined: no number, and not even a word for none. */
function numberOf(value: unknown): number | null | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null) return null;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^(?:null|nan|none)$/i.test(text)) return null;
  return WORDS[text.toLowerCase()] ?? (text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text));
}

function instantOf(value: unknown): number {
  if (typeof value === "number") return Math.round(value);
  return typeof value === "string" ? Date.parse(value) : Number.NaN;
}
