/** The routes of bridges and scans. */
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Registrar } from "../../edge/shell/guard.ts";
import { BridgeAsk, ScheduleAsk } from "../registry/api-bridge.ts";
import { WhyAsk } from "../registry/api.ts";
import { crossingRoutes } from "./routes-bridges-crossing.ts";
import { allowed, param, registryObject, text } from "./routes-contracts.ts";
import { settled } from "./settled.ts";

/** One bridge: 400 fields with a table of 20 values each. */
const BRIDGE_BYTES_MAX = 512 * 1024;
const BODY_BYTES_MAX = 4_096;

export function bridgeRoutes(routes: Registrar): void {
  crossingRoutes(routes);

  routes.signed("GET", "/api/hub/bridges", async (c) => text(c, await registryObject(c.env).bridges()));

  routes.signed("GET", "/api/hub/bridges/:id", async (c) => text(c, await settled(registryObject(c.env).bridge(param(c, "id")))));

  routes.signed("PUT", "/api/hub/bridges/:id", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, BridgeAsk, BRIDGE_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    if (ask.bridge.id !== param(c, "id")) return refused(c, refuse("malformed", `the document is ${ask.bridge.id}`, "put it under its own id", "bridge.id"));
    const answer = await settled(registryObject(c.env).putBridge(ask.bridge, who.subject, ask.why));
    return isRefusal(answer) ? refused(c, answer) : c.json(answer);
  });

  routes.signed("POST", "/api/hub/bridges/:id/publish", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, WhyAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(registryObject(c.env).publishBridge(param(c, "id"), who.subject, ask.why));
    if (isRefusal(answer)) return refused(c, answer);
    return "refusal" in answer ? c.json({ ...answer.refusal, findings: answer.findings }, 422) : c.json(answer);
  });

  routes.signed("GET", "/api/hub/scans", async (c) => text(c, await registryObject(c.env).scans()));

  routes.signed("POST", "/api/hub/scans", async (c, who) => {
    const refusal = allowed(who);
    return refusal === null ? c.body(await registryObject(c.env).scanNow(), 201, { "content-type": "application/json" }) : refused(c, refusal);
  });

  routes.signed("PUT", "/api/hub/scans/schedule", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, ScheduleAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(registryObject(c.env).reschedule(ask.cron, ask.zone));
    return isRefusal(answer) ? refused(c, answer) : c.json(answer);
  });
}
