/** Agreements and whom they concern, across the streams: what the assets' stream tells of who sees what, asked for before a write and every hour. */
import type { Json } from "../../contracts/delta/json.ts";
import { entityOf, type EntityRecord } from "../../contracts/delta/merge.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { ownMeaning } from "../merge/admission.ts";
import { makeSeen, type Named, namedBy, namedByAll, NO_SIGHT, type Sight } from "../merge/concern.ts";
import type { Entry } from "../merge/take.ts";
import { streamObject } from "./feed-reader.ts";
import { nudge } from "./nudge.ts";
import type { OpenStream } from "./open-stream.ts";

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** In the assets' stream: units by asset, and by model of any asset that they see. */
export function sightOf({ store, storage }: OpenStream, { assets, models }: Named): Sight {
  const byModel: Record<string, string[]> = {};
  for (const model of models) {
    const rows = storage.exec(
      `SELECT id, record FROM entity WHERE entity = 'asset' AND deleted = 0 AND json_extract(record, '$.cells.model.value') = ? ORDER BY id`,
      model,
    );
    const units = [...rows].flatMap(({ id, record }) =>
      entityOf(JSON.parse(String(record)) as EntityRecord) === null ? [] : (store.readRow("asset", String(id))?.units ?? []),
    );
    byModel[model] = [...new Set(units)];
  }
  return { assets: Object.fromEntries(assets.map((id) => [id, store.readRow("asset", id)?.units ?? []])), models: byModel };
}

/** What has to be known before an agreement is written: nothing of it where it names no asset and no model. */
export async function sightFor(env: Env, { entity, changes }: { readonly entity: string; readonly changes: unknown }): Promise<Sight> {
  const isWritten = entity === "agreement" && typeof changes === "object" && changes !== null;
  return isWritten ? askSight(env, namedBy([changes as Readonly<Record<string, Json>>])) : NO_SIGHT;
}

/** All agreements, by what the assets' stream tells now. */
export async function lookAround(env: Env, stream: OpenStream): Promise<void> {
  const sight = await askSight(env, namedByAll(stream.store));
  const { answer, audience } = stream.commit(() => ({ seen: seeTo(stream, sight) }));
  if (!isRefusal(answer) && audience.length > 0) await nudge(env, audience, "customers");
}

/** Inside a transaction, after what it took: a customer came to a unit, or an agreement is about others now. */
export function followCustomers(stream: OpenStream, taken: readonly Entry[]): void {
  if (comes("customer", taken) || taken.some(({ operation: { entity } }) => entity === "agreement")) seeTo(stream, NO_SIGHT);
}

/** Whether an asset came to a unit: what concerns it is another stream's. */
export function bringsAssets(taken: readonly Entry[]): boolean {
  return comes("asset", taken);
}

/** It is new, or new to a unit. */
function comes(what: string, taken: readonly Entry[]): boolean {
  return taken.some(({ operation: { entity, version }, joins }) => entity === what && (joins.length > 0 || version === 1));
}

function seeTo({ store, forms }: OpenStream, sight: Sight): number {
  return makeSeen(store, (entity) => ownMeaning(entity, forms), sight, Date.now(), random);
}

async function askSight(env: Env, { assets, models }: Named): Promise<Sight> {
  if (assets.length + models.length === 0) return NO_SIGHT;
  return JSON.parse(await streamObject(env, "assets").sightOf(JSON.stringify({ assets, models }))) as Sight;
}
