/** The tables of data quality in any database, for tests: as the migrations of the stream's object make them. */
import { getTableConfig } from "drizzle-orm/sqlite-core";
import * as tables from "./schema.ts";

/** Statements that make the tables where they are not there yet. */
export function statements(): readonly string[] {
  return Object.values(tables).map((table) => {
    const { name, columns, primaryKeys } = getTableConfig(table);
    const lines = columns.map((column) => `"${column.name}" ${column.getSQLType()}${column.notNull ? " NOT NULL" : ""}`);
    const keys = primaryKeys.map((key) => `PRIMARY KEY (${key.columns.map((column) => `"${column.name}"`).join(", ")})`);
    return `CREATE TABLE IF NOT EXISTS "${name}" (${[...lines, ...keys].join(", ")})`;
  });
}
