/**
 * Fields that no contract names: kept apart, counted, and shown without their values, until somebody proposes them to a contract or the
 * sender stops. They reach neither scores nor other replicas. Method of masking: `quality/shape.ts` says what a text looks like, not what it says.
 */
import { z } from "zod";
import { AttributeAnnotations, Writers } from "../../contracts/annotation.ts";
import type { Json } from "../../contracts/delta/json.ts";
import { Instant } from "../../contracts/instant.ts";
import type { Note } from "../../contracts/note.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { shapeOf } from "../quality/shape.ts";
import { attributesOf } from "./attribute.ts";
import { Subject } from "./contract.ts";
import { type Schema, asSchema, isSchema } from "./walk.ts";

/** Masked samples of one field: enough to see a format. */
const SAMPLES_MAX = 5;
/** Room that a proposed text has beyond the longest one seen, as a factor. */
const ROOM = 4;
const TEXT_CHARS_MAX = 2_000;

const JsonType = z.enum(["null", "boolean", "integer", "number", "string", "array", "object"]);
type JsonType = z.infer<typeof JsonType>;

/** What is known of a field's values. `longest`: characters of the longest text. */
export const Seen = z.strictObject({ types: z.partialRecord(JsonType, z.number().int()), longest: z.number().int(), samples: z.array(z.string()) });
export type Seen = z.infer<typeof Seen>;

/** `type`: what the values would be in a contract. */
export const Unknown = z.strictObject({
  id: z.string(),
  unit: z.string(),
  subject: z.string(),
  field: z.string(),
  count: z.number().int().min(1),
  firstAt: Instant,
  lastAt: Instant,
  type: z.union([JsonType, z.array(JsonType)]),
  ...Seen.shape,
  draft: z.string().optional(),
});
export type Unknown = z.infer<typeof Unknown>;

export const UnknownQuery = z.strictObject({ unit: z.string().optional(), subject: Subject.optional() });

/** What the schema can't tell by itself is said here, or asked for by the draft. */
export const ProposeAsk = z.strictObject({
  why: z.string().trim().min(1, "say why").max(500),
  uom: AttributeAnnotations.shape["x-uom"],
  meaning: AttributeAnnotations.shape["x-meaning"],
  class: AttributeAnnotations.shape["x-class"],
  purpose: AttributeAnnotations.shape["x-purpose"],
  writers: Writers.optional(),
  description: z.string().min(1).max(500).optional(),
});
export type ProposeAsk = z.infer<typeof ProposeAsk>;

export const UNSEEN: Seen = { types: {}, longest: 0, samples: [] };

/** One more value. */
export function see(seen: Seen, { sample, count = 1 }: Pick<Note, "sample" | "count">): Seen {
  if (sample === undefined) return seen;
  const type = typeOf(sample);
  const masked = mask(sample);
  return {
    types: { ...seen.types, [type]: (seen.types[type] ?? 0) + count },
    longest: typeof sample === "string" ? Math.max(seen.longest, sample.length) : seen.longest,
    samples: seen.samples.includes(masked) || seen.samples.length >= SAMPLES_MAX ? seen.samples : [...seen.samples, masked],
  };
}

/** What a value looks like. Nothing is known of an unknown field, so it may be about a person. */
export function mask(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${mask(value[0] ?? null)}${value.length > 1 ? ", …" : ""}]`;
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).slice(0, 3).map(shapeOf).join(", ")}}`;
  return typeof value === "string" ? `"${shapeOf(value)}"` : typeof value === "number" ? shapeOf(String(value)) : String(value);
}

export function typeSeen({ types }: Seen): Unknown["type"] {
  const met = JsonType.options.filter((type) => (types[type] ?? 0) > 0 && !(type === "integer" && (types.number ?? 0) > 0));
  return met.length === 1 && met[0] !== undefined ? met[0] : met;
}

/**
 * The document with the field in it: optional, with the type that was seen. What the steward did not say stays as `x-ask`, and such a draft
 * is not published. Refuses `malformed` for what is no name of an attribute, and `exists`.
 */
export function propose(document: Json, field: string, seen: Seen, ask: ProposeAsk): Json | Refusal {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(field))
    return refuse("malformed", `${field} is within an attribute, or no name of one`, "publish a version that has it by hand", "field");
  if (attributesOf(document).has(field)) return refuse("exists", `the contract has ${field} already`, "bring the unit to the newest version", "field");
  return withAttribute(asSchema(document), field, attributeOf(seen, ask)) as Json;
}

function attributeOf(seen: Seen, ask: ProposeAsk): Schema {
  const type = typeSeen(seen);
  const numeric = [type].flat().some((one) => one === "number" || one === "integer");
  const open = [...(numeric && ask.uom === undefined ? ["x-uom"] : []), ...(ask.class === undefined ? ["x-class"] : [])];
  return {
    ...(type.length === 0 ? {} : { type }),
    ...([type].flat().includes("string") ? { maxLength: Math.min(TEXT_CHARS_MAX, Math.max(1, seen.longest) * ROOM) } : {}),
    ...(ask.description === undefined ? {} : { description: ask.description }),
    ...(ask.uom === undefined ? {} : { "x-uom": ask.uom }),
    // The values themselves are not kept: who names their meanings names the values.
    ...(ask.meaning === undefined ? {} : { enum: Object.keys(ask.meaning), "x-meaning": ask.meaning }),
    ...(ask.class === undefined ? {} : { "x-class": ask.class }),
    ...(ask.purpose === undefined ? {} : { "x-purpose": ask.purpose }),
    "x-writers": ask.writers ?? "unit",
    ...(open.length === 0 ? {} : { "x-ask": open }),
  };
}

/** In every alternative that is an object. */
function withAttribute(schema: Schema, name: string, attribute: Schema): Schema {
  const alternatives = (["anyOf", "oneOf"] as const).flatMap((keyword) => {
    const list: unknown = schema[keyword];
    return Array.isArray(list) ? [[keyword, list.map((one: unknown) => (isSchema(one) ? withAttribute(one, name, attribute) : one))] as const] : [];
  });
  if (alternatives.length > 0) return { ...schema, ...Object.fromEntries(alternatives) };
  return { ...schema, properties: { ...asSchema(schema["properties"]), [name]: attribute } };
}

function typeOf(value: Json): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "boolean" ? "boolean" : typeof value === "string" ? "string" : "object";
}

/** The same field of the same unit and subject is the same row. */
export function unknownId(hash: (text: string) => string, unit: string, { subject, field }: Pick<Note, "subject" | "field">): string {
  return hash(JSON.stringify([unit, subject, field])).slice(0, 32);
}

export type UnknownRow = Omit<Unknown, "type" | keyof Seen> & { readonly seen: Seen };

export function unknownOf({ seen, ...row }: UnknownRow): Unknown {
  return { ...row, type: typeSeen(seen), ...seen };
}
