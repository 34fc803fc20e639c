/** The receipts of the last absences of the hub, newest first. */
import { z } from "zod";
import { Receipt } from "../../contracts/receipt.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** Kept: enough for a quarter of weekly drills. */
const RECEIPTS_KEPT = 20;

export function readReceipts(db: Db): readonly Receipt[] {
  return z.array(Receipt).parse(JSON.parse(readMeta(db, "receipts") ?? "[]"));
}

export function keepReceipt(db: Db, receipt: Receipt): void {
  writeMeta(db, "receipts", JSON.stringify([receipt, ...readReceipts(db)].slice(0, RECEIPTS_KEPT)));
}
