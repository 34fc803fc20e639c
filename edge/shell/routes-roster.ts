/** What operations ask of rosters: gaps and proposals of the coming weeks, and the shifts that they accept. */
import { isRefusal } from "../../contracts/refusal.ts";
import { AcceptShifts, DropShift } from "../../contracts/roster-view.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

/** Four hundred shifts of some 150 bytes. */
const BODY_BYTES_MAX = 128 * 1024;
const DAYS = 14;

export function rosterRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/roster", async (c) => tell(c, await unitOf(c).roster(Number(c.req.query("days") ?? DAYS))));
  route.signed("POST", "/api/u/:unit/roster/shifts", async (c, who) => {
    const body = await readBody(c, AcceptShifts, BODY_BYTES_MAX);
    return isRefusal(body) ? refused(c, body) : tell(c, await unitOf(c).acceptShifts(body, who.subject));
  });
  route.signed("DELETE", "/api/u/:unit/roster/shifts", async (c, who) => {
    const body = await readBody(c, DropShift, BODY_BYTES_MAX);
    return isRefusal(body) ? refused(c, body) : tell(c, await unitOf(c).dropShift(body, who.subject));
  });
}
