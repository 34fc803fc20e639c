/** Bridges: each as it was put last, and as it was published. */
import { asc, count, eq } from "drizzle-orm";
import type { Bridge } from "../../bridge/bridge.ts";
import type { Deed } from "../../registry/contract.ts";
import * as t from "./schema.ts";
import type { Db } from "./tables.ts";

/** `published`: the document that holds, with who, when and why; absent before its first publishing. */
export type KeptBridge = { readonly document: Bridge; readonly made: Deed; readonly published?: Deed & { readonly document: Bridge } };

export function countBridges(db: Db): number {
  return db.select({ n: count() }).from(t.bridge).get()?.n ?? 0;
}

export function readBridges(db: Db): readonly KeptBridge[] {
  return db.select().from(t.bridge).orderBy(asc(t.bridge.id)).all().map(bridgeOf);
}

export function readBridge(db: Db, id: string): KeptBridge | undefined {
  const row = db.select().from(t.bridge).where(eq(t.bridge.id, id)).get();
  return row === undefined ? undefined : bridgeOf(row);
}

export function writeBridge(db: Db, bridge: Bridge, { by, at, why }: Deed): void {
  const row = { subject: bridge.ours.subject, document: JSON.stringify(bridge), by, at, why };
  db.insert(t.bridge)
    .values({ id: bridge.id, ...row })
    .onConflictDoUpdate({ target: t.bridge.id, set: row })
    .run();
}

export function writePublished(db: Db, bridge: Bridge, { by, at, why }: Deed): void {
  db.update(t.bridge)
    .set({ published: JSON.stringify(bridge), publishedBy: by, publishedAt: at, publishedWhy: why })
    .where(eq(t.bridge.id, bridge.id))
    .run();
}

function bridgeOf(row: typeof t.bridge.$inferSelect): KeptBridge {
  const made = { by: row.by, at: row.at, why: row.why };
  const document = JSON.parse(row.document) as Bridge;
  return row.published === null || row.publishedAt === null
    ? { document, made }
    : {
        document,
        made,
        published: { document: JSON.parse(row.published) as Bridge, by: row.publishedBy ?? "", at: row.publishedAt, why: row.publishedWhy ?? "" },
      };
}
