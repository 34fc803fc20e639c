/** Digests of values alone: what two systems that hold the same entities can compare, whatever each knows of clocks and versions. */
import { canonical } from "../../contracts/delta/json.ts";
import { digestOf, shortHash } from "../../contracts/delta/record.ts";

export function valueDigest(attributes: Readonly<Record<string, unknown>>): string {
  return shortHash(canonical(attributes));
}

/** One digest of a family, as `GET /api/hub/digest` gives it: over pairs of id and digest, in any order. */
export function familyDigest(entities: Iterable<{ readonly id: string; readonly attributes: Readonly<Record<string, unknown>> }>): string {
  return digestOf([...entities].map(({ id, attributes }) => [id, valueDigest(attributes)] as const));
}
