/** OSRM's table service (`docs/http.md` of osrm-backend): seconds and metres, row by row, null where there is no way. */
import { z } from "zod";
import type { Cell } from "./grid.ts";
import { addressOf, flat, jsonOf, PAIRS_MAX, readStatus, toldOf, toldPlace, type Asked, type Reading, type RoutingServer } from "./server.ts";
import type { Tile } from "./tile.ts";

/**
 * `osrm-routed --max-table-size`, 100 unless it was raised: that many squared pairs. All places stand in the address, 16 characters each, and
 * servers before it take 4 KB.
 */
const PLACES = 100;

const Rows = z.array(z.array(z.number().min(0).nullable()));
const Table = z.object({ code: z.literal("Ok"), durations: Rows, distances: Rows });
const Said = z.object({ code: z.string().max(100), message: z.string().optional() });

const SEGMENT = /coordinate (\d{1,4})\b/;

export const osrm: RoutingServer = {
  source: "osrm",
  limits: { side: PLACES - 1, places: PLACES, pairs: PAIRS_MAX },
  knowsHours: false,
  requestOf({ connector, tile, exactly }: Asked) {
    const cells = cellsOf(tile);
    const numberOf = new Map(cells.map((cell, i) => [cell, i]));
    const numbers = (list: readonly Cell[]): string => list.map((cell) => numberOf.get(cell) ?? 0).join(";");
    const coordinates = (cells.length === 1 ? [...cells, ...cells] : cells)
      .map((cell) => toldPlace(cell, exactly))
      .map(({ lon, lat }) => [inFull(lon), inFull(lat)].join(","))
      .join(";");
    // A table of one place is none: it is asked about twice.
    const isAlone = cells.length === 1;
    const part = tile.from === tile.to && !isAlone ? "" : `sources=${numbers(tile.from)}&destinations=${isAlone ? "1" : numbers(tile.to)}&`;
    const query = `${part}annotations=duration,distance&generate_hints=false`;
    return { method: "GET", url: addressOf(connector.url, `/table/v1/${connector.profile ?? "driving"}/${coordinates}`, query) };
  },
  read(status, text, tile): Reading {
    const body = jsonOf(text);
    const said = Said.safeParse(body);
    const outside = readStatus(status, said.data?.message);
    if (outside !== null && !(said.success && status === 404)) return outside;
    if (said.success && said.data.code !== "Ok") return readCode(status, said.data);
    const parsed = Table.safeParse(body);
    const ms = parsed.success ? flat(parsed.data.durations, tile, 1_000) : null;
    const m = parsed.success ? flat(parsed.data.distances, tile, 1) : null;
    return ms === null || m === null ? { type: "broken", why: toldOf(status, "no table as it was asked for") } : { type: "table", ms, m };
  },
};

/** Never as `1e-7`, and with the decimals of the grid at least. */
function inFull(degrees: number): string {
  return degrees.toFixed(Math.max(3, Math.min(6, (String(degrees).split(".")[1] ?? "").length)));
}

/** In the order in which the address names them, and a refusal numbers them. */
function cellsOf({ from, to }: Tile): readonly Cell[] {
  return [...new Set([...from, ...to])];
}

function readCode(status: number, { code, message = "" }: z.infer<typeof Said>): Reading {
  const why = toldOf(status, `${code} ${message}`.trim());
  if (code === "TooBig") return { type: "too-big", why };
  if (code === "NoTable") return { type: "no-way", why };
  if (code !== "NoSegment") return { type: "refused", why };
  const place = SEGMENT.exec(message)?.[1];
  return { type: "unknown", why, ...(place === undefined ? {} : { place: Number(place) }) };
}
