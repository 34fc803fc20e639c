/**
 * A kit's parts at a warehouse (WMS): what is wanted, what is asked, what is held and what goes back. Plain data; the state is derived, by
 * `reservationStateOf`. Each version of the lines is asked for under a key of its own, one at a time.
 *
 *   proposed ─▶ asked ─▶ reserved ─▶ used
 *                 │  ╲       │
 *                 ▼   ▼      ▼ cancelled, or other lines
 *              short  unreachable   releasing ─▶ released, or asked again
 *
 * Where the WMS can replace a reservation in one step, other lines are asked for while the old ones are held, and these stay where that is refused.
 */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import { EngineerId, KitId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { uom } from "./meaning.ts";

/** Reservations of one kit that are on their way back at once; one, unless the WMS breaks its word. */
export const GIVING_MAX = 20;
/** Parts of one kit: an engineer carries no more kinds of them to one job. */
export const LINES_MAX = 50;

const lines = () => z.array(PartCount).max(LINES_MAX);
const version = () => z.number().int().min(1).meta(uom("1"));
/** The WMS's own number. */
const number = () => z.string().min(1).max(100);

export const Reservation = z.strictObject({
  kit: KitId,
  ticket: TicketId,
  version: version(),
  lines: lines(),
  /** The decision that this version of the lines follows from: what it gives back and what it asks for are one step. */
  decision: z.string().min(1).max(128),
  /** False once the job is over without them. */
  wanted: z.boolean(),
  /** The parts were built in, or are with the engineer for good: nothing goes back. */
  used: z.literal(true).optional(),
  /** Nothing is asked before a person says so; what is held stays until then. */
  needsPerson: z.literal(true).optional(),
  /** What persons have let run so far, at most of each part; absent: all up to now. */
  allowed: lines().optional(),
  /** The version whose answer is awaited. An ask is never dropped: what came of it must be known. */
  asking: z
    .strictObject({
      version: version(),
      attempts: z.number().int().min(0).meta(uom("1")),
      why: z.string().max(200).optional(),
      /** What is held, and is to become this: until then it stays. */
      replaces: number().optional(),
    })
    .optional(),
  /** `replaceable`: the WMS makes another reservation of it in one step, or leaves it as it is. Of an earlier version: kept until the new one is. */
  held: z
    .strictObject({ version: version(), reservation: number(), depot: z.string().max(100), at: Instant, replaceable: z.literal(true).optional() })
    .optional(),
  missing: z.strictObject({ version: version(), lines: lines() }).optional(),
  /** The WMS will not take the request at all: a person must look. */
  rejected: z.strictObject({ version: version(), why: z.string().max(200) }).optional(),
  /** Going back, not confirmed yet. Nothing is asked for meanwhile. */
  giving: z.array(number()).max(GIVING_MAX),
  /** Gone back: an answer about them that comes again is known. */
  gone: z.array(number()).max(GIVING_MAX),
});
export type Reservation = z.infer<typeof Reservation>;

/** As a unit keeps it. `engineer`: whose van and way the lines were reckoned for; absent while nobody has the job, and all of the kit is asked for. */
export const ReservationRow = Reservation.extend({
  id: KitId,
  engineer: EngineerId.optional(),
  /** How often its parts were laid aside for somebody: each time under keys of its own. */
  taken: z.number().int().min(0).optional().meta(uom("1")),
});
export type ReservationRow = z.infer<typeof ReservationRow>;

export type ReservationState = "proposed" | "asked" | "reserved" | "short" | "unreachable" | "rejected" | "releasing" | "released" | "used";

export function reservationStateOf({ wanted, used, asking, held, missing, rejected, giving, version: now }: Reservation): ReservationState {
  if (used === true) return "used";
  if (!wanted) return asking === undefined && held === undefined && giving.length === 0 ? "released" : "releasing";
  if (held?.version === now) return "reserved";
  if (asking !== undefined) return asking.attempts > 0 ? "unreachable" : "asked";
  if (giving.length > 0) return "asked";
  if (rejected?.version === now) return "rejected";
  return missing?.version === now ? "short" : "proposed";
}
