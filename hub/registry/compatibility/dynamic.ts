/**
 * References that lead elsewhere by whoever followed which reference before. One schema then means several things in one document, so two
 * that read the same are not the same; nothing is concluded from such a document.
 */
import type { Document } from "./document.ts";
import { listOf } from "./keyword.ts";

const DYNAMIC = listOf("$dynamicRef $recursiveRef");

/** The JSON pointer of the first of them. One that only a single schema offers itself to is a plain reference. */
export function dynamicOf(document: Document): string | null {
  const offered = new Map<string, number>();
  const count = (name: string) => offered.set(name, (offered.get(name) ?? 0) + 1);
  for (const { schema } of document.places.values()) {
    if (typeof schema["$dynamicAnchor"] === "string") count(schema["$dynamicAnchor"]);
    if (schema["$recursiveAnchor"] === true) count("");
  }
  for (const { schema, pointer } of document.places.values()) {
    for (const keyword of DYNAMIC) {
      const reference = schema[keyword];
      if (typeof reference !== "string") continue;
      const name = reference.slice(reference.indexOf("#") + 1);
      if ((offered.get(keyword === "$recursiveRef" ? "" : name) ?? 0) > 1) return `${pointer}/${keyword}`;
    }
  }
  return null;
}
