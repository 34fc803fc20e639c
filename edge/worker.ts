/** The edge's Worker: pages, sign-in, the API of a unit, and the way to its MQTT. Every route is a row of contracts/permission.ts. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { Nudge } from "../contracts/delta/frame.ts";
import { UnitId } from "../contracts/ids.ts";
import { SLICES } from "../contracts/object-name.ts";
import { sideOfRole } from "../contracts/permission.ts";
import { isRefusal, refuse } from "../contracts/refusal.ts";
import { failed, refused } from "./shell/answer.ts";
import { enterPage } from "./shell/enter-page.ts";
import { cookieName, guard, isOwnOrigin, type Bound } from "./shell/guard.ts";
import { isNavigation, servePage, setSession } from "./shell/page.ts";
import { adminRoutes } from "./shell/routes-admin.ts";
import { fanOutRoutes } from "./shell/routes-fan-out.ts";
import { knowledgeRoutes } from "./shell/routes-knowledge.ts";
import { mappingRoutes } from "./shell/routes-mapping.ts";
import { modelRoutes } from "./shell/routes-models.ts";
import { stockRoutes } from "./shell/routes-stock.ts";
import { agreementRoutes } from "./shell/routes-agreements.ts";
import { rosterRoutes } from "./shell/routes-roster.ts";
import { dispatchRoutes } from "./shell/routes-dispatch.ts";
import { peopleRoutes } from "./shell/routes-people.ts";
import { ticketRoutes } from "./shell/routes-tickets.ts";
import { SESSION_MS } from "./shell/sign-in.ts";
import { intakeNamed, unitNamed, unitOf } from "./shell/stubs.ts";

export { Intake } from "./intake.ts";
export { Planner } from "./planner.ts";
export { Unit } from "./unit.ts";

/** What the hub may ask of the edge. */
export class UnitRpc extends WorkerEntrypoint<Env> {
  /** There is something for the unit: it pulls, or asks for its releases. A name that nobody created writes nothing. */
  async nudge(unit: string, what: string): Promise<void> {
    const [name, of] = [UnitId.safeParse(unit), Nudge.safeParse(what)];
    if (name.success && of.success) await unitNamed(this.env, name.data).nudge(of.data);
  }
}

export function makeEdgeApp(): Hono<Bound> {
  const app = new Hono<Bound>();
  const headers = secureHeaders();
  // An upgraded connection has no headers to add to.
  app.use("/api/*", (c, next) => (c.req.header("upgrade") === undefined ? headers(c, next) : next()));
  // A name that can't be a unit never reaches an object: looking one up would make it.
  for (const path of ["/api/u/:unit/*", "/mqtt/:unit", "/mqtt/:unit/*", "/enter/:unit/*"]) {
    app.use(path, async (c, next) =>
      UnitId.safeParse(c.req.param("unit")).success
        ? next()
        : refused(c, refuse("unknown-unit", "1 to 63 lower-case letters, digits and hyphens", "check the unit's name", "unit")),
    );
  }
  const route = guard(app, "edge", async (c, secret) => {
    const unit = c.req.param("unit");
    return unit === undefined
      ? refuse("not-permitted", "this needs the administrator's token", "send it as Authorization: Bearer")
      : unitNamed(c.env, unit).whois(secret);
  });
  route.open("GET", "/", (c) => servePage(c, "/"));
  route.open("GET", "/api/health", (c) => c.json({ ok: true }));
  route.open("GET", "/u/:unit", (c) => servePage(c, "/board"));
  route.open("GET", "/u/:unit/plan", (c) => servePage(c, "/board"));
  route.open("GET", "/u/:unit/tickets/:ticket", (c) => servePage(c, "/board"));
  route.open("GET", "/p/:unit", (c) => servePage(c, "/phone"));
  route.open("GET", "/enter/:unit/:code", (c) => (isNavigation(c) ? enter(c) : enterPage(c, placeOf(c))));
  route.open("POST", "/enter/:unit/:code", (c) => enter(c));
  route.open("GET", "/mqtt/:unit", connect);
  route.open("GET", "/mqtt/:unit/:slice", connect);
  peopleRoutes(route);
  ticketRoutes(route);
  dispatchRoutes(route);
  fanOutRoutes(route);
  knowledgeRoutes(route);
  stockRoutes(route);
  agreementRoutes(route);
  rosterRoutes(route);
  modelRoutes(route);
  mappingRoutes(route);
  adminRoutes(route);
  // What no row names is a file of the pages, or nothing.
  app.notFound((c) =>
    c.req.path.startsWith("/api/") || c.req.method !== "GET"
      ? refused(c, refuse("malformed", "no such route", "see contracts/permission.ts"))
      : c.env.ASSETS.fetch(c.req.raw),
  );
  app.onError((error, c) => failed(c, error, "the unit"));
  return app;
}

function placeOf(c: Context<Bound>): Readonly<Record<"zh" | "en", string>> {
  const unit = c.req.param("unit") ?? "";
  return { zh: unit, en: unit };
}

/** A one-time link: its code becomes a session in an HttpOnly cookie. */
async function enter(c: Context<Bound>): Promise<Response> {
  const unit = c.req.param("unit") ?? "";
  const redeemed = await unitOf(c).redeem(c.req.param("code") ?? "");
  if (isRefusal(redeemed)) return refused(c, redeemed);
  setSession(c, cookieName(unit, sideOfRole(redeemed.role)), redeemed.session, SESSION_MS);
  return c.redirect(redeemed.role === "engineer" ? `/p/${unit}` : `/u/${unit}`);
}

async function connect(c: Context<Bound>): Promise<Response> {
  const protocols = (c.req.header("sec-websocket-protocol") ?? "").split(",").map((p) => p.trim());
  if (c.req.header("upgrade") !== "websocket" || !protocols.includes("mqtt"))
    return refused(c, refuse("malformed", "a WebSocket with the subprotocol mqtt", "connect with an MQTT client over ws:// or wss://"));
  // With open access nothing else keeps out what a page of another site makes the browser send to this machine. Devices send no Origin.
  const origin = c.req.header("origin");
  if (origin !== undefined && !isOwnOrigin(c, origin))
    return refused(c, refuse("not-permitted", "devices, and pages of this unit only", "connect from the unit's own address, or without a browser"));
  const slice = Number(c.req.param("slice") ?? "0");
  if (!Number.isInteger(slice) || slice < 0 || slice >= SLICES)
    return refused(c, refuse("malformed", `a slice from 0 to ${SLICES - 1}`, "leave it out", "slice"));
  return intakeNamed(c.env, c.req.param("unit") ?? "", slice).fetch(c.req.raw);
}

const edgeApp = makeEdgeApp();
export default edgeApp;
