/**
 * What a contract says beyond the shape of its JSON Schema: keywords `x-…` in the schema itself, so that one document, one fingerprint and
 * one comparison carry both. Here they are named, parsed and read; what a change of one of them means is judged at the hub's registry.
 */
import { z } from "zod";
import { MergeRule, StreamName } from "./delta/operation.ts";

/** UCUM codes are ASCII without spaces: `Cel`, `mm/s`, `L/min`. */
const Uom = z
  .string()
  .regex(/^[\x21-\x7e]{1,40}$/, "a UCUM code such as Cel or mm/s")
  .describe("UCUM code");

/**
 * Who may write an attribute: the unit that runs the scenario, the hub in the name of a CRM or of master data, or both. Who may write the key
 * attribute (`x-key`) may delete the entity. Where no key is stated, or nobody is named for it, an entity of which one side alone may write
 * something is deleted by that side only: by the unit where both have such attributes.
 */
export const Writers = z.enum(["unit", "hub", "any"]);
export type Writers = z.infer<typeof Writers>;

/** `refuse`: a null or sentinel is bad data · `absent`: it means that there is no value · `keep`: it is a value like others. */
export const NullPolicy = z.strictObject({
  policy: z.enum(["refuse", "absent", "keep"]),
  /** Values that stand for "none" in the source, such as "N/A", "" or -9999. */
  sentinels: z.array(z.union([z.string(), z.number()])).max(20),
});
export type NullPolicy = z.infer<typeof NullPolicy>;

/** Keywords of one attribute, beside `type`, `enum` and the others of JSON Schema. */
export const AttributeAnnotations = z.object({
  "x-uom": Uom.optional(),
  /** What each value of an `enum` (or `const`) means, by the value's text. */
  "x-meaning": z.record(z.string(), z.string().min(1)).optional(),
  /** Personal values live in their subject's record only, and need a purpose. */
  "x-class": z.enum(["plain", "personal"]).optional(),
  "x-purpose": z.array(z.string().min(1)).min(1).max(20).optional(),
  "x-writers": Writers.optional(),
  "x-null": NullPolicy.optional(),
});
export type AttributeAnnotations = z.infer<typeof AttributeAnnotations>;

/** Keywords of the whole document. */
export const DocumentAnnotations = z.object({
  /**
   * The attribute that is the entity's key, the form of its values and the namespace in which they are unique: among all units of the tenant,
   * or within each of them. Keys of a unit are called `{unit}.{id}` where units meet. Absent: not stated.
   */
  "x-key": z.strictObject({ attr: z.string(), format: z.string(), namespace: z.string(), within: z.enum(["tenant", "unit"]).optional() }).optional(),
  "x-stream": StreamName.optional(),
  /** By attribute; `*` for those not named. */
  "x-merge": z.record(z.string(), MergeRule).optional(),
  "x-relations": z.array(z.strictObject({ attr: z.string(), subject: z.string() })).optional(),
  /** Data-quality promises: greatest age, least share of values present, least share of values valid. */
  "x-quality": z
    .strictObject({
      freshnessMs: z.number().int().positive().optional(),
      completeness: z.number().min(0).max(1).optional(),
      validity: z.number().min(0).max(1).optional(),
    })
    .optional(),
  "x-owner": z.string().min(1).optional(),
});
export type DocumentAnnotations = z.infer<typeof DocumentAnnotations>;
