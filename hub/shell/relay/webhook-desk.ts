/** What integrators do with their webhook endpoints. A secret is shown once, where it is made. */
import { uuidv7 } from "uuidv7";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import type { Signed } from "../../../edge/shell/guard.ts";
import { writeCursor } from "../../feed/cursor.ts";
import { judgeAddress } from "../../relay/address.ts";
import type { DeadView, WebhookView } from "../../relay/answered.ts";
import type { NewWebhook, Redeliver } from "../../relay/asked.ts";
import { begin } from "../../relay/delivery.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./endpoint-tables.ts";
import { isMine, mineOf } from "./owner.ts";
import { placeOf } from "./places.ts";
import { makeWebhookSecret, urlOf } from "./sender.ts";

/** How long a former secret goes on signing beside the new one: a working day to bring the new one to the receiver. */
export const ROTATE_MS = 24 * 3_600_000;

type Made = { readonly id: string; readonly secret: string };

/** Refuses `forbidden-address`, `bad-cursor` and `quota-exceeded`. */
export async function addWebhook(env: Env, db: Db, who: Signed, asked: NewWebhook): Promise<Made | Refusal> {
  const { url, name, streams, entities, attrs, types, payload, purposes, from } = asked;
  const no = judgeAddress(url, urlOf(url), env.WEBHOOKS_LOCAL === "1");
  if (no !== null) return no;
  const at = await placeOf(env, from);
  if (isRefusal(at)) return at;
  const [now, id, secret] = [Date.now(), uuidv7(), makeWebhookSecret()];
  const filter = { ...(streams && { streams }), ...(entities && { entities }), ...(attrs && { attrs }) };
  const made = { id, name: name ?? id, url, owner: who.subject, unit: who.unit ?? "", filter, types, payload, purposes, cursor: writeCursor(at), madeAt: now };
  return db.transaction(() => t.addEndpoint(db, made, begin(now), secret)) ?? { id, secret };
}

/** As JSON text: what may be seen of each, which the secret is not. */
export function listWebhooks(db: Db, who: Signed): string {
  const mine = t.readEndpoints(db).filter((endpoint) => isMine(endpoint, who));
  return JSON.stringify(mine.map((endpoint) => shown(db, endpoint)));
}

function shown(db: Db, endpoint: t.Endpoint): WebhookView {
  const {
    id,
    name,
    url,
    unit,
    filter,
    types,
    payload,
    purposes,
    state,
    why,
    cursor,
    failures,
    nextAt,
    delivered,
    resyncs,
    delayMs,
    lastOkAt,
    lastError,
    madeAt,
  } = endpoint;
  const place = { state, ...(why === "" ? {} : { why }), cursor, failures, nextAt };
  const fares = { delivered, resyncs, delayMs, lastOkAt, lastError, deadLetters: t.countDead(db, id) };
  return { id, name, url, ...(unit === "" ? {} : { unit }), ...filter, types: [...types], payload, purposes: [...purposes], ...place, ...fares, madeAt };
}

/** Refuses `unknown-link`. */
export function removeWebhook(db: Db, who: Signed, id: string): null | Refusal {
  const endpoint = mineOf(t.readEndpoint(db, id), who);
  if (isRefusal(endpoint)) return endpoint;
  db.transaction(() => t.removeEndpoint(db, id));
  return null;
}

/** A new secret; the former one signs beside it until `formerUntil`. Refuses `unknown-link`. */
export function rotateSecret(db: Db, who: Signed, id: string): (Made & { readonly formerUntil: Millis }) | Refusal {
  const endpoint = mineOf(t.readEndpoint(db, id), who);
  if (isRefusal(endpoint)) return endpoint;
  const [now, secret] = [Date.now(), makeWebhookSecret()];
  db.transaction(() => t.rotateSecret(db, id, secret, now, now + ROTATE_MS));
  return { id, secret, formerUntil: now + ROTATE_MS };
}

/** Sends again at once, from where it stands or from another place. Refuses `unknown-link` and `bad-cursor`. */
export async function resumeWebhook(env: Env, db: Db, who: Signed, id: string, from: string | undefined): Promise<null | Refusal> {
  const at = from === undefined ? null : await placeOf(env, from);
  if (at !== null && isRefusal(at)) return at;
  const endpoint = mineOf(t.readEndpoint(db, id), who);
  if (isRefusal(endpoint)) return endpoint;
  db.transaction(() => {
    if (at !== null) t.removeDeadAfter(db, id, at);
    t.changeEndpoint(db, endpoint, { ...begin(Date.now()), ...(at === null ? {} : { cursor: writeCursor(at) }) });
  });
  return null;
}

/** Dead letters once more: one, all, or with `from` everything behind a cursor. How many; null where that is not counted. Refuses `unknown-link` and `bad-cursor`. */
export async function redeliverWebhook(
  env: Env,
  db: Db,
  who: Signed,
  id: string,
  { n, from }: Redeliver,
): Promise<{ readonly again: number | null } | Refusal> {
  if (from !== undefined) return (await resumeWebhook(env, db, who, id, from)) ?? { again: null };
  const endpoint = mineOf(t.readEndpoint(db, id), who);
  return isRefusal(endpoint) ? endpoint : { again: t.askAgain(db, id, n) };
}

/** As JSON text, a page after `n`. Refuses `unknown-link`. */
export function listDead(db: Db, who: Signed, id: string, after: number): string | Refusal {
  const endpoint = mineOf(t.readEndpoint(db, id), who);
  if (isRefusal(endpoint)) return endpoint;
  const dead = t.readDead(db, id, after).map(({ n, before, type, subject, reason, at, again }): DeadView => ({
    n,
    type: type as DeadView["type"],
    subject,
    reason,
    at,
    cursor: before,
    again: again === 1,
  }));
  return JSON.stringify(dead);
}
