/** Values within an entity or a record by their path, `contact.phone`; and what of it no path names. */
import type { Json } from "../../contracts/delta/json.ts";

export type Fields = Readonly<Record<string, Json>>;

export function pathOf(text: string): readonly string[] {
  return text.split(".");
}

/** `undefined` where there is nothing. */
export function read(from: unknown, path: readonly string[]): Json | undefined {
  let at: unknown = from;
  for (const name of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at as Json | undefined;
}

/** `into` with `value` at `path`; objects on the way are made. */
export function written(into: Fields, path: readonly string[], value: Json): Fields {
  const [name, ...rest] = path;
  if (name === undefined) return into;
  const below = rest.length === 0 ? value : written(asFields(into[name]), rest, value);
  return { ...into, [name]: below };
}

/** What lies in `from` and under none of `paths`, by its path. */
export function leftOf(from: Fields, paths: readonly (readonly string[])[]): Fields {
  const left: [string, Json][] = [];
  for (const [name, value] of Object.entries(from)) {
    const under = paths.filter((path) => path[0] === name);
    if (under.length === 0) left.push([name, value]);
    else if (isFields(value) && under.every((path) => path.length > 1)) {
      const below = leftOf(
        value,
        under.map((path) => path.slice(1)),
      );
      for (const [member, one] of Object.entries(below)) left.push([`${name}.${member}`, one]);
    }
  }
  return Object.fromEntries(left);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}
