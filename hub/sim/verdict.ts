/** The oracle's verdict once a world is quiet: every content exactly once, every copy equal, every sum right, the chains whole. */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { recordThrough } from "../../contracts/delta/lens.ts";
import { type EntityRecord, NEVER_SEEN, entityOf } from "../../contracts/delta/merge.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { ownDigests } from "../../edge/delta/repair.ts";
import { readBuried } from "../merge/dead.ts";
import { openText } from "../merge/log.ts";
import { digest } from "../merge/pull.ts";
import type { Content } from "./content.ts";
import { LENS, RULES, STREAMS, inMajor, isPassing, valueInMajor } from "./contract.ts";
import { type StreamSide, sideOf, wordsOf } from "./hub-side.ts";
import type { Told } from "./ledger.ts";
import { followerOf } from "./office.ts";
import { checkCursor } from "./traffic.ts";
import { type Unit, keyOf, viewOf } from "./unit-side.ts";
import { type World, auditAnew, ledgerOf, tell } from "./world.ts";

export function judge(world: World): void {
  for (const name of STREAMS) {
    const side = sideOf(world.hub, name);
    auditAnew(world, side);
    onceEach(world, side);
    sums(world, side);
    for (const unit of world.units) {
      sameCopy(world, side, unit);
      sameView(world, side, unit);
      checkCursor(world, unit, name);
    }
    sameAtCrm(world, side);
    forgotten(world, side);
  }
}

/** D1, D2: each content once, or visibly dead. */
function onceEach(world: World, side: StreamSide): void {
  const { told, gaps } = ledgerOf(world, side.name);
  const inGap = new Set<string>();
  for (const { origin, from, to } of gaps) {
    if (to > (world.excusedGaps.get(`${side.name} ${origin}`) ?? 0)) tell(world, "D2", `${side.name}: a gap of ${origin} to ${to} that nothing explains`);
    for (let seq = from; seq <= to; seq++) inGap.add(world.acknowledgedAs.get(`${side.name} ${origin} ${seq}`) ?? "");
  }
  for (const content of world.contents.values()) {
    if (content.stream !== side.name) continue;
    const of = told.get(content.key);
    const times = of === undefined ? 0 : of.applied + of.lost;
    const dead = of?.dead ?? 0;
    if (times > 1 || dead > 1 || (times === 1 && dead === 1 && of?.redelivered !== 1))
      tell(world, "D1", `${content.key} of ${content.writer} is there ${describe(of)}`);
    if (times + dead === 0 && content.fate === "due" && !inGap.has(content.key))
      tell(
        world,
        content.acknowledged ? "D2" : "D1",
        `${side.name}: ${content.key} of ${content.writer} is ${content.acknowledged ? "lost, though acknowledged" : "nowhere"}`,
      );
  }
}

function describe(of: Told | undefined): string {
  return of === undefined ? "nowhere" : `applied ${of.applied}, lost ${of.lost}, dead ${of.dead}, redelivered ${of.redelivered}`;
}

/** D6, by value, on what was never deleted. */
function sums(world: World, side: StreamSide): void {
  const { told } = ledgerOf(world, side.name);
  const byAttr = new Map<string, Content[]>();
  for (const content of world.contents.values()) {
    const of = told.get(content.key);
    if (content.stream !== side.name || isPassing(content.id) || of === undefined || of.applied + of.lost === 0) continue;
    const key = `${keyOf(content.entity, content.id)}\n${content.attr}`;
    byAttr.set(key, [...(byAttr.get(key) ?? []), content]);
  }
  for (const [key, contents] of byAttr) {
    const [entity = "", id = "", attr = ""] = key.split("\n");
    const cell = side.store.readRow(entity, id)?.record.cells[attr];
    const numbers = contents.map(({ value }) => Number(value));
    const is = canonical(cell?.value ?? null);
    const due = dueOf(attr, contents, numbers);
    if (due !== undefined && canonical(due) !== is)
      tell(world, "D6", `${entity}/${id} ${attr} is ${is.slice(0, 200)} and ought to be ${canonical(due).slice(0, 200)}`);
  }
}

function dueOf(attr: string, contents: readonly Content[], numbers: readonly number[]): Json | undefined {
  switch (RULES[attr]) {
    case "counter":
      return contents.length;
    case "max":
      return Math.max(...numbers);
    case "min":
      return Math.min(...numbers);
    case "set-add":
      return [...new Set(contents.flatMap(({ value }) => (Array.isArray(value) ? value : [])).map((member) => canonical(member)))]
        .toSorted()
        .map((text) => JSON.parse(text) as Json);
    default:
      return undefined;
  }
}

/** D5: digests as they are compared, and the records themselves. */
function sameCopy(world: World, { name, store }: StreamSide, unit: Unit): void {
  const origin = store.readOrigin(unit.origin);
  if (origin === undefined) return tell(world, "D5", `${unit.name} is not registered`);
  const words = wordsOf(origin);
  const answered = digest(store, { origin: unit.origin, stream: name, key: unit.key }, origin, words);
  if (isRefusal(answered)) return tell(world, "D5", `${unit.name} is not told digests: ${answered.rule}`);
  const { digests } = answered;
  const mine = Object.fromEntries(ownDigests(unit.store, name));
  if (canonical(digests) === canonical(mine)) return;
  const keys = new Set([...unit.store.listBases(name)].map(({ entity, id }) => keyOf(entity, id)));
  for (const row of store.rowsAfter(unit.name, null, "", Number.MAX_SAFE_INTEGER)) keys.add(keyOf(row.entity, row.id));
  for (const key of keys) {
    const [entity = "", id = ""] = key.split("\n");
    const row = store.readRow(entity, id);
    const lens = words(entity);
    const held = row === undefined || !row.units.includes(unit.name) ? NEVER_SEEN : row.record;
    const theirs = plain(lens === undefined ? held : recordThrough(LENS, held, "down"));
    const ours = plain(unit.store.readBase(entity, id)?.record ?? NEVER_SEEN);
    if (theirs.deleted !== undefined && ours.deleted !== undefined) continue;
    if (canonical(theirs) !== canonical(ours) && (entityOf(theirs) ?? entityOf(ours)) !== null)
      tell(world, "D5", `${unit.name} has ${entity}/${id} as ${differing(ours, theirs)} (ours, the hub's)`);
  }
}

/** Without what each copy remembers of lives that are over. */
function plain(record: EntityRecord): EntityRecord {
  const { since: _, ...compared } = record;
  return compared;
}

function differing(ours: typeof NEVER_SEEN, theirs: typeof NEVER_SEEN): string {
  const attrs = [...new Set([...Object.keys(ours.cells), ...Object.keys(theirs.cells)])].filter(
    (attr) => canonical(ours.cells[attr]) !== canonical(theirs.cells[attr]),
  );
  const pick = (record: typeof NEVER_SEEN) => ({
    version: record.version,
    deleted: record.deleted,
    ...Object.fromEntries(attrs.map((attr) => [attr, record.cells[attr]])),
  });
  return `${canonical(pick(ours))} ≠ ${canonical(pick(theirs))}`;
}

/** D5: what the unit's stages read is what the hub holds. */
function sameView(world: World, { name, store }: StreamSide, unit: Unit): void {
  if (unit.store.listOutboxes().some((outbox) => outbox.stream === name && outbox.last > outbox.through))
    return tell(world, "D1", `${unit.name} still has something to say in ${name}`);
  for (const { entity, id } of unit.store.listBases(name)) {
    const [view, seen] = [viewOf(unit, name, entity, id), unit.entities.get(keyOf(entity, id)) ?? null];
    if (canonical(view) !== canonical(seen))
      tell(world, "D5", `${unit.name}'s stages read ${entity}/${id} as ${canonical(seen)} instead of ${canonical(view)}`);
    const row = store.readRow(entity, id);
    const theirs = row === undefined || !row.units.includes(unit.name) ? null : inWordsOf(unit, entityOf(row.record));
    if (canonical(theirs) !== canonical(view)) tell(world, "D5", `${unit.name} reads ${entity}/${id} as ${canonical(view)}, the hub as ${canonical(theirs)}`);
  }
  for (const [key] of unit.entities.entries()) {
    const [entity = "", id = ""] = key.split("\n");
    if (!store.readRow(entity, id)?.units.includes(unit.name) && streamIs(name, entity))
      tell(world, "D5", `${unit.name}'s stages read ${entity}/${id}, which the hub does not have for it`);
  }
}

function inWordsOf({ major }: Unit, entity: Readonly<Record<string, Json>> | null): Readonly<Record<string, Json>> | null {
  return entity === null ? null : Object.fromEntries(Object.entries(entity).map(([attr, value]) => [inMajor(attr, major), valueInMajor(attr, value, major)]));
}

function streamIs(name: StreamName, entity: string): boolean {
  return (entity === "site") === (name === "assets");
}

/** D5: so is what the CRM rebuilt from the feed. */
function sameAtCrm(world: World, side: StreamSide): void {
  const follower = followerOf(world, side);
  const keys = new Set(follower.entities.keys());
  for (const row of side.store.rowsAfter(null, null, "", Number.MAX_SAFE_INTEGER)) keys.add(keyOf(row.entity, row.id));
  for (const key of keys) {
    const [entity = "", id = ""] = key.split("\n");
    const record = side.store.readRow(entity, id)?.record;
    const theirs = record === undefined ? {} : (entityOf(record) ?? {});
    const values = follower.entities.get(key)?.values;
    const ours = values === undefined ? {} : Object.fromEntries(values);
    if (canonical(ours) !== canonical(theirs)) tell(world, "D5", `the CRM has ${entity}/${id} as ${canonical(ours)} instead of ${canonical(theirs)}`);
  }
}

/** Nothing personal of an erased subject can be read at the hub any more. */
function forgotten(world: World, side: StreamSide): void {
  for (const content of world.contents.values()) {
    if (content.stream !== side.name || content.attr !== "contact" || content.value === undefined || !world.erased.has(canonical([content.entity, content.id])))
      continue;
    const text = canonical(content.value);
    const record = side.store.readRow(content.entity, content.id)?.record;
    if (record !== undefined && canonical(record).includes(text)) tell(world, "D10", `${text} of an erased subject stands in its record`);
  }
  const { head } = side.store.readState();
  const erased = [...world.erased].map((one) => JSON.parse(one) as [string, string]);
  for (let at = 1; at <= head; at++) {
    const line = side.store.everAt(at);
    if (line === undefined || !erased.some(([entity, id]) => line.entity === entity && line.id === id)) continue;
    const operation = openText(line.text, (subject) => side.store.readKey(subject) ?? null);
    if (operation.attr === "contact" && operation.value !== undefined) tell(world, "D10", `line ${at} still tells what was erased`);
  }
  for (const letter of side.store.listDead())
    if (erased.some(([entity, id]) => letter.entity === entity && letter.id === id) && canonical(readBuried(side.store, letter)).includes('"contact"'))
      tell(world, "D10", `a dead letter still tells what was erased`);
}
