/**
 * What a unit can say about a job from what it knows and remembers, stages in order: symptoms → fault mode → what it needs → what was done before →
 * which parts to take. Nothing is written and nothing asked; the same rows give the same advice.
 */
import type { Asset, Repair } from "../../contracts/asset.ts";
import type { Diagnosis } from "../../contracts/diagnosis.ts";
import type { View } from "../../contracts/entity.ts";
import type { FaultModeId, PartId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { KitPrices } from "../../contracts/scenario.ts";
import { type KitLine, listKit } from "../kit/kit-list.ts";
import { cite, entryOf, type Graph } from "../knowledge/graph.ts";
import { type Action, actionsOf, outcomesOf, partsMostUsed, recentRepairs, type Similar, similarRepairs, type Used } from "../knowledge/history.ts";
import { billOf, type Needs, needsOf, substitutesOf } from "../knowledge/hops.ts";
import { diagnose, type Observed } from "../knowledge/symptom.ts";

/** Assets of one model whose repairs are read besides the asset's own: more of them tell nothing new, and each is a query. */
export const SIBLINGS_MAX = 100;
/** Actions and parts that are shown. */
const SHOWN_MAX = 10;

export type Advice = {
  readonly diagnosis: Diagnosis | null;
  /** Of the mode that was diagnosed, or that was given. */
  readonly needs: Needs | null;
  readonly recent: readonly Repair[];
  readonly similar: readonly Similar[];
  /** What was done in similar cases, and how often it held. */
  readonly actions: readonly Action[];
  readonly used: readonly Used[];
  readonly kit: { readonly lines: readonly KitLine[]; readonly left: readonly KitLine[] };
};

/** `faultMode`: when it is settled already; then nothing is diagnosed. `otherwise`: the scenario's default mode. */
export function adviseOn(
  graph: Graph,
  view: View,
  job: { readonly asset: Asset; readonly observed: Omit<Observed, "repairs">; readonly faultMode?: FaultModeId; readonly otherwise: FaultModeId },
  now: Millis,
  prices?: KitPrices,
): Advice {
  const { id, model } = job.asset;
  const { siblings, own, repairs } = remember(view, job.asset);
  const diagnosis = job.faultMode === undefined ? diagnose(graph, model, { ...job.observed, repairs: countByMode(repairs) }, job.otherwise) : null;
  const faultMode = job.faultMode ?? diagnosis?.faultMode ?? job.otherwise;
  const similar = similarRepairs(graph, repairs, [job.asset, ...siblings], { asset: id, model, faultMode }, now);
  const same = similar.map(({ repair }) => repair).filter((repair) => repair.faultMode === faultMode);
  // Of the asset itself only: tickets are large, and a job that followed another one is a repair soon after it, as a rule.
  const followed = new Set(view.list("ticket", { asset: id }).flatMap(({ follows }) => follows ?? []));
  return {
    diagnosis,
    needs: needsOf(graph, faultMode),
    recent: recentRepairs(own, id),
    similar,
    actions: actionsOf(same, outcomesOf(repairs, now, followed)).slice(0, SHOWN_MAX),
    used: partsMostUsed(same).slice(0, SHOWN_MAX),
    kit: kitOf(graph, faultMode, similar, prices),
  };
}

/** Only which fault it is: what an alarm is raised for. */
export function diagnoseOn(
  graph: Graph,
  view: View,
  { asset, observed, otherwise }: { readonly asset: Asset; readonly observed: Omit<Observed, "repairs">; readonly otherwise: FaultModeId },
): Diagnosis | null {
  return diagnose(graph, asset.model, { ...observed, repairs: countByMode(remember(view, asset).repairs) }, otherwise);
}

function remember(
  view: View,
  { id, model }: Asset,
): { readonly siblings: readonly Asset[]; readonly own: readonly Repair[]; readonly repairs: readonly Repair[] } {
  const siblings = view
    .list("asset")
    .filter((asset) => asset.model === model && asset.id !== id)
    .slice(0, SIBLINGS_MAX);
  const own = view.list("repair", { asset: id });
  return { siblings, own, repairs: [...own, ...siblings.flatMap((asset) => view.list("repair", { asset: asset.id }))] };
}

function countByMode(repairs: readonly Repair[]): ReadonlyMap<FaultModeId, number> {
  const done = new Map<FaultModeId, number>();
  for (const { faultMode } of repairs) done.set(faultMode, (done.get(faultMode) ?? 0) + 1);
  return done;
}

function kitOf(graph: Graph, faultMode: FaultModeId, similar: readonly Similar[], prices?: KitPrices): Advice["kit"] {
  const mode = entryOf(graph, "fault-mode", faultMode);
  if (mode === undefined) return { lines: [], left: [] };
  const bill = new Map(mode.components.flatMap((component) => [...billOf(graph, component)]));
  const stands = new Map<PartId, PartId>();
  for (const part of [...mode.parts.map((need) => need.part), ...([...bill.keys()] as PartId[])])
    for (const other of substitutesOf(graph, part)) if (!stands.has(other.part.id) && !bill.has(other.part.id)) stands.set(other.part.id, part);
  const sources = {
    needs: mode.parts,
    needsFrom: cite(mode),
    bill,
    similar: similar.map(({ repair, score }) => ({ id: repair.id, weight: score, parts: repair.parts })),
    weightKgOf: (part: PartId) => entryOf(graph, "part", part)?.weightKg,
    standsFor: (part: PartId) => stands.get(part) ?? part,
  };
  return prices === undefined ? listKit(sources) : listKit(sources, prices);
}
