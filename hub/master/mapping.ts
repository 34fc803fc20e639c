/** Which column means which attribute: said once for a source, checked against the contract before a single row is read. */
import { z } from "zod";
import { NullPolicy } from "../../contracts/annotation.ts";
import { contractOf } from "../../contracts/contract.ts";
import { type Refusal, malformed, refuse } from "../../contracts/refusal.ts";
import { type AttributeSchema, EMPTY_IS_ABSENT, isZone } from "./value.ts";
import type { MasterFamily } from "./profile.ts";

/** Attributes of one mapping: our widest family has a dozen with their parts. */
const ATTRIBUTES_MAX = 60;
/** Translated values of one column. */
const WORDS_MAX = 500;

const Column = z.string().min(1).max(200);
/** An attribute or, with points, a part of one: `contact.phone`. */
const Path = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}(?:\.[a-zA-Z][a-zA-Z0-9]{0,39}){0,3}$/, "an attribute, or a part of one such as contact.phone");
const Source = z.union([
  z.strictObject({
    column: Column,
    /** What counts as no value; otherwise what the contract says, otherwise an empty cell. */
    none: NullPolicy.optional(),
    /** The source's values and ours: `{ "水泵": "pump" }`. */
    words: z
      .record(z.string(), z.json())
      .refine((words) => Object.keys(words).length <= WORDS_MAX, `at most ${WORDS_MAX} words`)
      .optional(),
  }),
  z.strictObject({ constant: z.json() }),
]);

export const Mapping = z.strictObject({
  family: z.enum(["customer", "asset", "engineer"]),
  attributes: z.record(Path, Source).refine((of) => Object.keys(of).length <= ATTRIBUTES_MAX, `at most ${ATTRIBUTES_MAX} attributes`),
  /** Columns that name a row where the source has no id of ours. Absent: all that are mapped. */
  key: z.array(Column).min(1).max(10).optional(),
  decimal: z.enum([".", ","]).default("."),
  /** IANA name, for dates without a zone. */
  zone: z.string().max(60).refine(isZone, "a zone such as Asia/Shanghai").optional(),
  /** Of phone numbers without a prefix. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "a country such as CN")
    .default("CN"),
});
export type Mapping = z.infer<typeof Mapping>;

/** Where one attribute (or part) comes from: a place in the row, or a constant. */
export type Field = {
  readonly path: string;
  readonly parts: readonly string[];
  readonly schema: AttributeSchema;
  readonly none: NullPolicy;
  readonly words?: Readonly<Record<string, z.core.util.JSONType>> | undefined;
  readonly from: { readonly column: string; readonly at: number } | { readonly constant: z.core.util.JSONType };
};
export type Plan = { readonly mapping: Mapping; readonly fields: readonly Field[]; readonly keyAt: readonly number[] };

/** Refuses `malformed` with the attribute or column at fault, and `not-permitted` for an attribute that the hub may not write. */
export function readMapping(raw: unknown, columns: readonly string[]): Plan | Refusal {
  const parsed = Mapping.safeParse(raw);
  if (!parsed.success) return malformed(parsed.error, "send family and attributes, each with a column or a constant");
  const mapping = parsed.data;
  const fields: Field[] = [];
  for (const [path, source] of Object.entries(mapping.attributes)) {
    const schema = schemaAt(mapping.family, path);
    if (schema === null) return refuse("malformed", `${mapping.family} has no attribute ${path}`, "map to an attribute of the contract", `attributes.${path}`);
    if (schema["x-writers"] === "unit")
      return refuse("not-permitted", `${path} is written by its unit only`, "leave it out of the mapping", `attributes.${path}`);
    const from = "constant" in source ? source : { column: source.column, at: columns.indexOf(source.column) };
    if ("at" in from && from.at < 0) return refuse("malformed", `there is no column ${from.column}`, `map to one of ${shown(columns)}`, `attributes.${path}`);
    const told = NullPolicy.safeParse(schema["x-null"]);
    const none = ("constant" in source ? undefined : source.none) ?? (told.success ? told.data : EMPTY_IS_ABSENT);
    fields.push({ path, parts: path.split("."), schema, none, words: "constant" in source ? undefined : source.words, from });
  }
  const within = fields.find(({ path }) => fields.some((other) => other.path.startsWith(`${path}.`)));
  if (within !== undefined) return refuse("malformed", `${within.path} is mapped whole and in parts`, "map one or the other", `attributes.${within.path}`);
  if (!fields.some(({ path }) => path !== "id")) return refuse("malformed", "nothing is mapped", "map at least one attribute besides the id", "attributes");
  const missing = mapping.key?.find((column) => !columns.includes(column));
  if (missing !== undefined) return refuse("malformed", `there is no column ${missing}`, `choose from ${shown(columns)}`, "key");
  const mapped = fields.flatMap(({ from }) => ("at" in from ? [from.at] : []));
  const keyAt = mapping.key === undefined ? [...new Set(mapped)].toSorted((a, b) => a - b) : mapping.key.map((column) => columns.indexOf(column));
  return { mapping, fields, keyAt };
}

/** The columns that a mapping names, as far as it can be read: by these the delimiter of a file is found. */
export function columnsOf(raw: unknown): readonly string[] {
  const parsed = Mapping.safeParse(raw);
  return parsed.success ? Object.values(parsed.data.attributes).flatMap((source) => ("column" in source ? [source.column] : [])) : [];
}

/** The mapping by which our own exports are read: every leaf of the family from the column of its name. */
export function ownMapping(family: MasterFamily, columns: readonly string[] = leavesOf(family)): z.input<typeof Mapping> {
  const there = leavesOf(family).filter((path) => columns.includes(path));
  return { family, attributes: Object.fromEntries(there.map((path) => [path, { column: path }])) };
}

/** Attributes of a family, those with parts as their parts, in the order of the contract. */
export function leavesOf(family: MasterFamily): readonly string[] {
  const walk = (schema: AttributeSchema, path: string): readonly string[] =>
    schema.properties === undefined ? [path] : Object.entries(schema.properties).flatMap(([name, part]) => walk(part, path === "" ? name : `${path}.${name}`));
  return walk(contractOf(family).schema as AttributeSchema, "");
}

function schemaAt(family: MasterFamily, path: string): AttributeSchema | null {
  let schema: AttributeSchema | undefined = contractOf(family).schema as AttributeSchema;
  for (const part of path.split(".")) {
    schema = schema.properties !== undefined && Object.hasOwn(schema.properties, part) ? schema.properties[part] : undefined;
    if (schema === undefined) return null;
  }
  return schema;
}

function shown(columns: readonly string[]): string {
  return columns.slice(0, 20).join(", ");
}
