/**
 * Tells the hub what is held here and hears whether it held the same at that place: once an hour while the hub goes on, when somebody asks,
 * and after each snapshot. What differs is mended by a snapshot, once: should the same differ right after it, people have to look.
 */
import { familyDigest } from "../../feed/value-digest.ts";
import type { HeldAnswer } from "../../feed/held.ts";
import type { HubClient } from "./hub-client.ts";
import type { CrmStore } from "./store.ts";

/** As often as units do: the hub calls a link slow that was not compared for two hours. */
const COMPARE_MS = 3_600_000;
/** While the hub could not tell: it has gone on too far, or was away. */
const AGAIN_MS = 60_000;

export type Comparison = { readonly at: number; readonly outcome: HeldAnswer["outcome"]; readonly apart: readonly string[]; readonly mend: string };
export type Comparing = {
  /** The last one that told something; null: none yet. */
  last(): Comparison | null;
  /** Null while nothing was read. Throws where the hub does not answer. */
  compare(): Promise<Comparison | null>;
  isDue(now: number): boolean;
  /** A snapshot took the place of everything. */
  begun(): void;
};

export function comparing(hub: Pick<HubClient, "tell">, store: CrmStore, now: () => number): Comparing {
  let last: Comparison | null = null;
  let dueAt = 0;
  let fresh = false;
  return {
    last: () => last,
    isDue: (at) => at >= dueAt,
    begun() {
      fresh = true;
      dueAt = 0;
    },
    async compare() {
      const cursor = store.cursor();
      if (cursor === null) return null;
      // Cursor and values are read without a pause between them: they are of one moment.
      const families = Object.fromEntries(store.families().map((family) => [family, familyDigest(store.entities(family).filter(({ deleted }) => !deleted))]));
      dueAt = now() + AGAIN_MS;
      const { outcome, apart, mend } = await hub.tell({ cursor, families });
      const heard = { at: now(), outcome, apart, mend };
      if (outcome === "later" || outcome === "rewound") return heard;
      if (outcome === "apart" && !fresh) store.owe("snapshot");
      [last, fresh, dueAt] = [heard, false, now() + COMPARE_MS];
      return heard;
    },
  };
}
