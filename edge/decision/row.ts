/** Rows of a unit as they were read: each text is parsed once for as long as it is remembered. */
import type { EntityOf, Family } from "../../contracts/entity.ts";

/** Rows that are remembered as they were read: some 5 KiB each with its text, 10 MiB in all, and more than a unit has under way. */
const READ_MAX = 2_000;

/**
 * Written by this code under the type of its family: trusted inside. A decision reads hundreds of rows of which few have changed since the last
 * one, and parsing costs ten times what looking the text up does. The text is the key: what is remembered can't be out of date, whatever was
 * taken back; and nobody can change it, since it is frozen.
 */
export function rowReader(): <F extends Family>(body: string) => EntityOf<F> {
  const known = new Map<string, unknown>();
  return <F extends Family>(body: string): EntityOf<F> => {
    const found = known.get(body);
    if (found !== undefined) return found as EntityOf<F>;
    const made: unknown = freeze(JSON.parse(body));
    if (known.size >= READ_MAX) for (const old of [...known.keys()].slice(0, READ_MAX / 2)) known.delete(old);
    known.set(body, made);
    return made as EntityOf<F>;
  };
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
