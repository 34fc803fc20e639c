/** The modes of compatibility, with the meanings that schema registries give them. */
import { z } from "zod";
import type { Json } from "../../../contracts/delta/json.ts";
import type { Change } from "./change.ts";
import { compare, type Reader, type Verdict } from "./compare.ts";

/** Backward: the new schema reads what older ones wrote. Forward: older ones read what the new one writes. Transitive: all, not only the last. */
export const Mode = z.enum(["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"]);
export type Mode = z.infer<typeof Mode>;

/** `earlier` is oldest first; without any, and under NONE, everything is compatible. */
export function checkMode(mode: Mode, earlier: readonly Json[], next: Json): Verdict {
  const others = mode.endsWith("_TRANSITIVE") ? earlier : earlier.slice(-1);
  const readers: readonly Reader[] = mode.startsWith("FULL") ? ["new", "old"] : mode.startsWith("FORWARD") ? ["old"] : ["new"];
  const verdicts = others.toReversed().flatMap((old, back) =>
    readers.map((reader) => {
      const verdict = compare(old, next, reader);
      return back === 0
        ? verdict
        : { ...verdict, changes: verdict.changes.map((change) => ({ ...change, message: `${change.message} (against the version ${back} before the last)` })) };
    }),
  );
  const changes = merged(verdicts.flatMap(({ changes }) => changes));
  if (mode === "NONE") return { compatible: true, changes: changes.map((change) => ({ ...change, breaking: false })) };
  return { compatible: verdicts.every(({ compatible }) => compatible), changes };
}

/** Both directions name the same change; it breaks if it breaks in one of them. */
function merged(changes: readonly Change[]): readonly Change[] {
  const byText = new Map<string, Change>();
  for (const change of changes) {
    const key = `${change.code}\n${change.path}\n${change.message}`;
    const known = byText.get(key);
    byText.set(key, known === undefined || change.breaking ? change : known);
  }
  const all = [...byText.values()];
  return [...all.filter(({ breaking }) => breaking), ...all.filter(({ breaking }) => !breaking)];
}
