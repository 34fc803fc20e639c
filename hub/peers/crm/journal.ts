/** The latest changes as lines that people read: what one step of a unit wrote to one entity is one line. Pure. */
import type { Seen } from "./store.ts";

export type Line = {
  readonly at: number;
  readonly entity: string;
  readonly id: string;
  readonly origin: string;
  readonly written: readonly { readonly attr: string; readonly value: unknown; readonly lost: boolean }[];
  /** From the unit's writing to our seeing it. */
  readonly lagMs: number;
};

/** `seen`: the newest first. A deletion is written as an attribute without name. */
export function linesOf(seen: readonly Seen[], most: number): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const one of seen) {
    const key = `${one.origin}\n${one.entity}\n${one.id}\n${one.writtenAt}`;
    const before = lines.get(key);
    if (before === undefined && lines.size === most) break;
    const write = { attr: one.attr, value: one.value, lost: one.outcome !== "applied" };
    lines.set(key, {
      at: one.writtenAt,
      entity: one.entity,
      id: one.id,
      origin: one.origin,
      written: [write, ...(before?.written ?? [])],
      lagMs: Math.max(before?.lagMs ?? 0, one.seenAt - one.writtenAt),
    });
  }
  return [...lines.values()];
}
