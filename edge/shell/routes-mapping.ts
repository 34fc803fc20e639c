/** What devices send, over HTTP: their meters, and a yes to a mapping that was proposed. */
import { AcceptMapping } from "../../contracts/mapping.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { intakeOf, unitOf } from "./stubs.ts";

/** 64 fields, each with its places, a table of texts and an expression. */
const BODY_BYTES_MAX = 128 * 1024;

export function mappingRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/meters", async (c) => c.json(await intakeOf(c).meters()));
  route.signed("POST", "/api/u/:unit/mappings", async (c, who) => {
    const given = await readBody(c, AcceptMapping, BODY_BYTES_MAX);
    return isRefusal(given) ? refused(c, given) : tell(c, await unitOf(c).acceptMapping(given, who.subject));
  });
}
