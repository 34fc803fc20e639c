/**
 * Before an engineer is asked to go: are the parts of the kit with them, at a depot on the way, or nowhere in time? What is missing blocks the
 * job, and the ways out are told with what each costs: another part, another depot, another engineer, a van to meet, a later day.
 */
import type { PartCount } from "../../contracts/asset.ts";
import type { Citation } from "../../contracts/diagnosis.ts";
import type { DepotId, EngineerId, KitId, PartId } from "../../contracts/ids.ts";
import type { Millis, Place } from "../../contracts/instant.ts";
import { type Depot, depotOf, type StockLevel, type StockPlace, vanOf } from "../../contracts/stock.ts";
import type { Travel } from "../../contracts/travel.ts";
import { availableOf } from "./stock.ts";

/** A way round that costs more is no longer "on the way": it is proposed, not assumed. */
export const DETOUR_MS_MAX = 30 * 60_000;
/** To find the parts and load them. */
export const LOAD_MS = 10 * 60_000;
/** Depots that are looked at: the nearest ones. Pairs of twenty are 380 ways. */
const DEPOTS_MAX = 20;
/** Ways out that are told. */
export const ALTERNATIVES_MAX = 8;

export type Van = { readonly engineer: EngineerId; readonly place: Place; readonly freeAt: Millis };

export type Situation = {
  readonly kit: KitId;
  readonly asset: Place;
  readonly now: Millis;
  /** When the visit must begin; absent: there is no hurry. */
  readonly by?: Millis;
  readonly depots: readonly Depot[];
  /** The other engineers who could do the job, or hand parts over. `able`: who could do it. */
  readonly vans: readonly (Van & { readonly able: boolean })[];
  readonly travel: Travel;
  level(place: StockPlace, part: PartId): StockLevel | undefined;
  /** When somebody can get in, at or after an instant; Infinity: never. */
  openAt(depot: Depot, at: Millis): Millis;
  substitutesOf(part: PartId): readonly { readonly part: PartId; readonly cite: Citation }[];
  /** How long an order takes; undefined: nobody knows. */
  leadMsOf(part: PartId): Millis | undefined;
};

/** What a way by depots depends on. */
export type Ground = Pick<Situation, "kit" | "asset" | "now" | "by" | "depots" | "travel" | "level" | "openAt">;

/** Where one line's pieces come from. `order`: from nowhere that can be reached in time. */
export type LineSource = { readonly part: PartId; readonly quantity: number } & (
  | { readonly from: "van" }
  | { readonly from: "depot"; readonly depot: DepotId }
  | { readonly from: "order"; readonly leadMs?: Millis }
);

/** `arriveAt`: at the asset, with the parts. Alternatives come with the soonest first. */
export type Alternative =
  | { readonly type: "substitute"; readonly part: PartId; readonly by: PartId; readonly quantity: number; readonly cite: Citation; readonly arriveAt: Millis }
  | { readonly type: "depot"; readonly depots: readonly DepotId[]; readonly extraMs: Millis; readonly arriveAt: Millis }
  | { readonly type: "engineer"; readonly engineer: EngineerId; readonly arriveAt: Millis }
  | { readonly type: "transfer"; readonly engineer: EngineerId; readonly parts: readonly PartCount[]; readonly extraMs: Millis; readonly arriveAt: Millis }
  | { readonly type: "later"; readonly leadMs: Millis; readonly arriveAt: Millis };

export type Preflight = {
  /** `depot`: by way of `stops`. `blocked`: not in time; see the alternatives. */
  readonly outcome: "ready" | "depot" | "blocked";
  readonly sources: readonly LineSource[];
  readonly stops: readonly DepotId[];
  readonly arriveAt: Millis;
  readonly extraMs: Millis;
  readonly alternatives: readonly Alternative[];
};

/**
 * What of a kit could not be brought if this engineer went; by which depots the rest comes, and how long they are at each. As `preflight` has it, and
 * asked of every engineer for every job: ways that are too long are not looked at. `inAll`: pieces at all depots together.
 */
export function fetchWay(
  lines: readonly PartCount[],
  van: Van,
  at: Ground & { readonly inAll: (part: PartId) => number },
): { readonly missing: readonly PartCount[]; readonly stops: readonly { readonly depot: Depot; readonly ms: Millis }[] } {
  const missing = missingIn(sumLines(lines), vanOf(van.engineer), at);
  if (missing.length === 0) return { missing, stops: [] };
  const nowhere = missing.flatMap(({ part, quantity }) => (quantity > at.inAll(part) ? [{ part, quantity: quantity - at.inAll(part) }] : []));
  if (nowhere.length > 0) return { missing: nowhere, stops: [] };
  const { way, isOnTheWay } = lookRound(missing, van, at, true);
  if (way === null || !isOnTheWay) return { missing, stops: [] };
  let [place, now] = [van.place, Math.max(at.now, van.freeAt)];
  const stops = way.stops.map((depot) => {
    const there = now + at.travel.leg(place, depot.place).ms;
    now = at.openAt(depot, there) + LOAD_MS;
    place = depot.place;
    return { depot, ms: now - there };
  });
  return { missing: [], stops };
}

/** Where the parts of a kit would come from if this engineer went. Lines of one part are one. Nothing is reserved. */
export function preflight(lines: readonly PartCount[], van: Van, at: Situation): Preflight {
  const wanted = sumLines(lines);
  const missing = missingIn(wanted, vanOf(van.engineer), at);
  const { start, direct, way, isOnTheWay } = lookRound(missing, van, at);
  if (missing.length === 0) {
    const sources = wanted.map((line): LineSource => ({ ...line, from: "van" }));
    return { outcome: "ready", sources, stops: [], arriveAt: direct, extraMs: 0, alternatives: [] };
  }
  const sources = sourcesOf(wanted, missing, isOnTheWay && way !== null ? way.stops : [], at);
  if (isOnTheWay && way !== null)
    return { outcome: "depot", sources, stops: way.stops.map(({ id }) => id), arriveAt: way.arriveAt, extraMs: way.arriveAt - direct, alternatives: [] };
  const alternatives = [
    ...(way === null ? [] : [{ type: "depot" as const, depots: way.stops.map(({ id }) => id), extraMs: way.arriveAt - direct, arriveAt: way.arriveAt }]),
    ...substitutions(wanted, missing, van, start, at),
    ...others(wanted, at),
    ...meetings(missing, van, start, direct, at),
    ...later(missing, van, at),
  ];
  const soonest = alternatives.filter(({ arriveAt }) => Number.isFinite(arriveAt)).toSorted((a, b) => a.arriveAt - b.arriveAt);
  return { outcome: "blocked", sources, stops: [], arriveAt: direct, extraMs: 0, alternatives: soonest.slice(0, ALTERNATIVES_MAX) };
}

type Round = { readonly start: Millis; readonly direct: Millis; readonly way: Way | null; readonly isOnTheWay: boolean };

/** The way round by depots, and whether it is short enough to be assumed. `isBrief`: one that is not is as good as none. */
function lookRound(missing: readonly PartCount[], van: Van, at: Ground, isBrief = false): Round {
  const start = Math.max(at.now, van.freeAt);
  const direct = start + at.travel.leg(van.place, at.asset).ms;
  const latest = Math.min(direct + DETOUR_MS_MAX, at.by ?? Number.MAX_SAFE_INTEGER);
  const way = missing.length === 0 ? null : bestWay(missing, van, start, at, isBrief ? latest : Infinity);
  return { start, direct, way, isOnTheWay: way !== null && way.arriveAt <= latest };
}

/** What a place lacks of the lines, what it keeps for this kit counted in. */
function missingIn(lines: readonly PartCount[], place: StockPlace, at: Pick<Situation, "kit" | "level">): readonly PartCount[] {
  return lines.flatMap(({ part, quantity }) => {
    const short = quantity - availableOf(at.level(place, part), at.kit);
    return short > 0 ? [{ part, quantity: short }] : [];
  });
}

type Way = { readonly stops: readonly Depot[]; readonly arriveAt: Millis };

/** The soonest way to the asset by one depot, or by two, that brings all that is missing; null where no two depots have it, or not until `latest`. */
function bestWay(missing: readonly PartCount[], van: Van, start: Millis, at: Ground, latest = Infinity): Way | null {
  const near = at.depots
    .map((depot) => ({ depot, out: at.travel.leg(van.place, depot.place).ms, on: at.travel.leg(depot.place, at.asset).ms }))
    .filter(({ out, on }) => start + out + LOAD_MS + on <= latest)
    .map((one) => ({ ...one, has: missing.map(({ part }) => availableOf(at.level(depotOf(one.depot.id), part), at.kit)) }))
    .filter(({ has }) => has.some((pieces) => pieces > 0))
    .toSorted((a, b) => a.out + a.on - b.out - b.on || (a.depot.id < b.depot.id ? -1 : 1))
    .slice(0, DEPOTS_MAX);
  let best: Way | null = null;
  const look = (stops: readonly Near[], soonest: Millis): void => {
    if (soonest > latest || (best !== null && soonest >= best.arriveAt)) return;
    if (missing.some(({ quantity }, i) => stops.reduce((sum, { has }) => sum + (has[i] ?? 0), 0) < quantity)) return;
    const depots = stops.map(({ depot }) => depot);
    const arriveAt = arrivalBy(depots, van.place, start, at);
    if (Number.isFinite(arriveAt) && (best === null || arriveAt < best.arriveAt)) best = { stops: depots, arriveAt };
  };
  for (const one of near) look([one], start + one.out + LOAD_MS + one.on);
  for (const one of near) for (const two of near) if (two !== one) look([one, two], start + one.out + 2 * LOAD_MS + two.on);
  return best;
}

/** `out`: to the depot; `on`: from there to the asset; `has`: of each missing line. */
type Near = { readonly depot: Depot; readonly out: Millis; readonly on: Millis; readonly has: readonly number[] };

function arrivalBy(stops: readonly Depot[], from: Place, start: Millis, at: Ground): Millis {
  let [place, now] = [from, start];
  for (const depot of stops) {
    now = at.openAt(depot, now + at.travel.leg(place, depot.place).ms) + LOAD_MS;
    place = depot.place;
  }
  return now + at.travel.leg(place, at.asset).ms;
}

function sourcesOf(wanted: readonly PartCount[], missing: readonly PartCount[], stops: readonly Depot[], at: Situation): readonly LineSource[] {
  return wanted.flatMap(({ part, quantity }): readonly LineSource[] => {
    let short = missing.find((one) => one.part === part)?.quantity ?? 0;
    const own: LineSource[] = quantity > short ? [{ part, quantity: quantity - short, from: "van" }] : [];
    for (const { id } of stops) {
      const some = Math.min(short, availableOf(at.level(depotOf(id), part), at.kit));
      if (some > 0) own.push({ part, quantity: some, from: "depot", depot: id });
      short -= some;
    }
    const leadMs = at.leadMsOf(part);
    return short > 0 ? [...own, { part, quantity: short, from: "order", ...(leadMs === undefined ? {} : { leadMs }) }] : own;
  });
}

/** One part by one that replaces it, where nothing else is missing then, or a depot has the rest. */
function substitutions(wanted: readonly PartCount[], missing: readonly PartCount[], van: Van, start: Millis, at: Situation): readonly Alternative[] {
  return missing.flatMap(({ part }) =>
    at.substitutesOf(part).flatMap(({ part: by, cite }): readonly Alternative[] => {
      const quantity = wanted.find((one) => one.part === part)?.quantity ?? 0;
      const swapped = sumLines(wanted.map((line) => (line.part === part ? { part: by, quantity } : line)));
      const left = missingIn(swapped, vanOf(van.engineer), at);
      const way = left.length === 0 ? { arriveAt: start + at.travel.leg(van.place, at.asset).ms } : bestWay(left, van, start, at);
      return way === null ? [] : [{ type: "substitute", part, by, quantity, cite, arriveAt: way.arriveAt }];
    }),
  );
}

/** Somebody else who can do the job and has it all. */
function others(wanted: readonly PartCount[], at: Situation): readonly Alternative[] {
  return at.vans.flatMap(({ engineer, place, freeAt, able }): readonly Alternative[] =>
    able && missingIn(wanted, vanOf(engineer), at).length === 0
      ? [{ type: "engineer", engineer, arriveAt: Math.max(at.now, freeAt) + at.travel.leg(place, at.asset).ms }]
      : [],
  );
}

/** Somebody else who has what is missing to spare, to be met where they are. */
function meetings(missing: readonly PartCount[], van: Van, start: Millis, direct: Millis, at: Situation): readonly Alternative[] {
  return at.vans.flatMap(({ engineer, place }): readonly Alternative[] => {
    if (engineer === van.engineer || missing.some(({ part, quantity }) => availableOf(at.level(vanOf(engineer), part)) < quantity)) return [];
    const arriveAt = start + at.travel.leg(van.place, place).ms + LOAD_MS + at.travel.leg(place, at.asset).ms;
    return [{ type: "transfer", engineer, parts: missing, extraMs: arriveAt - direct, arriveAt }];
  });
}

/** When everything was ordered and has come, to the depot from which it is brought soonest; none where a part's time is not known. */
function later(missing: readonly PartCount[], van: Van, at: Situation): readonly Alternative[] {
  const leads = missing.map(({ part }) => at.leadMsOf(part));
  if (leads.some((lead) => lead === undefined)) return [];
  const leadMs = Math.max(...leads.map((lead) => lead ?? 0));
  const from = Math.max(at.now + leadMs, van.freeAt);
  const arrivals = at.depots.map((depot) => arrivalBy([depot], van.place, from, at));
  const arriveAt = arrivals.length === 0 ? from + at.travel.leg(van.place, at.asset).ms : Math.min(...arrivals);
  return [{ type: "later", leadMs, arriveAt }];
}

function sumLines(lines: readonly PartCount[]): readonly PartCount[] {
  const pieces = new Map<PartId, number>();
  for (const { part, quantity } of lines) pieces.set(part, (pieces.get(part) ?? 0) + quantity);
  return [...pieces].map(([part, quantity]) => ({ part, quantity }));
}
