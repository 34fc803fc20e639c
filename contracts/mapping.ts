/**
 * How devices of a profile that speak in their own way are understood: which of their topics are about which device, and where in a payload
 * its instants, values and fault codes stand. Declarative, and compiled once for a plan (`edge/ingest/mapping`).
 *
 *   payload ─records─▶ record ─at─▶ value ─expression─▶ ─enum─▶ ─scale, offset─▶ ─uom─▶ the channel's number, judged as any other
 */
import { z } from "zod";
import { isTimeZone } from "./calendar.ts";
import { ChannelId, DeviceId } from "./ids.ts";
import { isUom } from "./uom.ts";

/** Ways in which devices of one profile speak: births, values and states of three protocols. */
export const ROUTES_MAX = 16;
/** Topics of one way. Sparkplug has six. */
export const TOPICS_MAX = 8;
/** Fields of one way: the widest model reads 64 channels. */
export const FIELDS_MAX = 64;
/** Places in which one value may stand, the first that has one counts. */
export const PLACES_MAX = 4;
/** Characters of a path and of an expression: what is longer is a program. */
export const PATH_CHARS_MAX = 200;
export const EXPRESSION_CHARS_MAX = 500;
/** Entries of one table of texts. */
export const TABLE_MAX = 100;

/** RFC 9535, of one record: `$.ENERGY.Power`, `$.metrics[?@.name=='temp'].value`. */
export const Path = z.string().min(1).max(PATH_CHARS_MAX).startsWith("$", "a path begins with $, the record itself");
const Places = z.union([Path, z.array(Path).min(1).max(PLACES_MAX)]);

/** `{name}` stands for one level and is a name of its own in `device`; `+` for any one level, a last `#` for all further ones. */
const TopicPattern = z
  .string()
  .min(1)
  .max(256)
  .refine((topic) => !topic.startsWith("$"), "topics that begin with $ are the server's own [MQTT-4.7.2-1]: have the device or its gateway leave the $ away")
  .refine((topic) => !/^u(\/|$)/.test(topic) && !/^[+#{]/.test(topic), "the first level is a name, and not u: topics of a unit's own have their meaning")
  .refine(
    (topic) => topic.split("/").every((level, i, all) => /^(\+|\{[a-z]+\}|[^+#{}]*)$/.test(level) || (level === "#" && i === all.length - 1)),
    "a level is a name, {name} or +, and the last one may be #",
  );

/** `local`: a date and time without an offset, in `timeZone` (absent: UTC). */
export const When = z
  .strictObject({
    at: Places,
    form: z.enum(["ms", "s", "us", "ns", "iso", "local"]),
    timeZone: z.string().max(64).refine(isTimeZone, "a time zone of the IANA list").optional(),
  })
  .refine(({ form, timeZone }) => timeZone === undefined || form === "local", { error: "a time zone goes with local", path: ["timeZone"] });
export type When = z.infer<typeof When>;

export const MappedField = z
  .strictObject({
    channel: ChannelId,
    at: Places.optional(),
    /** CEL of `value` (what stands at `at`) and `record`; numbers are doubles: `value * 2.0`. */
    expression: z.string().min(1).max(EXPRESSION_CHARS_MAX).optional(),
    /** What texts mean: `{ "ON": 1, "OFF": 0 }`. A text that is not here is refused. */
    enum: z
      .record(z.string().max(64), z.number())
      .refine((table) => Object.keys(table).length <= TABLE_MAX, `at most ${TABLE_MAX} entries`)
      .optional(),
    /** The number is multiplied by this, then `offset` is added. */
    scale: z.number().optional(),
    offset: z.number().optional(),
    /** UCUM code of the number then; it becomes the channel's. */
    uom: z.string().min(1).max(20).refine(isUom, "a UCUM code, such as Cel or mm/s").optional(),
  })
  .refine(({ at, expression }) => at !== undefined || expression !== undefined, "a field names at, expression or both");
export type MappedField = z.infer<typeof MappedField>;

export const Route = z.strictObject({
  topics: z.array(TopicPattern).min(1).max(TOPICS_MAX),
  /** Name of the device, of the topic's `{names}`: absent, `{device}`; where the topic has none, whoever signed in. */
  device: z.string().min(1).max(128).optional(),
  /** Absent: JSON or CBOR. */
  payload: z.literal("sparkplug").optional(),
  /** Where the records stand in a payload. Absent: the payload, or each item of it where it is an array. */
  records: Path.optional(),
  /** Absent, or nothing there: when it arrived. */
  ts: When.optional(),
  seq: Path.optional(),
  values: z.array(MappedField).max(FIELDS_MAX),
  /** Fault codes: a text, a number or several of them. `codes`: what they are in the profile; what is not in it is no fault. */
  events: z.strictObject({ at: Path, codes: z.record(z.string().max(64), z.string().min(1).max(64)).optional() }).optional(),
  position: z.strictObject({ lat: Path, lon: Path }).optional(),
});
export type Route = z.infer<typeof Route>;

export const Mapping = z.strictObject({
  routes: z.array(Route).min(1).max(ROUTES_MAX),
  /** Devices that may speak for those of this profile: edge nodes, bridges. Absent: each speaks for itself. */
  via: z.array(DeviceId).max(16).optional(),
});
export type Mapping = z.infer<typeof Mapping>;

/** What somebody may say yes to: of each field what it looks like, and the channel that it is nearest to, by what. */
export const ProposedMapping = z.strictObject({
  route: Route,
  fields: z.array(z.strictObject({ at: z.string(), value: z.string(), channel: ChannelId.optional(), by: z.enum(["name", "uom"]).optional() })),
});
export type ProposedMapping = z.infer<typeof ProposedMapping>;

/** Adds one way to a profile's mapping. */
export const AcceptMapping = z.strictObject({
  device: DeviceId,
  route: Route.refine(({ values, events }) => values.length > 0 || events !== undefined, "a route reads at least one value"),
});
export type AcceptMapping = z.infer<typeof AcceptMapping>;
