/** Tables that leave: master data as a file that imports again unchanged, and the rows that an import refused, each with the reason. */
import type { Json } from "../../contracts/delta/json.ts";
import { type Table, writeCsv } from "./csv.ts";
import type { MasterRecord } from "./identity.ts";
import { leavesOf } from "./mapping.ts";
import type { MasterFamily } from "./profile.ts";
import type { Reject } from "./row.ts";
import { writeValue } from "./value.ts";

/** Behind the columns of the source, so that a mended file imports with the same mapping. */
const REASONS = ["rejected line", "rejected column", "rejected rule", "rejected mend"] as const;

/** One row for each record, a column for each attribute or part of one; read again by `ownMapping`. Texts lose blanks at their ends, and empty ones are no value. */
export function exportCsv(family: MasterFamily, records: readonly MasterRecord[]): string {
  const leaves = leavesOf(family);
  const rows = records.map(({ id, attributes }) => leaves.map((path) => (path === "id" ? id : writeValue(valueAt(attributes, path.split(".")), path))));
  return writeCsv(leaves, rows);
}

/** The refused rows as they came, with what is wrong with each. */
export function writeRejects(table: Table, rejects: readonly Reject[]): string {
  const byLine = Map.groupBy(rejects, ({ line }) => line);
  const rows = table.rows.flatMap(({ line, cells }) => {
    const faults = byLine.get(line);
    if (faults === undefined) return [];
    const told = (one: (fault: Reject) => string): string => faults.map(one).join(" | ");
    // A row may be shorter or longer than the header; what is beyond stands in the reason.
    const own = table.columns.map((_, i) => textOf(cells[i]));
    return [[...own, String(line), told(({ column }) => column), told(({ rule }) => rule), told(({ mend }) => mend)]];
  });
  return writeCsv([...table.columns, ...REASONS], rows);
}

function valueAt(of: Json | MasterRecord["attributes"], path: readonly string[]): Json | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return of;
  return typeof of === "object" && of !== null && !Array.isArray(of) && Object.hasOwn(of, part)
    ? valueAt((of as MasterRecord["attributes"])[part] ?? null, rest)
    : undefined;
}

function textOf(cell: unknown): string {
  return typeof cell === "string" ? cell : cell === undefined ? "" : (JSON.stringify(cell) ?? "");
}
