/** What serving a page takes, whichever Worker does it: the file under its policy, and the session that a one-time link becomes. */
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import type { Millis } from "../../contracts/instant.ts";
import type { Bound } from "./guard.ts";

/** No script but the pages' own files, no frame around them, nothing from elsewhere. */
const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Names of pages come from the table, not from the address. */
export async function servePage(c: Context<Bound>, name: "/" | "/board" | "/phone" | "/hub"): Promise<Response> {
  const response = await c.env.ASSETS.fetch(new Request(new URL(name, c.req.url)));
  const headers = new Headers(response.headers);
  headers.set("content-security-policy", POLICY);
  headers.set("referrer-policy", "no-referrer");
  headers.set("x-content-type-options", "nosniff");
  return new Response(response.body, { status: response.status, headers });
}

/** A person's browser went there: not a preview, a prefetch or a script, which must not use the link up. */
export function isNavigation(c: Context<Bound>): boolean {
  const said = (name: string): string => c.req.header(name) ?? "";
  return c.req.raw.method === "GET" && said("sec-fetch-mode") === "navigate" && said("sec-fetch-dest") === "document" && said("sec-purpose") === "";
}

export function setSession(c: Context<Bound>, cookie: string, session: string, lastsMs: Millis): void {
  setCookie(c, cookie, session, {
    httpOnly: true,
    sameSite: "Strict",
    secure: new URL(c.req.url).protocol === "https:",
    path: "/",
    maxAge: Math.floor(lastsMs / 1_000),
  });
}
