/** Parts in vans and at depots, over HTTP; and what an engineer's van lacks for a job. */
import type { Context } from "hono";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { TicketId } from "../../contracts/ids.ts";
import { isRefusal, malformed } from "../../contracts/refusal.ts";
import { Depot, Movement } from "../../contracts/stock.ts";
import { readBody, refused } from "./answer.ts";
import type { Bound, Registrar } from "./guard.ts";
import { answering, param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

/** A delivery of some hundred lines. */
const BODY_BYTES_MAX = 256 * 1024;
const MOVEMENTS_MAX = 500;
const DEPOTS_MAX = 200;

const Depots = z.strictObject({ depots: z.array(Depot).min(1).max(DEPOTS_MAX) });
/** Who and when is not for the asker to say; `id`, made by whoever asks, so that asking twice moves once. */
const Moves = z.strictObject({
  movements: z
    .array(z.looseObject({ id: z.string().optional() }))
    .min(1)
    .max(MOVEMENTS_MAX),
});
const Nothing = z.object({});

export function stockRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/stock", async (c, who) => tell(c, await unitOf(c).stock(who)));
  route.signed("PUT", "/api/u/:unit/depots", async (c, who) => {
    const given = await readBody(c, Depots, BODY_BYTES_MAX);
    return isRefusal(given) ? refused(c, given) : tell(c, await unitOf(c).putDepots(given.depots, who.subject));
  });
  route.signed("POST", "/api/u/:unit/stock/movements", async (c, who) => {
    const movements = await readMovements(c, who.subject);
    return isRefusal(movements) ? refused(c, movements) : tell(c, await unitOf(c).moveStock(movements, who));
  });
  route.signed("GET", "/api/u/:unit/tickets/:ticket/parts/:engineer", async (c, who) =>
    tell(c, await unitOf(c).checkParts(param(c, "ticket"), param(c, "engineer"), who)),
  );
  answering(route, "/api/u/:unit/tickets/:ticket/kit/again", Nothing, (c, who) => ({
    type: "ask-again",
    ticket: TicketId.parse(param(c, "ticket")),
    by: who.subject,
  }));
}

async function readMovements(c: Context<Bound>, by: string) {
  const given = await readBody(c, Moves, BODY_BYTES_MAX);
  if (isRefusal(given)) return given;
  const at = Date.now();
  const schema = z.strictObject({ movements: z.array(Movement) });
  const parsed = schema.safeParse({ movements: given.movements.map((one) => ({ ...one, id: one.id ?? uuidv7(), by, at })) });
  return parsed.success ? parsed.data.movements : malformed(parsed.error, "see the movements in contracts/stock.ts");
}
