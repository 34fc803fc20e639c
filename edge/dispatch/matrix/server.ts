/**
 * The port to a routing server: what a request for a part of the table looks like, and what its answer means. Both are pure; the shell sends.
 * An answer of any shape but the one that was asked for is `broken`, and nothing of it is used.
 */
import type { Place } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import type { TravelSource } from "../../../contracts/travel.ts";
import { placeOf, type Cell } from "./grid.ts";
import { UNREACHABLE, WAY_MS_MAX } from "./known.ts";
import type { Limits, Tile } from "./tile.ts";

export type Request = { readonly method: "GET" | "POST"; readonly url: string; readonly body?: string };

/**
 * `table`: ms and m row by row, `UNREACHABLE` where there is no way · `no-way`: it found none between some of them · `too-far`: some are too far
 * apart for it · `unknown`: it can't answer for some place, for `place` (its number among those of the request) where it says so · `too-big`: for
 * this server · `refused`: it will refuse every other request too, until somebody sees to it · `broken`: it is out of order.
 */
export type Reading =
  | { readonly type: "table"; readonly ms: Int32Array; readonly m: Int32Array }
  | { readonly type: "unknown"; readonly place?: number; readonly why: string }
  | { readonly type: "no-way" | "too-far" | "too-big" | "refused" | "broken"; readonly why: string };

/**
 * `wall`: what the site's clock shows when the ways are driven, `2026-03-29T08:30`; absent where the server knows no traffic. `exactly`: where
 * the cells of the tile are, for who asks about places of their own; absent: the middle of each cell of the grid.
 */
export type Asked = { readonly connector: TravelConnector; readonly tile: Tile; readonly wall?: string; readonly exactly?: PlaceOf };
export type PlaceOf = (cell: Cell) => Place;

export type RoutingServer = {
  readonly source: TravelSource;
  readonly limits: Limits;
  /** It can be asked about another hour than this one. */
  readonly knowsHours: boolean;
  requestOf(asked: Asked): Request;
  read(status: number, text: string, tile: Tile): Reading;
};

/** An answer is read on the thread that decides: so many pairs take it about a millisecond. */
export const PAIRS_MAX = 2_500;
/** An answer may have so many characters: a verbose one of `PAIRS_MAX` pairs has a quarter of a million. */
export const ANSWER_CHARS_MAX = 2_000_000;
/** What is told of a refusal. */
const WHY_CHARS = 200;

/** Of an exact place: a tenth of a metre. */
const DECIMALS = 6;

/** Where a cell is told to be. */
export function toldPlace(cell: Cell, exactly: PlaceOf = placeOf): Place {
  const { lat, lon } = exactly(cell);
  return { lat: Number(lat.toFixed(DECIMALS)), lon: Number(lon.toFixed(DECIMALS)) };
}

/** The connector's address with a path behind it; what it asks for itself, such as a key, stays. */
export function addressOf(url: string, path: string, query: string): string {
  const [bare = "", own = ""] = url.split("#")[0]?.split("?") ?? [];
  const asked = [own, query].filter((part) => part !== "").join("&");
  return `${bare.replace(/\/+$/, "")}${path}${asked === "" ? "" : `?${asked}`}`;
}

/** Null for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Rows of numbers as one row; `null` is no way. Null when there are not as many as were asked for. */
export function flat(rows: readonly (readonly (number | null)[])[], { from, to }: Tile, scale: number): Int32Array | null {
  if (rows.length !== from.length || rows.some((row) => row.length !== to.length)) return null;
  const all = new Int32Array(from.length * to.length);
  let i = 0;
  for (const row of rows) for (const value of row) all[i++] = value === null ? UNREACHABLE : Math.min(WAY_MS_MAX, Math.round(value * scale));
  return all;
}

export function toldOf(status: number, text: unknown): string {
  return `${status}${typeof text === "string" && text !== "" ? `: ${text}` : ""}`.slice(0, WHY_CHARS);
}

/** Answers that are about the server and not about the request; `null`: the body has to say. */
export function readStatus(status: number, text: unknown): Reading | null {
  if (status === 413 || status === 414) return { type: "too-big", why: toldOf(status, text) };
  if (status < 200 || status >= 500 || status === 408 || status === 425 || status === 429) return { type: "broken", why: toldOf(status, text) };
  // Elsewhere is not where we were told to ask.
  if (status >= 300 && status < 400) return { type: "refused", why: toldOf(status, "redirects") };
  if (status === 401 || status === 403 || status === 404 || status === 405 || status === 407) return { type: "refused", why: toldOf(status, text) };
  return null;
}
