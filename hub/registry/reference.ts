/** References inside one document: each leads to a schema of the document, and none leads back to where it came from. */
import { type Place, type Schema, childrenOf, isSchema, resolve, walk } from "./walk.ts";

type Problem = { readonly code: string; readonly path: string; readonly message: string };

/** Every schema that the document or a reference in it names. */
export function placesOf(document: unknown): readonly Place[] {
  return walk(document, (schema) => targetOf(document, schema));
}

export function judgeReferences(document: unknown, places: readonly Place[]): readonly Problem[] {
  const dangling = places.flatMap(({ schema, pointer }): readonly Problem[] => {
    if (!isSchema(schema)) return [];
    if (schema["$dynamicRef"] !== undefined || schema["$recursiveRef"] !== undefined)
      return [{ code: "dynamic-reference", path: pointer, message: "a contract has no dynamic references: write out what is meant" }];
    if (typeof schema["$id"] === "string" && pointer !== "" && typeof schema["$ref"] !== "string")
      return [{ code: "nested-id", path: pointer, message: "a contract is one schema resource: only its root has an $id" }];
    const reference = schema["$ref"];
    if (typeof reference !== "string" || targetOf(document, schema).length > 0) return [];
    return [{ code: "dangling-reference", path: pointer, message: `${reference} is no pointer, anchor or $id that leads to a schema within this document` }];
  });
  const cycle = cycleOf(document, places);
  return cycle === null
    ? dangling
    : [...dangling, { code: "cyclic-reference", path: cycle, message: "a schema contains itself: what travels is a finite tree of attributes" }];
}

function targetOf(document: unknown, schema: Schema): readonly Place[] {
  const reference = schema["$ref"];
  const target = typeof reference === "string" ? resolve(document, reference) : null;
  return target !== null && (isSchema(target.schema) || typeof target.schema === "boolean") ? [target] : [];
}

/** A pointer on a cycle of "contains or refers to"; null: there is none. Depth first, with the path on an explicit stack. */
function cycleOf(document: unknown, places: readonly Place[]): string | null {
  const open = new Set<string>();
  const done = new Set<string>();
  for (const start of places) {
    const path: { readonly place: Place; readonly next: Iterator<Place> }[] = [];
    const enter = (place: Place): void => {
      open.add(place.pointer);
      const next = isSchema(place.schema) ? [...childrenOf(place.schema, place), ...targetOf(document, place.schema)] : [];
      path.push({ place, next: next[Symbol.iterator]() });
    };
    if (!done.has(start.pointer)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const step = top.next.next();
      if (step.done === true) {
        open.delete(top.place.pointer);
        done.add(top.place.pointer);
        path.pop();
      } else if (open.has(step.value.pointer)) return step.value.pointer;
      else if (!done.has(step.value.pointer)) enter(step.value);
    }
  }
  return null;
}
