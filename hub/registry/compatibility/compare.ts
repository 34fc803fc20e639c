/**
 * Whether readers with one schema read all that the other allowed to be written, and what changed between the two. "Compatible" is certain;
 * "incompatible" may also mean that it could not be shown, and says so.
 */
import { canonical, type Json } from "../../../contracts/delta/json.ts";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import { bareness } from "./bare.ts";
import type { Change } from "./change.ts";
import { differences } from "./difference.ts";
import { admit, type Document } from "./document.ts";
import { dynamicOf } from "./dynamic.ts";
import { EXPLAIN_STEPS_MAX, QUESTION_DEPTH_MAX } from "./limit.ts";
import { meanings } from "./meaning.ts";
import { solve } from "./solver.ts";
import { number } from "./universe.ts";

export type Verdict = { readonly compatible: boolean; readonly changes: readonly Change[] };

/** `new` reads what `old` wrote (backward), or `old` reads what `new` writes (forward). */
export type Reader = "new" | "old";

/**
 * A schema that is refused (too large, cyclic, with a reference to elsewhere) is compatible with nothing; the change names the refusal.
 * Pairs that take more than the steps of `limit.ts` are incompatible as `undecidable`.
 */
export function compare(old: Json, next: Json, reader: Reader = "new"): Verdict {
  const [was, is] = [admit(old), admit(next)];
  if (isRefusal(was) || isRefusal(is)) {
    const refused = [isRefusal(was) ? [refusedAs(was, "old")] : [], isRefusal(is) ? [refusedAs(is, "new")] : []].flat();
    return { compatible: false, changes: refused };
  }
  if (canonical(was.root) === canonical(is.root)) return { compatible: true, changes: [] };
  const dynamic = [dynamicOf(was), dynamicOf(is)] as const;
  if (dynamic.some((pointer) => pointer !== null)) return { compatible: false, changes: dynamic.flatMap(undecidedBy) };
  return compareAdmitted(was, is, reader);
}

function undecidedBy(pointer: string | null, at: number): readonly Change[] {
  if (pointer === null) return [];
  const message = `The ${at === 0 ? "old" : "new"} schema has a dynamic reference with several possible targets, which is not followed; name the target with $ref.`;
  return [{ code: "undecidable", path: pointer, message, breaking: true }];
}

function compareAdmitted(old: Document, next: Document, reader: Reader): Verdict {
  const universe = number([old, next]);
  const solver = solve(universe);
  const [written, read] = reader === "new" ? [old.root, next.root] : [next.root, old.root];
  const isCovered = solver.isEmpty([universe.signed(written), universe.signed(read) ^ 1]);
  const isSpent = !isCovered && solver.isSpent();
  solver.grant(EXPLAIN_STEPS_MAX);
  const undecided: readonly Change[] = isSpent
    ? [
        {
          code: "undecidable",
          path: "",
          message: solver.isTooDeep()
            ? `Elements and members are within each other deeper than can be followed (QUESTION_DEPTH_MAX, ${QUESTION_DEPTH_MAX}); flatten them.`
            : "It would take more steps than allowed to show that all is read; say it with fewer alternatives.",
          breaking: true,
        },
      ]
    : [];
  const bare = bareness(written, read, universe, solver);
  const listed = differences({ universe, solver, old, next, reader, isBroken: !isCovered });
  solver.grant(EXPLAIN_STEPS_MAX);
  const meant = meanings({ old, next, universe, solver }).map(({ change }) => change);
  const changes = [...undecided, ...(bare === null ? [] : [bare]), ...listed, ...meant];
  const sorted = [...changes.filter(({ breaking }) => breaking), ...changes.filter(({ breaking }) => !breaking)];
  return { compatible: isCovered && !sorted.some(({ breaking }) => breaking), changes: sorted };
}

function refusedAs(refusal: Refusal, whose: "old" | "new"): Change {
  return {
    code: refusal.refused === "too-large" ? "too-large" : "malformed",
    path: refusal.field ?? "",
    message: `The ${whose} schema is refused: ${refusal.rule}; ${refusal.mend}.`,
    breaking: true,
  };
}
