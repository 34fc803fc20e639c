/** The door for a push: its envelope is parsed as a whole, its operations one by one later, so that a bad one costs only itself. */
import { z } from "zod";
import { JSON_DEPTH_MAX, deeperThan } from "../../contracts/delta/json.ts";
import { PUSH_BYTES_MAX, PUSH_OPERATIONS_MAX } from "../../contracts/delta/operation.ts";
import { PushBatch } from "../../contracts/delta/sync.ts";
import { type Refusal, malformed, refuse } from "../../contracts/refusal.ts";

const Batch = z.strictObject({ ...PushBatch.shape, operations: z.array(z.unknown()) });
export type Batch = z.infer<typeof Batch>;

/** Refuses `malformed`, `too-many`, `too-large`. One operation alone is always taken in, so that one beyond all bounds can be buried instead of blocking its stream. */
export function readBatch(raw: unknown): Batch | Refusal {
  const parsed = Batch.safeParse(raw);
  if (!parsed.success) return malformed(parsed.error, "send origin, stream, key and at least one operation");
  const { operations } = parsed.data;
  if (operations.length > PUSH_OPERATIONS_MAX)
    return refuse("too-many", `at most ${PUSH_OPERATIONS_MAX} operations`, "send them in several batches", "operations");
  const flat = operations.map(flatten);
  // Counted in characters of JSON, as units cut their batches.
  const size = flat.reduce<number>((sum, operation) => sum + (JSON.stringify(operation) ?? "").length, 0);
  if (operations.length > 1 && size > PUSH_BYTES_MAX)
    return refuse("too-large", `at most ${PUSH_BYTES_MAX} characters of operations`, "send them in several batches", "operations");
  return { ...parsed.data, operations: flat };
}

/** The operations of a push as somebody sent it, those that are nested too deep made fit to be handed on to another object: it would exhaust the stack of whoever copies it. */
export function flattenPush(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const { operations } = raw as { readonly operations?: unknown };
  return Array.isArray(operations) ? { ...raw, operations: operations.map(flatten) } : raw;
}

/** One too deep keeps its identity, and is still too deep: it will be buried unread. */
function flatten(operation: unknown): unknown {
  if (!deeperThan(operation, JSON_DEPTH_MAX)) return operation;
  const { origin, stream, seq } = operation as { readonly origin?: unknown; readonly stream?: unknown; readonly seq?: unknown };
  let deep: unknown = "";
  for (let i = 0; i <= JSON_DEPTH_MAX; i++) deep = [deep];
  const named = Object.entries({ origin, stream, seq }).filter(([, value]) => typeof value !== "object");
  return { ...Object.fromEntries(named), deep };
}
