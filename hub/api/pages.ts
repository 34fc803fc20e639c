/** What the hub's pages ask and are answered, beside what everybody may ask: sign-in, links' health, operations one by one, receipts. */
import { z } from "zod";
import { StreamName } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";
import { ReceiptSummary } from "../../contracts/receipt.ts";

/** Who has something to look at here. */
const VisitorRole = z.enum(["operations", "integrator"]);

export const LinkAsk = z.strictObject({ role: VisitorRole, subject: z.string().min(1).max(64).optional() });
export const LinkAnswer = z.strictObject({ path: z.string() });

export const HubMe = z.strictObject({ role: z.enum(["admin", "operations", "integrator"]), subject: z.string(), tenant: z.string(), now: Instant });
export type HubMe = z.infer<typeof HubMe>;
export const SignedOut = z.strictObject({ signedOut: z.literal(true) });

export const UnitReceipt = z.strictObject({ unit: z.string(), ...ReceiptSummary.shape });
export type UnitReceipt = z.infer<typeof UnitReceipt>;
export const ReceiptsAnswer = z.strictObject({ receipts: z.array(UnitReceipt) });

/** Operations in one answer, and the default. */
const OPERATIONS_MAX = 500;
const OPERATIONS = 100;

const Cursor = z.string().min(1).max(512);
export const OperationsQuery = z
  .strictObject({
    after: Cursor.optional().describe("Oldest first behind a cursor, such as a consumer's"),
    before: Cursor.optional().describe("The newest before a cursor; neither: the newest of all"),
    stream: StreamName.optional(),
    unit: UnitId.optional(),
    entity: z.string().min(1).max(40).optional(),
    id: z.string().min(1).max(128).optional().describe("Of one entity; with `entity`"),
    outcome: z.enum(["applied", "lost", "dead"]).optional(),
    limit: z.coerce.number().int().min(1).max(OPERATIONS_MAX).default(OPERATIONS),
  })
  .refine(({ after, before }) => after === undefined || before === undefined, { path: ["before"], message: "after or before, not both" })
  .refine(({ entity, id }) => id === undefined || entity !== undefined, { path: ["entity"], message: "an id is one of an entity: name it" });
export type OperationsQuery = z.infer<typeof OperationsQuery>;

/** A line of the log as it is looked at: values of people stay sealed. `sent`: what was brought, where it is not what stands. */
export const OperationLine = z.strictObject({
  stream: StreamName,
  hubSeq: z.number().int().min(1),
  epoch: z.number().int().min(1),
  origin: z.string(),
  unit: z.string(),
  seq: z.number().int(),
  txId: z.string(),
  entity: z.string(),
  id: z.string(),
  attr: z.string(),
  op: z.enum(["set", "unset", "delete"]),
  outcome: z.enum(["applied", "lost", "dead"]),
  reason: z.string().optional(),
  version: z.number().int(),
  actor: z.string(),
  contract: z.string(),
  value: z.json().optional(),
  sent: z.json().optional(),
  /** The value is somebody's: it is not shown here. */
  personal: z.literal(true).optional(),
  redelivered: z.literal(true).optional(),
  /** When it was written, by the writer's clock, and when the hub took it. */
  at: Instant,
  appliedAt: Instant,
});
export type OperationLine = z.infer<typeof OperationLine>;

/** In the order in which the hub took them, possibly none where a filter is narrow. `older`: ask on with it as `before`; null: there is nothing older. `newer`: as `after`. */
export const OperationsAnswer = z.strictObject({ operations: z.array(OperationLine), older: z.string().nullable(), newer: z.string() });
export type OperationsAnswer = z.infer<typeof OperationsAnswer>;
