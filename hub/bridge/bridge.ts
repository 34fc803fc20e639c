/**
 * A bridge says what the words of one of our contracts mean in another system: which attribute is which field, and by what rule a value
 * crosses. It is data, written by whoever integrates the system, checked before it is published (`check.ts`) and evaluated both ways
 * (`translate.ts`).
 *
 *     ticket@1 ── state: open → New (narrower) · resolved ↔ Completed (equivalent) ──▶ salesforce WorkOrder
 */
import { z } from "zod";

/** Fields of one bridge. The widest CRM object has 800; a mapping of half of them is generated, not meant. */
export const FIELDS_MAX = 400;
/** Pairs of one table. A look-up of spare parts is not a bridge but master data. */
export const PAIRS_MAX = 500;
/** One expression. Ours have 80; what needs more is a program. */
export const EXPRESSION_CHARS_MAX = 1000;

/** Names that would reach into the objects that hold a record. */
const NEVER = new Set(["__proto__", "constructor", "prototype"]);
const path = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.split(/[./]/).every((part) => part !== "" && !NEVER.has(part)), "names joined by dots, none of them empty");

/**
 * `contact.phone` is within an attribute; `lines.part`, in a bridge of `each` line, is within one line; `asset/customer` is an attribute
 * of the entity that `asset` refers to.
 */
export const AttrPath = path(200);
/** `Account.Outpost_Id__c` is a field of the record that `Account` refers to. */
export const FieldPath = path(200);

/** `out`: ours to theirs · `in`: theirs to ours · `both`: there and back to the same value. */
export const Way = z.enum(["both", "out", "in"]);
export type Way = z.infer<typeof Way>;

const Scalar = z.union([z.string().max(255), z.number(), z.boolean()]);
export type Scalar = z.infer<typeof Scalar>;

/** A value and its counterpart. Where several stand on one side, `way` says which of them comes back. */
const Pair = z.strictObject({ ours: Scalar, theirs: Scalar, way: Way.default("both") });

const state = { ours: z.string().max(100), theirs: Scalar, way: Way.default("both") } as const;
/** What our state means beside theirs. `than` completes the sentence "ours is narrower than …": it says what the other also covers, or lacks. */
export const StatePair = z.discriminatedUnion("relation", [
  z.strictObject({ ...state, relation: z.literal("equivalent") }),
  z.strictObject({ ...state, relation: z.literal("narrower"), than: z.string().min(1).max(300) }),
  z.strictObject({ ...state, relation: z.literal("broader"), than: z.string().min(1).max(300) }),
]);
export type StatePair = z.infer<typeof StatePair>;

/** A conversion to a whole number loses the rest; said how, it is one-way. */
const Round = z.enum(["nearest", "up", "down"]);

export const Rule = z.discriminatedUnion("rule", [
  z.strictObject({ rule: z.literal("same") }),
  /** `otherwise`: what stands for everything that is not in the table; without it such a value is refused. */
  z.strictObject({
    rule: z.literal("look-up"),
    pairs: z.array(Pair).min(1).max(PAIRS_MAX),
    otherwise: z.strictObject({ ours: Scalar.optional(), theirs: Scalar.optional() }).optional(),
  }),
  /**
   * `refused`: values of theirs that never come in. `unions`: values of theirs that are exactly what all of ours mapped to them are
   * together; `splits`: the same the other way round. Reports add by them. `theirs`: every value that theirs has, where no schema of their
   * object is at hand that lists them.
   */
  z.strictObject({
    rule: z.literal("state"),
    pairs: z.array(StatePair).min(1).max(PAIRS_MAX),
    refused: z.array(Scalar).max(PAIRS_MAX).default([]),
    unions: z.array(Scalar).max(PAIRS_MAX).default([]),
    splits: z.array(z.string()).max(PAIRS_MAX).default([]),
    theirs: z.array(Scalar).min(1).max(PAIRS_MAX).optional(),
  }),
  /** Between two UCUM codes. */
  z.strictObject({ rule: z.literal("convert"), ours: z.string(), theirs: z.string(), round: Round.optional() }),
  /** theirs = ours · scale + offset. */
  z.strictObject({
    rule: z.literal("scale"),
    scale: z.number().refine((scale) => scale !== 0, "not 0: nothing would come back"),
    offset: z.number().default(0),
    round: Round.optional(),
  }),
  /** Epoch milliseconds and RFC 3339; a `date` is the day in UTC. */
  z.strictObject({ rule: z.literal("instant"), as: z.enum(["date-time", "date"]) }),
  /**
   * CEL. Forth it knows `value`, `ours` and `joined`, back `value` and `theirs`. Numbers are doubles: `value / 60000.0`. `samples` are
   * values of ours beside those that the contract gives.
   */
  z.strictObject({
    rule: z.literal("expression"),
    forth: z.string().min(1).max(EXPRESSION_CHARS_MAX).optional(),
    back: z.string().min(1).max(EXPRESSION_CHARS_MAX).optional(),
    samples: z.array(z.json()).max(50).default([]),
  }),
]);
export type Rule = z.infer<typeof Rule>;
export type StateRule = Extract<Rule, { rule: "state" }>;

export const Field = z.strictObject({
  ours: AttrPath,
  theirs: FieldPath,
  way: Way.default("both"),
  by: Rule,
  /** What stands for a value that is absent. Without it theirs becomes null, and ours stays unset. */
  absent: z.strictObject({ ours: z.json().optional(), theirs: z.json().optional() }).optional(),
  note: z.string().max(300).optional(),
});
export type Field = z.infer<typeof Field>;

/** The subject of a contract and its major version: what an operation names as `ticket@1`. */
const Subject = z.strictObject({ subject: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), major: z.number().int().min(1) });

export const Bridge = z.strictObject({
  id: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end"),
  version: z.number().int().min(1),
  /** "salesforce", "dynamics365", any CRM, ERP or WMS. */
  system: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "use 1 to 40 lower-case letters, digits and hyphens"),
  ours: Subject,
  /** `key`: the field by which a record of theirs is found again. */
  theirs: z.strictObject({ object: z.string().min(1).max(100), key: FieldPath.optional() }),
  /** Only entities with one of these values cross. `not` names the others: a value that is in neither list stops the publishing. */
  only: z.strictObject({ attr: AttrPath, values: z.array(Scalar).min(1).max(PAIRS_MAX), not: z.array(Scalar).max(PAIRS_MAX) }).optional(),
  /** One record of theirs for each item of this list of ours. */
  each: z.string().min(1).max(100).optional(),
  /** Attributes that refer to another entity, whose attributes may cross too: `asset/customer`. Outwards only. */
  joins: z.record(z.string(), Subject).default({}),
  fields: z.array(Field).min(1).max(FIELDS_MAX),
  /** What every record of theirs gets. */
  constants: z
    .array(z.strictObject({ theirs: FieldPath, value: z.json() }))
    .max(FIELDS_MAX)
    .default([]),
});
export type Bridge = z.infer<typeof Bridge>;
/** As it is written: what has a default may be left out. */
export type BridgeInput = z.input<typeof Bridge>;

export function goesOut({ way }: { readonly way: Way }): boolean {
  return way !== "in";
}

export function comesIn({ way }: { readonly way: Way }): boolean {
  return way !== "out";
}
