/**
 * Who may in, decided by the unit itself so that it works with the hub away. Secrets are 128 random bits, kept as hashes:
 * `token` for the API, `link` opens one session and is gone, `session` lives in an HttpOnly cookie.
 */
import type { Millis } from "../../contracts/instant.ts";
import type { Role } from "../../contracts/permission.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Entities } from "./entities.ts";
import { equalText, hashSecret, makeSecret, type Signed } from "./guard.ts";
import { addSecret, dropExpired, dropSecret, findSecret, readCredential, writeCredential, type Db } from "./unit-tables.ts";

const DAY_MS = 86_400_000;
/** A link lies in a chat or a mail until someone opens it. */
const LINK_MS = DAY_MS;
/** An engineer signs in once a season. */
export const SESSION_MS = 90 * DAY_MS;

export function addToken(db: Db, role: Role, subject: string): string {
  return add(db, { kind: "token", role, subject, expiresAt: null });
}

export function addLink(db: Db, role: Role, subject: string, now: Millis): string {
  dropExpired(db, now);
  return add(db, { kind: "link", role, subject, expiresAt: now + LINK_MS });
}

/** A token or a link is for somebody whom this unit knows; null: it does. Refuses `unknown-engineer`, `unknown-entity`. */
export function refuseStranger(entities: Entities, role: Role, subject: string): Refusal | null {
  if (role === "engineer" && entities.get("engineer", subject) === undefined)
    return refuse("unknown-engineer", "an engineer's token is for an engineer of this unit", "import the engineer first", "subject");
  if (role === "customer" && entities.get("customer", subject) === undefined && !entities.list("asset").some((one) => one.customer === subject))
    return refuse("unknown-entity", "a customer's token is for a customer of this unit", "import the customer or a machine of theirs first", "subject");
  return null;
}

/** Exchanges a link's code for a session, once. */
export function redeem(db: Db, code: string, now: Millis): { readonly session: string; readonly role: Role } | Refusal {
  const hash = hashSecret(code);
  const link = findSecret(db, hash);
  if (link === undefined || link.kind !== "link" || (link.expiresAt ?? 0) <= now) {
    return refuse("not-signed-in", "a link opens once, within a day", "ask for a new link");
  }
  dropSecret(db, hash);
  const role = link.role as Role;
  return { role, session: add(db, { kind: "session", role, subject: link.subject, expiresAt: now + SESSION_MS }) };
}

export function whois(db: Db, secret: string, now: Millis): Signed | Refusal {
  const found = findSecret(db, hashSecret(secret));
  if (found === undefined || found.kind === "link" || (found.expiresAt ?? Number.POSITIVE_INFINITY) <= now) {
    return refuse("not-signed-in", "the token is unknown here or has expired", "ask an administrator for a new one");
  }
  return { role: found.role as Role, subject: found.subject };
}

export function signOut(db: Db, secret: string): void {
  dropSecret(db, hashSecret(secret));
}

/** A new password for a device; the one before stops working. Shown once. */
export function addPassword(db: Db, device: string): string {
  const password = makeSecret();
  writeCredential(db, device, hashSecret(password));
  return password;
}

export function passwordFits(db: Db, device: string, password: string): boolean {
  const hash = readCredential(db, device);
  return hash !== undefined && equalText(hash, hashSecret(password));
}

function add(db: Db, row: { readonly kind: string; readonly role: Role; readonly subject: string; readonly expiresAt: Millis | null }): string {
  const secret = makeSecret();
  addSecret(db, { hash: hashSecret(secret), ...row });
  return secret;
}
