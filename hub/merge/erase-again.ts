/**
 * Erasures that a log has lost, since it was put back from before them. Whoever remembers one says so: what is here when a backup is put back,
 * and units when they register.
 */
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type RandomBytes, subjectOf } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { erase } from "./own.ts";
import type { StreamStore } from "./store.ts";

export type Subject = { readonly entity: string; readonly id: string };

/** Within a transaction. `meaning` undefined: nothing of such entities can be read here. */
export function eraseAgain(store: StreamStore, { entity, id }: Subject, meaning: Meaning | undefined, actor: string, now: Millis, random: RandomBytes): void {
  const subject = subjectOf(entity, id);
  const { epoch } = store.readState();
  if (meaning === undefined) store.writeKey(subject, null);
  else erase(store, entity, id, meaning, actor, `erased/${epoch}/${subject}`, now, random);
}

/**
 * Within a transaction. A unit is believed where something is here to erase and the unit sees it: it has held those values, and could have
 * unset them.
 */
export function eraseAsTold(store: StreamStore, unit: string, subject: Subject, meaning: Meaning | undefined, now: Millis, random: RandomBytes): void {
  const { entity, id } = subject;
  const [key, row] = [store.readKey(subjectOf(entity, id)), store.readRow(entity, id)];
  if (key === null || meaning === undefined || row?.units.includes(unit) !== true) return;
  const holds = Object.entries(row.record.cells).some(([attr, { value }]) => value !== undefined && meaning.isPersonal(attr));
  if (key !== undefined || holds) eraseAgain(store, subject, meaning, unit, now, random);
}
