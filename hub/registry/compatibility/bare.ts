/**
 * Contracts that describe nothing. As sets of values, `true` holds all and `false` is held by all, so nearly any pair with one of them would
 * be compatible. Schema registries don't read them so, and rightly: whoever writes one has not described what consumers will meet.
 * Two rules of theirs are kept, for whole documents only; both only ever refuse more.
 */
import type { Change } from "./change.ts";
import { ANYTHING, type Signed } from "./formula.ts";
import { isObject, isSaying, type Schema } from "./keyword.ts";
import type { Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

const TYPING = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref"];

export function bareness(written: Schema, read: Schema, universe: Universe, solver: Solver): Change | null {
  const [writes, reads] = [wordOf(written, universe), wordOf(read, universe)];
  // Nothing was ever written under it, so nothing shows that it can be read: a word and a description prove nothing of each other.
  const isWord = reads === "true" || reads === "false";
  if ((writes === "false" && !isWord) || (writes === "not" && isWord))
    return { code: "nothing-written", path: "", message: "A schema that allows no value proves nothing of one that is put otherwise.", breaking: true };
  if (reads !== "true" || !isObject(written) || !TYPING.some((keyword) => written[keyword] !== undefined)) return null;
  const object: Signed = universe.made({ type: "object" }, { schema: {}, pointer: "", resource: "", dialect: "unstated" });
  if (solver.isEmpty([universe.signed(written), object ^ 1])) return null;
  return {
    code: "type-dropped",
    path: "",
    message: "A stated type became the bare word true, which says no more than that there will be an object.",
    breaking: true,
  };
}

/** `{"not": {}}` and `{"not": true}` are the long forms of `false`. */
function wordOf(schema: Schema, universe: Universe): "true" | "false" | "not" | null {
  if (!isObject(schema)) return schema ? "true" : "false";
  const said = Object.keys(schema).filter(isSaying);
  return said.length === 1 && said[0] === "not" && universe.signed(schema["not"]) === ANYTHING ? "not" : null;
}
