/**
 * The only way to make a route: its row in the permission table is looked up when the Worker starts, and decides before any code of
 * the route runs. A route without a row throws at start.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { ROUTES, sideOfRoute, type PageSide, type Role, type RoutePermission } from "../../contracts/permission.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { refused } from "./answer.ts";

/** Who is asking: the role, the engineer's or person's id, and the unit that the token is good for (absent: any of the tenant's). */
export type Signed = { readonly role: Role; readonly subject: string; readonly unit?: string };
export type Bound = { Bindings: Env };
/** `by`: a token that a program sent, or the session in a page's cookie. */
type SignIn = (c: Context<Bound>, secret: string, by: "token" | "session") => Promise<Signed | Refusal>;

export type Registrar = {
  /** For rows open to the public, or whose protocol signs in by itself (MQTT). */
  open(method: RoutePermission["method"], path: string, run: (c: Context<Bound>) => Response | Promise<Response>): void;
  /** For rows with roles. */
  signed(method: RoutePermission["method"], path: string, run: (c: Context<Bound>, who: Signed) => Response | Promise<Response>): void;
};

export function guard(app: Hono<Bound>, at: RoutePermission["at"], signIn: SignIn): Registrar {
  return {
    open(method, path, run) {
      const row = rowOf(at, method, path);
      if (typeof row.who !== "string") throw new Error(`${method} ${path} needs a signed-in role`);
      app.on(method, path, (c) => run(c));
    },
    signed(method, path, run) {
      const { who } = rowOf(at, method, path);
      if (typeof who === "string") throw new Error(`${method} ${path} is declared ${who}`);
      app.on(method, path, async (c) => {
        const signed = await whoAsks(c, who, at, signIn);
        if (isRefusal(signed)) return refused(c, signed);
        if (!mayUse(signed, who, c.req.param("unit"))) {
          return refused(c, refuse("not-permitted", `needs the role ${who.join(" or ")}`, "ask an administrator for a token with that role in this unit"));
        }
        return run(c, signed);
      });
    },
  };
}

/** An administrator may do everything in the unit that the token is good for. */
export function mayUse(signed: Signed, who: readonly Role[], unit: string | undefined): boolean {
  if (unit !== undefined && signed.unit !== undefined && signed.unit !== unit) return false;
  return signed.role === "admin" || who.includes(signed.role);
}

/** The administrator whose token's hash the deployment was given; compared in constant time. */
export function isAdmin(env: Pick<Env, "ADMIN_TOKEN_SHA256">, secret: string): boolean {
  const digest = hashSecret(secret);
  return (env.ADMIN_TOKEN_SHA256 ?? "").split(",").reduce((found, one) => equalText(one.trim(), digest) || found, false);
}

export function hashSecret(secret: string): string {
  return bytesToHex(sha256(utf8ToBytes(secret)));
}

/** Same length, then every character is compared, so that timing says nothing about where they differ. */
export function equalText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** 128 random bits, 22 characters of base64url. */
export function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The session of the hub's pages. No unit is called hub. */
export const HUB_COOKIE = "outpost-hub";

/** A unit's name has no dot: no unit's phone cookie is another unit's desk cookie. */
export function cookieName(unit: string, side: PageSide): string {
  return side === "phone" ? `outpost-${unit}.phone` : `outpost-${unit}`;
}

/** Whether `Origin` names the host that was asked. "null", as a sandboxed frame sends it, names none. */
export function isOwnOrigin(c: Context<Bound>, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === c.req.header("host");
}

async function whoAsks(c: Context<Bound>, who: readonly Role[], at: RoutePermission["at"], signIn: SignIn): Promise<Signed | Refusal> {
  const bearer = /^Bearer ([\w.~+/=-]{1,512})$/.exec(c.req.header("authorization") ?? "")?.[1];
  const cookie = cookieOf(c, who, at);
  const secret = bearer ?? (cookie === null ? undefined : getCookie(c, cookie));
  // A page of another port or site may send this one's cookie along; it can't hide where it comes from.
  const origin = c.req.header("origin");
  if (bearer === undefined && origin !== undefined && !isOwnOrigin(c, origin))
    return refuse("not-permitted", "pages of this address only", "open the page from its own address");
  if (secret === undefined) return refuse("not-signed-in", "this needs a token", "open your one-time link, or send Authorization: Bearer");
  if (isAdmin(c.env, secret)) return { role: "admin", subject: "admin" };
  return signIn(c, secret, bearer === undefined ? "session" : "token");
}

/** The hub's pages have one session for all of it; a unit's have theirs. Null: a route that no page asks. */
function cookieOf(c: Context<Bound>, who: readonly Role[], at: RoutePermission["at"]): string | null {
  if (at === "hub") return HUB_COOKIE;
  const unit = c.req.param("unit");
  return unit === undefined ? null : cookieName(unit, sideOfRoute(who, c.req.query("as")));
}

function rowOf(at: RoutePermission["at"], method: string, path: string): RoutePermission {
  const row = ROUTES.find((r) => r.at === at && r.method === method && r.path === path);
  if (row === undefined) throw new Error(`no permission is declared for ${method} ${path} at ${at}: add a row to contracts/permission.ts`);
  return row;
}
