/** Photographs of visits: their bytes lie here, what is said of them on their tickets. Both are written in one transaction. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { PHOTO_BYTES_MAX, type Photo } from "../../contracts/visit.ts";
import { onAnswer } from "../journey.ts";
import { seesVisit } from "../ticket/onlooker.ts";
import type { Signed } from "./guard.ts";
import type { Runner } from "./runner.ts";
import type { Db } from "./unit-tables.ts";

/** All photographs of a unit: a tenth of what an object may hold, some 3,000 of them. */
export const PHOTOS_BYTES_MAX = 1024 ** 3;

/** How pictures begin, whatever they are called. */
const MARKS: Readonly<Record<Photo["type"], (bytes: Uint8Array) => boolean>> = {
  "image/jpeg": (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff,
  "image/png": (b) => b[0] === 0x89 && b[1] === 0x50 && b[2] === 0x4e && b[3] === 0x47,
  "image/webp": (b) => b[0] === 0x52 && b[1] === 0x49 && b[2] === 0x46 && b[3] === 0x46 && b[8] === 0x57 && b[9] === 0x45,
};

type Taken = { readonly ticket: string; readonly by: string; readonly type: Photo["type"]; readonly takenAt: Millis; readonly bytes: Uint8Array };

/** The same picture again is the same photograph. Refuses `malformed` for what is no picture, `too-large`, `quota-exceeded`, and as the ticket's life does. */
export function putPhoto(runner: Runner, db: Db, { ticket, by, type, takenAt, bytes }: Taken, now: Millis): { readonly photo: Photo } | Refusal {
  if (!MARKS[type](bytes)) return refuse("malformed", `a picture of ${type}`, "send the picture as it was taken");
  if (bytes.byteLength > PHOTO_BYTES_MAX)
    return refuse("too-large", `a picture of at most ${PHOTO_BYTES_MAX} bytes (PHOTO_BYTES_MAX)`, "make it smaller first");
  const held = db.get<{ bytes: number | null }>(sql`SELECT sum(length(bytes)) AS bytes FROM photo`)?.bytes ?? 0;
  if (held + bytes.byteLength > PHOTOS_BYTES_MAX)
    return refuse("quota-exceeded", `at most ${PHOTOS_BYTES_MAX} bytes of photographs (PHOTOS_BYTES_MAX)`, "let older tickets go first");
  const digest = bytesToHex(sha256(bytes));
  const photo: Photo = { id: digest.slice(0, 32), takenAt: Math.min(takenAt, now), sha256: digest, bytes: bytes.byteLength, type, by: by as EngineerId };
  const decided = onAnswer(runner.view, { type: "photograph", ticket: ticket as TicketId, by: by as EngineerId, photo }, now, uuidv7);
  if (isRefusal(decided)) return decided;
  runner.input((write) => {
    db.run(sql`INSERT OR IGNORE INTO photo (ticket, id, type, at, bytes) VALUES (${ticket}, ${photo.id}, ${type}, ${now}, ${new Uint8Array(bytes).buffer})`);
    write(decided, by, "photograph");
  }, now);
  return { photo };
}

/** Refuses `unknown-entity`, and `not-yours` for an engineer who has nothing to do with the visit. */
export function readPhoto(
  { view }: Runner,
  db: Db,
  { ticket, id }: { readonly ticket: string; readonly id: string },
  who: Signed,
): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } | Refusal {
  const of = view.get("ticket", ticket);
  if (who.role === "engineer" && (of === undefined || !seesVisit(view, of, who.subject)))
    return refuse("not-yours", "engineers see photographs of what they worked on, or go to now", "ask the desk", "ticket");
  const row = db.get<{ readonly type: string; readonly bytes: ArrayBuffer } | undefined>(
    sql`SELECT type, bytes FROM photo WHERE ticket = ${ticket} AND id = ${id}`,
  );
  if (row === undefined) return refuse("unknown-entity", "a photograph of this ticket that is kept here", "look at the ticket again", "photo");
  return { type: row.type, bytes: new Uint8Array(row.bytes) };
}
