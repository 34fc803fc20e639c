/**
 * The line to a routing server: which part of the table is asked for next, and what the end of a call means. A breaker stands before it, and what
 * a server can't answer as a whole is asked for in halves. Nothing here calls anything; what outlives a restart is `LineState`, plain values.
 *
 *   need ─▶ tile ─▶ request ═════▶ server            unknown place, too much, out of order
 *    ▲                               ║                 └─▶ halves, as long as the budget of the tile lasts; then: no answer
 *    └──── what is old or missing ◀══╝ known
 */
import { ask, CLOSED, tell, type Breaker } from "../../../contracts/breaker.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import { hoursOf, KEEP_MS, renewOf, UNANSWERED_MS } from "./age.ts";
import type { Cell } from "./grid.ts";
import { hoursAt, nextHoursAt, wallOf, type Hours } from "./hour.ts";
import { UNANSWERED, UNREACHABLE, type Known, type Table } from "./known.ts";
import type { PlaceOf, Request, Reading, RoutingServer } from "./server.ts";
import { narrow, probeOf, suspectsOf, type Suspects } from "./suspect.ts";
import { halvesOf, nextTile, type Limits, type Need, type Tile } from "./tile.ts";

/** Answers for other hours are asked for so long before these begin. */
const AHEAD_MS = 15 * 60_000;

/** Requests that one tile may come to in halves: one bad place of a hundred is found in fourteen. */
const REQUESTS_A_TILE = 32;
/** Places that a server may not know, be they half of all that are asked about. */
const OFF_ROAD_MIN = 32;
/** Times that the same tile is sent while the server is out of order; then it may be the tile. */
const ATTEMPTS_MAX = 3;
/** A request is made smaller so many times, four times fewer pairs each. */
const HALVINGS_MAX = 5;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** While we are not let in, somebody has to change something. */
const REFUSED_MS = 5 * 60_000;
/** What a server may ask us to wait. */
const RETRY_AFTER_MS_MAX = 10 * 60_000;

/** `halvings`: how much smaller than usual requests must be for this server. `dueAt`: nothing is sent before. `why`: of the latest call that failed. */
export type LineState = {
  readonly breaker: Breaker;
  readonly halvings: number;
  readonly failures: number;
  readonly dueAt: Millis;
  readonly why?: string;
  /** Places that the server does not know, and until when they are not asked about. */
  readonly offRoad: readonly (readonly [cell: Cell, until: Millis])[];
};

export const FIRST: LineState = { breaker: CLOSED, halvings: 0, failures: 0, dueAt: 0, offRoad: [] };

export type Job = {
  readonly tile: Tile;
  readonly hours: Hours;
  readonly wall?: string;
  readonly attempts: number;
  /** Requests that are left for the tile and its halves, together. */
  readonly budget: { left: number };
  /** It is looked for the place that the server does not know, among those of `whole`. */
  readonly search?: { readonly suspects: Suspects; readonly whole: Tile };
};

/** What came back: an answer of any kind, none in time, or none at all. */
export type Reply =
  | { readonly type: "answer"; readonly status: number; readonly text: string; readonly retryAfterMs?: Millis }
  | { readonly type: "timeout" }
  | { readonly type: "failed"; readonly why: string };

/** `until` null: nothing is wanted. */
export type Turn = { readonly send: Request; readonly job: Job; readonly round: number } | { readonly wait: Millis | null };

export type Line = {
  state(): LineState;
  wants(need: Need): void;
  next(now: Millis): Turn;
  /** What is known from now on, to be kept. */
  ended(job: Job, round: number, reply: Reply, now: Millis): readonly Table[];
};

export type LineParts = {
  readonly connector: TravelConnector;
  readonly server: RoutingServer;
  readonly timeZone: string;
  readonly known: Known;
  readonly state: LineState;
  readonly exactly?: PlaceOf;
};

type Settled = { readonly key: string; readonly until: Millis; readonly places: ReadonlyMap<Cell, boolean> };
const UNSETTLED: Settled = { key: "", until: Infinity, places: new Map() };

export function openLine({ connector, server, timeZone, known, state: begun, exactly }: LineParts): Line {
  let state = begun;
  let queue: readonly Job[] = [];
  let need: Need = { active: [], ahead: [] };
  let wanted: ReadonlySet<Cell> = new Set();
  let actives: ReadonlySet<Cell> = new Set();
  /** Places that lacked nothing when all was looked through, and whether each was active then. */
  let settled: Settled = UNSETTLED;
  /** How far this time, by hours. */
  const looked = new Map<Hours, { readonly index: number; readonly renewAt: Millis }>();

  function pick(now: Millis): Job | { readonly wait: Millis | null } {
    const asks = askable(now);
    const key = asks.map(({ hours }) => hours).join(" ");
    if (settled.key !== key || now >= settled.until || settled.until - now > KEEP_MS) settled = { ...UNSETTLED, key };
    const off = new Map(state.offRoad.filter(([, until]) => until > now && until - now <= UNANSWERED_MS));
    for (const { hours, wall } of asks) {
      const begun = looked.get(hours) ?? { index: 0, renewAt: Infinity };
      let { renewAt } = begun;
      const isDue = (from: Cell, to: Cell): boolean => {
        if (off.has(from) || off.has(to)) return false;
        const way = known.way(hours, from, to);
        if (way === undefined || way.at > now) return true;
        const dueAt = renewOf(way, connector);
        if (dueAt > now) renewAt = Math.min(renewAt, dueAt);
        return dueAt <= now;
      };
      const found = nextTile({ need, isDue, isSettled, start: begun.index }, limitsOf(server.limits, state.halvings));
      looked.set(hours, { index: found?.index ?? need.active.length + need.ahead.length, renewAt });
      if (found !== null) return { tile: found.tile, hours, ...(wall === undefined ? {} : { wall }), attempts: 0, budget: { left: REQUESTS_A_TILE } };
    }
    const until = Math.min(settled.until, ...off.values(), ...[...looked.values()].map(({ renewAt }) => renewAt));
    const places = [...need.active.map((cell) => [cell, true] as const), ...need.ahead.map((cell) => [cell, false] as const)];
    settled = { key, until, places: new Map(places) };
    looked.clear();
    // Where it can't be asked about hours that come, it is asked when they have come.
    const turnAt = connector.traffic === true && wanted.size > 0 ? nextHoursAt(now, timeZone) : Infinity;
    const turn = server.knowsHours && turnAt - AHEAD_MS > now ? turnAt - AHEAD_MS : turnAt;
    const wait = Math.min(until, turn);
    return { wait: wait === Infinity ? null : wait };
  }

  /** All its ways are known and not old; one that was only ahead and is active now has more of them. */
  function isSettled(cell: Cell): boolean {
    const wasActive = settled.places.get(cell);
    return wasActive !== undefined && (wasActive || !actives.has(cell));
  }

  /** Hours that can be asked about now: these, and those that come soon where the server knows of hours. */
  function askable(now: Millis): readonly { readonly hours: Hours; readonly wall?: string }[] {
    const hours = hoursOf(connector, now, timeZone);
    if (connector.traffic !== true || !server.knowsHours) return [{ hours }];
    const nextAt = nextHoursAt(now, timeZone);
    const soon = nextAt - now <= AHEAD_MS ? [{ hours: hoursAt(nextAt, timeZone), wall: wallOf(nextAt, timeZone) }] : [];
    return [{ hours, wall: wallOf(now, timeZone) }, ...soon];
  }

  function learn(job: Job, ms: Int32Array, m: Int32Array, now: Millis): readonly Table[] {
    const at = new Uint32Array(ms.length).fill(Math.floor(now / 1_000));
    const table: Table = { hours: job.hours, from: job.tile.from, to: job.tile.to, ms, m, at };
    known.take(table, wanted);
    return [table];
  }

  function nothingFor(job: Job, tile: Tile, ms: number, now: Millis): readonly Table[] {
    const pairs = tile.from.length * tile.to.length;
    return pairs === 0 ? [] : learn({ ...job, tile }, new Int32Array(pairs).fill(ms), new Int32Array(pairs), now);
  }

  /** Had it found a single one, it would have answered. */
  function noWay(job: Job, now: Millis): readonly Table[] {
    const tables = nothingFor(job, job.tile, UNREACHABLE, now);
    return job.search === undefined ? tables : [...tables, ...follow(job, job.search.whole, narrow(job.search.suspects, false), now)];
  }

  /** The tile in smaller parts, or what is known of it when there are none, or no more requests for it. */
  function cut(job: Job, now: Millis): readonly Table[] {
    if (job.search !== undefined) return nothingFor(job, job.search.whole, UNANSWERED, now);
    const parts = halvesOf(job.tile);
    if (parts.length === 0) return nothingFor(job, job.tile, UNANSWERED, now);
    if (job.budget.left < parts.length) return nothingFor(job, job.tile, UNANSWERED, now);
    job.budget.left -= parts.length;
    queue = [...parts.map((tile) => ({ ...job, tile, attempts: 0 })), ...queue];
    return [];
  }

  /** Some place of the tile is not known to the server: looked for, and then the tile is asked for without it. */
  function look(job: Job, place: number | undefined, now: Millis): readonly Table[] {
    const whole = job.search?.whole ?? job.tile;
    const cells = [...new Set([...job.tile.from, ...job.tile.to])];
    const told = place === undefined ? undefined : cells[place];
    if (told !== undefined) return without(job, whole, told, now);
    if (cells.length === 1) return without(job, whole, cells[0] ?? 0, now);
    return follow(job, whole, job.search === undefined ? suspectsOf(cells) : narrow(job.search.suspects, true), now);
  }

  function follow(job: Job, whole: Tile, found: Cell | Suspects, now: Millis): readonly Table[] {
    if (typeof found === "number") return without(job, whole, found, now);
    if (job.budget.left < 1) return nothingFor(job, whole, UNANSWERED, now);
    job.budget.left--;
    queue = [{ ...job, tile: probeOf(found), attempts: 0, search: { suspects: found, whole } }, ...queue];
    return [];
  }

  function without(job: Job, whole: Tile, cell: Cell, now: Millis): readonly Table[] {
    const left = state.offRoad.filter(([one, until]) => one !== cell && until > now && wanted.has(one));
    state = { ...state, offRoad: [...left, [cell, now + UNANSWERED_MS]] };
    if (state.offRoad.length > OFF_ROAD_MIN && state.offRoad.length * 2 > wanted.size) {
      state = { ...state, dueAt: now + REFUSED_MS, why: "the server's map holds hardly any of our places" };
      queue = [];
      return [];
    }
    const tile = { from: whole.from.filter((one) => one !== cell), to: whole.to.filter((one) => one !== cell) };
    if (tile.from.length === 0 || tile.to.length === 0) return [];
    if (job.budget.left < 1) return nothingFor(job, tile, UNANSWERED, now);
    job.budget.left--;
    const { search: _search, ...rest } = job;
    queue = [{ ...rest, tile, attempts: 0 }, ...queue];
    return [];
  }

  function failed(job: Job, why: string, retryAfterMs: Millis, now: Millis): readonly Table[] {
    const failures = state.failures + 1;
    const waitMs = Math.max(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures - 1, 10)), Math.min(RETRY_AFTER_MS_MAX, retryAfterMs));
    state = { ...state, failures, dueAt: now + waitMs, why };
    const attempts = job.attempts + 1;
    if (attempts >= ATTEMPTS_MAX) return cut(job, now);
    queue = [{ ...job, attempts }, ...queue];
    return [];
  }

  /** What it holds is still due, and is asked for by smaller requests. */
  function smaller(job: Job, now: Millis): readonly Table[] {
    const { side, places, pairs } = limitsOf(server.limits, state.halvings);
    const { from, to } = job.tile;
    const fits = Math.max(from.length, to.length) <= side && from.length * to.length <= pairs && from.length + to.length <= places;
    if (fits && state.halvings === HALVINGS_MAX) return cut(job, now);
    if (fits) state = { ...state, halvings: state.halvings + 1 };
    looked.clear();
    return [];
  }

  function read(job: Job, reading: Reading, retryAfterMs: Millis, now: Millis): readonly Table[] {
    switch (reading.type) {
      case "table": {
        const tables = learn(job, reading.ms, reading.m, now);
        return job.search === undefined ? tables : [...tables, ...follow(job, job.search.whole, narrow(job.search.suspects, false), now)];
      }
      case "no-way":
        return noWay(job, now);
      case "too-far":
        return cut(job, now);
      case "unknown":
        return look(job, reading.place, now);
      case "too-big":
        return smaller(job, now);
      case "refused":
        state = { ...state, dueAt: now + REFUSED_MS, why: reading.why };
        queue = [];
        return [];
      case "broken":
        return failed(job, reading.why, retryAfterMs, now);
    }
  }

  return {
    state: () => state,
    wants: (wish) => {
      need = wish;
      wanted = new Set([...wish.active, ...wish.ahead]);
      actives = new Set(wish.active);
      looked.clear();
      queue = queue.filter(({ tile }) => tile.from.some((cell) => wanted.has(cell)) && tile.to.some((cell) => wanted.has(cell)));
    },
    next: (now) => {
      // Further away than it is ever set: the clock was put back.
      if (now < state.dueAt && state.dueAt - now <= RETRY_AFTER_MS_MAX) return { wait: state.dueAt };
      const [first] = queue;
      const job = first ?? pick(now);
      if ("wait" in job) return job;
      const permission = ask(state.breaker, now);
      if (!permission.go) return { wait: permission.until };
      queue = queue.slice(1);
      state = { ...state, breaker: permission.breaker };
      const { tile, wall } = job;
      const asked = { connector, tile, ...(wall === undefined ? {} : { wall }), ...(exactly === undefined ? {} : { exactly }) };
      return { send: server.requestOf(asked), job, round: permission.round };
    },
    ended: (job, round, reply, now) => {
      const reading = reply.type === "answer" ? server.read(reply.status, reply.text, job.tile) : null;
      const outcome = reply.type === "timeout" ? "timeout" : reading === null || reading.type === "broken" ? "bad" : "ok";
      const breaker = tell(state.breaker, round, outcome, now);
      if (reading === null || reply.type !== "answer") {
        state = { ...state, breaker };
        return failed(job, reply.type === "failed" ? reply.why : "no answer in time", 0, now);
      }
      if (outcome === "ok") {
        const { why: _why, ...rest } = state;
        state = { ...rest, breaker, failures: 0, dueAt: 0 };
      } else state = { ...state, breaker };
      return read(job, reading, reply.retryAfterMs ?? 0, now);
    },
  };
}

function limitsOf({ side, places, pairs }: Limits, halvings: number): Limits {
  return { side: Math.max(1, side >> halvings), places: Math.max(2, places >> halvings), pairs: Math.max(1, pairs >> (2 * halvings)) };
}
