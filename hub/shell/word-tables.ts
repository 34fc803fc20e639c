/** What units say of themselves with the question how far the CRM is: their last comparison of digests, their last absence. */
import { and, asc, desc, eq } from "drizzle-orm";
import type { Millis } from "../../contracts/instant.ts";
import { ReceiptSummary, Verified } from "../../contracts/receipt.ts";
import type { UnitReceipt } from "../api/pages.ts";
import type { UnitWord } from "../health/reach.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

/** Kept for each unit: enough for a quarter of weekly drills. */
const RECEIPTS_KEPT = 20;
/** A unit that says the same again is written down this often. */
const FRESH_MS = 30_000;

export type Said = Pick<UnitWord, "verified" | "receipt">;

/** What it does not say stays as it was. */
export function writeWord(db: Db, unit: string, { verified, receipt }: Said, now: Millis): void {
  const known = db.select().from(t.word).where(eq(t.word.unit, unit)).get();
  const text = verified === undefined ? (known?.verified ?? null) : JSON.stringify(verified);
  if (known === undefined || known.verified !== text || now - known.at > FRESH_MS)
    db.insert(t.word)
      .values({ unit, at: now, verified: text })
      .onConflictDoUpdate({ target: t.word.unit, set: { at: now, verified: text } })
      .run();
  if (receipt !== undefined) keepReceipt(db, unit, receipt);
}

/** With the receipt of the unit's last absence. */
export function readWords(db: Db): readonly UnitWord[] {
  const receipts = new Map(
    readReceipts(db)
      .map(({ unit, ...receipt }) => [unit, receipt] as const)
      .toReversed(),
  );
  return db
    .select()
    .from(t.word)
    .orderBy(asc(t.word.unit))
    .all()
    .map(({ unit, at, verified }) => {
      const receipt = receipts.get(unit);
      return {
        unit,
        at,
        ...(verified === null ? {} : { verified: Verified.parse(JSON.parse(verified)) }),
        ...(receipt === undefined ? {} : { receipt }),
      };
    });
}

/** Newest first. */
export function readReceipts(db: Db): readonly UnitReceipt[] {
  return db
    .select()
    .from(t.receipt)
    .orderBy(desc(t.receipt.awayAt), asc(t.receipt.unit))
    .all()
    .map(({ unit, summary }) => ({ unit, ...ReceiptSummary.parse(JSON.parse(summary)) }));
}

function keepReceipt(db: Db, unit: string, receipt: ReceiptSummary): void {
  const row = { unit, awayAt: receipt.awayAt, summary: JSON.stringify(receipt) };
  const before = db.select().from(t.receipt).where(eq(t.receipt.unit, unit)).orderBy(desc(t.receipt.awayAt)).all();
  if (before.some(({ awayAt, summary }) => awayAt === row.awayAt && summary === row.summary)) return;
  db.insert(t.receipt)
    .values(row)
    .onConflictDoUpdate({ target: [t.receipt.unit, t.receipt.awayAt], set: { summary: row.summary } })
    .run();
  const old = before.filter(({ awayAt }) => awayAt !== row.awayAt).slice(RECEIPTS_KEPT - 1);
  for (const { awayAt } of old)
    db.delete(t.receipt)
      .where(and(eq(t.receipt.unit, unit), eq(t.receipt.awayAt, awayAt)))
      .run();
}
