/**
 * Sparkplug B payloads (protobuf, Eclipse Sparkplug 3.0, section 6.4) → records that a mapping reads like JSON. A birth names its metrics and
 * gives each an alias; data after it may send the alias alone, so that what a device was born with is remembered until it dies.
 *
 *   {node|device birth} ─aliases─▶ remembered ─▶ data by alias → { "metrics": { "Inputs/Temp": 21.5 }, "timestamp": … }
 *
 * `seq` (0 to 255) counts what an edge node and all of its devices send together: it says nothing of one device, and is not read.
 */
import { PbfReader } from "pbf";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";

/** Metrics of one device that are remembered by alias, and those of one payload that are read. */
export const METRICS_MAX = 512;
/** Characters of a metric's name. */
const NAME_CHARS_MAX = 200;

const SIGNED_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32 };
const INT_64 = 4;

/** What a device was born with. Plain values: it is part of a checkpoint. */
export type Born = { readonly bdSeq: number | null; readonly metrics: readonly Metric[] };
type Metric = { readonly alias: number; readonly name: string; readonly type: number };

export type SparkplugMessage = "birth" | "data" | "death";
/** `born`: what is to be remembered from now on. `records`: one for each instant, in the order of the payload. */
export type SparkplugRead = { readonly born: Born | null; readonly records: readonly Readonly<Record<string, unknown>>[] };

type Draft = {
  name: string | null;
  alias: number | null;
  at: number | null;
  type: number;
  isNull: boolean;
  whole: number | null;
  signed: number | null;
  other: unknown;
};
type Payload = { at: number | null; metrics: Draft[] };

/** What kind of message a topic announces: `spBv1.0/{group}/{kind}/{node}/{device}`. Null: a command, or none of them. */
export function sparkplugMessage(topic: string): SparkplugMessage | null {
  const kind = topic.split("/")[2] ?? "";
  if (kind === "NBIRTH" || kind === "DBIRTH") return "birth";
  if (kind === "NDATA" || kind === "DDATA") return "data";
  return kind === "NDEATH" || kind === "DDEATH" ? "death" : null;
}

/** Never throws. Refuses `malformed`, `too-many`, and `gap` for an alias that no birth named. */
export function readSparkplug(bytes: Uint8Array, message: SparkplugMessage, born: Born | null): SparkplugRead | Refusal {
  const payload = readPayload(bytes);
  if (payload === null) return refuse("malformed", "not a payload of Sparkplug B", "send org.eclipse.tahu.protobuf.Payload on topics that begin with spBv1.0/");
  if (payload.metrics.length > METRICS_MAX)
    return refuse("too-many", `at most ${METRICS_MAX} metrics in a payload`, `split it: it held ${payload.metrics.length}`);
  const bdSeq = payload.metrics.find(({ name }) => name === "bdSeq")?.whole ?? null;
  // A death that a later birth has overtaken says nothing of now: the broker sends the will of an old connection.
  if (message === "death") return { born: bdSeq !== null && born !== null && born.bdSeq !== null && born.bdSeq !== bdSeq ? born : null, records: [] };
  const known = message === "birth" ? bornWith(payload, bdSeq) : born;
  const byAlias = new Map(known?.metrics.map((metric) => [metric.alias, metric]));
  const byAt = new Map<number | null, Record<string, unknown>>();
  for (const metric of payload.metrics) {
    const named = metric.alias === null ? undefined : byAlias.get(metric.alias);
    const name = metric.name ?? named?.name;
    if (name === undefined)
      return refuse(
        "gap",
        "a birth names a metric before its alias is used",
        "have the edge node send its birth again (Node Control/Rebirth)",
        `alias ${metric.alias ?? "none"}`,
      );
    if (name === "bdSeq") continue;
    const at = metric.at ?? payload.at;
    const metrics = byAt.get(at) ?? {};
    byAt.set(at, metrics);
    // As a property of its own, whatever it is called.
    Object.defineProperty(metrics, name, {
      value: valueOf(metric, metric.type === 0 ? (named?.type ?? 0) : metric.type),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return { born: known, records: [...byAt].map(([at, metrics]) => (at === null ? { metrics } : { timestamp: at, metrics })) };
}

function bornWith({ metrics }: Payload, bdSeq: number | null): Born {
  return {
    bdSeq,
    metrics: metrics.flatMap(({ alias, name, type }) => (alias === null || name === null || name === "bdSeq" ? [] : [{ alias, name, type }])),
  };
}

function valueOf({ isNull, whole, signed, other }: Draft, type: number): unknown {
  if (isNull) return null;
  if (whole === null) return other;
  const bits = SIGNED_BITS[type];
  if (bits !== undefined) return bits === 32 ? whole | 0 : (whole << (32 - bits)) >> (32 - bits);
  return type === INT_64 ? signed : whole;
}

function readPayload(bytes: Uint8Array): Payload | null {
  try {
    const reader = new PbfReader(bytes);
    const payload: Payload = { at: null, metrics: [] };
    reader.readFields((tag) => {
      if (tag === 1) payload.at = reader.readVarint();
      else if (tag === 2) payload.metrics.push(reader.readMessage(readMetric, draft()));
    }, payload);
    return reader.pos === bytes.length ? payload : null;
  } catch {
    return null;
  }
}

function draft(): Draft {
  return { name: null, alias: null, at: null, type: 0, isNull: false, whole: null, signed: null, other: null };
}

function readMetric(tag: number, metric: Draft, reader: PbfReader): void {
  if (tag === 1) metric.name = reader.readString().slice(0, NAME_CHARS_MAX);
  else if (tag === 2) metric.alias = reader.readVarint();
  else if (tag === 3) metric.at = reader.readVarint();
  else if (tag === 4) metric.type = reader.readVarint();
  else if (tag === 7) metric.isNull = reader.readBoolean();
  else if (tag === 10 || tag === 11) {
    // Its type may stand behind it, or in the birth.
    const { pos } = reader;
    metric.signed = reader.readVarint(true);
    reader.pos = pos;
    metric.whole = reader.readVarint();
  } else if (tag === 12) metric.other = reader.readFloat();
  else if (tag === 13) metric.other = reader.readDouble();
  else if (tag === 14) metric.other = reader.readBoolean();
  else if (tag === 15) metric.other = reader.readString();
}
