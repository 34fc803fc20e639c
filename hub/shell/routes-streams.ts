/** What people and systems ask of the streams beside the feed: writes, snapshots, digests, histories, subjects, dead letters, the audit. */
import type { Context } from "hono";
import { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar, Signed } from "../../edge/shell/guard.ts";
import { START, STREAMS, type Vector, writeCursor } from "../feed/cursor.ts";
import { readSnapshotPlace } from "../feed/snapshot.ts";
import {
  AuditQuery,
  type DeadAnswer,
  type DigestAnswer,
  DiscardAsk,
  EraseAsk,
  RedeliverAsk,
  SnapshotQuery,
  type StreamStand,
  type VerifyAnswer,
  VerifyQuery,
  WriteAsk,
} from "../feed/view.ts";
import type { Hub } from "../hub.ts";
import type { Moment } from "../master/as-of.ts";
import type { OwnWritten } from "../merge/own.ts";
import type { Place } from "../merge/place.ts";
import { streamObject } from "./feed-reader.ts";
import { nudge } from "./nudge.ts";
import type { Stood, Told } from "./open-stream.ts";
import { outgoingObject, wakeOutgoing } from "./relay/outgoing-object.ts";
import { param } from "./routes-contracts.ts";
import { idsOf, readAsAlias } from "./routes-master.ts";
import { settled } from "./settled.ts";
import { beginSnapshot, readSnapshot } from "./snapshot-reader.ts";
import { sightFor } from "./stream-concern.ts";
import type { Walk } from "./stream-tables.ts";

/** A write of every attribute that an entity may have, at the size that one may have, is refused: it comes in parts. */
const WRITE_BYTES_MAX = 256 * 1024;
const BODY_BYTES_MAX = 4_096;
/** Lines that one call of an object checks: some 100 ms. */
const WALK_LINES = 5_000;
/** Calls of one request: a Worker may make 1,000. */
const CALLS_MAX = 900;

export function streamRoutes(routes: Registrar): void {
  writeRoutes(routes);
  readRoutes(routes);
  subjectRoutes(routes);
  deadRoutes(routes);
  auditRoutes(routes);
}

function writeRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/writes", async (c, who) => {
    const ask = await readBody(c, WriteAsk, WRITE_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const stream = await streamOf(c.env, ask.entity);
    if (isRefusal(stream)) return refused(c, stream);
    const { changes, delete: _, key, ...rest } = ask;
    // Keys are the writer's own: another's are no concern of his.
    const write = { ...rest, key: `${who.subject}/${key}`, changes: changes ?? "delete", actor: who.subject };
    return written(
      c,
      stream,
      await settled(streamObject(c.env, stream).writeOwn(JSON.stringify(write), who.unit, JSON.stringify(await sightFor(c.env, write)))),
    );
  });
}

function readRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/snapshot", async (c, who) => {
    const query = SnapshotQuery.safeParse(c.req.query());
    if (!query.success) return refused(c, malformed(query.error, "send entity, after and limit, or nothing"));
    const { entity = "", after, limit } = query.data;
    const place = after === undefined ? await beginSnapshot(c.env, entity) : readSnapshotPlace(after);
    if (isRefusal(place)) return refused(c, place);
    const page = await readSnapshot(c.env, place, who.unit, limit);
    return isRefusal(page) ? refused(c, page) : c.json(page, 200, { "cache-control": "no-store" });
  });

  routes.signed("GET", "/api/hub/digest", async (c, who) => {
    const digest = await digestOf(c.env, who.unit);
    return isRefusal(digest) ? refused(c, digest) : c.json(digest, 200, { "cache-control": "no-store" });
  });

  routes.signed("GET", "/api/hub/entities/:entity/:id", async (c, who) => {
    const moment = readMoment(c.req.query("asOf"));
    if (isRefusal(moment)) return refused(c, moment);
    const entity = param(c, "entity");
    const stream = await streamOf(c.env, entity);
    if (isRefusal(stream)) return refused(c, stream);
    const read = async (id: string): Promise<string | null | Refusal> => await settled(streamObject(c.env, stream).entityAt(entity, id, moment, who.unit));
    return found(c, stream, await readAsAlias(c.env, entity, param(c, "id"), read));
  });

  routes.signed("GET", "/api/hub/entities/:entity/:id/history", async (c, who) => {
    const entity = param(c, "entity");
    const stream = await streamOf(c.env, entity);
    return isRefusal(stream)
      ? refused(c, stream)
      : found(c, stream, await settled(streamObject(c.env, stream).entityHistory(entity, param(c, "id"), who.unit)));
  });

  routes.signed("GET", "/api/hub/streams", async (c, who) => {
    const no = wholeTenant(who);
    if (no !== null) return refused(c, no);
    const stands = await Promise.all(
      STREAMS.map(async (stream) => ({ stream, ...(JSON.parse(await streamObject(c.env, stream).stand()) as Omit<StreamStand, "stream">) })),
    );
    return c.json({ streams: stands }, 200, { "cache-control": "no-store" });
  });
}

function subjectRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/subjects/erase", async (c, who) => {
    const ask = await readBody(c, EraseAsk, BODY_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const stream = await streamOf(c.env, ask.entity);
    if (isRefusal(stream)) return refused(c, stream);
    const unset: string[] = [];
    const ids = await idsOf(c.env, ask.entity, ask.id);
    let [epoch, position] = [1, 0];
    // Whoever was merged is one person under several ids.
    for (const id of ids) {
      const key = `erase/${ask.key}${id === ask.id ? "" : `/${id}`}`;
      const { answer, told } = await settled(streamObject(c.env, stream).erase(ask.entity, id, who.subject, key));
      if (isRefusal(answer)) return refused(c, answer);
      hear(c, told, stream);
      const done = JSON.parse(answer) as OwnWritten & Stood;
      [epoch, position] = [done.epoch, Math.max(position, done.position)];
      unset.push(...done.results.map(({ attr }) => attr));
    }
    await outgoingObject(c.env).forgetSubject([...ids]);
    return c.json({ stream, epoch, position, unset: [...new Set(unset)] });
  });

  routes.signed("GET", "/api/hub/subjects/:entity/:id", async (c) => {
    const entity = param(c, "entity");
    const stream = await streamOf(c.env, entity);
    return isRefusal(stream) ? refused(c, stream) : found(c, stream, await streamObject(c.env, stream).heldOf(entity, param(c, "id")));
  });
}

function deadRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/dead", async (c, who) => {
    const lists = await Promise.all(
      STREAMS.map(async (stream) => {
        const letters = JSON.parse(await streamObject(c.env, stream).deadLetters(who.unit)) as readonly Omit<DeadAnswer["dead"][number], "stream">[];
        return letters.map((letter) => ({ stream, ...letter }));
      }),
    );
    return c.json({ dead: lists.flat().toSorted((a, b) => a.at - b.at) } satisfies DeadAnswer, 200, { "cache-control": "no-store" });
  });

  routes.signed("POST", "/api/hub/dead/redeliver", async (c, who) => {
    const ask = await readBody(c, RedeliverAsk, BODY_BYTES_MAX);
    const no = isRefusal(ask) ? ask : ownOrigin(who, ask.origin);
    if (no !== null || isRefusal(ask)) return refused(c, no ?? gone());
    return tried(c, ask.stream, await settled(streamObject(c.env, ask.stream).redeliver(ask.origin, ask.entity, ask.id)));
  });

  routes.signed("POST", "/api/hub/dead/discard", async (c, who) => {
    const ask = await readBody(c, DiscardAsk, BODY_BYTES_MAX);
    const no = isRefusal(ask) ? ask : ownOrigin(who, ask.origin);
    if (no !== null || isRefusal(ask)) return refused(c, no ?? gone());
    return tried(c, ask.stream, await settled(streamObject(c.env, ask.stream).discard(ask.origin, ask.hubSeq)));
  });
}

function auditRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/audit", async (c, who) => {
    const no = wholeTenant(who);
    const query = AuditQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, "send stream, and after and limit if you like"));
    const { stream, after, limit } = query.data;
    return c.json({ stream, ...(JSON.parse(await streamObject(c.env, stream).chain(after, limit)) as object) });
  });

  routes.signed("GET", "/api/hub/audit/verify", async (c, who) => {
    const no = wholeTenant(who);
    const query = VerifyQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, `one of ${StreamName.options.join(", ")}, or nothing for all`));
    const answer = await verify(c.env, query.data.stream === undefined ? STREAMS : [query.data.stream]);
    return isRefusal(answer) ? refused(c, answer) : c.json(answer);
  });
}

/** Refuses `unknown-contract`. What is not ours is known to the stream of a unit that speaks it. */
export async function streamOf(env: Env, entity: string): Promise<StreamName | Refusal> {
  const ours = meaningOf(entity)?.stream;
  if (ours !== undefined) return ours;
  const known = await Promise.all(STREAMS.map((stream) => streamObject(env, stream).streamOf(entity)));
  return known.find((stream) => stream !== null) ?? refuse("unknown-contract", "no contract of that name", "see GET /api/hub/contracts", "entity");
}

async function digestOf(env: Env, unit: string | undefined): Promise<DigestAnswer | Refusal> {
  let [vector, calls]: [Vector, number] = [START, 0];
  const told: [StreamName, DigestAnswer["streams"][StreamName]][] = [];
  for (const stream of STREAMS) {
    let one: Awaited<ReturnType<Hub["valueDigests"]>> = null;
    while (one === null) {
      calls += 1;
      if (calls > CALLS_MAX) return refuse("unavailable", "the digests are still being worked out", "ask again in a minute");
      one = await settled(streamObject(env, stream).valueDigests(unit));
    }
    const { epoch, position, stable, place, families } = one;
    vector = { ...vector, [stream]: placeCopy(place) };
    told.push([stream, { epoch, position, stable, families: { ...families } }]);
  }
  return { cursor: writeCursor(vector), streams: Object.fromEntries(told) as DigestAnswer["streams"] };
}

async function verify(env: Env, streams: readonly StreamName[]): Promise<VerifyAnswer | Refusal> {
  const told: [StreamName, NonNullable<VerifyAnswer["streams"][StreamName]>][] = [];
  let calls = 0;
  for (const stream of streams) {
    let walk: (Walk & { readonly done: boolean; readonly head: string }) | null = null;
    while (walk?.done !== true) {
      calls += 1;
      if (calls > CALLS_MAX) return refuse("too-many", `at most ${CALLS_MAX * WALK_LINES} lines at once`, "check one stream at a time: stream=NAME");
      const from: Walk | null = walk === null ? null : { position: walk.position, before: walk.before, lines: walk.lines };
      walk = await settled(streamObject(env, stream).walk(from, WALK_LINES));
    }
    const { position, lines, head, brokenAt } = walk;
    told.push([stream, { ok: brokenAt === undefined, lines, head, position, ...(brokenAt === undefined ? {} : { brokenAt }) }]);
  }
  return {
    ok: told.every(([, { ok }]) => ok),
    lines: told.reduce((sum, [, { lines }]) => sum + lines, 0),
    streams: Object.fromEntries(told),
  };
}

/** `asOf`: a position of the stream, or an instant. Undefined: now. */
function readMoment(text: string | undefined): Moment | undefined | Refusal {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return { hubSeq: Number(text) };
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at)
    ? refuse("malformed", "a position of the log, or an instant of RFC 3339 such as 2025-11-22T08:00:00Z", "send one of the two, or nothing for now", "asOf")
    : { knownAt: at };
}

/** The answer to a write of the hub's own. */
export function written(c: Context<Bound>, stream: StreamName, { answer, told }: Told): Response {
  if (isRefusal(answer)) return refused(c, answer);
  hear(c, told, stream);
  const { epoch, position, stable, place, results } = JSON.parse(answer) as OwnWritten & Stood;
  return c.json({ stream, epoch, position, stable, cursor: writeCursor({ ...START, [stream]: place }), results });
}

function tried(c: Context<Bound>, stream: StreamName, { answer, told }: Told): Response {
  if (isRefusal(answer)) return refused(c, answer);
  hear(c, told, stream);
  return c.body(answer, 200, { "content-type": "application/json" });
}

/** After the answer: whoever is concerned pulls, and who is told of changes is told. */
export function hear(c: Context<Bound>, told: readonly string[], stream: StreamName): void {
  if (told.length > 0) c.executionCtx.waitUntil(nudge(c.env, [...told], stream));
  const woken = wakeOutgoing(c.env);
  if (woken !== null) c.executionCtx.waitUntil(woken);
}

function found(c: Context<Bound>, stream: StreamName, answer: string | null | Refusal): Response {
  if (answer === null) return refused(c, refuse("unknown-entity", "the hub has nothing of that id", "check the entity's name and id", "id"));
  return isRefusal(answer) ? refused(c, answer) : c.json({ stream, ...(JSON.parse(answer) as object) }, 200, { "cache-control": "no-store" });
}

export function wholeTenant(who: Signed): Refusal | null {
  return who.unit === undefined ? null : refuse("not-permitted", "this is the whole tenant's", "use a token that is not bound to one unit");
}

function ownOrigin(who: Signed, origin: string): Refusal | null {
  return who.unit === undefined || origin.startsWith(`${who.unit}@`)
    ? null
    : refuse("not-permitted", "this token is good for one unit", "ask for a token of the tenant", "origin");
}

function gone(): Refusal {
  return refuse("malformed", "not what this route takes", "see GET /api/hub/openapi.json");
}

function placeCopy({ epoch, position, tag }: Place): Place {
  return { epoch, position, tag };
}
