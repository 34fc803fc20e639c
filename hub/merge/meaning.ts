/**
 * What merging needs to know of a contract, read from its document: a JSON Schema with the keywords of `contracts/annotation.ts`. A document
 * of ours is read by our own schemas; another's values are checked against it attribute by attribute.
 */
import { type SchemaDraft, dereference, validate } from "@cfworker/json-schema";
import { AttributeAnnotations, DocumentAnnotations, type Writers } from "../../contracts/annotation.ts";
import { contractsOfUnit, fingerprint } from "../../contracts/contract.ts";
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { type Lens, attrThrough } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { isSealed } from "../../contracts/delta/seal.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Schema, asSchema, childrenOf, isSchema, resolve, withPointers } from "../registry/walk.ts";

const OURS: ReadonlyMap<string, string> = new Map(contractsOfUnit().map(({ subject, fingerprint: print }) => [print, subject]));

/** Of documents that say for themselves all that there is to know: reading one costs more than a push of one operation. */
const read = new WeakMap<object, Map<string, Meaning | null>>();

/** Null for a document that can't be read, or that says no stream. `streamOf`: for subjects whose documents do not say it themselves. */
export function meaningOfContract(subject: string, major: number, document: Json, streamOf?: (subject: string) => StreamName | null): Meaning | null {
  if (streamOf !== undefined || typeof document !== "object" || document === null) return readContract(subject, major, document, streamOf ?? ownStream);
  const known = read.get(document) ?? new Map<string, Meaning | null>();
  read.set(document, known);
  const key = `${subject}@${major}`;
  const found = known.get(key);
  const meaning = found === undefined ? readContract(subject, major, document, ownStream) : found;
  known.set(key, meaning);
  return meaning;
}

function readContract(subject: string, major: number, document: Json, streamOf: (subject: string) => StreamName | null): Meaning | null {
  const ours = OURS.get(fingerprint(document)) === subject ? meaningOf(subject) : undefined;
  if (ours !== undefined) return { ...ours, major };
  const about = DocumentAnnotations.safeParse(document);
  const stream = about.data?.["x-stream"] ?? streamOf(subject);
  const forms = isSchema(document) && stream !== null ? formsOf(document) : null;
  if (stream === null || forms === null) return null;
  const merge = about.data?.["x-merge"] ?? {};
  const deleters = deletersOf(forms, about.data?.["x-key"]?.attr);
  // A document that says nothing of it means what ours of that name means.
  const belongsTo = about.data?.["x-key"]?.within === "unit" ? "unit" : meaningOf(subject)?.belongsTo;
  return {
    subject,
    major,
    stream,
    ...(belongsTo === undefined ? {} : { belongsTo }),
    knows: (attr) => forms.has(attr),
    ruleOf: (attr) => (Object.hasOwn(merge, attr) ? merge[attr] : undefined) ?? merge["*"] ?? "lww",
    writersOf: (attr) => (attr === "" ? deleters : (forms.get(attr)?.writers ?? "any")),
    isPersonal: (attr) => forms.get(attr)?.personal === true,
    fits: (attr, value) => forms.get(attr)?.fits(value) === true,
  };
}

/**
 * What a unit writes under its own document, read as the published one: the published word counts wherever there is one; what only the
 * unit's form has is carried under its own. `lens`: from the unit's major to the published one.
 */
export function readAs(own: Meaning, published: Meaning, lens: Lens | undefined): Meaning {
  const ownName = (attr: string): string | null => {
    const name = lens === undefined ? attr : attrThrough(lens, attr, "down");
    // A name that leads elsewhere is the older form's own, and nothing here.
    return lens === undefined || attrThrough(lens, name, "up") === attr ? name : null;
  };
  const carried = (attr: string): string | null => {
    const name = published.knows(attr) ? null : ownName(attr);
    return name !== null && own.knows(name) ? name : null;
  };
  const said = <T>(attr: string, say: (meaning: Meaning, name: string) => T): T => {
    const name = carried(attr);
    return name === null ? say(published, attr) : say(own, name);
  };
  return {
    subject: published.subject,
    major: published.major,
    stream: published.stream,
    ...(published.belongsTo === undefined ? {} : { belongsTo: published.belongsTo }),
    knows: (attr) => published.knows(attr) || carried(attr) !== null,
    ruleOf: (attr) => said(attr, (meaning, name) => meaning.ruleOf(name)),
    writersOf: (attr) => said(attr, (meaning, name) => meaning.writersOf(name)),
    isPersonal: (attr) => published.isPersonal(attr) || own.isPersonal(ownName(attr) ?? attr),
    fits: (attr, value) => said(attr, (meaning, name) => meaning.fits(name, value)),
  };
}

/** Purposes for which an attribute may be held, as the document says; none: it is not personal, or the document does not know it. */
export function purposesOf(document: Json, attr: string): readonly string[] {
  const purposes = (schemasOf(asSchema(document)).get(attr) ?? []).flatMap((schema) =>
    inside(asSchema(document), schema).flatMap((one) => AttributeAnnotations.safeParse(one).data?.["x-purpose"] ?? []),
  );
  return [...new Set(purposes)];
}

type Form = {
  /** Absent: the document does not say. */
  readonly writers: Writers | undefined;
  readonly personal: boolean;
  readonly fits: (value: Json) => boolean;
};

function formsOf(foreign: Schema): ReadonlyMap<string, Form> | null {
  // Addresses of its own would lead references astray: they are pointers from the root.
  const document: Schema = { ...asSchema(withoutAddresses(withPointers(foreign))), $id: "https://contract.invalid/" };
  const draft: SchemaDraft = String(foreign["$schema"]).includes("draft-07") ? "7" : "2020-12";
  try {
    const places = dereference(document);
    const check = (schema: Schema, value: Json): boolean => validate(value, schema, draft, places, true).valid;
    return new Map([...schemasOf(document)].map(([attr, schemas]) => [attr, formOf(document, schemas, check)]));
  } catch {
    return null;
  }
}

/** As `contracts/annotation.ts` says of writers. */
function deletersOf(forms: ReadonlyMap<string, Form>, key: string | undefined): Writers {
  const named = key === undefined ? undefined : forms.get(key)?.writers;
  if (named !== undefined) return named;
  const said = [...forms.values()].map(({ writers }) => writers);
  return (["unit", "hub"] as const).find((side) => said.includes(side)) ?? "any";
}

function formOf(document: Schema, schemas: readonly Schema[], check: (schema: Schema, value: Json) => boolean): Form {
  const said = schemas.map((schema) => AttributeAnnotations.safeParse(schema).data ?? {});
  const bad = said.flatMap(({ "x-null": none }) => (none?.policy === "refuse" ? [...none.sentinels, null].map(canonical) : []));
  return {
    writers: said.find((one) => one["x-writers"] !== undefined)?.["x-writers"],
    personal: schemas.some((schema) => inside(document, schema).some((one) => one["x-class"] === "personal")),
    fits(value) {
      // What looks sealed would be opened when it is read.
      if (isSealed(value) || bad.includes(canonical(value))) return false;
      try {
        return schemas.some((schema) => check(schema, value));
      } catch {
        // The document says something that can't be checked: nothing is known to fit it.
        return false;
      }
    },
  };
}

/** The schemas of each attribute: over all that the document is one of, through references within it. A schema that is `true` says nothing: {}. */
function schemasOf(document: Schema): ReadonlyMap<string, readonly Schema[]> {
  const found = new Map<string, Schema[]>();
  const seen = new Set<Schema>();
  const visit = (schema: Schema): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    for (const [attr, one] of Object.entries(asSchema(schema["properties"]))) if (one !== false) found.set(attr, [...(found.get(attr) ?? []), asSchema(one)]);
    for (const keyword of ["anyOf", "oneOf", "allOf"]) for (const one of listOf(schema[keyword])) visit(asSchema(one));
    visit(targetOf(document, schema));
  };
  visit(document);
  return found;
}

/** A schema with everything in it, and what it refers to. */
function inside(document: Schema, schema: Schema): readonly Schema[] {
  const found = new Set<Schema>();
  const visit = (one: Schema): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const { schema: child } of childrenOf(one, { schema: one, pointer: "", field: "" })) visit(asSchema(child));
    visit(targetOf(document, one));
  };
  visit(schema);
  return [...found];
}

const NOTHING: Schema = {};

function targetOf(document: Schema, schema: Schema): Schema {
  const reference = schema["$ref"];
  const target = typeof reference === "string" ? resolve(document, reference)?.schema : undefined;
  return isSchema(target) ? target : NOTHING;
}

/** Where a document holds values instead of schemas. */
const VALUES = new Set(["const", "enum", "default", "examples"]);

function withoutAddresses(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutAddresses);
  if (!isSchema(schema)) return schema;
  const kept = Object.entries(schema).filter(([keyword, value]) => typeof value !== "string" || !["$id", "id", "$anchor", "$schema"].includes(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, VALUES.has(keyword) ? value : withoutAddresses(value)]));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function ownStream(subject: string): StreamName | null {
  return meaningOf(subject)?.stream ?? null;
}
