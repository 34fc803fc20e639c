/**
 * What a routing server has answered, kept over restarts: a unit sleeps most of the time, and is woken by the very alarm that asks who is near.
 * Pages as they came, written again as a whole when there are many. Nothing here is needed: what is lost is asked for again.
 */
import type { Table } from "../dispatch/matrix/known.ts";
import type { LineState } from "../dispatch/matrix/line.ts";
import type { TravelStore, Values } from "../dispatch/matrix/port.ts";
import { packTable, unpackTable } from "../dispatch/matrix/pack.ts";

/** Pages before they are written as a whole; one of them is a few kilobytes. */
export const PAGES_MAX = 200;
/** Rows of a page that is part of a whole: 64 times 512 ways of 12 bytes are 400 kB, and 2 MB is what a value may have. */
const ROWS_A_PAGE = 64;

const PAGE = "travel/page/";
const LINE = "travel/line";

export function travelStore(values: Values): TravelStore {
  let pages = 0;
  let last = 0;

  function add(table: Table): void {
    pages++;
    last++;
    values.put(`${PAGE}${String(last).padStart(12, "0")}`, packTable(table));
  }

  function clear(): void {
    for (const key of Array.from(values.list({ prefix: PAGE }), ([one]) => one)) values.delete(key);
    pages = 0;
  }

  return {
    read: (server, known) => {
      const line = values.get(LINE) as { readonly server: string; readonly state: LineState } | undefined;
      if (line?.server !== server) {
        clear();
        return null;
      }
      for (const [key, page] of values.list({ prefix: PAGE })) {
        pages++;
        last = Math.max(last, Number(key.slice(PAGE.length)));
        const table = page instanceof Uint8Array ? unpackTable(page) : null;
        if (table !== null) known.take(table, new Set());
      }
      return line.state;
    },
    keep: (server, state, tables, known) => {
      values.put(LINE, { server, state });
      for (const table of tables) add(table);
      if (pages <= PAGES_MAX) return;
      clear();
      for (const table of known.tables(ROWS_A_PAGE)) add(table);
    },
  };
}
