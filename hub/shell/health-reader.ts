/** Gathers what the health of links is reckoned from: each stream, the registry, what leaves by itself. Asked anew each time; nothing is kept. */
import type { Millis } from "../../contracts/instant.ts";
import { STREAMS } from "../feed/cursor.ts";
import { type Inputs, healthOf } from "../health/health.ts";
import type { LinksAnswer } from "../health/link-health.ts";
import { streamObject } from "./feed-reader.ts";
import { outgoingObject } from "./relay/outgoing-object.ts";
import type { Reach } from "./stream-reach.ts";

export async function readHealth(env: Env, now: Millis): Promise<LinksAnswer> {
  const [reaches, registry, outgoing] = await Promise.all([
    Promise.all(STREAMS.map(async (stream) => ({ stream, ...(JSON.parse(await streamObject(env, stream).reach()) as Reach) }))),
    streamObject(env, "registry").words(),
    outgoingObject(env).links(),
  ]);
  const { words, compared, names } = JSON.parse(registry) as Pick<Inputs, "words" | "compared" | "names">;
  const tickets = reaches.flatMap((reach) => reach.tickets);
  return { now, links: [...healthOf({ streams: reaches, words, compared, names, tickets, outgoing: [...outgoing] }, now)] };
}
