/** Which column of a file is likely to mean which attribute, and the mapping that follows from what somebody chose. Pure. */
import type { Json } from "../../../contracts/delta/json.ts";

type Chosen = Readonly<Record<string, string>>;

/** By name: the whole path, or its last part where no other column has the path. Attributes without a likely column are left out. */
export function guessColumns(columns: readonly string[], attributes: readonly string[]): Chosen {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  const byName = new Map(columns.map((column) => [plain(column), column]));
  return Object.fromEntries(
    attributes.flatMap((attr) => {
      const column = byName.get(plain(attr)) ?? byName.get(plain(attr.split(".").at(-1) ?? attr));
      return column === undefined || column === "" ? [] : [[attr, column]];
    }),
  );
}

/** `more`: anything else that a mapping may say; what it says of an attribute is laid over its column. */
export function mappingOf(chosen: Chosen, more: Readonly<Record<string, Json>>): Record<string, Json> {
  const { attributes, ...rest } = more;
  const said = typeof attributes === "object" && attributes !== null && !Array.isArray(attributes) ? attributes : {};
  const columns = Object.entries(chosen).flatMap(([attr, column]) => (column === "" ? [] : [[attr, { column }] as const]));
  const laid = Object.entries(said).map(([attr, about]) => {
    const column = chosen[attr];
    const isWhole = typeof about !== "object" || about === null || Array.isArray(about) || "constant" in about || column === undefined || column === "";
    return [attr, isWhole ? about : { column, ...about }] as const;
  });
  return { ...rest, attributes: Object.fromEntries<Json>([...columns, ...laid]) };
}
