/**
 * What contracts say beyond the shape of values: units, keys, meanings of enum values, merge rules, who writes, what stands for "none", whom it
 * concerns and what for. Two schemas may allow the very same documents and still be misread for one another; such changes break in
 * both directions. Statements about an attribute that only one side has come with the attribute.
 */
import type { z } from "zod";
import { AttributeAnnotations, DocumentAnnotations } from "../../../contracts/annotation.ts";
import { canonical } from "../../../contracts/delta/json.ts";
import { type Change, child, quoted } from "./change.ts";
import type { Document } from "./document.ts";
import { entries, isObject, type Keywords } from "./keyword.ts";

/** Members in members that are looked into; a contract's entities have 3. */
const ATTRIBUTE_DEPTH_MAX = 32;

type Attribute = { readonly said: AttributeAnnotations; readonly path: string };
type Attributes = ReadonlyMap<string, Attribute>;

/** None when neither side says anything of the kind. */
export function meanings(old: Document, next: Document): readonly Change[] {
  if (!isAnnotated(old) && !isAnnotated(next)) return [];
  const [before, after] = [attributesOf(old), attributesOf(next)];
  const changes = ofDocuments(old, next, before, after);
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is !== undefined) changes.push(...ofAttributes(name === "" ? "the document" : name, was, is));
  }
  return changes;
}

function isAnnotated(document: Document): boolean {
  return [...document.places.keys()].some((schema) => Object.keys(schema).some((keyword) => keyword.startsWith("x-")));
}

function ofAttributes(name: string, was: Attribute, is: Attribute): readonly Change[] {
  const changes: Change[] = [];
  const path = (keyword: string) => child(is.said[keyword as keyof AttributeAnnotations] === undefined ? was.path : is.path, keyword);
  const add = (keyword: string, code: string, message: string, breaking = true) => changes.push({ code, path: path(keyword), message, breaking });

  const [uomWas, uomIs] = [was.said["x-uom"], is.said["x-uom"]];
  if (uomWas === undefined && uomIs !== undefined) add("x-uom", "uom-added", `The uom of ${name} is now stated: ${uomIs}.`, false);
  else if (uomWas !== uomIs) add("x-uom", "uom-changed", `The uom of ${name} was ${uomWas} and is ${uomIs ?? "not stated"}.`);

  const [meantWas, meantIs] = [was.said["x-meaning"] ?? {}, is.said["x-meaning"] ?? {}];
  for (const [value, meaning] of Object.entries(meantWas)) {
    const now = Object.hasOwn(meantIs, value) ? meantIs[value] : undefined;
    if (now !== meaning)
      add(
        "x-meaning",
        "meaning-changed",
        `The value ${quoted(value)} of ${name} meant "${meaning}" and ${now === undefined ? "has no stated meaning any more" : `means "${now}"`}.`,
      );
  }
  for (const value of Object.keys(meantIs))
    if (!Object.hasOwn(meantWas, value)) add("x-meaning", "meaning-added", `The value ${quoted(value)} of ${name} means "${meantIs[value]}".`, false);

  const [writesWas, writesIs] = [was.said["x-writers"] ?? "any", is.said["x-writers"] ?? "any"];
  if (writesWas !== writesIs) {
    const narrowed = writesIs !== "any";
    add("x-writers", narrowed ? "writers-narrowed" : "writers-widened", `Who may write ${name} was ${writesWas} and is ${writesIs}.`, narrowed);
  }
  if (canonical(was.said["x-null"]) !== canonical(is.said["x-null"]))
    add("x-null", "null-policy-changed", `What stands for "none" in ${name} was ${quoted(was.said["x-null"])} and is ${quoted(is.said["x-null"])}.`);

  const [classWas, classIs] = [was.said["x-class"] ?? "plain", is.said["x-class"] ?? "plain"];
  if (classWas !== classIs) add("x-class", classIs === "personal" ? "class-raised" : "class-lowered", `${name} was ${classWas} and is ${classIs}.`);

  const [purposeWas, purposeIs] = [was.said["x-purpose"] ?? [], is.said["x-purpose"] ?? []];
  const more = purposeIs.filter((purpose) => !purposeWas.includes(purpose));
  const fewer = purposeWas.filter((purpose) => !purposeIs.includes(purpose));
  if (more.length > 0) add("x-purpose", "purpose-widened", `${name} was collected for ${quoted(purposeWas)} and is now also for ${quoted(more)}.`);
  if (fewer.length > 0) add("x-purpose", "purpose-narrowed", `${name} is no longer collected for ${quoted(fewer)}.`, false);
  return changes;
}

function ofDocuments(old: Document, next: Document, before: Attributes, after: Attributes): Change[] {
  const documentOf = ({ root }: Document) => parsed(DocumentAnnotations, isObject(root) ? root : {});
  const [was, is] = [documentOf(old), documentOf(next)];
  const changes: Change[] = [];
  const add = (keyword: string, code: string, message: string, breaking = true) => changes.push({ code, path: child("", keyword), message, breaking });
  const [keyWas, keyIs] = [was["x-key"], is["x-key"]];
  if (keyWas !== undefined && keyIs === undefined) add("x-key", "key-removed", `The key was ${keyWas.attr}, now none is stated.`);
  if (keyWas === undefined && keyIs !== undefined) add("x-key", "key-added", `The key is now stated: ${keyIs.attr}.`, false);
  if (keyWas !== undefined && keyIs !== undefined) {
    if (keyWas.attr !== keyIs.attr) add("x-key", "key-changed", `The key was ${keyWas.attr} and is ${keyIs.attr}.`);
    if (keyWas.format !== keyIs.format) add("x-key", "key-format-changed", `The form of the key was ${keyWas.format} and is ${keyIs.format}.`);
    if (keyWas.namespace !== keyIs.namespace)
      add("x-key", "key-namespace-changed", `The namespace of the key was ${keyWas.namespace} and is ${keyIs.namespace}.`);
    if (keyWas.within === undefined && keyIs.within !== undefined)
      add("x-key", "key-scope-added", `It is now stated what the key is unique in: the ${keyIs.within}.`, false);
    else if (keyWas.within !== keyIs.within)
      add("x-key", "key-scope-changed", `The key was unique in the ${keyWas.within} and is in ${keyIs.within ?? "what is not stated"}.`);
  }
  if (was["x-stream"] !== is["x-stream"])
    add(
      "x-stream",
      "stream-changed",
      `The stream was ${was["x-stream"] ?? "not stated"} and is ${is["x-stream"] ?? "not stated"}.`,
      was["x-stream"] !== undefined,
    );
  const ruleOf = (said: DocumentAnnotations, name: string) => said["x-merge"]?.[name] ?? said["x-merge"]?.["*"];
  for (const name of before.keys()) {
    const isOwn = name !== "" && !name.includes("/") && after.has(name);
    const [rule, now] = [ruleOf(was, name), ruleOf(is, name)];
    if (isOwn && rule !== now) add("x-merge", "merge-changed", `${name} was merged by ${rule ?? "no stated rule"} and is by ${now ?? "no stated rule"}.`);
  }
  const [relatedWas, relatedIs] = [was["x-relations"] ?? [], is["x-relations"] ?? []];
  for (const { attr, subject } of relatedWas) {
    const now = relatedIs.find((other) => other.attr === attr);
    if (now?.subject !== subject) add("x-relations", "relation-changed", `${attr} referred to ${subject} and refers to ${now?.subject ?? "nothing stated"}.`);
  }
  for (const { attr, subject } of relatedIs)
    if (!relatedWas.some((other) => other.attr === attr)) add("x-relations", "relation-added", `${attr} now refers to ${subject}.`, before.has(attr));
  if (canonical(was["x-quality"]) !== canonical(is["x-quality"]))
    add("x-quality", "quality-changed", `The promised quality was ${quoted(was["x-quality"])} and is ${quoted(is["x-quality"])}.`, false);
  if (was["x-owner"] !== is["x-owner"])
    add("x-owner", "owner-changed", `The owner was ${was["x-owner"] ?? "not stated"} and is ${is["x-owner"] ?? "not stated"}.`, false);
  return changes;
}

/** One keyword at a time: what does not parse is left to registration, which refuses it, and hides nothing beside it. */
function parsed<Shape extends z.ZodRawShape>(object: z.ZodObject<Shape>, value: Keywords): z.infer<z.ZodObject<Shape>> {
  const sound = Object.entries(value).filter(([keyword, one]) => Object.hasOwn(object.shape, keyword) && object.safeParse({ [keyword]: one }).success);
  return object.parse(Object.fromEntries(sound));
}

/** By path of names (`address/city`, `tags/*` for elements), through references and alternatives; the first that says something counts. */
function attributesOf(document: Document): Attributes {
  const found = new Map<string, Attribute>();
  const open: { schema: unknown; name: readonly string[]; seen: readonly Keywords[] }[] = [{ schema: document.root, name: [], seen: [] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { schema, name, seen } = next;
    const place = isObject(schema) ? document.places.get(schema) : undefined;
    if (place === undefined || name.length > ATTRIBUTE_DEPTH_MAX || seen.includes(place.schema)) continue;
    const key = name.join("/");
    const said = parsed(AttributeAnnotations, place.schema);
    const known = found.get(key);
    if (known === undefined || Object.keys(known.said).length === 0) found.set(key, { said, path: place.pointer });
    else
      found.set(key, {
        ...known,
        said: { ...said, ...known.said, ...(said["x-meaning"] === undefined ? {} : { "x-meaning": { ...said["x-meaning"], ...known.said["x-meaning"] } }) },
      });
    const deeper = (one: unknown, ...steps: readonly string[]) => open.push({ schema: one, name: [...name, ...steps], seen: [...seen, place.schema] });
    for (const [property, one] of entries(place.schema["properties"])) deeper(one, property);
    for (const keyword of ["allOf", "anyOf", "oneOf"]) if (Array.isArray(place.schema[keyword])) for (const one of place.schema[keyword]) deeper(one);
    const reference = place.schema["$ref"];
    if (typeof reference === "string") deeper(document.target(place, reference));
    if (place.schema["items"] !== undefined) deeper(place.schema["items"], "*");
  }
  return found;
}
