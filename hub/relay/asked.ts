/** What integrators and administrators ask over HTTP about webhooks, consumers and connectors. */
import { z } from "zod";
import { URL_CHARS_MAX } from "./address.ts";
import { Filter, OPERATION_TYPES, OperationType } from "./filter.ts";

/** Names that people choose, safe in a path. */
const Name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end");
const Cursor = z.string().min(1).max(512);
/** Purposes of one receiver, and the length of one: a contract names at most 20 for an attribute. */
const PURPOSES_MAX = 20;
const PURPOSE_CHARS_MAX = 200;
/** Where to begin in the feed: with what comes from now on, with everything, or behind a cursor. */
const From = z.union([z.enum(["now", "start"]), Cursor]);

export const NewWebhook = z.strictObject({
  url: z.string().min(1).max(URL_CHARS_MAX),
  name: Name.optional(),
  ...Filter.shape,
  types: z.array(OperationType).min(1).max(OPERATION_TYPES.length).default(["outpost.operation.v1"]),
  /** `nudge`: no values, the feed has them. */
  payload: z.enum(["nudge", "operation"]).default("nudge"),
  /** What the receiver works with personal values for, as contracts name purposes (`x-purpose`). Those of other purposes are left out of operations. */
  purposes: z.array(z.string().min(1).max(PURPOSE_CHARS_MAX)).max(PURPOSES_MAX).default([]),
  from: From.default("now"),
});
export type NewWebhook = z.infer<typeof NewWebhook>;

/** One dead letter, all of them (neither is given), or everything after a cursor once more. */
export const Redeliver = z.strictObject({ n: z.number().int().min(1).optional(), from: Cursor.optional() });
export type Redeliver = z.infer<typeof Redeliver>;

/** One write that was given up, or all of them. */
export const RedeliverWrites = z.strictObject({ n: z.number().int().min(1).optional() });

export const Resume = z.strictObject({ from: From.optional() });

export const NewConsumer = z.strictObject({ name: Name, ...Filter.shape, from: From.default("start") });
export type NewConsumer = z.infer<typeof NewConsumer>;

export const Commit = z.strictObject({ cursor: Cursor });

export const NewConnector = z.strictObject({
  id: Name,
  kind: z.enum(["crm", "erp", "wms"]),
  url: z.string().min(1).max(URL_CHARS_MAX),
  /** The deployment's secret CONNECTOR_SECRET_{secretRef} goes into the Authorization header. */
  secretRef: z
    .string()
    .regex(/^[A-Z0-9_]{1,40}$/, "upper-case letters, digits and underscores: the secret is CONNECTOR_SECRET_ and this")
    .optional(),
});
export type NewConnector = z.infer<typeof NewConnector>;

/** A body that is written at another system. */
export const CALL_BODY_BYTES_MAX = 64 * 1024;

/** GET reads through to the last good answer; everything else is queued in order while the system is away. */
export const ConnectorCall = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
  /** Below the connector's URL. */
  path: z.string().regex(/^\/[!-~]{0,1000}$/, "a path that begins with a slash, at most 1000 visible ASCII characters"),
  body: z.json().optional(),
  /** Sent as Idempotency-Key with every attempt; made here when absent. */
  key: z
    .string()
    .regex(/^[!-~]{1,200}$/)
    .optional(),
});
export type ConnectorCall = z.infer<typeof ConnectorCall>;
