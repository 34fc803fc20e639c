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
  // Counted in characters of JSON, as units cut their batches. One too deep to be written out will be buried unread.
  const size = operations.reduce<number>((sum, operation) => sum + (deeperThan(operation, JSON_DEPTH_MAX) ? 0 : (JSON.stringify(operation) ?? "").length), 0);
  if (operations.length > 1 && size > PUSH_BYTES_MAX)
    return refuse("too-large", `at most ${PUSH_BYTES_MAX} characters of operations`, "send them in several batches", "operations");
  return parsed.data;
}
