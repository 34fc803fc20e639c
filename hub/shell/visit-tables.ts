/**
 * Who may look at the hub's pages. Secrets are 128 random bits, kept as hashes: a `link` opens one session and is gone, a `session` lives in
 * an HttpOnly cookie. They are in no backup: a hub that was put back does not open yesterday's links again.
 */
import { count, eq, lte } from "drizzle-orm";
import type { Millis } from "../../contracts/instant.ts";
import { Role } from "../../contracts/permission.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { type Signed, hashSecret, makeSecret } from "../../edge/shell/guard.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

const DAY_MS = 86_400_000;
/** A link lies in a chat or a mail until someone opens it. */
const LINK_MS = DAY_MS;
/** Whoever may erase people signs in once a week. */
export const SESSION_MS = 7 * DAY_MS;
/** Links and sessions at once: far above the staff of one organisation. */
const VISITS_MAX = 1_000;

/** The code of a link. Refuses `quota-exceeded`. */
export function addLink(db: Db, role: Role, subject: string, now: Millis): string | Refusal {
  db.delete(t.visit).where(lte(t.visit.until, now)).run();
  if ((db.select({ n: count() }).from(t.visit).get()?.n ?? 0) >= VISITS_MAX)
    return refuse("quota-exceeded", `at most ${VISITS_MAX} links and sessions`, "wait until some have expired: a link after a day, a session after a week");
  return add(db, { kind: "link", role, subject, until: now + LINK_MS });
}

/** Exchanges a link's code for a session, once. Refuses `not-signed-in`. */
export function redeem(db: Db, code: string, now: Millis): { readonly session: string; readonly role: Role } | Refusal {
  const hash = hashSecret(code);
  const link = find(db, hash, "link", now);
  if (link === undefined) return refuse("not-signed-in", "a link opens once, within a day", "ask for a new link");
  forgetVisit(db, hash);
  return { role: link.role, session: add(db, { kind: "session", ...link, until: now + SESSION_MS }) };
}

/** Whose session it is. */
export function readVisit(db: Db, hash: string, now: Millis): Signed | null {
  return find(db, hash, "session", now) ?? null;
}

export function forgetVisit(db: Db, hash: string): void {
  db.delete(t.visit).where(eq(t.visit.hash, hash)).run();
}

function find(db: Db, hash: string, kind: "link" | "session", now: Millis): Signed | undefined {
  const row = db.select().from(t.visit).where(eq(t.visit.hash, hash)).get();
  return row === undefined || row.kind !== kind || row.until <= now ? undefined : { role: Role.parse(row.role), subject: row.subject };
}

function add(db: Db, row: Omit<typeof t.visit.$inferInsert, "hash">): string {
  const secret = makeSecret();
  db.insert(t.visit)
    .values({ hash: hashSecret(secret), ...row })
    .run();
  return secret;
}
