/** What was merged, and what it takes to take it back, as small verbs over SQLite. Nothing here decides. */
import { and, desc, eq, inArray, isNull } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import type { MergeView } from "../../master/asked.ts";
import type { Reference } from "../../master/merge-review.ts";
import type { MasterFamily } from "../../master/profile.ts";
import * as t from "./schema.ts";
import type { Db } from "./tables.ts";

/** One merge, whole. `values`: by attribute the place of a choice. */
export type Merge = {
  readonly id: string;
  readonly kind: MergeView["kind"];
  readonly family: MasterFamily;
  readonly review: string | null;
  readonly run: string | null;
  readonly survivor: string;
  readonly state: MergeView["state"];
  readonly by: string;
  readonly at: Millis;
  readonly why: string;
  readonly position: number;
  readonly members: readonly { readonly id: string; readonly version: number; readonly units: readonly string[] }[];
  readonly values: Readonly<Record<string, number | null>>;
  readonly refs: readonly Reference[];
  readonly after: Readonly<Record<string, number>> | null;
  readonly undo: { readonly by: string; readonly at: Millis; readonly why: string } | null;
};

export function writeMerge(db: Db, { undo, members, values, refs, after, ...rest }: Merge): void {
  const row = {
    ...rest,
    members: JSON.stringify(members),
    values: JSON.stringify(values),
    refs: JSON.stringify(refs),
    after: after === null ? null : JSON.stringify(after),
    undoBy: undo?.by ?? null,
    undoAt: undo?.at ?? null,
    undoWhy: undo?.why ?? null,
  };
  db.insert(t.merge).values(row).onConflictDoUpdate({ target: t.merge.id, set: row }).run();
}

export function readMerge(db: Db, id: string): Merge | undefined {
  const row = db.select().from(t.merge).where(eq(t.merge.id, id)).get();
  return row === undefined ? undefined : mergeOf(row);
}

/** It never was. */
export function dropMerge(db: Db, id: string): void {
  db.delete(t.merge).where(eq(t.merge.id, id)).run();
}

/** Newest first. */
export function listMerges(db: Db, limit: number): readonly Merge[] {
  return db.select().from(t.merge).orderBy(desc(t.merge.id)).limit(limit).all().map(mergeOf);
}

/** Begun and not ended. */
export function openMerges(db: Db): readonly Merge[] {
  return db
    .select()
    .from(t.merge)
    .where(inArray(t.merge.state, ["merging", "undoing"]))
    .all()
    .map(mergeOf);
}

/** Rows of a run that became this entity, not written yet. */
export function unwrittenMerges(db: Db, run: string, survivor: string): readonly Merge[] {
  return db
    .select()
    .from(t.merge)
    .where(and(eq(t.merge.run, run), eq(t.merge.survivor, survivor), isNull(t.merge.after)))
    .all()
    .map(mergeOf);
}

export function mergeView(merge: Merge): MergeView {
  const { id, kind, family, survivor, state, by, at, why, undo, members } = merge;
  const gone = kind === "review" ? members.map((member) => member.id).filter((one) => one !== survivor) : [mergedKey(merge)];
  return { id, family, kind, survivor, gone: [...gone], state, by, at, why, ...(undo === null ? {} : { undone: undo }) };
}

/** Of a row that became an entity: the id that it would have had. */
export function mergedKey({ members, survivor }: Merge): string {
  return members.find(({ id }) => id !== survivor)?.id ?? "";
}

function mergeOf(row: typeof t.merge.$inferSelect): Merge {
  const { undoBy, undoAt, undoWhy, kind, family, state, members, values, refs, after, ...rest } = row;
  return {
    ...rest,
    kind: kind as Merge["kind"],
    family: family as MasterFamily,
    state: state as Merge["state"],
    members: JSON.parse(members) as Merge["members"],
    values: JSON.parse(values) as Merge["values"],
    refs: JSON.parse(refs) as Merge["refs"],
    after: after === null ? null : (JSON.parse(after) as Merge["after"]),
    undo: undoBy === null ? null : { by: undoBy, at: undoAt ?? 0, why: undoWhy ?? "" },
  };
}
