/** The hub's pages, how people sign in to them, and what only pages ask. */
import type { Context } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import { isRefusal, malformed } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import { enterPage } from "../../edge/shell/enter-page.ts";
import { type Bound, HUB_COOKIE, type Registrar, hashSecret } from "../../edge/shell/guard.ts";
import { isNavigation, servePage, setSession } from "../../edge/shell/page.ts";
import { LinkAsk, OperationsQuery } from "../api/pages.ts";
import { streamObject } from "./feed-reader.ts";
import { readHealth } from "./health-reader.ts";
import { readOperations } from "./operations-reader.ts";
import { wholeTenant } from "./routes-streams.ts";
import { settled } from "./settled.ts";
import { SESSION_MS } from "./visit-tables.ts";

/** A role, a name. */
const BODY_BYTES_MAX = 1_024;
const PLACE = { zh: "中枢", en: "the hub" } as const;

export function pageRoutes(routes: Registrar): void {
  routes.open("GET", "/hub", (c) => servePage(c, "/hub"));
  // Before the sections: it is none.
  routes.open("GET", "/hub/enter/:code", (c) => (isNavigation(c) ? enter(c) : enterPage(c, PLACE)));
  routes.open("POST", "/hub/enter/:code", (c) => enter(c));
  routes.open("GET", "/hub/:section", (c) => servePage(c, "/hub"));
  routes.open("GET", "/hub/:section/:item", (c) => servePage(c, "/hub"));

  routes.signed("POST", "/api/hub/links", async (c) => {
    const ask = await readBody(c, LinkAsk, BODY_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const code = await settled(streamObject(c.env, "registry").addLink(ask.role, ask.subject ?? ask.role));
    return isRefusal(code) ? refused(c, code) : c.json({ path: `/hub/enter/${code}` }, 201, { "cache-control": "no-store" });
  });

  routes.signed("GET", "/api/hub/me", (c, { role, subject }) => c.json({ role, subject, tenant: c.env.TENANT, now: Date.now() }, 200, UNKEPT));

  routes.signed("POST", "/api/hub/sign-out", async (c) => {
    const session = getCookie(c, HUB_COOKIE);
    deleteCookie(c, HUB_COOKIE, { path: "/" });
    if (session !== undefined) await streamObject(c.env, "registry").forgetVisit(hashSecret(session));
    return c.json({ signedOut: true });
  });

  routes.signed("GET", "/api/hub/health/links", async (c, who) => {
    const no = wholeTenant(who);
    return no === null ? c.json(await readHealth(c.env, Date.now()), 200, UNKEPT) : refused(c, no);
  });

  routes.signed("GET", "/api/hub/operations", async (c, who) => {
    const query = OperationsQuery.safeParse({ ...c.req.query(), ...(who.unit === undefined ? {} : { unit: who.unit }) });
    if (!query.success) return refused(c, malformed(query.error, "see GET /api/hub/openapi.json for what may be asked"));
    const answer = await readOperations(c.env, query.data);
    return isRefusal(answer) ? refused(c, answer) : c.json(answer, 200, UNKEPT);
  });

  routes.signed("GET", "/api/hub/receipts", async (c, who) => {
    const no = wholeTenant(who);
    if (no !== null) return refused(c, no);
    return c.body(`{"receipts":${await streamObject(c.env, "registry").receipts()}}`, 200, { ...UNKEPT, "content-type": "application/json" });
  });
}

const UNKEPT = { "cache-control": "no-store" } as const;

/** A one-time link: its code becomes a session in an HttpOnly cookie. One that was used leads whoever is signed in already to the page. */
async function enter(c: Context<Bound>): Promise<Response> {
  const registry = streamObject(c.env, "registry");
  const redeemed = await settled(registry.redeem(c.req.param("code") ?? ""));
  if (isRefusal(redeemed)) {
    const session = getCookie(c, HUB_COOKIE);
    const isIn = session !== undefined && (await registry.whoVisits(hashSecret(session))) !== null;
    return isIn ? c.redirect("/hub") : refused(c, redeemed);
  }
  setSession(c, HUB_COOKIE, redeemed.session, SESSION_MS);
  return c.redirect("/hub");
}
