/** What goes wrong beyond the network: evictions, clocks, backups put back, copies of units, expulsions, upgrades, a hub without credit. */
import { beginIncarnation } from "../../edge/delta/incarnation.ts";
import { expel } from "../merge/collect.ts";
import { FAMILIES, NEWEST, STREAMS, pickId } from "./contract.ts";
import { type Backup, type StreamSide, confirm, restore, sideOf, takeBackup } from "./hub-side.ts";
import { calmDown } from "./heal.ts";
import { collectTombstones, eraseSubject, followerOf, ownContents, treatDead } from "./office.ts";
import { type Unit, copyUnit, evict, originOf, readAnew, restoreUnit, startUnit, upgrade } from "./unit-side.ts";
import { type World, auditAnew, count, nameOf } from "./world.ts";

const MINUTE_MS = 60_000;
const BACKUPS_MAX = 4;
const COPIES_MAX = 3;
const CLONES_MAX = 1;

type Trouble = (world: World) => void;

/** With how often each comes. */
const TROUBLES: readonly (readonly [Trouble, number])[] = [
  [(world) => evictOne(world), 6],
  [(world) => skew(world), 3],
  [(world) => part(world), 5],
  [(world) => slow(world), 3],
  [(world) => credit(world), 4],
  [(world) => pageSize(world), 3],
  [(world) => lull(world), 2],
  [(world) => backUp(world), 8],
  [(world) => confirmOne(world), 8],
  [(world) => restoreHub(world), 5],
  [(world) => keepCopy(world), 4],
  [(world) => restoreOne(world), 3],
  [(world) => clone(world), 1],
  [(world) => expelOne(world), 2],
  [(world) => upgradeOne(world), 2],
  [(world) => mend(world), 2],
  [(world) => eraseSubject(world, world.random.pick(FAMILIES), pickId(world.random)), 2],
  [(world) => treatDead(world, pickSide(world)), 5],
  [(world) => collectTombstones(world, pickSide(world)), 6],
];
const WEIGHT = TROUBLES.reduce((sum, [, weight]) => sum + weight, 0);

export function strike(world: World): void {
  let at = world.random.next() * WEIGHT;
  for (const [trouble, weight] of TROUBLES) {
    at -= weight;
    if (at < 0) return trouble(world);
  }
}

function pickSide(world: World): StreamSide {
  return sideOf(world.hub, world.random.pick(STREAMS));
}

function evictOne(world: World): void {
  evict(world.random.pick(world.units));
  count(world, "object evicted");
}

function skew(world: World): void {
  const unit = world.random.pick(world.units);
  const before = unit.skewMs;
  unit.skewMs = world.random.pick([0, 500, -500, 30_000, 90_000, 10 * MINUTE_MS, -90_000, -10 * MINUTE_MS]);
  count(world, unit.skewMs > MINUTE_MS ? "clock far ahead" : unit.skewMs < 0 ? "clock behind" : "clock set");
  if (unit.skewMs < before) count(world, "clock set back");
}

function part(world: World): void {
  const unit = world.random.pick(world.units);
  unit.parted = !unit.parted;
  if (unit.parted) count(world, "unit parted");
}

function slow(world: World): void {
  world.crm.slow = !world.crm.slow;
  if (world.crm.slow) count(world, "consumer slow");
}

function credit(world: World): void {
  world.hub.credit = world.random.pick([0, 0, 1, 3, 20, 500, 500]);
  count(world, world.hub.credit === 0 ? "no credit" : "credit changed");
}

function pageSize(world: World): void {
  world.hub.page = world.random.pick([1, 2, 5, 30, 500]);
  if (world.hub.page < 30) count(world, "small pages");
}

/** For once all goes well, and what may be forgotten is. */
function lull(world: World): void {
  calmDown(world);
  for (const side of world.hub.streams.values()) {
    collectTombstones(world, side);
    if (world.random.chance(0.5)) confirm(side, takeBackup(side));
  }
  world.calm = false;
  count(world, "lull");
}

function backUp(world: World): void {
  const side = pickSide(world);
  const backup = takeBackup(side);
  if (isUnnoticed(world, side)) world.doubtful.add(backup);
  // The oldest stays to be the wrong one; the last that was confirmed is nobody's to throw away.
  if (side.backups.length > BACKUPS_MAX) side.backups.splice(latestConfirmed(side) === 1 ? 2 : 1, 1);
  count(world, "hub backed up");
}

function confirmOne(world: World): void {
  const side = pickSide(world);
  const waiting = side.backups.filter((backup) => !backup.confirmed);
  if (waiting.length === 0) return;
  confirm(side, world.random.pick(waiting));
  count(world, "backup confirmed");
}

function restoreHub(world: World): void {
  const side = pickSide(world);
  if (side.backups.length === 0) return;
  const latest = latestConfirmed(side);
  const isWrong = world.random.chance(0.4);
  // No backup before the last confirmed one is put back, except by mistake.
  const from = isWrong ? 0 : Math.max(latest, 0);
  const backup = world.random.pick(side.backups.slice(from));
  putBack(world, side, backup, world.random.chance(0.7));
}

/** The oracle forgets what nobody can have any more: writes whose writers were told that they are safe, which a wrong backup does not hold. */
function putBack(world: World, side: StreamSide, backup: Backup, announced: boolean): void {
  const reoffering =
    side.store.readState().restores.length > 0 && [...side.store.listOrigins()].some((origin) => origin.through < through(world, side, origin.origin));
  const safe = safeThroughs(side);
  const position = Math.max(0, ...side.backups.filter((one) => one.confirmed).map((one) => one.mark.position));
  if (world.forked.has(side.name) || (announced && (isUnnoticed(world, side) || world.doubtful.has(backup)))) world.blurred.add(side.name);
  // In silence nobody says which epochs were in use: the next one may be a second one of its number.
  if (!announced && backup.copy.readState().epoch < side.store.readState().epoch) world.forked.add(side.name);
  restore(side, backup, announced);
  if (!announced) world.unnoticed.set(side.name, noticed(side));
  const isOlder = side.store.readState().head < position || [...safe].some(([origin, seq]) => (side.store.readOrigin(origin)?.through ?? 0) < seq);
  count(world, announced ? "hub restored" : "hub restored in silence");
  if (isOlder) count(world, "hub restored to a wrong backup");
  if (reoffering) count(world, "hub restored during re-offers");
  if (isOlder)
    for (const [origin, seq] of safe) world.excusedGaps.set(`${side.name} ${origin}`, Math.max(seq, world.excusedGaps.get(`${side.name} ${origin}`) ?? 0));
  auditAnew(world, side);
  for (const unit of world.units) world.checked.set(`${unit.name} ${side.name}`, 0);
  excuse(world, side, isOlder);
}

function latestConfirmed(side: StreamSide): number {
  return side.backups.findLastIndex((backup) => backup.confirmed);
}

/** It was put back in silence, and goes on in its old epoch. */
function isUnnoticed(world: World, side: StreamSide): boolean {
  return world.unnoticed.get(side.name) === noticed(side);
}

/** Restores that nobody announced, and that were found out. */
function noticed(side: StreamSide): number {
  return side.store.readState().restores.filter((restore) => restore.silent === true).length;
}

/** Up to which seq of each origin some confirmed backup goes. */
function safeThroughs(side: StreamSide): ReadonlyMap<string, number> {
  const safe = new Map<string, number>();
  for (const { mark, confirmed } of side.backups) {
    if (!confirmed) continue;
    for (const [origin, seq] of Object.entries(mark.throughs)) safe.set(origin, Math.max(seq, safe.get(origin) ?? 0));
  }
  return safe;
}

function through(world: World, side: StreamSide, origin: string): number {
  const unit = world.units.find((one) => origin.startsWith(`${one.name}@`));
  return unit?.store.readOutbox(origin, side.name)?.last ?? 0;
}

/** What is not in the log, and whose writer does not have it any more, may come or not. */
function excuse(world: World, side: StreamSide, isOlder: boolean): void {
  const told = world.ledgers.get(side.name)?.told;
  const held = new Set([...world.commits.values()].flatMap((keys) => [...keys]));
  for (const own of followerOf(world, side).own.values()) for (const content of ownContents(world, own.write)) held.add(content.key);
  for (const content of world.contents.values()) {
    if (content.stream !== side.name || told?.has(content.key) === true || held.has(content.key)) continue;
    if (content.writer !== "crm" || isOlder) content.fate = "maybe";
  }
  if (isOlder) excuseReused(world, side);
}

/**
 * A wrong backup holds, under numbers that a unit has forgotten since, what the unit wrote under them before it was put back itself in silence.
 * Its later writes under them are as lost as those in a gap, and neither side has anything left to tell by that they ever were.
 */
function excuseReused(world: World, side: StreamSide): void {
  const numbers = world.ledgers.get(side.name)?.numbers;
  const outboxes = world.units.flatMap(({ name, store }) => store.listOutboxes().filter(({ origin }) => origin.startsWith(`${name}@`)));
  for (const outbox of outboxes) {
    if (outbox.stream !== side.name) continue;
    for (let seq = 1; seq < outbox.from; seq++) {
      const stands = numbers?.get(`${outbox.origin} ${seq}`);
      const content = world.contents.get(world.acknowledgedAs.get(`${side.name} ${outbox.origin} ${seq}`) ?? "");
      if (content !== undefined && stands !== undefined && stands !== content.key) content.fate = "maybe";
    }
  }
}

function keepCopy(world: World): void {
  const unit = world.random.pick(world.units);
  const keys = world.commits.get(unit.name) ?? new Set();
  const copies = world.copies.get(unit.name) ?? [];
  copies.push({ copy: copyUnit(unit, keys.size), keys: new Set(keys) });
  if (copies.length > COPIES_MAX) copies.shift();
  world.copies.set(unit.name, copies);
  count(world, "unit copied");
}

function restoreOne(world: World): void {
  const unit = world.random.pick(world.units);
  const copies = world.copies.get(unit.name) ?? [];
  if (copies.length === 0) return;
  const { copy, keys } = world.random.pick(copies);
  const announced = world.random.chance(0.5);
  restoreUnit(unit, copy, announced);
  count(world, announced ? "unit restored" : "unit restored in silence");
  const lost = [...(world.commits.get(unit.name) ?? [])].filter((key) => !keys.has(key));
  world.commits.set(unit.name, new Set(keys));
  for (const key of lost) orphan(world, key);
  for (const key of keys) {
    const content = world.contents.get(key);
    if (content !== undefined) content.fate = "due";
  }
}

/** Nobody but the hub can have it now. */
function orphan(world: World, key: string): void {
  const content = world.contents.get(key);
  if (content === undefined) return;
  if (world.ledgers.get(content.stream)?.told.has(key) !== true) content.fate = "maybe";
}

/** A copy of a unit becomes a unit of its own: what the source had not delivered is not the copy's to deliver. */
function clone(world: World): void {
  if (world.units.length >= 4 + CLONES_MAX) return;
  const source = world.random.pick(world.units);
  const unit: Unit = startUnit(`${nameOf(world.units.length)}-clone`, source.major);
  unit.store = source.store.copy();
  beginIncarnation(unit.store, originOf(unit.name, 1), STREAMS);
  readAnew(unit);
  world.units.push(unit);
  world.commits.set(unit.name, new Set());
  count(world, "unit cloned");
}

function expelOne(world: World): void {
  const side = pickSide(world);
  const unit = world.random.pick(world.units);
  side.store.transact(() => expel(side.store, unit.name, world.now));
  count(world, "unit expelled");
}

function upgradeOne(world: World): void {
  const unit = world.units.find((one) => one.major !== NEWEST);
  if (unit === undefined) return;
  upgrade(unit);
  count(world, "unit upgraded");
}

function mend(world: World): void {
  if (world.hub.mended) return;
  world.hub.mended = true;
  count(world, "contract mended");
}
