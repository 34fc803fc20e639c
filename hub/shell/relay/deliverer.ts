/**
 * One turn of one webhook endpoint: from its cursor on, in order, one event at a time, until the feed is read out, an event is not taken,
 * or the turn is over. An event is sent before it is written down as delivered: at least once, with an id that stays the same.
 */
import type { FeedItem } from "../../../contracts/delta/operation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { START, type Vector, readCursor, writeCursor } from "../../feed/cursor.ts";
import { PAGE_ITEMS } from "../../feed/page.ts";
import { eventId, eventOf, resyncOf } from "../../relay/cloud-event.ts";
import { BEHIND_OPERATIONS_MAX, DEAD_MAX, afterAttempt, fallBehind, reasonOf } from "../../relay/delivery.ts";
import { passes, typeOf } from "../../relay/filter.ts";
import { lagOf } from "../../relay/lag.ts";
import { readPage } from "../feed-reader.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./endpoint-tables.ts";
import { findItem, readHeads } from "./log-reader.ts";
import { type Sent, post } from "./sender.ts";

/** Events in one turn, and its length: then the others have theirs. */
const EVENTS_MAX = 50;
const TURN_MS = 5_000;
/** Who took everything looks again by itself after this, since a page may hold less than there is; and who has everything after that, should nobody wake it. */
const AGAIN_MS = 1_000;
const POLL_MS = 30_000;

/** `read`: all that the page held was taken, and it was not full. */
type Step = "more" | "read" | "done";

/** `woken`: whether there may be something new since the last page was asked for. Answers whether there is more to send at once. */
export async function deliverTo(env: Env, db: Db, id: string, woken: () => boolean): Promise<boolean> {
  const until = Date.now() + TURN_MS;
  let left = await redeliver(env, db, id, EVENTS_MAX);
  while (left > 0 && Date.now() < until) {
    const endpoint = t.readEndpoint(db, id);
    if (endpoint === undefined || endpoint.state === "disabled" || (endpoint.failures > 0 && endpoint.nextAt > Date.now())) return false;
    const sent = { count: 0 };
    const step = endpoint.state === "behind" ? await resync(env, db, endpoint, sent) : await deliverPage(env, db, endpoint, { left, until }, sent);
    if (step === "done") {
      await boundQueue(env, db, id);
      return false;
    }
    if (step === "read" && !woken()) return false;
    // A page that holds nothing for it counts too.
    left -= Math.max(1, sent.count);
  }
  await boundQueue(env, db, id);
  return true;
}

async function deliverPage(
  env: Env,
  db: Db,
  endpoint: t.Endpoint,
  turn: { readonly left: number; readonly until: Millis },
  sent: { count: number },
): Promise<Step> {
  const page = await readPage(env, placeOf(endpoint), PAGE_ITEMS, endpoint.unit === "" ? undefined : endpoint.unit, undefined, openTo(endpoint));
  if (page.rewound !== undefined) {
    const why = page.rewound === "restored" ? "the hub was put back from a backup" : "the log behind its place is gone";
    t.writeProgress(db, endpoint, { ...fallBehind(t.deliveryOf(endpoint), why, Date.now()), cursor: page.next });
    return "more";
  }
  let [before, kept] = [endpoint.cursor, endpoint.cursor];
  for (const item of page.items) {
    if (endpoint.types.includes(typeOf(item)) && passes(endpoint.filter, item)) {
      if (sent.count >= turn.left || Date.now() >= turn.until) return "more";
      sent.count += 1;
      if (!(await deliver(env, db, endpoint, item, before))) return "done";
      kept = item.cursor;
    }
    before = item.cursor;
  }
  // Nothing is written over what somebody changed while the feed was read.
  if (page.next === endpoint.cursor) return t.writeProgress(db, endpoint, { nextAt: Date.now() + POLL_MS }) ? "read" : "done";
  // What it does not want lies behind it too.
  if (page.next !== kept && !t.writeProgress(db, endpoint, { cursor: page.next, failures: 0, nextAt: Date.now() + AGAIN_MS })) return "done";
  return page.items.length > 0 && page.items.length < PAGE_ITEMS ? "read" : "more";
}

/** Whether the next event may follow. */
async function deliver(env: Env, db: Db, endpoint: t.Endpoint, item: FeedItem, before: string): Promise<boolean> {
  const sent = await send(env, db, endpoint, item);
  return db.transaction(() => {
    const now = t.readEndpoint(db, endpoint.id);
    if (now === undefined || now.revision !== endpoint.revision) return false;
    const { delivery, fate } = afterAttempt(t.deliveryOf(now), sent.answer, sent.at, Math.random());
    const next = { cursor: item.cursor, nextAt: sent.at + AGAIN_MS };
    if (fate === "delivered") return t.writeProgress(db, now, { ...delivery, ...took(sent, item), delivered: now.delivered + 1, ...next });
    const failed = { tookMs: sent.tookMs, lastError: reasonOf(sent.answer) };
    const full = fate === "dead" && t.countDead(db, endpoint.id) >= DEAD_MAX;
    if (fate !== "dead" || full) {
      t.writeProgress(db, now, { ...failed, ...(full ? fallBehind(delivery, `${DEAD_MAX} dead letters, and one more`, sent.at) : delivery) });
      return false;
    }
    t.addDead(db, endpoint.id, before, item, reasonOf(sent.answer), sent.at);
    return t.writeProgress(db, now, { ...delivery, ...failed, ...next });
  });
}

/** One event instead of all those that it lacks; when it takes it, it goes on from the log's end as of then. */
async function resync(env: Env, db: Db, endpoint: t.Endpoint, sent: { count: number }): Promise<Step> {
  sent.count += 1;
  const to = writeCursor(await readHeads(env));
  const event = resyncOf(env.TENANT, endpoint.id, endpoint.resyncs + 1, endpoint.why, { from: endpoint.cursor, to }, new Date().toISOString());
  const { answer, tookMs, at: now } = await post(env, endpoint.url, t.readSecrets(db, endpoint.id, Date.now()), event.id, JSON.stringify(event));
  const { delivery, fate } = afterAttempt(t.deliveryOf(endpoint), answer, now, Math.random());
  const taken = { cursor: to, resyncs: endpoint.resyncs + 1, lastOkAt: now, lastError: null };
  const written = t.writeProgress(db, endpoint, { ...delivery, tookMs, ...(fate === "delivered" ? taken : { lastError: reasonOf(answer) }) });
  return written && fate === "delivered" ? "more" : "done";
}

/** Dead letters that somebody asked for once more, oldest first; each is tried once. How many events the turn has left. */
async function redeliver(env: Env, db: Db, id: string, left: number): Promise<number> {
  for (let one = t.nextAgain(db, id); one !== undefined && left > 0; one = t.nextAgain(db, id)) {
    const endpoint = t.readEndpoint(db, id);
    if (endpoint === undefined) return 0;
    left -= 1;
    const item = await findItem(env, one, endpoint.unit === "" ? undefined : endpoint.unit, openTo(endpoint));
    if (item === null) {
      t.buryAgain(db, one.n, "its place is no longer in the log: read the feed instead");
      continue;
    }
    const sent = await send(env, db, endpoint, item);
    const { answer } = sent;
    if (answer.type === "answered" && answer.status >= 200 && answer.status < 300) {
      t.removeDead(db, one.n);
      t.writeProgress(db, endpoint, { ...took(sent, item), delivered: endpoint.delivered + 1 });
      continue;
    }
    t.buryAgain(db, one.n, reasonOf(answer));
    t.writeProgress(db, endpoint, { tookMs: sent.tookMs, lastError: reasonOf(answer) });
    // Not this event's fault: the others would fare the same.
    if (answer.type !== "answered" || answer.status >= 500) t.buryAll(db, id);
  }
  return left;
}

/** The log is the queue, and an endpoint may not lag behind it without end. */
async function boundQueue(env: Env, db: Db, id: string): Promise<void> {
  const heads = await readHeads(env);
  const endpoint = t.readEndpoint(db, id);
  if (endpoint?.state !== "active" || lagOf(placeOf(endpoint), heads) <= BEHIND_OPERATIONS_MAX) return;
  t.writeProgress(db, endpoint, fallBehind(t.deliveryOf(endpoint), `more than ${BEHIND_OPERATIONS_MAX} operations behind`, endpoint.nextAt));
}

async function send(env: Env, db: Db, endpoint: t.Endpoint, item: FeedItem): Promise<Sent> {
  const event = eventOf(env.TENANT, item, endpoint.payload, new Date(item.operation.at).toISOString());
  return await post(env, endpoint.url, t.readSecrets(db, endpoint.id, Date.now()), eventId(item), JSON.stringify(event));
}

function took(sent: Sent, item: FeedItem) {
  return { tookMs: sent.tookMs, delayMs: Math.max(0, sent.at - item.operation.appliedAt), lastOkAt: sent.at, lastError: null };
}

/** Purposes for which personal values are opened: a nudge holds no value. */
function openTo({ payload, purposes }: t.Endpoint): readonly string[] {
  return payload === "operation" ? purposes : [];
}

/** What was kept is a cursor: it was read before it was written. */
function placeOf({ cursor }: t.Endpoint): Vector {
  const at = readCursor(cursor);
  return isRefusal(at) ? START : at;
}
