/**
 * Valhalla's matrix service (`sources_to_targets`): an object for each pair, or rows of numbers where it was asked to be brief. Seconds, and
 * kilometres or miles; null where there is no way.
 */
import { z } from "zod";
import { addressOf, flat, jsonOf, PAIRS_MAX, readStatus, toldOf, toldPlace, type Asked, type Reading, type RoutingServer } from "./server.ts";
import type { Tile } from "./tile.ts";

/** `max_matrix_location_pairs`, 2,500 unless it was raised; earlier servers had `max_matrix_locations`, 50 on each side. */
const SIDE = 50;
const M_IN = { kilometers: 1_000, miles: 1_609.344 } as const;
/** Leaves and arrives at a given time; there can't be more sources than targets for the one, and must be for the other. */
const LEAVE = 1;
const ARRIVE = 2;

/** What it says of a request: too many of something; places too far apart or off every road; in parts of the map that don't meet, without a way. */
const TOO_BIG: readonly number[] = [150, 151];
const TOO_FAR = 154;
const UNKNOWN = 171;
const NO_WAY: readonly number[] = [170, 442];

const figure = z.number().min(0).nullable();
const Long = z.array(z.array(z.object({ time: figure, distance: figure })));
const Brief = z.object({ durations: z.array(z.array(figure)), distances: z.array(z.array(figure)) });
const Matrix = z.object({ sources_to_targets: z.union([Long, Brief]), units: z.enum(["kilometers", "miles"]).default("kilometers") });
const Said = z.object({ error_code: z.number(), error: z.string().optional() });

export const valhalla: RoutingServer = {
  source: "valhalla",
  limits: { side: SIDE, places: 2 * SIDE, pairs: PAIRS_MAX },
  knowsHours: true,
  requestOf({ connector, tile: { from, to }, wall, exactly }: Asked) {
    const body = {
      sources: from.map((cell) => toldPlace(cell, exactly)),
      targets: to.map((cell) => toldPlace(cell, exactly)),
      costing: connector.profile ?? "auto",
      units: "kilometers",
      verbose: false,
      ...(wall === undefined ? {} : { date_time: { type: from.length > to.length ? ARRIVE : LEAVE, value: wall } }),
    };
    return { method: "POST", url: addressOf(connector.url, "/sources_to_targets", ""), body: JSON.stringify(body) };
  },
  read(status, text, tile): Reading {
    const body = jsonOf(text);
    const said = Said.safeParse(body);
    const outside = readStatus(status, said.data?.error);
    if (outside !== null) return outside;
    if (said.success) return readCode(status, said.data);
    if (status >= 400) return { type: "refused", why: toldOf(status, "") };
    return readMatrix(body, tile) ?? { type: "broken", why: toldOf(status, "no matrix as it was asked for") };
  },
};

function readMatrix(body: unknown, tile: Tile): Reading | null {
  const parsed = Matrix.safeParse(body);
  if (!parsed.success) return null;
  const { sources_to_targets: given, units } = parsed.data;
  const times = "durations" in given ? given.durations : given.map((row) => row.map(({ time }) => time));
  const lengths = "durations" in given ? given.distances : given.map((row) => row.map(({ distance }) => distance));
  const ms = flat(times, tile, 1_000);
  const m = flat(lengths, tile, M_IN[units]);
  return ms === null || m === null ? null : { type: "table", ms, m };
}

function readCode(status: number, { error_code: code, error = "" }: z.infer<typeof Said>): Reading {
  const why = toldOf(status, `${code} ${error}`.trim());
  if (TOO_BIG.includes(code)) return { type: "too-big", why };
  if (NO_WAY.includes(code)) return { type: "no-way", why };
  if (code === TOO_FAR) return { type: "too-far", why };
  return code === UNKNOWN ? { type: "unknown", why } : { type: "refused", why };
}
