/** What the routes of webhooks, named consumers and connectors take and give. */
import { z } from "zod";
import { PAGE_ITEMS, PAGE_ITEMS_MAX } from "../feed/page.ts";
import { WAIT_SECONDS_MAX } from "../feed/query.ts";
import * as told from "../relay/answered.ts";
import { Commit, ConnectorCall, NewConnector, NewConsumer, NewWebhook, Redeliver, RedeliverWrites, Resume } from "../relay/asked.ts";
import type { Described } from "./openapi.ts";

export const OUTGOING: Readonly<Record<string, Described>> = {
  "POST /api/hub/webhooks": { summary: "Register a webhook endpoint", body: NewWebhook, answers: { 201: told.MadeWebhook } },
  "GET /api/hub/webhooks": { summary: "Webhook endpoints of this party, and how they fare", answers: { 200: told.WebhooksAnswer } },
  "DELETE /api/hub/webhooks/:id": { summary: "Remove an endpoint with its secrets and dead letters", answers: { 200: told.Done } },
  "POST /api/hub/webhooks/:id/rotate": { summary: "A new secret; the former one signs beside it for a day", answers: { 201: told.RotatedWebhook } },
  "POST /api/hub/webhooks/:id/resume": { summary: "Send again, from where it stands or from another place", body: Resume, answers: { 200: told.Done } },
  "POST /api/hub/webhooks/:id/redeliver": {
    summary: "Dead letters once more: one, all, or with `from` everything behind a cursor",
    body: Redeliver,
    answers: { 202: told.AgainAnswer },
  },
  "GET /api/hub/webhooks/:id/dead": {
    summary: "Dead letters of an endpoint, oldest first",
    query: { after: z.string().regex(/^\d+$/).optional().describe("The `n` of the last one seen") },
    answers: { 200: told.DeadAnswer },
  },
  "POST /api/hub/consumers": { summary: "A consumer whose cursor the hub keeps", body: NewConsumer, answers: { 201: told.MadeConsumer } },
  "GET /api/hub/consumers": { summary: "Consumers of this party with their lag", answers: { 200: told.ConsumersAnswer } },
  "DELETE /api/hub/consumers/:id": { summary: "Remove a consumer; units hear of it no more", answers: { 200: told.Done } },
  "POST /api/hub/consumers/:id/commit": { summary: "The consumer has everything before a cursor", body: Commit, answers: { 200: told.Committed } },
  "GET /api/hub/consumers/:id/feed": {
    summary: "What the consumer wants, after the cursor that it committed",
    query: {
      after: z.string().optional().describe("Read ahead, from here"),
      wait: z.number().min(0).max(WAIT_SECONDS_MAX).optional().describe("Seconds to wait for the first item"),
      limit: z.number().int().min(1).max(PAGE_ITEMS_MAX).optional().describe(`Items of one page; ${PAGE_ITEMS} unless told`),
    },
    answers: { 200: told.ConsumerPage },
  },
  "POST /api/hub/connectors": { summary: "A system that the hub calls", body: NewConnector, answers: { 201: told.MadeConnector } },
  "GET /api/hub/connectors": { summary: "Connectors with breaker, counts and queue", answers: { 200: told.ConnectorsAnswer } },
  "DELETE /api/hub/connectors/:id": { summary: "Remove a connector with what waits at it", answers: { 200: told.Done } },
  "GET /api/hub/connectors/:id/queue": { summary: "Writes that wait, and those that were given up", answers: { 200: told.WritesAnswer } },
  "POST /api/hub/connectors/:id/redeliver": {
    summary: "Writes that were given up, once more: one or all; what waits is tried at once",
    body: RedeliverWrites,
    answers: { 202: told.WritesAgain },
  },
  "POST /api/hub/connectors/:id/call": {
    summary: "Read through to the last good answer, or write through the queue",
    body: ConnectorCall,
    answers: { 200: told.CalledAnswer, 202: told.QueuedAnswer },
  },
};
