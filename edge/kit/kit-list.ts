/**
 * Which parts to take along, and how many of each: what the fault mode asks for, what is built into the component, and what visits like this one
 * used. A part is taken as often as having it is worth more than carrying it.
 *
 * Method: for each part the number needed, Q, has a distribution: the entry's own word, weighing as much as PRIOR_VISITS visits, corrected by
 * similar repairs, each by how much it says. Of all quantities q the one is taken whose cost is least, the newsvendor's rule with one price for
 * having to come again:   cost(q) = P(Q > q) · secondVisit + Σ over pieces k ≤ q of P(Q < k) · carrying one.
 */
import type { PartCount } from "../../contracts/asset.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { Citation } from "../../contracts/diagnosis.ts";
import type { PartId, RepairId } from "../../contracts/ids.ts";
import type { PartNeed } from "../../contracts/knowledge.ts";
import { LINES_MAX } from "../../contracts/reservation.ts";
import type { KitPrices } from "../../contracts/scenario.ts";

/** Pieces of one part that are looked at; more of one part in one repair are bulk goods, and counted by the box. */
const PIECES_MAX = 100;
/** Repairs that a line names as its source: the most telling ones. */
const SOURCES_MAX = 5;
/** Visits that what an entry says weighs as much as. */
const PRIOR_VISITS = 5;
/** A part of the component that nobody names is needed in one visit of two hundred. */
const BILL_SHARE = 0.005;

/**
 * To drive there again: an hour and a half of travel both ways, half an hour to be let in and set up, half an hour of the desk's. A line is to
 * be found, loaded, and brought back.
 */
export const KIT_PRICES: KitPrices = { secondVisitMin: 150, lineMin: 4, pieceMin: 0.5, kgMin: 0.5 };

export type KitSources = {
  /** What the fault mode asks for, and the entry that says so. */
  readonly needs: readonly PartNeed[];
  readonly needsFrom: Citation;
  /** The bill of materials of the component at fault. */
  readonly bill: ReadonlyMap<string, { readonly quantity: number; readonly cites: readonly Citation[] }>;
  /** Similar repairs, each with how much it says (0 to 1). */
  readonly similar: readonly { readonly id: RepairId; readonly weight: number; readonly parts: readonly PartCount[] }[];
  weightKgOf(part: PartId): number | undefined;
  /** The part that one stands for: a repair that used a substitute needed what it replaces. */
  standsFor(part: PartId): PartId;
};

/** `probability`: that at least one is needed. `gainMin`: what having it spares on average, after what it costs to carry. */
export type KitLine = PartCount & {
  readonly probability: number;
  readonly gainMin: number;
  readonly because: readonly Reason[];
  readonly cites: readonly Citation[];
  readonly repairs: readonly RepairId[];
};

/** Lines to take, the most valuable first, and those that were looked at and left, with why. Each source may be empty. */
export function listKit(sources: KitSources, prices: KitPrices = KIT_PRICES): { readonly lines: readonly KitLine[]; readonly left: readonly KitLine[] } {
  const used = sources.similar.map((repair) => ({ ...repair, pieces: piecesOf(repair.parts, sources) }));
  const parts = new Set<PartId>([
    ...sources.needs.map(({ part }) => part),
    ...([...sources.bill.keys()] as PartId[]),
    ...used.flatMap(({ pieces }) => [...pieces.keys()]),
  ]);
  const lines = [...parts].map((part) => lineOf(part, sources, used, prices));
  const byGain = (a: KitLine, b: KitLine): number => b.gainMin - a.gainMin || b.probability - a.probability || (a.part < b.part ? -1 : 1);
  const worth = lines.filter(({ gainMin }) => gainMin > 0).toSorted(byGain);
  const surplus = worth.slice(LINES_MAX).map((line) => ({ ...line, because: [...line.because, { code: "kit-full", about: { lines: LINES_MAX } }] }));
  return { lines: worth.slice(0, LINES_MAX), left: [...surplus, ...lines.filter(({ gainMin }) => gainMin <= 0).toSorted(byGain)] };
}

type Used = { readonly id: RepairId; readonly weight: number; readonly pieces: ReadonlyMap<PartId, number> };

function lineOf(part: PartId, sources: KitSources, used: readonly Used[], prices: KitPrices): KitLine {
  const need = sources.needs.find((one) => one.part === part);
  const bill = sources.bill.get(part);
  const chance = chanceOf(part, need, bill?.quantity, used);
  const pieceMin = prices.pieceMin + prices.kgMin * (sources.weightKgOf(part) ?? 0);
  const most = Math.min(PIECES_MAX, Math.max(need?.quantity ?? 0, bill === undefined ? 0 : 1, ...used.map(({ pieces }) => pieces.get(part) ?? 0)));
  let [best, least, without, carried] = [0, chance(1) * prices.secondVisitMin, chance(1) * prices.secondVisitMin, 0];
  for (let q = 1; q <= most; q++) {
    carried += (1 - chance(q)) * (pieceMin + (q === 1 ? prices.lineMin : 0));
    const cost = chance(q + 1) * prices.secondVisitMin + carried;
    if (cost < least) [best, least] = [q, cost];
  }
  const gainMin = without - least;
  const sourced = used.filter(({ pieces }) => pieces.has(part)).toSorted((a, b) => b.weight - a.weight);
  const because: Reason[] = [
    ...(need === undefined ? [] : [{ code: "fault-mode-needs", about: { quantity: need.quantity, probability: need.probability } }]),
    ...(bill === undefined ? [] : [{ code: "in-bill", about: { quantity: bill.quantity } }]),
    ...(used.length === 0 ? [] : [{ code: "used-in-similar", about: { repairs: sourced.length, of: used.length } }]),
    best > 0
      ? { code: "worth-carrying", about: { probability: rounded(chance(1)), gainMin: rounded(gainMin) } }
      : { code: "not-worth-carrying", about: { probability: rounded(chance(1)), threshold: rounded(thresholdOf(pieceMin, prices)) } },
  ];
  return {
    part,
    quantity: Math.max(1, best),
    probability: chance(1),
    gainMin: best > 0 ? gainMin : 0,
    because,
    cites: [...(need === undefined ? [] : [sources.needsFrom]), ...(bill?.cites ?? [])],
    repairs: sourced.slice(0, SOURCES_MAX).map(({ id }) => id),
  };
}

/** The probability from which on one piece is worth its carrying: P · secondVisit > (1 − P) · carrying. */
export function thresholdOf(pieceMin: number, { secondVisitMin, lineMin }: KitPrices): number {
  return (lineMin + pieceMin) / (lineMin + pieceMin + secondVisitMin);
}

/** P(Q ≥ k): the entry's own word and the repairs', by their weights. */
function chanceOf(part: PartId, need: PartNeed | undefined, billed: number | undefined, used: readonly Used[]): (k: number) => number {
  const all = used.reduce((sum, { weight }) => sum + weight, 0);
  return (k) => {
    const said = need !== undefined && k <= need.quantity ? need.probability : billed !== undefined && k === 1 ? BILL_SHARE : 0;
    const seen = used.reduce((sum, { weight, pieces }) => ((pieces.get(part) ?? 0) >= k ? sum + weight : sum), 0);
    return (PRIOR_VISITS * said + seen) / (PRIOR_VISITS + all);
  };
}

function piecesOf(parts: readonly PartCount[], { standsFor }: KitSources): ReadonlyMap<PartId, number> {
  const pieces = new Map<PartId, number>();
  for (const { part, quantity } of parts) pieces.set(standsFor(part), (pieces.get(standsFor(part)) ?? 0) + quantity);
  return pieces;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
