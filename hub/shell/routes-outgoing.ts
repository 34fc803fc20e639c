/** The routes of what leaves the hub by itself: webhooks, named consumers, connectors. */
import type { Context } from "hono";
import type { z } from "zod";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar } from "../../edge/shell/guard.ts";
import { readQuery } from "../feed/query.ts";
import { readCursor } from "../feed/cursor.ts";
import { CALL_BODY_BYTES_MAX, Commit, ConnectorCall, NewConnector, NewConsumer, NewWebhook, Redeliver, RedeliverWrites, Resume } from "../relay/asked.ts";
import { hearerOf } from "./relay/consumer-desk.ts";
import { readFiltered } from "./relay/log-reader.ts";
import { outgoingObject, somebodyListens } from "./relay/outgoing-object.ts";
import { settled } from "./settled.ts";
import { tooManyWait } from "./too-many-wait.ts";

/** Bodies of requests: a filter with two hundred names is 20 KiB. */
const BODY_BYTES_MAX = 32 * 1024;
/** Room for what stands around a call's body. */
const CALL_BYTES_MAX = CALL_BODY_BYTES_MAX + 4_096;

export function outgoingRoutes(routes: Registrar): void {
  webhookRoutes(routes);
  consumerRoutes(routes);
  connectorRoutes(routes);
}

function webhookRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/webhooks", (c, who) =>
    withBody(c, NewWebhook, BODY_BYTES_MAX, async (asked) => {
      const made = await settled(outgoingObject(c.env).addWebhook(who, asked));
      if (isRefusal(made)) return refused(c, made);
      somebodyListens();
      return secretly(c, made);
    }),
  );
  routes.signed("GET", "/api/hub/webhooks", async (c, who) => listed(c, "webhooks", await outgoingObject(c.env).webhooks(who)));
  routes.signed("DELETE", "/api/hub/webhooks/:id", async (c, who) => done(c, await settled(outgoingObject(c.env).removeWebhook(who, idOf(c)))));
  routes.signed("POST", "/api/hub/webhooks/:id/rotate", async (c, who) => {
    const made = await settled(outgoingObject(c.env).rotateSecret(who, idOf(c)));
    return isRefusal(made) ? refused(c, made) : secretly(c, made);
  });
  routes.signed("POST", "/api/hub/webhooks/:id/resume", (c, who) =>
    withBody(c, Resume, BODY_BYTES_MAX, async ({ from }) => {
      somebodyListens();
      return done(c, await settled(outgoingObject(c.env).resumeWebhook(who, idOf(c), from)));
    }),
  );
  routes.signed("POST", "/api/hub/webhooks/:id/redeliver", (c, who) =>
    withBody(c, Redeliver, BODY_BYTES_MAX, async (asked) => {
      const answer = await settled(outgoingObject(c.env).redeliver(who, idOf(c), asked));
      return isRefusal(answer) ? refused(c, answer) : c.json(answer, 202);
    }),
  );
  routes.signed("GET", "/api/hub/webhooks/:id/dead", async (c, who) => {
    const after = c.req.query("after") ?? "0";
    if (!/^\d{1,15}$/.test(after)) return refused(c, refuse("malformed", "the `n` of a dead letter", "leave `after` out to begin with the oldest", "after"));
    const dead = await settled(outgoingObject(c.env).deadLetters(who, idOf(c), Number(after)));
    return isRefusal(dead) ? refused(c, dead) : listed(c, "dead", dead);
  });
}

function consumerRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/consumers", (c, who) =>
    withBody(c, NewConsumer, BODY_BYTES_MAX, async (asked) => {
      const made = await settled(outgoingObject(c.env).addConsumer(who, asked));
      return isRefusal(made) ? refused(c, made) : c.json(made, 201);
    }),
  );
  routes.signed("GET", "/api/hub/consumers", async (c, who) => listed(c, "consumers", await outgoingObject(c.env).consumers(who)));
  routes.signed("DELETE", "/api/hub/consumers/:id", async (c, who) => done(c, await settled(outgoingObject(c.env).removeConsumer(who, idOf(c)))));
  routes.signed("POST", "/api/hub/consumers/:id/commit", (c, who) =>
    withBody(c, Commit, BODY_BYTES_MAX, async ({ cursor }) => {
      const answer = await settled(outgoingObject(c.env).commit(who, idOf(c), cursor));
      return isRefusal(answer) ? refused(c, answer) : c.json(answer);
    }),
  );
  // Read here, not in the object: a long-poll keeps nobody else waiting.
  routes.signed("GET", "/api/hub/consumers/:id/feed", async (c, who) => {
    const [after, wait, limit] = [c.req.query("after"), c.req.query("wait"), c.req.query("limit")];
    const query = readQuery({ after, wait, limit });
    if (isRefusal(query)) return refused(c, query);
    const consumer = await settled(outgoingObject(c.env).consumer(who, idOf(c)));
    if (isRefusal(consumer)) return refused(c, consumer);
    const ahead = after !== undefined && after !== "";
    const at = ahead ? query.after : readCursor(consumer.cursor);
    if (isRefusal(at)) return refused(c, at);
    const { unit, filter } = consumer;
    const { full, ...page } = await readFiltered(c.env, at, query.limit, query.waitMs, { unit, filter, ...(ahead ? {} : { consumer: hearerOf(consumer) }) });
    return full === true ? tooManyWait(c) : c.json(page, 200, { "cache-control": "no-store" });
  });
}

function connectorRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/connectors", (c) =>
    withBody(c, NewConnector, BODY_BYTES_MAX, async (asked) => {
      const made = await settled(outgoingObject(c.env).addConnector(asked));
      return isRefusal(made) ? refused(c, made) : c.json(made, 201);
    }),
  );
  routes.signed("GET", "/api/hub/connectors", async (c) => listed(c, "connectors", await outgoingObject(c.env).connectors()));
  routes.signed("DELETE", "/api/hub/connectors/:id", async (c) => done(c, await settled(outgoingObject(c.env).removeConnector(idOf(c)))));
  routes.signed("GET", "/api/hub/connectors/:id/queue", async (c) => {
    const queue = await settled(outgoingObject(c.env).waitingWrites(idOf(c)));
    return isRefusal(queue) ? refused(c, queue) : c.json(JSON.parse(queue) as Readonly<Record<string, unknown>>);
  });
  routes.signed("POST", "/api/hub/connectors/:id/redeliver", (c) =>
    withBody(c, RedeliverWrites, BODY_BYTES_MAX, async ({ n }) => {
      const answer = await settled(outgoingObject(c.env).redeliverWrites(idOf(c), n));
      return isRefusal(answer) ? refused(c, answer) : c.json(answer, 202);
    }),
  );
  routes.signed("POST", "/api/hub/connectors/:id/call", (c) =>
    withBody(c, ConnectorCall, CALL_BYTES_MAX, async (asked) => {
      const answer = await settled(outgoingObject(c.env).call(idOf(c), asked));
      if (isRefusal(answer)) return refused(c, answer);
      return "queued" in answer ? c.json(answer, 202) : c.json({ ...answer, body: parsed(answer.body) });
    }),
  );
}

async function withBody<T>(c: Context<Bound>, schema: z.ZodType<T>, bytesMax: number, run: (asked: T) => Promise<Response>): Promise<Response> {
  const asked = await readBody(c, schema, bytesMax);
  return isRefusal(asked) ? refused(c, asked) : await run(asked);
}

function idOf(c: Context<Bound>): string {
  return c.req.param("id") ?? "";
}

function listed(c: Context<Bound>, name: string, json: string): Response {
  return c.json({ [name]: JSON.parse(json) as unknown }, 200, { "cache-control": "no-store" });
}

function done(c: Context<Bound>, no: Refusal | null): Response {
  return no === null ? c.json({ done: true }) : refused(c, no);
}

/** Said once, kept by nobody on the way. */
function secretly(c: Context<Bound>, made: { readonly id: string; readonly secret: string }): Response {
  return c.json(made, 201, { "cache-control": "no-store" });
}

/** An answer that is no JSON is given as text. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
