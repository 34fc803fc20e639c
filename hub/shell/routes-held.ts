/** A consumer tells what it holds: compared with what the streams held at its place, and kept of it for the links' health. */
import type { Context } from "hono";
import { meaningOf } from "../../contracts/family-meaning.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar, Signed } from "../../edge/shell/guard.ts";
import { STREAMS, type Vector, readCursor } from "../feed/cursor.ts";
import { HeldAsk, type StreamThen, type StreamsThen, compareHeld } from "../feed/held.ts";
import { takesWhole } from "../relay/filter.ts";
import type { Consumer } from "./consumer-tables.ts";
import { consumerOf } from "./feed-consumer.ts";
import { streamObject } from "./feed-reader.ts";
import { hearerOf } from "./relay/consumer-desk.ts";
import { outgoingObject } from "./relay/outgoing-object.ts";
import { settled } from "./settled.ts";

/** The most families, each with its name and digest. */
const BODY_BYTES_MAX = 64 * 1024;
/** Calls of one request: a Worker may make 1,000. Each works out the digests of 5,000 entities. */
const CALLS_MAX = 225;

export function heldRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/digest", async (c, who) => {
    const ask = await readBody(c, HeldAsk, BODY_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const at = readCursor(ask.cursor);
    if (isRefusal(at)) return refused(c, { ...at, field: "cursor" });
    const teller = await tellerOf(c, who, ask);
    if (isRefusal(teller)) return refused(c, teller);
    const then = await streamsThen(c.env, at, teller.unit);
    if (isRefusal(then)) return refused(c, then);
    const answer = compareHeld(ask, then, (family) => meaningOf(family)?.stream);
    // Of an administrator who compares by hand nothing is kept.
    if (teller.token !== undefined) await streamObject(c.env, "registry").noteCompared(teller.token, JSON.stringify(answer), ask.whole);
    return c.json(answer, 200, { "cache-control": "no-store" });
  });
}

/** Who tells, as the streams know it. Refuses `unknown-link`, and `malformed` for what a consumer's filter keeps from it. */
async function tellerOf(c: Context<Bound>, who: Signed, ask: HeldAsk): Promise<Partial<Consumer> | Refusal> {
  if (ask.consumer === undefined) return consumerOf(c, who) ?? (who.unit === undefined ? {} : { unit: who.unit });
  const named = await settled(outgoingObject(c.env).consumer(who, ask.consumer));
  if (isRefusal(named)) return named;
  const { filter } = named;
  if (ask.whole && Object.keys(filter).length > 0)
    return refuse("malformed", "this consumer's filter leaves something out", "send the families that it takes whole, without `whole`", "whole");
  const cut = Object.keys(ask.families).find((family) => !takesWhole(filter, family, meaningOf(family)?.stream));
  if (cut !== undefined)
    return refuse("malformed", `this consumer's filter does not let all of ${cut} through`, "send the families that it takes whole", `families.${cut}`);
  return hearerOf(named);
}

/** Refuses `unavailable` while digests are being worked out. */
async function streamsThen(env: Env, at: Vector, unit: string | undefined): Promise<StreamsThen | Refusal> {
  const told = await Promise.all(STREAMS.map(async (stream) => [stream, await streamThenOf(env, stream, at, unit)] as const));
  if (told.some(([, then]) => then === null)) return refuse("unavailable", "the digests are still being worked out", "ask again in a minute");
  return Object.fromEntries(told) as StreamsThen;
}

async function streamThenOf(env: Env, stream: StreamName, at: Vector, unit: string | undefined): Promise<StreamThen | null> {
  for (let calls = 0; calls < CALLS_MAX; calls++) {
    const text = await streamObject(env, stream).heldAt(at[stream], unit);
    if (text !== null) return JSON.parse(text) as StreamThen;
  }
  return null;
}
