/** What integrators do with named consumers: the hub keeps their cursor, they say when it moves. */
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import type { Signed } from "../../../edge/shell/guard.ts";
import { STREAMS, readCursor, writeCursor } from "../../feed/cursor.ts";
import type { ConsumerView } from "../../relay/answered.ts";
import type { NewConsumer } from "../../relay/asked.ts";
import { lagOf } from "../../relay/lag.ts";
import type { Consumer } from "../consumer-tables.ts";
import { readPage, streamObject } from "../feed-reader.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./consumer-tables.ts";
import { oldestAfter, readHeads } from "./log-reader.ts";
import { isMine, mineOf } from "./owner.ts";
import { notInLog, placeOf } from "./places.ts";

/** Refuses `bad-cursor`, `exists` and `quota-exceeded`. */
export async function addConsumer(
  env: Env,
  db: Db,
  who: Signed,
  { name, streams, entities, attrs, from }: NewConsumer,
): Promise<{ readonly id: string; readonly cursor: string } | Refusal> {
  const at = await placeOf(env, from);
  if (isRefusal(at)) return at;
  const filter = { ...(streams && { streams }), ...(entities && { entities }), ...(attrs && { attrs }) };
  const cursor = writeCursor(at);
  return t.addConsumer(db, { id: name, owner: who.subject, unit: who.unit ?? "", filter, cursor, madeAt: Date.now() }) ?? { id: name, cursor };
}

/** Refuses `unknown-link`. */
export function consumerOf(db: Db, who: Signed, id: string): t.NamedConsumer | Refusal {
  return mineOf(t.readConsumer(db, id), who);
}

/** The consumer has everything before `cursor`, and nothing behind it: it may have gone back to a backup. Units hear of it. Refuses `unknown-link` and `bad-cursor`. */
export async function commit(env: Env, db: Db, who: Signed, id: string, cursor: string): Promise<{ readonly cursor: string } | Refusal> {
  const consumer = consumerOf(db, who, id);
  if (isRefusal(consumer)) return consumer;
  const at = readCursor(cursor);
  if (isRefusal(at)) return { ...at, field: "cursor" };
  // The streams judge the place, and write down who has it.
  const { rewound } = await readPage(env, at, 1, unitOf(consumer), hearerOf(consumer));
  if (rewound !== undefined) return { ...notInLog(rewound), field: "cursor" };
  t.commitCursor(db, id, cursor, Date.now());
  return { cursor };
}

/** Refuses `unknown-link`. */
export async function removeConsumer(env: Env, db: Db, who: Signed, id: string): Promise<null | Refusal> {
  const consumer = consumerOf(db, who, id);
  if (isRefusal(consumer)) return consumer;
  t.removeConsumer(db, id);
  await Promise.all(STREAMS.map((stream) => streamObject(env, stream).forget(hearerOf(consumer).token)));
  await streamObject(env, "registry").forgetCompared(hearerOf(consumer).token);
  return null;
}

/** As JSON text: each with its lag in lines of the log and the age of the oldest operation that it wants and has not. */
export async function listConsumers(env: Env, db: Db, who: Signed, now: Millis): Promise<string> {
  const mine = t.readConsumers(db).filter((consumer) => isMine(consumer, who));
  const heads = mine.length === 0 ? null : await readHeads(env);
  const shown = mine.map(async ({ id, unit, filter, cursor, committedAt, madeAt }): Promise<ConsumerView> => {
    const at = readCursor(cursor);
    const lagOperations = heads === null || isRefusal(at) ? 0 : lagOf(at, heads);
    const oldestAt = lagOperations === 0 ? undefined : await oldestAfter(env, cursor, unit, filter);
    const age = oldestAt === undefined ? {} : { oldestAgeMs: Math.max(0, now - oldestAt) };
    return { id, ...(unit === "" ? {} : { unit }), ...filter, cursor, committedAt, madeAt, lagOperations, ...age };
  });
  return JSON.stringify(await Promise.all(shown));
}

/** As the streams know it: no token has such a hash. */
export function hearerOf({ id, unit }: Pick<t.NamedConsumer, "id" | "unit">): Consumer {
  return { token: `consumer:${id}`, ...(unit === "" ? {} : { unit }) };
}

function unitOf({ unit }: t.NamedConsumer): string | undefined {
  return unit === "" ? undefined : unit;
}
