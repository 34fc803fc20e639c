/** The way in for a unit that is elsewhere: its token is looked up, and its WebSocket handed to the object that keeps it. */
import { TenantId, UnitId } from "../../contracts/ids.ts";
import { lineObject } from "../../contracts/object-name.ts";
import { refuse } from "../../contracts/refusal.ts";
import { refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import type { Line } from "../line.ts";

export function lineOf(env: Env, unit: string): DurableObjectStub<Line> {
  return env.LINE.getByName(lineObject(TenantId.parse(env.TENANT), UnitId.parse(unit)));
}

export function syncRoutes(route: Registrar): void {
  route.signed("GET", "/api/hub/sync/:unit", async (c, who) => {
    // A token without a unit would speak for all of them.
    if (who.unit === undefined)
      return refused(c, refuse("not-permitted", "a unit's own token", "ask for one: POST /api/hub/tokens with role unit and the unit"));
    if (c.req.header("upgrade") !== "websocket")
      return refused(c, refuse("malformed", "a WebSocket of the delta protocol", "let the unit connect: outpost serve --hub ADDRESS"));
    const headers = new Headers(c.req.raw.headers);
    headers.delete("authorization");
    headers.set("x-outpost-unit", who.unit);
    return lineOf(c.env, who.unit).fetch(new Request(c.req.url, { headers }));
  });
}
