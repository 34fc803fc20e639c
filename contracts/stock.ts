/**
 * Parts in vans and depots: what lies where, what is kept for whom, and every movement that made it so.
 *
 *   receive ─▶ depot ──pick──▶ van ──use──▶ built in
 *                ▲  transfer    │
 *                └────return────┘          reserve and release change nothing on the shelf, only for whom it is
 */
import { z } from "zod";
import { Shift } from "./engineer.ts";
import { DepotId, type EngineerId, KitId, MovementId, PartId, TicketId } from "./ids.ts";
import { Instant, Place, Words } from "./instant.ts";
import { meaning, uom } from "./meaning.ts";

/** Pieces of one part in one place; a depot's bin of washers holds some ten thousand. */
export const ON_HAND_MAX = 1_000_000;
/** Kits that one shelf keeps pieces for. A depot that serves sixty engineers has a day's jobs. */
export const HOLDS_MAX = 200;

export const Depot = z.strictObject({
  id: DepotId,
  title: Words,
  place: Place,
  /** Absent: somebody can always get in. */
  opens: z.array(Shift).max(14).optional(),
});
export type Depot = z.infer<typeof Depot>;

/** `van:{engineer}` or `depot:{depot}`. */
export const StockPlace = z
  .string()
  .regex(/^(?:van|depot):[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use van: and an engineer, or depot: and a depot")
  .brand<"StockPlace">();
export type StockPlace = z.infer<typeof StockPlace>;

export function vanOf(engineer: EngineerId): StockPlace {
  return `van:${engineer}` as StockPlace;
}

export function depotOf(depot: DepotId): StockPlace {
  return `depot:${depot}` as StockPlace;
}

const pieces = () => z.number().int().min(1).max(ON_HAND_MAX).meta(uom("1"));

export const Hold = z.strictObject({ kit: KitId, quantity: pieces(), at: Instant });
export type Hold = z.infer<typeof Hold>;

/** One part in one place; its id is `place:part`. Reserved: the sum of its holds, never more than is there. Available: the rest. */
export const StockLevel = z.strictObject({
  id: z.string().max(150),
  place: StockPlace,
  part: PartId,
  onHand: z.number().int().min(0).max(ON_HAND_MAX).meta(uom("1")),
  /** In the order in which they were made. */
  holds: z.array(Hold).max(HOLDS_MAX),
  countedAt: Instant.optional(),
});
export type StockLevel = z.infer<typeof StockLevel>;

export function levelId(place: StockPlace, part: PartId): string {
  return `${place}:${part}`;
}

const every = { id: MovementId, at: Instant, by: z.string().min(1).max(128), place: StockPlace, part: PartId } as const;
const some = { ...every, quantity: pieces() } as const;

/** What moves stock. The id is the idempotency key: the same movement again changes nothing. */
export const Movement = z.discriminatedUnion("type", [
  z.strictObject({ ...some, type: meaning("receive", "came in from outside") }),
  z.strictObject({ ...some, type: meaning("reserve", "is kept for a kit from now on"), kit: KitId }),
  z.strictObject({ ...some, type: meaning("release", "is no longer kept for that kit"), kit: KitId }),
  z.strictObject({ ...some, type: meaning("pick", "went elsewhere for its kit, and is kept for it there"), kit: KitId, to: StockPlace }),
  z.strictObject({ ...some, type: meaning("transfer", "went elsewhere, kept for nobody"), to: StockPlace }),
  z.strictObject({ ...some, type: meaning("use", "was built in"), kit: KitId.optional(), ticket: TicketId.optional() }),
  z.strictObject({ ...some, type: meaning("return", "came back unused, and is free again"), kit: KitId.optional(), to: StockPlace }),
  /** What was counted stands, whatever the books say. */
  z.strictObject({ ...every, type: meaning("count", "somebody counted"), counted: z.number().int().min(0).max(ON_HAND_MAX).meta(uom("1")) }),
]);
export type Movement = z.infer<typeof Movement>;
