/**
 * What two closed documents have in common: readers carry along what they do not know, so an optional attribute that only one side names
 * breaks nobody. It is left out on both sides before they are compared. Where an object is open, others may already have written anything
 * under that name, and it stays.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { membersOf } from "./attribute.ts";
import { type Schema, asSchema, escape, isSchema } from "./walk.ts";

/** What was left out: its attribute path, and a JSON Pointer to it. */
export type Left = { readonly field: string; readonly pointer: string };
export type Shared = { readonly a: Json; readonly b: Json; readonly onlyA: readonly Left[]; readonly onlyB: readonly Left[] };

/** The documents were judged: bounded in depth, and finite. */
export function shared(a: Json, b: Json): Shared {
  const [left, right] = [strip(a, b), strip(b, a)];
  return { a: left.document, b: right.document, onlyA: left.dropped, onlyB: right.dropped };
}

function strip(document: Json, other: Json): { readonly document: Json; readonly dropped: readonly Left[] } {
  const dropped = new Map<string, string>();
  const root = stripSchema(asSchema(document), [asSchema(other)], { other, path: "", pointer: "", dropped });
  const gone = (name: string): boolean => dropped.has(name);
  const { "x-merge": merge, "x-relations": relations, ...rest } = root;
  const kept = {
    ...rest,
    ...(isSchema(merge) ? { "x-merge": Object.fromEntries(Object.entries(merge).filter(([name]) => !gone(name))) } : {}),
    ...(Array.isArray(relations) ? { "x-relations": relations.filter((one: unknown) => !gone(String(asSchema(one)["attr"]))) } : {}),
  };
  return { document: kept as Json, dropped: [...dropped].map(([field, pointer]) => ({ field, pointer })) };
}

type Inside = { readonly other: Json; readonly path: string; readonly pointer: string; readonly dropped: Map<string, string> };

/** `others`: what the other side has at this place, as alternatives. */
function stripSchema(schema: Schema, others: readonly Schema[], inside: Inside): Schema {
  const { named, items, closed } = membersOf(inside.other, others);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const parts = Object.entries(schema).map(([keyword, value]): readonly [string, unknown] => {
    if (keyword === "properties" && isSchema(value) && named.size > 0) {
      const members = Object.entries(value).flatMap(([name, one]): readonly (readonly [string, unknown])[] => {
        const path = inside.path === "" ? name : `${inside.path}.${name}`;
        const pointer = `${inside.pointer}/properties/${escape(name)}`;
        const counterpart = named.get(name);
        if (counterpart !== undefined) return [[name, isSchema(one) ? stripSchema(one, counterpart, { ...inside, path, pointer }) : one]];
        if (!closed || required.includes(name)) return [[name, one]];
        if (!inside.dropped.has(path)) inside.dropped.set(path, pointer);
        return [];
      });
      return [keyword, Object.fromEntries(members)];
    }
    if (keyword === "items" && isSchema(value) && items.length > 0)
      return [keyword, stripSchema(value, items, { ...inside, path: `${inside.path}[]`, pointer: `${inside.pointer}/items` })];
    if ((keyword === "anyOf" || keyword === "oneOf" || keyword === "allOf") && Array.isArray(value))
      return [
        keyword,
        value.map((one: unknown, i) => (isSchema(one) ? stripSchema(one, others, { ...inside, pointer: `${inside.pointer}/${keyword}/${i}` }) : one)),
      ];
    return [keyword, value];
  });
  return Object.fromEntries(parts);
}
