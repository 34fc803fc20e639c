/** What a contract says of each of its fields, read from its JSON Schema: nested ones by path (`position.lat`, `skills[]`). */
import { AttributeAnnotations, DocumentAnnotations, type NullPolicy } from "../../contracts/annotation.ts";
import { resolve } from "../registry/walk.ts";

/** Fields of one contract that are looked at. Our widest family has 60; a schema of a foreign system is cut here. */
const FIELDS_MAX = 500;
/** Nesting that is followed; ours have 4. Also what ends a `$ref` that points to itself. */
const DEPTH_MAX = 6;
/** Instants are whole milliseconds up to the last one that a calendar knows. */
const INSTANT_MAX = 8_640_000_000_000_000;

/**
 * `value`: compared as it is · `instant`: compared by its distance from when it was written, since time goes on · `reference`: an id, of
 * which only the form is compared · `running`: a counter or a maximum, which only grows · `group`: an object or list, whose parts are fields.
 */
export type Role = "value" | "instant" | "reference" | "running" | "group";

export type Field = {
  readonly path: string;
  readonly role: Role;
  /** Only shapes and counts are kept of its values. */
  readonly personal: boolean;
  /** JSON types, `integer` beside `number`; none: any. */
  readonly types: readonly string[];
  /** Texts of an enumeration. */
  readonly values?: readonly string[];
  readonly meanings: Readonly<Record<string, string>>;
  readonly uom?: string;
  readonly min?: number;
  readonly max?: number;
  readonly nulls: NullPolicy;
  readonly described: boolean;
  readonly purposes: readonly string[];
  readonly required: boolean;
};

/** What is known of a field that no contract names: nothing, so its values are treated as personal. */
export function unknownField(path: string): Field {
  return { path, role: "value", personal: true, types: [], meanings: {}, nulls: KEEP, described: false, purposes: [], required: false };
}

/** Fields in the order of the document; alternatives of a union are laid together. `document` is a JSON Schema that was registered. */
export function fieldsOf(document: unknown): ReadonlyMap<string, Field> {
  const root = asSchema(document);
  const about = documentOf(document);
  const pointing = new Set([...(about["x-key"] === undefined ? [] : [about["x-key"].attr]), ...(about["x-relations"] ?? []).map(({ attr }) => attr)]);
  const merge = about["x-merge"] ?? {};
  const fields = new Map<string, Field>();
  const told = (field: Field): void => {
    const known = fields.get(field.path);
    if (known === undefined && fields.size >= FIELDS_MAX) return;
    fields.set(field.path, known === undefined ? field : both(known, field));
  };
  const walk = (schema: Schema, prefix: string, depth: number, personal: boolean, always: boolean): void => {
    if (depth > DEPTH_MAX) return;
    const shapes = alternatives(schema, root);
    for (const shape of shapes) {
      const required = textsOf(shape["required"]);
      for (const [name, raw] of Object.entries(asSchema(shape["properties"]))) {
        const path = prefix + name;
        const inAll = shapes.every((other) => textsOf(other["required"]).includes(name));
        const rule = prefix === "" ? (merge[name] ?? merge["*"]) : undefined;
        const grows = rule === "counter" || rule === "max" || rule === "min";
        for (const one of alternatives(asSchema(raw), root)) {
          const field = fieldOf(one, path, { personal, required: always && inAll && required.includes(name), pointing: pointing.has(path), grows });
          told(field);
          walk(one, `${path}.`, depth + 1, field.personal, field.required);
          for (const item of one["items"] === undefined ? [] : alternatives(asSchema(one["items"]), root)) {
            told(fieldOf(item, `${path}[]`, { personal: field.personal, required: false, pointing: pointing.has(path), grows: false }));
            walk(item, `${path}[].`, depth + 2, field.personal, false);
          }
        }
      }
    }
  };
  walk(root, "", 0, false, true);
  return fields;
}

/** Keywords of the whole document; none where they do not parse. */
export function documentOf(document: unknown): DocumentAnnotations {
  const parsed = DocumentAnnotations.safeParse(document);
  return parsed.success ? parsed.data : {};
}

/** Whether a null or this value stands for "none" under the field's policy. */
export function isNone(value: unknown, { policy, sentinels }: NullPolicy): boolean {
  return policy !== "keep" && (value === null || value === undefined || isSentinel(value, sentinels));
}

export function isSentinel(value: unknown, sentinels: NullPolicy["sentinels"]): value is string | number {
  return (typeof value === "string" || typeof value === "number") && sentinels.includes(value);
}

type Schema = Readonly<Record<string, unknown>>;
type Around = { readonly personal: boolean; readonly required: boolean; readonly pointing: boolean; readonly grows: boolean };

const KEEP: NullPolicy = { policy: "keep", sentinels: [] };
/** Where a contract says nothing, a null is no value. */
const ABSENT: NullPolicy = { policy: "absent", sentinels: [] };

function fieldOf(schema: Schema, path: string, around: Around): Field {
  const parsed = AttributeAnnotations.safeParse(schema);
  const said = parsed.success ? parsed.data : {};
  const types = typesOf(schema);
  const values = valuesOf(schema);
  const instant = types.includes("integer") && schema["maximum"] === INSTANT_MAX;
  const group = types.length > 0 && types.every((type) => type === "object" || type === "array");
  const role = around.pointing ? "reference" : instant ? "instant" : group ? "group" : around.grows ? "running" : "value";
  const min = boundOf(schema["minimum"], schema["exclusiveMinimum"]);
  const max = boundOf(schema["maximum"], schema["exclusiveMaximum"]);
  return {
    path,
    role,
    personal: around.personal || said["x-class"] === "personal",
    types,
    ...(values === undefined ? {} : { values }),
    meanings: said["x-meaning"] ?? {},
    ...(said["x-uom"] === undefined ? {} : { uom: said["x-uom"] }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    nulls: said["x-null"] ?? ABSENT,
    described: typeof schema["description"] === "string" && schema["description"].trim() !== "",
    purposes: said["x-purpose"] ?? [],
    required: around.required,
  };
}

/** One field in two alternatives of a union: what either allows. */
function both(a: Field, b: Field): Field {
  const { values: _, uom: __, min: ___, max: ____, ...rest } = a;
  const values = a.values === undefined || b.values === undefined ? undefined : [...new Set([...a.values, ...b.values])];
  const uom = a.uom ?? b.uom;
  const [min, max] = [least(a.min, b.min, Math.min), least(a.max, b.max, Math.max)];
  return {
    ...rest,
    ...(values === undefined ? {} : { values }),
    ...(uom === undefined ? {} : { uom }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    role: a.role === b.role ? a.role : "value",
    personal: a.personal || b.personal,
    types: a.types.length === 0 || b.types.length === 0 ? [] : [...new Set([...a.types, ...b.types])],
    meanings: { ...a.meanings, ...b.meanings },
    described: a.described || b.described,
    purposes: [...new Set([...a.purposes, ...b.purposes])],
    required: a.required && b.required,
  };
}

/** The schema itself, or what its `anyOf`, `oneOf`, `allOf` and local `$ref` lead to, with the keywords that stand beside them. */
function alternatives(schema: Schema, root: Schema, depth = 0): readonly Schema[] {
  if (depth > DEPTH_MAX) return [];
  const { anyOf, oneOf, allOf, $ref, ...beside } = schema;
  const lists = [anyOf, oneOf, allOf].filter((list) => Array.isArray(list)).flat();
  const followed = typeof $ref === "string" ? [...lists, resolve(root, $ref)?.schema ?? {}] : lists;
  return followed.length === 0 ? [schema] : followed.flatMap((one) => alternatives({ ...beside, ...asSchema(one) }, root, depth + 1));
}

function typesOf(schema: Schema): readonly string[] {
  if (typeof schema["type"] === "string") return [schema["type"]];
  const listed = textsOf(schema["type"]);
  if (listed.length > 0) return listed;
  const values = schema["const"] === undefined ? schema["enum"] : [schema["const"]];
  return Array.isArray(values) ? [...new Set(values.map((value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)))] : [];
}

function valuesOf(schema: Schema): readonly string[] | undefined {
  if (schema["const"] !== undefined) return [textOf(schema["const"])];
  return Array.isArray(schema["enum"]) ? schema["enum"].map(textOf) : undefined;
}

/** A value of an enumeration as a text: how `x-meaning` names it. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function boundOf(inclusive: unknown, exclusive: unknown): number | undefined {
  return typeof inclusive === "number" ? inclusive : typeof exclusive === "number" ? exclusive : undefined;
}

function least(a: number | undefined, b: number | undefined, of: (x: number, y: number) => number): number | undefined {
  return a === undefined || b === undefined ? undefined : of(a, b);
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}
