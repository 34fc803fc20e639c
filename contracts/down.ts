/** Everything the unit may say on the live socket. A page that missed something asks for the board again: `seq` has a gap. */
import { z } from "zod";
import { Alarm, Suppression } from "./alarm.ts";
import { HubLink, Kpis } from "./board.ts";
import { Device } from "./device.ts";
import { Engineer, Position } from "./engineer.ts";
import { Instant } from "./instant.ts";
import { Kit } from "./kit.ts";
import { Offer } from "./offer.ts";
import { Ticket } from "./ticket.ts";

export const Changed = z.discriminatedUnion("family", [
  z.strictObject({ family: z.literal("alarm"), entity: Alarm }),
  z.strictObject({ family: z.literal("ticket"), entity: Ticket }),
  z.strictObject({ family: z.literal("offer"), entity: Offer }),
  z.strictObject({ family: z.literal("kit"), entity: Kit }),
  z.strictObject({ family: z.literal("device"), entity: Device }),
  z.strictObject({ family: z.literal("engineer"), entity: Engineer }),
  z.strictObject({ family: z.literal("position"), entity: Position }),
  z.strictObject({ family: z.literal("suppression"), entity: Suppression }),
]);
export type Changed = z.infer<typeof Changed>;

export const Down = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("changes"), seq: z.number().int(), at: Instant, changes: z.array(Changed) }),
  /** Everybody's day is another by now, or a move in it waits for a word: whoever shows it asks again. */
  z.strictObject({ type: z.literal("plan"), at: Instant }),
  z.strictObject({ type: z.literal("status"), at: Instant, hub: HubLink, kpis: Kpis }),
  z.strictObject({ type: z.literal("reload"), version: z.number().int() }),
]);
export type Down = z.infer<typeof Down>;
