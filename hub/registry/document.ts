/**
 * Whether a document can be a contract at all: within its limits, a JSON Schema of a dialect that we read, finite, and annotated so that
 * nobody has to guess what a value means. `path` is a JSON Pointer into the document, `field` the attribute that it speaks of.
 */
import { AttributeAnnotations, DocumentAnnotations } from "../../contracts/annotation.ts";
import { deeperThan, jsonBytes } from "../../contracts/delta/json.ts";
import { attributesOf, promisedOf } from "./attribute.ts";
import { DIALECTS, badKeywords } from "./keyword.ts";
import { judgeReferences, placesOf } from "./reference.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { isUom } from "../../contracts/uom.ts";
import { type Place, type Schema, isSchema } from "./walk.ts";

/** One document. Ours have up to 25 KiB; a CRM's widest object, 800 fields with texts, about 300. More is generated, not written. */
export const DOCUMENT_BYTES_MAX = 512 * 1024;
/** Lists and objects in each other. Ours have 14; each level of attributes takes two. */
export const DOCUMENT_DEPTH_MAX = 100;
/** Schemas in one document: at two nodes an attribute far above the widest object, and the work of one judgement. */
export const DOCUMENT_SCHEMAS_MAX = 20_000;
/** Problems told at once: more than a person mends before asking again. */
const PROBLEMS_MAX = 100;

export type Problem = { readonly code: string; readonly path: string; readonly field?: string; readonly message: string };

/** Empty: it can be registered. */
export function judgeDocument(document: unknown): readonly Problem[] {
  const bounds = boundsOf(document);
  if (bounds !== null) return [bounds];
  const places = placesOf(document);
  if (places.length > DOCUMENT_SCHEMAS_MAX) return [problem("too-many-schemas", "", `at most ${DOCUMENT_SCHEMAS_MAX} schemas in one document`)];
  const shape = [...judgeDialect(document), ...places.flatMap(judgeKeywords), ...judgeReferences(document, places)];
  // What is not a schema has no meaning to judge.
  const problems = shape.length > 0 ? shape : [...judgeAbout(document as Schema), ...places.flatMap(judgeMeaning)];
  return problems.slice(0, PROBLEMS_MAX);
}

/** The stream that entities of a document travel in; null: none. */
export function streamOf(document: unknown): StreamName | null {
  const said = DocumentAnnotations.shape["x-stream"].safeParse(isSchema(document) ? document["x-stream"] : undefined);
  return said.success ? (said.data ?? null) : null;
}

/** Beyond which a document is not looked into; null: within. */
export function boundsOf(document: unknown): Problem | null {
  if (!isSchema(document)) return problem("not-a-schema", "", "a contract is a JSON Schema that is an object");
  // Depth first: everything after it may recurse.
  if (deeperThan(document, DOCUMENT_DEPTH_MAX)) return problem("too-deep", "", `nested deeper than ${DOCUMENT_DEPTH_MAX} levels (DOCUMENT_DEPTH_MAX)`);
  const bytes = jsonBytes(document);
  return bytes > DOCUMENT_BYTES_MAX ? problem("too-large", "", `${bytes} bytes; a contract has at most ${DOCUMENT_BYTES_MAX} (DOCUMENT_BYTES_MAX)`) : null;
}

function judgeDialect(document: unknown): readonly Problem[] {
  const dialect = isSchema(document) ? document["$schema"] : undefined;
  return dialect === undefined || (typeof dialect === "string" && DIALECTS.includes(dialect.replace(/#$/, "")))
    ? []
    : [problem("unknown-dialect", "/$schema", "JSON Schema 2020-12 or draft-07")];
}

function judgeKeywords({ schema, pointer, field }: Place): readonly Problem[] {
  if (typeof schema === "boolean") return [];
  if (!isSchema(schema)) return [problem("not-a-schema", pointer, "a schema is an object or a boolean", field)];
  return badKeywords(schema).map(({ keyword, rule }) => problem("bad-keyword", `${pointer}/${keyword}`, `${keyword}: ${rule}`, field));
}

/** What is said of the whole: the key above all. */
function judgeAbout(document: Schema): readonly Problem[] {
  const parsed = DocumentAnnotations.safeParse(document);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => problem("bad-annotation", `/${path.map(String).join("/")}`, `${String(path[0])}: ${message}`));
  const { "x-key": key, "x-merge": merge = {}, "x-relations": relations = [] } = parsed.data;
  const attributes = attributesOf(document);
  const missing = (keyword: string, attr: string): readonly Problem[] =>
    attributes.has(attr) ? [] : [problem("unknown-attribute", `/${keyword}`, `${keyword} names ${attr}, which the document does not have`, attr)];
  if (key === undefined) return [problem("no-key", "/x-key", "says no key: which attribute identifies an entity, in what form and in which namespace (x-key)")];
  return [
    ...missing("x-key", key.attr),
    ...(attributes.has(key.attr) && !promisedOf(document).has(key.attr)
      ? [problem("optional-key", "/x-key", `the key ${key.attr} may be absent: require it`, key.attr)]
      : []),
    ...(key.format === "" || key.namespace === "" ? [problem("no-key", "/x-key", "the key's format and namespace are empty", key.attr)] : []),
    ...Object.keys(merge)
      .filter((attr) => attr !== "*")
      .flatMap((attr) => missing("x-merge", attr)),
    ...relations.flatMap(({ attr }) => missing("x-relations", attr)),
  ];
}

/** What one schema says of its values. */
function judgeMeaning({ schema, pointer, field }: Place): readonly Problem[] {
  if (!isSchema(schema)) return [];
  const parsed = AttributeAnnotations.safeParse(schema);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) =>
      problem("bad-annotation", `${pointer}/${path.map(String).join("/")}`, `${String(path[0])}: ${message}`, field),
    );
  const { "x-uom": uom, "x-meaning": meaning = {}, "x-class": personal, "x-purpose": purpose } = parsed.data;
  const unexplained = valuesOf(schema).filter((value) => !Object.hasOwn(meaning, value));
  return [
    ...(personal === "personal" && purpose === undefined
      ? [problem("no-purpose", pointer, `${field === "" ? "the document" : field} is personal and names no purpose (x-purpose)`, field)]
      : []),
    ...unexplained.map((value) => problem("no-meaning", pointer, `the value ${value} has no meaning (x-meaning)`, field)),
    ...asksOf(schema).map((keyword) => problem("unanswered", `${pointer}/x-ask`, `nobody has said its ${keyword} yet`, field)),
    ...(uom !== undefined && !isUom(uom) ? [problem("unknown-uom", `${pointer}/x-uom`, `${uom} is not a UCUM code`, field)] : []),
    ...(uom !== undefined && !isNumeric(schema) ? [problem("uom-of-no-number", `${pointer}/x-uom`, "only numbers have a unit of measure", field)] : []),
  ];
}

/** What a proposal left open (`quarantine.ts`). */
function asksOf(schema: Schema): readonly string[] {
  return Array.isArray(schema["x-ask"]) ? schema["x-ask"].map(String) : [];
}

/** Values that need a word of explanation, as `x-meaning` names them: those of an enum, and constants that are texts. */
function valuesOf(schema: Schema): readonly string[] {
  const listed = Array.isArray(schema["enum"]) ? schema["enum"].filter((value) => value !== null) : [];
  return [...listed, ...(typeof schema["const"] === "string" ? [schema["const"]] : [])].map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
}

function isNumeric(schema: Schema): boolean {
  const { type } = schema;
  return [type].flat().every((one) => one === "number" || one === "integer" || one === "null") || (type === undefined && schema["$ref"] === undefined);
}

function problem(code: string, path: string, message: string, field = ""): Problem {
  return { code, path, message, ...(field === "" ? {} : { field }) };
}
