/**
 * A schema from outside, admitted: within its limits, every keyword of its right shape, every reference leading to a schema in the same
 * document, and none leading back to itself without entering a value. What is refused here is never compared.
 */
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import { inexact } from "./exact.ts";
import { type Dialect, dialectOf, isInPlace, isObject, isOldReference, type Keywords, misshapen, type Schema, subschemas } from "./keyword.ts";
import { IN_PLACE_DEPTH_MAX, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_VALUES_MAX } from "./limit.ts";
import { decodeStep, encodeStep, resolveUri, splitUri } from "./uri.ts";

/** A schema object and where it stands: `resource` is the URI that its references are relative to. */
export type Place = { readonly schema: Keywords; readonly pointer: string; readonly resource: string; readonly dialect: Dialect };

export type Document = {
  readonly root: Schema;
  /** Every schema object that can be reached, parents before their children. */
  readonly places: ReadonlyMap<Keywords, Place>;
  /** The schema that a reference at `place` leads to. */
  target(place: Place, reference: string): Schema | undefined;
};

/** Refuses `too-large`, `malformed` and `breaks-contract` with the JSON pointer of what is at fault. */
export function admit(value: unknown): Document | Refusal {
  const excess = excessOf(value);
  if (excess !== null) return excess;
  const root: unknown = JSON.parse(JSON.stringify(value) ?? "null");
  const known = { places: new Map<Keywords, Place>(), resources: new Map<string, Keywords>(), anchors: new Map<string, Keywords>() };
  const targets = new Map<string, Schema>();
  const open: { value: unknown; pointer: string; resource: string; dialect: Dialect }[] = [{ value: root, pointer: "", resource: "", dialect: "unstated" }];
  const references: { place: Place; reference: string }[] = [];
  while (open.length > 0 || references.length > 0) {
    const next = open.pop();
    if (next === undefined) {
      const waiting = references.splice(0);
      for (const { place, reference } of waiting) {
        const found = find(place.resource, reference, known);
        if (found === null || !isSchema(found.schema)) return unresolved(place, reference);
        targets.set(JSON.stringify([place.resource, reference]), found.schema);
        if (isObject(found.schema) && !known.places.has(found.schema))
          open.push({ value: found.schema, pointer: found.pointer, resource: found.resource, dialect: place.dialect });
      }
      continue;
    }
    if (typeof next.value === "boolean") continue;
    if (!isObject(next.value)) return refuse("malformed", "a schema is an object or a boolean", "write a schema here", next.pointer);
    if (known.places.has(next.value)) continue;
    const wrong = misshapen(next.value);
    if (wrong !== null) return refuse("malformed", `${wrong.keyword} is ${wrong.shape}`, "correct the keyword", `${next.pointer}/${wrong.keyword}`);
    const inexactly = inexact(next.value);
    if (inexactly !== null)
      return refuse(
        "malformed",
        `${inexactly} holds a number beyond 2^53, which is read as one of several`,
        "use a smaller number, a text with a pattern, or leave the bound out",
        `${next.pointer}/${inexactly}`,
      );
    const place = enter(next.value, next, known);
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      const reference = next.value[keyword];
      if (typeof reference === "string") references.push({ place, reference });
    }
    // The last one is popped first: pushed in reverse, they are met in the order of the document.
    for (const { steps, schema } of subschemas(next.value).toReversed())
      open.push({ value: schema, pointer: `${place.pointer}/${steps.map(encodeStep).join("/")}`, resource: place.resource, dialect: place.dialect });
  }
  if (!isSchema(root)) return refuse("malformed", "a schema is an object or a boolean", "write a schema here");
  const document: Document = { root, places: known.places, target: (place, reference) => targets.get(JSON.stringify([place.resource, reference])) };
  return circular(document) ?? document;
}

type Known = { places: Map<Keywords, Place>; resources: Map<string, Keywords>; anchors: Map<string, Keywords> };

function enter(schema: Keywords, at: { pointer: string; resource: string; dialect: Dialect }, known: Known): Place {
  const dialect = typeof schema["$schema"] === "string" ? dialectOf(schema["$schema"]) : at.dialect;
  const id = schema["$id"] ?? (dialect === "draft-04" ? schema["id"] : undefined);
  const names = typeof id === "string" && !(isOldReference(dialect) && schema["$ref"] !== undefined) ? splitUri(resolveUri(id, at.resource)) : null;
  const resource = names === null ? at.resource : names.uri;
  if (names !== null && names.fragment === "" && !known.resources.has(resource)) known.resources.set(resource, schema);
  if (names !== null && names.fragment !== "") known.anchors.set(`${resource}#${names.fragment}`, schema);
  if (at.pointer === "" && !known.resources.has("")) known.resources.set("", schema);
  for (const keyword of ["$anchor", "$dynamicAnchor"]) {
    const anchor = schema[keyword];
    if (typeof anchor === "string" && !known.anchors.has(`${resource}#${anchor}`)) known.anchors.set(`${resource}#${anchor}`, schema);
  }
  const place: Place = { schema, pointer: at.pointer, resource, dialect };
  known.places.set(schema, place);
  return place;
}

function find(resource: string, reference: string, known: Known): { schema: unknown; pointer: string; resource: string } | null {
  const { uri, fragment } = splitUri(resolveUri(reference, resource));
  const root = known.resources.get(uri);
  if (root === undefined) return null;
  const start = known.places.get(root)?.pointer ?? "";
  if (fragment === "") return { schema: root, pointer: start, resource: uri };
  if (!fragment.startsWith("/")) {
    const anchored = known.anchors.get(`${uri}#${fragment}`);
    return anchored === undefined ? null : { schema: anchored, pointer: known.places.get(anchored)?.pointer ?? "", resource: uri };
  }
  let at: unknown = root;
  let inside = uri;
  for (const step of fragment.slice(1).split("/").map(decodeStep)) {
    at = Array.isArray(at) ? at[Number(step)] : isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    inside = (isObject(at) ? known.places.get(at)?.resource : undefined) ?? inside;
  }
  return at === undefined ? null : { schema: at, pointer: `${start}${fragment}`, resource: inside };
}

function unresolved(place: Place, reference: string): Refusal {
  const elsewhere = !reference.startsWith("#");
  return refuse(
    "malformed",
    elsewhere ? `the reference ${reference} leads out of the document` : `the reference ${reference} leads nowhere`,
    elsewhere ? "bundle what it refers to under $defs; nothing is fetched" : "name a schema of the same document",
    place.pointer,
  );
}

/** Size and nesting, found without recursion, so that nothing from outside reaches a recursive step unmeasured. */
function excessOf(value: unknown): Refusal | null {
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let values = 0; open.length > 0; values++) {
    const next = open.pop();
    if (typeof next?.value === "number" && !Number.isFinite(next.value))
      return refuse("malformed", "a number of a schema is one that JSON can say", "write a smaller number");
    if (next === undefined || typeof next.value !== "object" || next.value === null) continue;
    if (values > SCHEMA_VALUES_MAX) return refuse("too-large", `a schema has at most ${SCHEMA_VALUES_MAX} values`, "split the contract");
    if (next.depth >= SCHEMA_DEPTH_MAX)
      return refuse("too-large", `a schema is nested at most ${SCHEMA_DEPTH_MAX} deep`, "flatten it, or name its parts under $defs");
    for (const inner of Object.values(next.value)) open.push({ value: inner, depth: next.depth + 1 });
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value) ?? "").byteLength;
  return bytes > SCHEMA_BYTES_MAX ? refuse("too-large", `a schema has at most ${SCHEMA_BYTES_MAX} bytes, this one has ${bytes}`, "split the contract") : null;
}

/** A reference that comes back to where it stands, with no member or element entered in between, says nothing and never ends. */
function circular(document: Document): Refusal | null {
  const depths = new Map<Keywords, number>();
  for (const start of document.places.values()) {
    const path: { place: Place; next: readonly Schema[]; at: number; depth: number }[] = [];
    const onPath = new Set<Keywords>();
    const visit = (place: Place) => {
      path.push({ place, next: inPlace(document, place), at: 0, depth: 0 });
      onPath.add(place.schema);
    };
    if (!depths.has(start.schema)) visit(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const schema = top.next[top.at];
      if (schema === undefined) {
        depths.set(top.place.schema, top.depth);
        onPath.delete(top.place.schema);
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) parent.depth = Math.max(parent.depth, top.depth + 1);
        if (top.depth > IN_PLACE_DEPTH_MAX)
          return refuse("too-large", `more than ${IN_PLACE_DEPTH_MAX} references and combinators follow each other`, "shorten the chain", top.place.pointer);
        continue;
      }
      top.at++;
      if (!isObject(schema)) continue;
      if (onPath.has(schema))
        return refuse("malformed", "the schema refers to itself without entering a member or an element", "break the circle", top.place.pointer);
      const known = depths.get(schema);
      const place = document.places.get(schema);
      if (known !== undefined) top.depth = Math.max(top.depth, known + 1);
      else if (place !== undefined) visit(place);
    }
  }
  return null;
}

function inPlace(document: Document, place: Place): readonly Schema[] {
  const referred = ["$ref", "$dynamicRef", "$recursiveRef"].flatMap((keyword) => {
    const reference = place.schema[keyword];
    const target = typeof reference === "string" ? document.target(place, reference) : undefined;
    return target === undefined ? [] : [target];
  });
  const beside = subschemas(place.schema).filter(({ steps }) => isInPlace(steps[0] ?? ""));
  return [...referred, ...beside.flatMap(({ schema }) => (isSchema(schema) ? [schema] : []))];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "boolean" || isObject(value);
}
