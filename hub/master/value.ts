/** One cell as a value of its attribute: numbers, yes and no, instants and lists as other systems write them. */
import { Temporal } from "temporal-polyfill";
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import type { NullPolicy } from "../../contracts/annotation.ts";

/** The part of an attribute's JSON Schema that is read. */
export type AttributeSchema = {
  readonly type?: unknown;
  readonly items?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, AttributeSchema>>;
  readonly "x-null"?: unknown;
  readonly "x-writers"?: unknown;
};

/** How the source writes. `zone`: of dates without one. `words`: its values and ours. */
export type Habits = {
  readonly decimal: "." | ",";
  readonly zone?: string | undefined;
  readonly words?: Readonly<Record<string, Json>> | undefined;
  readonly none: NullPolicy;
};

/** `absent`: the source says that there is no value. */
export type Read = { readonly value: Json } | { readonly absent: true } | { readonly rule: string; readonly mend: string };

/** Where the contract says nothing: an empty cell is no value. */
export const EMPTY_IS_ABSENT: NullPolicy = { policy: "absent", sentinels: [""] };

const LIST_SEPARATOR = "|";
const YES = new Set(["true", "yes", "y", "1", "ja", "是", "对"]);
const NO = new Set(["false", "no", "n", "0", "nein", "否", "不"]);
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/** Milliseconds since the epoch have so many digits from 1973 to the year 5138; fewer might be anything. */
const EPOCH_MS = /^\d{12,14}$/;
const ZONED = /^[+-]?\d{4,6}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)$/i;
/** Year first, or days first with points; `03/05/2021` is either. */
const LOCAL =
  /^(?:(?<y>\d{4})[-/.年](?<m>\d{1,2})[-/.月](?<d>\d{1,2})日?|(?<dd>\d{1,2})\.(?<mm>\d{1,2})\.(?<yy>\d{4}))(?:[t ](?<h>\d{1,2}):(?<min>\d\d)(?::(?<s>\d\d))?)?$/i;

/** `attr` is the whole path; names that end in `At` or `By` are instants. Texts are trimmed. */
export function readValue(cell: Json, attr: string, schema: AttributeSchema, habits: Habits): Read {
  const given = typeof cell === "string" ? cell.trim() : cell;
  if (isNone(given, habits.none)) {
    if (habits.none.policy === "refuse") return no("a value is needed here", "fill the cell");
    if (habits.none.policy === "absent") return { absent: true };
  }
  const word = typeof given === "string" && habits.words !== undefined && Object.hasOwn(habits.words, given) ? habits.words[given] : undefined;
  if (word !== undefined) return { value: word };
  if (typeof given !== "string") return { value: given };
  switch (schema.type) {
    case "number":
    case "integer":
      return /(?:At|By)$/.test(attr) ? readInstant(given, habits.zone) : readNumber(given, habits.decimal);
    case "boolean":
      return readBoolean(given);
    case "array":
      return readList(given, schema);
    case "object":
      return readJson(given);
    default:
      return { value: given };
  }
}

/** The other direction, for our own habits: what `readValue` reads as the same value. */
export function writeValue(value: Json | undefined, attr: string): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" && /(?:At|By)$/.test(attr)) return Temporal.Instant.fromEpochMilliseconds(value).toString();
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string" && !/[|[]/.test(item) && item.trim() === item && item !== ""))
    return value.join(LIST_SEPARATOR);
  return JSON.stringify(value);
}

/** Whether a zone of this name is known. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

function isNone(given: Json, { sentinels }: NullPolicy): boolean {
  if (given === null) return true;
  return sentinels.some((sentinel) => sameJson(sentinel, given) || (typeof sentinel === "number" && given !== "" && Number(given) === sentinel));
}

function readNumber(text: string, decimal: "." | ","): Read {
  const plain = text.normalize("NFKC");
  const pointed = decimal === "," ? plain.replace(",", ".") : plain;
  if (!NUMBER.test(pointed) || (decimal === "," && plain.includes(".")))
    return no("a number", `write digits with a decimal ${decimal === "." ? "point" : "comma"} and nothing else`);
  return { value: Number(pointed) };
}

function readBoolean(text: string): Read {
  const word = text.normalize("NFKC").toLowerCase();
  if (YES.has(word)) return { value: true };
  return NO.has(word) ? { value: false } : no("yes or no", "write true or false");
}

function readInstant(text: string, zone: string | undefined): Read {
  const plain = text.normalize("NFKC");
  if (EPOCH_MS.test(plain)) return { value: Number(plain) };
  const wrong = no("an instant", "write it as 2026-03-05T08:00:00Z, or as 2026-03-05 with a zone named in the mapping");
  try {
    if (ZONED.test(plain)) return { value: Temporal.Instant.from(plain.replace(" ", "T")).epochMilliseconds };
    const local = LOCAL.exec(plain)?.groups;
    if (local === undefined) return wrong;
    if (zone === undefined) return no("an instant has a zone", "name the zone of the file's dates in the mapping, such as Asia/Shanghai");
    const number = (text: string | undefined): number => Number(text ?? 0);
    const { y, m, d, dd, mm, yy, h, min, s } = local;
    const parts = { year: number(y ?? yy), month: number(m ?? mm), day: number(d ?? dd), hour: number(h), minute: number(min), second: number(s) };
    return { value: Temporal.PlainDateTime.from(parts, { overflow: "reject" }).toZonedDateTime(zone).epochMilliseconds };
  } catch (error) {
    if (error instanceof RangeError) return wrong;
    throw error;
  }
}

/** `pump|welding`, or JSON. */
function readList(text: string, schema: AttributeSchema): Read {
  if (text.startsWith("[")) return readJson(text);
  const items = schema.items;
  const texts = typeof items === "object" && items !== null && "type" in items && items.type === "string";
  return texts ? { value: text.split(LIST_SEPARATOR).map((item) => item.trim()) } : no("a list", "write it as JSON");
}

function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return no("JSON", "write the value as JSON, such as [] or {}");
  }
}

function no(rule: string, mend: string): Read {
  return { rule, mend };
}
