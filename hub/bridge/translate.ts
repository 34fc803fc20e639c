/** Entities and records across a checked bridge. The first value without a counterpart refuses the whole: half a record is a guess too. */
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { type Bridge, type Field, comesIn, goesOut } from "./bridge.ts";
import { type Fields, leftOf, pathOf, read, written } from "./place.ts";
import { back, forth } from "./value.ts";

/** Records for one entity: one, or one for each item of the bridge's list, or none where the bridge leaves the entity out. */
export type Theirs = { readonly records: readonly Fields[]; readonly left: Fields };
/** Attributes to write. `cleared` are those that they emptied. `left`, per record, is what the bridge does not name. */
export type Ours = { readonly entity: Fields; readonly cleared: readonly string[]; readonly left: readonly Fields[] };

type Part = { readonly entity: Fields; readonly cleared: readonly string[] };

/**
 * An entity as records of theirs. `joined` holds the entities behind `bridge.joins`, by attribute; a bridge with joins and an entity
 * without them give nulls. `left`: attributes that the bridge does not name. Refuses `unmapped` and `malformed`, with their field.
 */
export function toTheirs(bridge: Bridge, entity: Fields, joined: Fields = {}): Theirs | Refusal {
  const named = bridge.fields.filter(goesOut).map(({ ours }) => pathOf(ours.split("/")[0] ?? ours));
  const left = leftOf(entity, [...named, ...(bridge.each === undefined ? [] : [[bridge.each]])]);
  if (!within(bridge, entity)) return { records: [], left };
  const items = bridge.each === undefined ? [undefined] : read(entity, [bridge.each]);
  const records: Fields[] = [];
  for (const item of Array.isArray(items) ? items : []) {
    const record = recordOf(bridge, item === undefined ? entity : { ...entity, [bridge.each ?? ""]: item }, joined);
    if (isRefusal(record)) return record;
    records.push(record);
  }
  return { records, left };
}

/**
 * Records of theirs as attributes of ours: one record, or those of all items of the bridge's list. A field that a record lacks says
 * nothing, one that is null clears. Refuses `unmapped` and `malformed`, with their field, and records that contradict each other.
 */
export function toOurs(bridge: Bridge, records: readonly Fields[]): Ours | Refusal {
  const named = [...bridge.fields.map(({ theirs }) => pathOf(theirs)), ...bridge.constants.map(({ theirs }) => pathOf(theirs))];
  const left = records.map((record) => leftOf(record, named));
  const parts: Part[] = [];
  for (const record of records) {
    const part = partOf(bridge, record);
    if (isRefusal(part)) return part;
    parts.push(part);
  }
  const { each } = bridge;
  if (each === undefined) {
    return parts.length === 1 && parts[0] !== undefined
      ? { ...parts[0], left }
      : refuse("malformed", `${parts.length} records for one ${bridge.ours.subject}`, "send exactly one");
  }
  const [first, ...others] = parts.map(({ entity }) => Object.fromEntries(Object.entries(entity).filter(([attr]) => attr !== each)));
  if (others.some((other) => !sameJson(other, first))) {
    return refuse("malformed", `the records disagree about the ${bridge.ours.subject} that they belong to`, "send those of one entity");
  }
  const items = parts.flatMap(({ entity }) => (entity[each] === undefined ? [] : [entity[each]]));
  return { entity: { ...first, [each]: items }, cleared: parts[0]?.cleared.filter((attr) => !attr.startsWith(`${each}.`)) ?? [], left };
}

function recordOf(bridge: Bridge, scope: Fields, joined: Fields): Fields | Refusal {
  let record: Fields = {};
  for (const field of bridge.fields.filter(goesOut)) {
    const value = ourValue(field, scope, joined);
    const theirs = value === undefined || value === null ? { value: field.absent?.theirs ?? null } : forth(field.by, value, scope, joined);
    if (isRefusal(theirs)) return { ...theirs, field: field.ours };
    record = written(record, pathOf(field.theirs), theirs.value);
  }
  for (const constant of bridge.constants) record = written(record, pathOf(constant.theirs), constant.value);
  return record;
}

function within({ only }: Bridge, entity: Fields): boolean {
  const value = only === undefined ? undefined : read(entity, pathOf(only.attr));
  return only === undefined || only.values.some((one) => one === value);
}

function ourValue(field: Field, scope: Fields, joined: Fields): Json | undefined {
  const [attr = "", beyond] = field.ours.split("/");
  return beyond === undefined ? read(scope, pathOf(attr)) : read(joined, [attr, ...pathOf(beyond)]);
}

function partOf(bridge: Bridge, record: Fields): Part | Refusal {
  let entity: Fields = {};
  const cleared: string[] = [];
  for (const field of bridge.fields.filter(comesIn)) {
    const value = read(record, pathOf(field.theirs));
    if (value === undefined) continue;
    const ours = value === null ? { value: field.absent?.ours ?? null } : back(field.by, value, record);
    if (isRefusal(ours)) return { ...ours, field: field.theirs };
    if (ours.value === null) cleared.push(field.ours);
    else entity = written(entity, pathOf(field.ours), ours.value);
  }
  return { entity, cleared };
}
