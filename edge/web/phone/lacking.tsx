/** What a field of a form lacks, below it, and the mark on the field that points there. */
import type { Lacks } from "../lacks.ts";

type OfField = { readonly name: string; readonly lacks: Lacks };

export function Lacking({ name, lacks }: OfField) {
  const said = lacks.of(name);
  return said === undefined ? null : (
    <p id={`lacks-${name}`} className="lacks" role="alert">
      {said}
    </p>
  );
}

/** Whoever can't see that a field is marked hears it. */
export function marked(name: string, lacks: Lacks) {
  return lacks.of(name) === undefined ? {} : { "aria-invalid": true, "aria-describedby": `lacks-${name}` };
}
