/** What integrators and administrators hear about webhooks, consumers and connectors. Instants and lengths in ms; a secret only where it is made. */
import { z } from "zod";
import { FeedPage } from "../../contracts/delta/operation.ts";
import { Instant } from "../../contracts/instant.ts";
import { Filter, OperationType } from "./filter.ts";

const Count = z.number().int().min(0);
const Length = z.number().min(0);
const Cursor = z.string();
export const Done = z.strictObject({ done: z.literal(true) });

export const MadeWebhook = z.strictObject({ id: z.string(), secret: z.string().describe("Shown this once") });
export const RotatedWebhook = z.strictObject({ ...MadeWebhook.shape, formerUntil: Instant.describe("Until then the former secret signs too") });

export const WebhookView = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  unit: z.string().optional(),
  ...Filter.shape,
  types: z.array(OperationType),
  purposes: z.array(z.string()),
  payload: z.enum(["nudge", "operation"]),
  state: z.enum(["active", "behind", "disabled"]),
  why: z.string().optional(),
  cursor: Cursor.describe("Everything before it was delivered or is a dead letter"),
  failures: Count,
  nextAt: Instant,
  delivered: Count,
  resyncs: Count,
  delayMs: Length.nullable().describe("How old the last delivered change was when it arrived"),
  lastOkAt: Instant.nullable(),
  lastError: z.string().nullable(),
  deadLetters: Count,
  madeAt: Instant,
});
export type WebhookView = z.infer<typeof WebhookView>;
export const WebhooksAnswer = z.strictObject({ webhooks: z.array(WebhookView) });

export const DeadView = z.strictObject({
  n: Count,
  type: OperationType,
  subject: z.string(),
  reason: z.string(),
  at: Instant,
  cursor: Cursor.describe("The feed gives the event behind it"),
  again: z.boolean(),
});
export type DeadView = z.infer<typeof DeadView>;
export const DeadAnswer = z.strictObject({ dead: z.array(DeadView) });
export const AgainAnswer = z.strictObject({ again: Count.nullable().describe("How many dead letters are sent again; null after `from`") });

export const MadeConsumer = z.strictObject({ id: z.string(), cursor: Cursor });
export const ConsumerView = z.strictObject({
  id: z.string(),
  unit: z.string().optional(),
  ...Filter.shape,
  cursor: Cursor,
  committedAt: Instant.nullable(),
  madeAt: Instant,
  lagOperations: Count.describe("Lines of the log behind its cursor, wanted or not"),
  oldestAgeMs: Length.optional().describe("Age of the oldest operation that it wants and has not"),
});
export type ConsumerView = z.infer<typeof ConsumerView>;
export const ConsumersAnswer = z.strictObject({ consumers: z.array(ConsumerView) });
export const Committed = z.strictObject({ cursor: Cursor });
export const ConsumerPage = FeedPage;

export const MadeConnector = z.strictObject({ id: z.string() });
export const ConnectorView = z.strictObject({
  id: z.string(),
  kind: z.enum(["crm", "erp", "wms"]),
  url: z.string(),
  secretRef: z.string(),
  breaker: z.enum(["closed", "open", "half-open"]),
  why: z.string().optional(),
  until: Instant.optional(),
  calls: Count,
  bad: Count,
  timeouts: Count,
  stale: Count,
  tookMs: Length.nullable(),
  lastOkAt: Instant.nullable(),
  lastError: z.string().nullable(),
  queued: Count,
  oldestAgeMs: Length.optional(),
  deadLetters: Count,
  madeAt: Instant,
});
export type ConnectorView = z.infer<typeof ConnectorView>;
export const ConnectorsAnswer = z.strictObject({ connectors: z.array(ConnectorView) });

const WriteView = z.strictObject({
  n: Count,
  key: z.string(),
  method: z.string(),
  path: z.string(),
  at: Instant,
  answers: Count.describe("How often it was answered, and not taken"),
  dead: z.string().nullable().describe("Why it was given up"),
});
export type WriteView = z.infer<typeof WriteView>;
export const WritesAnswer = z.strictObject({ waiting: z.array(WriteView), dead: z.array(WriteView) });
export type WritesAnswer = z.infer<typeof WritesAnswer>;
export const WritesAgain = z.strictObject({ again: Count.describe("How many writes wait again") });

const called = { status: z.number().int(), body: z.json() };
export const CalledAnswer = z.union([
  z.strictObject({ ...called, stale: z.literal(false) }),
  z.strictObject({ ...called, stale: z.literal(true), ageMs: Length.describe("Age of the last good answer") }),
]);
export const QueuedAnswer = z.strictObject({ queued: z.literal(true), key: z.string(), depth: Count });
