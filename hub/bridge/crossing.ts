/**
 * What passes the hub's feed, snapshots and writes in the words of another system: their value beside ours, and a record of theirs as a
 * write of ours. What has no counterpart is refused beside the value it belongs to, and stops nothing else.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { type Bridge, comesIn, goesOut } from "./bridge.ts";
import { type Fields, pathOf, read } from "./place.ts";
import { toOurs, toTheirs } from "./translate.ts";

/** `theirs`: one record, one for each item of the bridge's list, or none where the entity does not cross. */
export type Crossed = { readonly theirs: readonly Fields[] } | { readonly refused: Refusal };

/** A whole entity. Fields of entities that it refers to are left out: they are not at hand. */
export function entityCrossed(bridge: Bridge, attributes: Fields): Crossed {
  const own = bridge.fields.filter((field) => goesOut(field) && !field.ours.includes("/"));
  if (own.length === 0) return { theirs: [] };
  const made = toTheirs({ ...bridge, fields: own, joins: {} }, attributes);
  return isRefusal(made) ? { refused: made } : { theirs: made.records };
}

/**
 * One attribute that changed: the fields that are made of it alone, in a record with nothing else; undefined when the bridge makes none of
 * it. Without `value` it was removed. Whether the entity crosses at all (`only`) is said by the whole entity.
 */
export function attributeCrossed(bridge: Bridge, attr: string, value: Json | undefined): Crossed | undefined {
  const fields = bridge.fields.filter((field) => goesOut(field) && !field.ours.includes("/") && pathOf(field.ours)[0] === attr);
  if (fields.length === 0) return undefined;
  const { only: _, each, ...rest } = bridge;
  const part: Bridge = { ...rest, fields, constants: [], joins: {}, ...(each === attr ? { each } : {}) };
  const made = toTheirs(part, value === undefined ? {} : { [attr]: value });
  return isRefusal(made) ? { refused: made } : { theirs: made.records };
}

/**
 * A record of theirs as the attributes to write; null removes one. Refuses `unmapped` with the field for what the bridge does not take in:
 * nothing of a write is dropped in silence.
 */
export function writeCrossed(bridge: Bridge, id: string, record: Fields): Fields | Refusal {
  if (bridge.each !== undefined) return refuse("unmapped", "a record is one item of a list there", `write ${bridge.each} in our words`, "record");
  const into = bridge.fields.filter(comesIn);
  const outward = bridge.fields.find(({ theirs }) => read(record, pathOf(theirs)) !== undefined && !into.some((field) => field.theirs === theirs));
  if (outward !== undefined && outward.theirs !== bridge.theirs.key)
    return refuse("unmapped", `${outward.theirs} only goes out`, "leave it out of the record, or let the bridge take it in", outward.theirs);
  const within = into.find(({ ours, theirs }) => ours.includes(".") && read(record, pathOf(theirs)) !== undefined);
  if (within !== undefined)
    return refuse("unmapped", `${within.ours} is within an attribute, of which the rest is not at hand`, "write it in our words", within.theirs);
  const made = toOurs(bridge, [record]);
  if (isRefusal(made)) return made;
  const [unnamed] = Object.keys(made.left[0] ?? {});
  if (unnamed !== undefined) return refuse("unmapped", `the bridge does not name ${unnamed}`, "leave it out of the record, or add it to the bridge", unnamed);
  const { id: key, ...changes }: Fields = { ...made.entity, ...Object.fromEntries(made.cleared.map((attr) => [attr, null])) };
  if (key !== undefined && key !== id) return refuse("malformed", "the record is another entity's", "send the id that the record has", "id");
  return changes;
}
