/** What the desk asks about a ticket's promise. Agreements and calendars themselves come in with the other entities. */
import type { Registrar } from "./guard.ts";
import { param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

export function agreementRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/tickets/:ticket/promise", async (c) => tell(c, await unitOf(c).promise(param(c, "ticket"))));
}
