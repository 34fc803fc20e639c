/** Which operations somebody wants to hear of: by stream, entity, attribute and kind. Nothing named means all. */
import { z } from "zod";
import { type FeedItem, StreamName } from "../../contracts/delta/operation.ts";

/** What an operation is announced as. `resync` is no operation: read the feed from here. */
export const OPERATION_TYPES = ["outpost.operation.v1", "outpost.conflict.v1", "outpost.deadletter.v1"] as const;
export const RESYNC_TYPE = "outpost.resync.v1";
export const OperationType = z.enum(OPERATION_TYPES);
export type OperationType = z.infer<typeof OperationType>;

/** Names in one list: more than any of our contracts has. */
const NAMES_MAX = 100;

export const Filter = z.strictObject({
  streams: z.array(StreamName).min(1).max(StreamName.options.length).optional(),
  entities: z.array(z.string().min(1).max(40)).min(1).max(NAMES_MAX).optional(),
  /** Attribute names: `priority`, or of one entity only: `ticket.priority`. */
  attrs: z.array(z.string().min(1).max(105)).min(1).max(NAMES_MAX).optional(),
});
export type Filter = z.infer<typeof Filter>;

export function typeOf(item: FeedItem): OperationType {
  const { outcome } = item.operation;
  return outcome === "applied" ? "outpost.operation.v1" : outcome === "dead" ? "outpost.deadletter.v1" : "outpost.conflict.v1";
}

/** A deletion of a whole entity concerns each of its attributes. */
export function passes({ streams, entities, attrs }: Filter, item: FeedItem): boolean {
  const { entity, attr } = item.operation;
  if (streams !== undefined && !streams.includes(item.stream)) return false;
  if (entities !== undefined && !entities.includes(entity)) return false;
  if (attrs === undefined) return true;
  if (attr === "") return attrs.some((name) => !name.includes(".") || name.startsWith(`${entity}.`));
  return attrs.includes(attr) || attrs.includes(`${entity}.${attr}`);
}

/** Whether every operation of a family passes. A family whose stream nobody knows does not where streams are chosen. */
export function takesWhole({ streams, entities, attrs }: Filter, family: string, stream: StreamName | undefined): boolean {
  if (attrs !== undefined) return false;
  return (entities === undefined || entities.includes(family)) && (streams === undefined || (stream !== undefined && streams.includes(stream)));
}
