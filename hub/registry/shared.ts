/**
 * What two closed documents have in common: readers carry along what they do not know, so an optional attribute that only one side names
 * breaks nobody. It is left out on both sides before they are compared. Where an object is open, others may already have written anything
 * under that name, and it stays.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { membersOf } from "./attribute.ts";
import { type Schema, asSchema, isSchema } from "./walk.ts";

/** `onlyA`, `onlyB`: what was left out, as attribute paths. */
export type Shared = { readonly a: Json; readonly b: Json; readonly onlyA: readonly string[]; readonly onlyB: readonly string[] };

/** The documents were judged: bounded in depth, and finite. */
export function shared(a: Json, b: Json): Shared {
  const [left, right] = [strip(a, b), strip(b, a)];
  return { a: left.document, b: right.document, onlyA: left.dropped, onlyB: right.dropped };
}

function strip(document: Json, other: Json): { readonly document: Json; readonly dropped: readonly string[] } {
  const dropped = new Set<string>();
  const root = stripSchema(asSchema(document), [asSchema(other)], { other, path: "", dropped });
  const gone = (name: string): boolean => dropped.has(name);
  const { "x-merge": merge, "x-relations": relations, ...rest } = root;
  const kept = {
    ...rest,
    ...(isSchema(merge) ? { "x-merge": Object.fromEntries(Object.entries(merge).filter(([name]) => !gone(name))) } : {}),
    ...(Array.isArray(relations) ? { "x-relations": relations.filter((one: unknown) => !gone(String(asSchema(one)["attr"]))) } : {}),
  };
  return { document: kept as Json, dropped: [...dropped] };
}

type Inside = { readonly other: Json; readonly path: string; readonly dropped: Set<string> };

/** `others`: what the other side has at this place, as alternatives. */
function stripSchema(schema: Schema, others: readonly Schema[], inside: Inside): Schema {
  const { named, items, closed } = membersOf(inside.other, others);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const parts = Object.entries(schema).map(([keyword, value]): readonly [string, unknown] => {
    if (keyword === "properties" && isSchema(value) && named.size > 0) {
      const members = Object.entries(value).flatMap(([name, one]): readonly (readonly [string, unknown])[] => {
        const path = inside.path === "" ? name : `${inside.path}.${name}`;
        const counterpart = named.get(name);
        if (counterpart !== undefined) return [[name, isSchema(one) ? stripSchema(one, counterpart, { ...inside, path }) : one]];
        if (!closed || required.includes(name)) return [[name, one]];
        inside.dropped.add(path);
        return [];
      });
      return [keyword, Object.fromEntries(members)];
    }
    if (keyword === "items" && isSchema(value) && items.length > 0) return [keyword, stripSchema(value, items, { ...inside, path: `${inside.path}[]` })];
    if ((keyword === "anyOf" || keyword === "oneOf" || keyword === "allOf") && Array.isArray(value))
      return [keyword, value.map((one: unknown) => (isSchema(one) ? stripSchema(one, others, inside) : one))];
    return [keyword, value];
  });
  return Object.fromEntries(parts);
}
