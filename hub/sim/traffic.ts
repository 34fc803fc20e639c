/** What travels: questions and answers, dropped, doubled, late, out of order; and what both ends make of them, crashes included. */
import { NEVER_SEEN } from "../../contracts/delta/merge.ts";
import type { Operation, StreamName } from "../../contracts/delta/operation.ts";
import { isNewer } from "../../contracts/delta/record.ts";
import { DigestReply, LoadReply, PullReply, PushBatch, PushReply, RowsReply } from "../../contracts/delta/sync.ts";
import { type Refusal, isRefusal } from "../../contracts/refusal.ts";
import { type Question, type Reply, wake as wakeSession } from "../../edge/delta/exchange.ts";
import { livesOf } from "../../edge/delta/incarnation.ts";
import { readLine } from "../merge/log.ts";
import { lostAt, readUnitCursor } from "../merge/place.ts";
import { contentOf } from "./content.ts";
import { inMajor, isPassing } from "./contract.ts";
import { attempt } from "./crash.ts";
import { answer, register, sideOf } from "./hub-side.ts";
import { type Call, type Unit, ask, evict, giveUp, keyOf, sessionOf, take } from "./unit-side.ts";
import { type World, addContent, audit, count, crashPoint, strikes, tell } from "./world.ts";

const REPLIES = { push: PushReply, pull: PullReply, load: LoadReply, digest: DigestReply, rows: RowsReply } as const;
/** One message in so many is read by its schema, as a socket would. */
const PARSED_ONE_IN = 40;
/** Pending operations that a unit is asked about after each answer. */
const OWN_WORK_CHECKED = 20;

export function post(world: World, party: string, kind: "request" | "answer", go: () => void): void {
  if (strikes(world, world.odds.drop)) return count(world, `${kind} dropped`);
  const message = { party, go };
  world.messages.push(message);
  if (!strikes(world, world.odds.duplicate)) return;
  count(world, `${kind} doubled`);
  world.messages.push(message);
}

/** Delivers one message, any of them. False when none can be. */
export function deliver(world: World): boolean {
  const parted = new Set(world.units.filter((unit) => unit.parted).map((unit) => unit.name));
  const able = world.messages.flatMap(({ party }, i) => (parted.has(party) ? [] : [i]));
  if (able.length === 0) return false;
  const at = world.calm || world.random.chance(0.5) ? (able[0] ?? 0) : world.random.pick(able);
  if (at !== able[0]) count(world, "message overtaken");
  const [message] = world.messages.splice(at, 1);
  message?.go();
  return true;
}

/** The unit says what it has to say in a stream. False when there is nothing. */
export function speak(world: World, unit: Unit, stream: StreamName): boolean {
  if (unit.asleep || unit.parted) return false;
  if (!unit.registered) {
    // Lives that are over too, as long as something of theirs may have to be said: the hub may have been put back to before it knew them.
    for (const life of livesOf(unit.store, unit.origin)) register(world.hub, unit.name, life, unit.key, unit.major);
    unit.registered = true;
  }
  const call = ask(unit, stream, ++world.made);
  if (call === null) return false;
  if (call.question.ask === "push" && call.question.with.gap !== undefined) count(world, "gap declared");
  if (call.question.ask === "digest") count(world, "digest asked");
  post(world, unit.name, "request", () => reach(world, unit, stream, call));
  return true;
}

/** No answer came in time; with bad luck the alarm that would try again does not come either. */
export function timeOut(world: World, unit: Unit, stream: StreamName): void {
  if (!unit.calls.has(stream)) return;
  giveUp(unit, stream);
  count(world, "call timed out");
  if (!strikes(world, world.odds.sleep)) return;
  unit.asleep = true;
  count(world, "alarm lost");
}

export function wake(unit: Unit, stream: StreamName): void {
  unit.asleep = false;
  unit.sessions.set(stream, wakeSession(sessionOf(unit, stream)));
}

function reach(world: World, unit: Unit, stream: StreamName, call: Call): void {
  const side = sideOf(world.hub, stream);
  const { head } = side.store.readState();
  if (world.random.between(1, PARSED_ONE_IN) === 1 && call.question.ask === "push") parse(world, PushBatch, { ...call.question.with, key: unit.key });
  const reply = answer(world.hub, torn(world, call.question), unit.key, world.now, crashPoint(world));
  if (reply === null) return count(world, "hub crashed");
  const after = side.store.readState().head;
  audit(world, side);
  if (after > head) nudgeAll(world, stream, unit.name);
  if (!isRefusal(reply) && world.random.between(1, PARSED_ONE_IN) === 1) parse(world, REPLIES[call.question.ask], reply);
  post(world, unit.name, "answer", () => hear(world, unit, stream, call, reply));
}

/** Something on the way loses the first operation of a batch that is all new. */
function torn(world: World, question: Question): Question {
  if (question.ask !== "push" || question.with.operations.length < 2 || !strikes(world, world.odds.drop / 5)) return question;
  const { origin, stream, operations } = question.with;
  const through = sideOf(world.hub, stream).store.readOrigin(origin)?.through ?? 0;
  if ((operations[0]?.seq ?? 0) <= through) return question;
  count(world, "batch torn");
  return { ask: "push", with: { ...question.with, operations: question.with.operations.slice(1) } };
}

/** Whoever may be concerned is told, if the word is not lost. */
export function nudgeAll(world: World, stream: StreamName, except: string): void {
  for (const unit of world.units) {
    if (unit.name === except) continue;
    if (unit.parted || strikes(world, world.odds.drop)) count(world, "nudge lost");
    else wake(unit, stream);
  }
}

function hear(world: World, unit: Unit, stream: StreamName, call: Call, reply: Reply["reply"] | Refusal): void {
  if (unit.calls.get(stream)?.id !== call.id) return count(world, "late answer");
  const txId = `${unit.name}-again-${++world.made}`;
  const done = attempt(unit.fuse, crashPoint(world), () => take(unit, stream, call, reply, txId, world.now + unit.skewMs));
  if (done === null) {
    evict(unit);
    count(world, "unit crashed");
    return checkCursor(world, unit, stream);
  }
  const { reborn, again } = done.done;
  if (isRefusal(reply)) count(world, `refused ${reply.refused}`);
  if (reborn) count(world, "reuse found out");
  keep(world, unit, again);
  if (again.length > 0) count(world, "written again");
  if (call.question.ask === "push" && !isRefusal(reply)) acknowledge(world, unit, stream, call.question.with);
  if (call.question.ask === "pull" && !isRefusal(reply) && "lost" in reply && reply.lost !== undefined) count(world, `cursor ${reply.lost}`);
  checkCursor(world, unit, stream);
  checkOwnWork(world, unit, stream);
}

/** D5: what this unit has added to sets, and the hub has not answered, it sees itself; unless it was deleted meanwhile. */
function checkOwnWork(world: World, unit: Unit, stream: StreamName): void {
  for (const outbox of unit.store.listOutboxes()) {
    if (outbox.stream !== stream) continue;
    for (const { entity, id, attr, value } of unit.store.operationsAfter(outbox.origin, stream, outbox.through, OWN_WORK_CHECKED)) {
      const tags = attr === "tags" && !isPassing(id) ? unit.entities.get(keyOf(entity, id))?.[attr] : undefined;
      if (Array.isArray(tags) && Array.isArray(value) && !value.every((member) => tags.includes(member)))
        tell(world, "D5", `${unit.name} does not see its own ${JSON.stringify(value)} on ${entity}/${id}`);
    }
  }
}

/** What its writer is told to be durable. */
function acknowledge(world: World, unit: Unit, stream: StreamName, batch: Extract<Question, { ask: "push" }>["with"]): void {
  const through = unit.store.readOutbox(batch.origin, stream)?.through ?? 0;
  for (const operation of batch.operations) {
    if (operation.seq > through) break;
    const content = world.contents.get(contentOf(operation, unit.name, []).key);
    if (content === undefined) continue;
    content.acknowledged = true;
    world.acknowledgedAs.set(`${stream} ${batch.origin} ${operation.seq}`, content.key);
  }
}

/** What a unit has committed is due from now on. */
export function keep(world: World, unit: Unit, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const base = unit.store.readBase(operation.entity, operation.id)?.record;
    const cell = base?.cells["note"];
    const saw =
      operation.attr !== "note" || cell === undefined ? [] : [cell.value, ...(cell.held ?? []).map((one) => one.value)].filter((one) => one !== undefined);
    const afterDeletion = cell === undefined && (base?.deleted ?? base?.since) !== undefined;
    const content = { ...contentOf(operation, unit.name, saw), afterDeletion };
    addContent(world, content);
    world.commits.get(unit.name)?.add(content.key);
    world.operations += 1;
  }
}

/** D8: whatever lies before a cursor, and concerns this unit, is in its copy. */
export function checkCursor(world: World, unit: Unit, stream: StreamName): void {
  const inbox = unit.store.readInbox(stream);
  if (inbox === undefined || inbox.cursor === null || inbox.repair !== null) return;
  const { store } = sideOf(world.hub, stream);
  const place = readUnitCursor(inbox.cursor);
  if (place === null) return tell(world, "D8", `${unit.name} has a cursor that nobody gave out`);
  if (inbox.epoch !== store.readState().epoch || lostAt(store, store.readState(), place) !== null) return;
  const key = `${unit.name} ${stream}`;
  const from = Math.min(world.checked.get(key) ?? 0, place.position);
  for (const line of store.linesFor(unit.name, from, Number.MAX_SAFE_INTEGER)) {
    if (line.hubSeq > place.position) break;
    if (line.outcome !== "applied") continue;
    const { entity, id, attr, op, version, epoch } = readLine(store, line);
    const row = store.readRow(entity, id);
    // Whole entities that are new, or not there any more, came otherwise.
    if (row === undefined || row.record.deleted !== undefined || line.joins.length > 0) continue;
    const record = unit.store.readBase(entity, id)?.record ?? NEVER_SEEN;
    // What was deleted since is not there, also where the entity has come anew: a hub put back in silence may not know of it yet.
    const has = record.cells[inMajor(attr, unit.major)] ?? record.deleted ?? record.since;
    const stands = row.record.cells[attr];
    if (op === "delete" || stands === undefined || stands.version !== version || (stands.epoch ?? 1) !== epoch) continue;
    if (has === undefined || isNewer({ version, epoch }, has))
      tell(world, "D8", `${unit.name}'s cursor in ${stream} is at ${place.position}, and line ${line.hubSeq} of ${entity}/${id} ${attr} is not in its copy`);
  }
  world.checked.set(key, place.position);
}

function parse(world: World, schema: { safeParse(value: unknown): { success: boolean; error?: { message: string } | undefined } }, message: unknown): void {
  const parsed = schema.safeParse(JSON.parse(JSON.stringify(message)));
  if (!parsed.success) tell(world, "D9", `a message does not fit its schema: ${parsed.error?.message.slice(0, 300) ?? ""}`);
}
