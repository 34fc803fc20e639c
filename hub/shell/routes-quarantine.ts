/** The routes of the quarantine. */
import { isRefusal, malformed } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import { ProposeAsk, UnknownQuery } from "../registry/quarantine.ts";
import { allowed, param, registryObject } from "./routes-contracts.ts";
import { settled } from "./settled.ts";

/** Meanings of a long enumeration. */
const BODY_BYTES_MAX = 64 * 1024;

export function quarantineRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/quarantine", async (c, who) => {
    const query = UnknownQuery.safeParse({ unit: who.unit ?? c.req.query("unit"), subject: c.req.query("subject") });
    if (!query.success) return refused(c, malformed(query.error, "send unit and subject, or neither"));
    return c.body(`{"unknown":${await registryObject(c.env).quarantine(query.data)}}`, 200, { "content-type": "application/json" });
  });

  routes.signed("POST", "/api/hub/quarantine/:id/propose", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, ProposeAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(registryObject(c.env).propose(param(c, "id"), ask, who.subject));
    return isRefusal(answer) ? refused(c, answer) : c.json(answer, 201);
  });
}
