/** People at the hub: the CRM's write-back and its reading, erasures, dead letters tried again or given up, tombstones collected. */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { collect } from "../merge/collect.ts";
import { discard, redeliver } from "../merge/dead.ts";
import { follow } from "./follow.ts";
import { placeOf } from "../merge/place.ts";
import { type OwnWrite, erase, writeOwn } from "../merge/own.ts";
import type { KeyedRow, LoggedOperation } from "../merge/store.ts";
import { type Content, keyOfContent } from "./content.ts";
import { FAMILIES, RULES, STREAMS, hubMeaning, isPassing, pickId, streamOf } from "./contract.ts";
import { attempt } from "./crash.ts";
import { CRM, type Follower, type Own, readFeed } from "./crm-side.ts";
import { type StreamSide, knownOf, sideOf } from "./hub-side.ts";
import { nudgeAll, post } from "./traffic.ts";
import { trim } from "./trim.ts";
import { type World, addContent, audit, count, crashPoint, strikes, tell } from "./world.ts";
import { valueOf } from "./work.ts";

const HUB_ATTRS = ["title", "phase", "contact", "crew", "priority", "budget", "peak", "floor", "visits", "tags", "note", "extra"];
const PAGE_LINES = 60;

export function followerOf(world: World, side: StreamSide): Follower {
  const follower = world.crm.streams.get(side.name);
  if (follower === undefined) throw new Error(`nobody follows ${side.name}`);
  return follower;
}

/** The CRM wants something changed. */
export function writeBack(world: World): void {
  writeOf(world, world.random.pick(FAMILIES), pickId(world.random));
}

/** The CRM changes an entity; `only`: this attribute of it. */
function writeOf(world: World, entity: string, id: string, only?: string): void {
  const stream = streamOf(entity) ?? "tickets";
  const follower = followerOf(world, sideOf(world.hub, stream));
  const known = follower.entities.get(`${entity}\n${id}`);
  const key = `crm-${++world.made}`;
  const isDelete = only === undefined && isPassing(id) && world.random.chance(0.2);
  const attrs = only === undefined ? new Set(Array.from({ length: world.random.between(1, 3) }, () => world.random.pick(HUB_ATTRS))) : [only];
  const changes: Record<string, Json> = {};
  for (const attr of attrs) changes[attr] = attr === "title" && world.random.chance(0.1) ? null : toldOf(world, attr, valueOf(world, CRM, attr, undefined, 2));
  if (only === undefined && world.random.chance(0.03)) {
    changes["meter"] = "not theirs";
    count(world, "write-back that breaks the contract");
  }
  const units = world.random.chance(0.6) ? world.units.filter(() => world.random.chance(0.5)).map(({ name }) => name) : [];
  const write: OwnWrite = {
    key,
    stream,
    entity,
    id,
    changes: isDelete ? "delete" : changes,
    seen: known?.version ?? 0,
    seenAt: follower.place,
    ...(units.length === 0 ? {} : { units }),
    actor: CRM,
    reason: "write-back",
  };
  const saw = [known?.values.get("note"), ...(known?.held.get("note") ?? [])].filter((one) => one !== undefined);
  for (const [attr, value] of isDelete ? [["", null] as const] : Object.entries(changes)) {
    const op = isDelete ? "delete" : value === null ? "unset" : "set";
    const content = { key: keyOfContent(key, entity, id, attr), writer: CRM, stream, entity, id, attr, op, value: value ?? undefined, saw } as const;
    addContent(world, { ...content, acknowledged: false, fate: "due" });
    world.operations += 1;
  }
  follower.own.set(key, { write, offer: true, answered: false, place: null });
}

/** Increments and members travel, not what they lead to. */
function toldOf(_world: World, attr: string, value: Json): Json {
  return RULES[attr] === "counter" ? 1 : value;
}

/** Sends what has not been answered, or may have been lost. False when there is nothing. */
export function offer(world: World, side: StreamSide): boolean {
  const follower = followerOf(world, side);
  const own = [...follower.own.values()].find((one) => one.offer);
  if (own === undefined) return false;
  if (own.answered) count(world, "write-back offered again");
  post(world, CRM, "request", () => reach(world, side, own));
  return true;
}

function reach(world: World, side: StreamSide, own: Own): void {
  const { write } = own;
  const meaning = hubMeaning(write.entity, world.hub.mended);
  if (meaning === undefined) return;
  const done = attempt(side.fuse, crashPoint(world), () => side.store.transact(() => writeOwn(side.store, write, meaning, world.now, world.hub.random)));
  if (done === null) return count(world, "hub crashed");
  const place = isRefusal(done.done) ? null : placeOf(side.store, side.store.readState(), Math.max(done.done.position, side.store.readState().horizon));
  audit(world, side);
  nudgeAll(world, side.name, "");
  post(world, CRM, "answer", () => {
    if (!isRefusal(done.done)) {
      own.offer = false;
      own.answered = true;
      own.place = place;
      for (const content of ownContents(world, write)) content.acknowledged = true;
      return;
    }
    count(world, "write-back refused");
    // What was taken once is offered until it is taken again, if need be to all units that there are.
    if (own.answered) {
      own.write = { ...write, units: world.units.map(({ name }) => name) };
      return;
    }
    followerOf(world, side).own.delete(write.key);
    for (const content of ownContents(world, write)) content.fate = "maybe";
  });
}

export function ownContents(world: World, write: OwnWrite): readonly Content[] {
  const attrs = write.changes === "delete" ? [""] : Object.keys(write.changes);
  return attrs.flatMap((attr) => world.contents.get(keyOfContent(write.key, write.entity, write.id, attr)) ?? []);
}

/** The CRM reads a page of each stream; killed in the middle it reads the same again. */
export function readOn(world: World, limit = PAGE_LINES): boolean {
  if (world.crm.slow && !world.calm) return false;
  let any = false;
  for (const name of STREAMS) {
    const side = sideOf(world.hub, name);
    const follower = followerOf(world, side);
    // Items and cursor are one transaction: killed before its end, it has neither.
    if (!world.calm && world.random.chance(0.1)) {
      if (follow(side.store, follower.place, limit).operations.length > 0) count(world, "consumer crashed");
      continue;
    }
    const read = readFeed(follower, side.store, limit, world.now);
    if (read.repeated > 0) count(world, "line read again", read.repeated);
    if (read.rewound) count(world, "consumer rewound");
    if (read.expired) count(world, "consumer expired");
    answerTo(world, read.last);
    any ||= read.lines > 0 || read.rewound;
  }
  return any;
}

/** A CRM whose rules write whenever they read something, its own writes included: a loop, if nobody tires of it. */
function answerTo(world: World, line: LoggedOperation | undefined): void {
  if (line === undefined || !HUB_ATTRS.includes(line.attr) || !FAMILIES.includes(line.entity) || !strikes(world, 0.3)) return;
  count(world, "write-back of what was read");
  writeOf(world, line.entity, line.id, line.attr);
}

/** A subject asks to be forgotten. */
export function eraseSubject(world: World, entity: string, id: string): void {
  const side = sideOf(world.hub, streamOf(entity) ?? "tickets");
  const meaning = hubMeaning(entity, world.hub.mended);
  if (meaning === undefined) return;
  const key = `erase-${entity}-${id}-${++world.made}`;
  const content = {
    key: keyOfContent(key, entity, id, "contact"),
    writer: CRM,
    stream: side.name,
    entity,
    id,
    attr: "contact",
    op: "unset",
    value: undefined,
    saw: [],
  } as const;
  addContent(world, { ...content, acknowledged: false, fate: "maybe" });
  const done = attempt(side.fuse, crashPoint(world), () =>
    side.store.transact(() => erase(side.store, entity, id, meaning, CRM, key, world.now, world.hub.random)),
  );
  if (done === null) return count(world, "hub crashed");
  audit(world, side);
  nudgeAll(world, side.name, "");
  world.erased.add(canonical([entity, id]));
  count(world, "subject erased");
}

/** Somebody looks at the dead letters: after the contract was mended most of them can be taken. */
export function treatDead(world: World, side: StreamSide): void {
  const letters = side.store.listDead();
  if (letters.length === 0) return;
  const letter = world.random.pick(letters);
  const origin = side.store.readOrigin(letter.origin);
  if (origin === undefined) return;
  const isLost = world.random.chance(0.3);
  const done = attempt(side.fuse, crashPoint(world), () =>
    side.store.transact(() =>
      isLost
        ? discard(side.store, origin, letter.hubSeq, knownOf(world.hub, origin), world.now, world.hub.random)
        : redeliver(side.store, origin, letter.entity, letter.id, knownOf(world.hub, origin), world.now, world.hub.random),
    ),
  );
  if (done === null) return count(world, "hub crashed");
  if (isLost) count(world, "dead letter given up");
  if (!isRefusal(done.done) && done.done.redelivered > 0) count(world, "dead letter taken after all", done.done.redelivered);
  audit(world, side);
  nudgeAll(world, side.name, "");
}

export function collectTombstones(world: World, side: StreamSide): void {
  const before = side.store.tombstones(side.store.readState().head, Number.MAX_SAFE_INTEGER);
  const done = attempt(side.fuse, crashPoint(world), () => side.store.transact(() => collect(side.store, world.now)));
  if (done === null) return count(world, "hub crashed");
  if (done.done > 0) count(world, "tombstone collected", done.done);
  for (const tombstone of before) if (side.store.readRow(tombstone.entity, tombstone.id) === undefined) heardOf(world, side, tombstone);
}

/** Lines that everybody has read go. */
export function trimLog(world: World, side: StreamSide): void {
  const [keep, most] = [world.trims.pick([0, 3, 20]), world.trims.pick([1, 10, 1_000])];
  const point = world.trims.chance(0.1) && !world.calm ? world.trims.between(0, 12) : null;
  const done = attempt(side.fuse, point, () => side.store.transact(() => trim(side.store, keep, most)));
  if (done === null) return count(world, "hub crashed");
  if (done.done > 0) count(world, "log trimmed");
}

/** D2: of a deletion that is forgotten here, every unit that counts knows. Where a log was put back, what a unit has may be of a life that this log does not tell of. */
function heardOf(world: World, { name, store }: StreamSide, { entity, id, units, record }: KeyedRow): void {
  if (store.readState().restores.length > 0 || world.unnoticed.has(name)) return;
  for (const unit of world.units) {
    if (unit.putBack || !units.includes(unit.name) || store.readReplica(unit.name)?.expelled === true) continue;
    const copy = unit.store.readBase(entity, id)?.record;
    if (copy !== undefined && copy.deleted === undefined && copy.version < record.version)
      tell(world, "D2", `the deletion of ${entity}/${id} is forgotten, and ${unit.name} has not heard of it`);
  }
}
