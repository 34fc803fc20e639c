/**
 * What was done before: on the asset itself, and on its kind where the fault was the same or lay close by. From the rows that the unit holds,
 * each with why it is shown.
 */
import type { Asset, Repair } from "../../contracts/asset.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { AssetId, FaultModeId, RepairId } from "../../contracts/ids.ts";
import { type EntryKey, keyOf } from "../../contracts/knowledge.ts";
import type { Millis } from "../../contracts/instant.ts";
import { edgesInto, type Graph, idOf } from "./graph.ts";

const DAY_MS = 86_400_000;
/** After a year a repair says half as much: models are revised, suppliers changed. */
export const HALF_LIFE_MS = 365 * DAY_MS;
/** What sits one level further out in the tree is less alike by this. */
const LEVEL_FACTOR = 0.5;
/** Another fault of the same component, against the same fault. */
const SAME_COMPONENT = 0.6;
/** Components of one model that share nothing but the machine are not alike. */
const SIMILARITY_MIN = 0.25;
/** What happened to this very machine counts for more. */
const OWN_FACTOR = 1.25;
/** The same fault within so long was not mended; a repair is proved when so much has passed without it. */
export const AGAIN_MS = 30 * DAY_MS;
export const SIMILAR_MAX = 50;
const RECENT_MAX = 20;

/** The latest repairs of an asset, newest first. Those dated after `now` come from a clock that is wrong, and are shown as done now. */
export function recentRepairs(repairs: readonly Repair[], asset: AssetId, limit = RECENT_MAX): readonly Repair[] {
  return repairs
    .filter((repair) => repair.asset === asset)
    .toSorted((a, b) => b.doneAt - a.doneAt || (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

/** `score`: similarity × recency, above 0; how much a repair says about the job at hand. */
export type Similar = { readonly repair: Repair; readonly score: number; readonly similarity: number; readonly because: readonly Reason[] };

/**
 * Repairs on assets of the same model with the same fault, or one of the same component or close to it, the most telling first.
 * `assets`: those whose repairs are given; a repair of an asset that is not among them is of no known model, and left out.
 */
export function similarRepairs(
  graph: Graph,
  repairs: readonly Repair[],
  assets: readonly Pick<Asset, "id" | "model">[],
  job: { readonly asset: AssetId; readonly model: string; readonly faultMode: FaultModeId },
  now: Millis,
  limit = SIMILAR_MAX,
): readonly Similar[] {
  const modelOf = new Map(assets.map(({ id, model }) => [id, model]));
  const nearBy = new Map<FaultModeId, ReturnType<typeof likeness>>();
  const found = repairs.flatMap((repair): readonly Similar[] => {
    // A visit that found nothing, or something else, tells nothing of the fault that it was sent for.
    if (modelOf.get(repair.asset) !== job.model || (repair.finding ?? "confirmed-fault") !== "confirmed-fault") return [];
    const like = nearBy.get(repair.faultMode) ?? likeness(graph, job.faultMode, repair.faultMode);
    nearBy.set(repair.faultMode, like);
    if (like === null) return [];
    const isOwn = repair.asset === job.asset;
    const ageMs = Math.max(0, now - repair.doneAt);
    const similarity = Math.min(1, like.similarity * (isOwn ? OWN_FACTOR : 1));
    const because = [like.because, ...(isOwn ? [{ code: "same-asset", about: {} }] : []), { code: "age", about: { days: Math.floor(ageMs / DAY_MS) } }];
    return [{ repair, similarity, score: similarity * 2 ** (-ageMs / HALF_LIFE_MS), because }];
  });
  return found.toSorted((a, b) => b.score - a.score || b.repair.doneAt - a.repair.doneAt || (a.repair.id < b.repair.id ? 1 : -1)).slice(0, limit);
}

/** How alike two faults are by where they sit: 1 for the same; null where they share no component. */
function likeness(graph: Graph, one: FaultModeId, other: FaultModeId): { readonly similarity: number; readonly because: Reason } | null {
  if (one === other) return { similarity: 1, because: { code: "same-fault-mode", about: { faultMode: one } } };
  const above = levels(graph, one);
  let best: { readonly component: string; readonly similarity: number } | null = null;
  for (const [key, level] of levels(graph, other)) {
    const own = above.get(key);
    if (own === undefined) continue;
    const similarity = SAME_COMPONENT * LEVEL_FACTOR ** Math.max(own, level);
    if (best === null || similarity > best.similarity) best = { component: idOf(key), similarity };
  }
  if (best === null || best.similarity < SIMILARITY_MIN) return null;
  const { component, similarity } = best;
  return { similarity, because: { code: "same-component", about: { component, faultMode: other } } };
}

/** The components that a mode belongs to, and those around them, by how far out. */
function levels(graph: Graph, faultMode: FaultModeId): ReadonlyMap<EntryKey, number> {
  const found = new Map<EntryKey, number>();
  let level = edgesInto(graph, keyOf({ kind: "fault-mode", id: faultMode }), "fails-by").map(({ from }) => from);
  for (let n = 0; level.length > 0; n++) {
    for (const key of level) found.set(key, n);
    level = level.flatMap((key) => edgesInto(graph, key, "has").map(({ from }) => from)).filter((key) => key.startsWith("component:") && !found.has(key));
  }
  return found;
}

/** `unproved`: too early to tell. */
export type Outcome = "held" | "came-back" | "unproved";

/** Whether each repair held: the same fault on the same asset within AGAIN_MS says no, and so does a job that had to follow (`followed`: their tickets). */
export function outcomesOf(repairs: readonly Repair[], now: Millis, followed: ReadonlySet<string> = new Set()): ReadonlyMap<RepairId, Outcome> {
  const lines = Map.groupBy(repairs, ({ asset, faultMode }) => `${asset} ${faultMode}`);
  const outcomes = new Map<RepairId, Outcome>();
  for (const line of lines.values()) {
    const rising = line.toSorted((a, b) => a.doneAt - b.doneAt || (a.id < b.id ? -1 : 1));
    rising.forEach((repair, i) => {
      const next = rising[i + 1];
      const again = (repair.ticket !== undefined && followed.has(repair.ticket)) || (next !== undefined && next.doneAt - repair.doneAt < AGAIN_MS);
      outcomes.set(repair.id, again ? "came-back" : now - repair.doneAt >= AGAIN_MS ? "held" : "unproved");
    });
  }
  return outcomes;
}

/** `rate`: held of those that are proved; `atLeast`: the lower end of its 95 % interval (Wilson 1927), by which actions are ranked: one of one is not better than nine of ten. */
export type Action = {
  readonly action: string;
  readonly done: number;
  readonly held: number;
  readonly proved: number;
  readonly rate: number | null;
  readonly atLeast: number;
  readonly last: RepairId;
};

/** What was done and how often it held, the most reliable first. Texts that differ in case, width, blanks or the last stop are one action. */
export function actionsOf(repairs: readonly Repair[], outcomes: ReadonlyMap<RepairId, Outcome>): readonly Action[] {
  const byText = Map.groupBy(
    repairs.filter(({ action }) => plain(action) !== ""),
    ({ action }) => plain(action),
  );
  const actions = [...byText.values()].flatMap((done): readonly Action[] => {
    const [last] = done.toSorted((a, b) => b.doneAt - a.doneAt || (a.id < b.id ? 1 : -1));
    if (last === undefined) return [];
    const told = done.map(({ id }) => outcomes.get(id) ?? "unproved");
    const held = told.filter((one) => one === "held").length;
    const proved = told.filter((one) => one !== "unproved").length;
    return [{ action: last.action, done: done.length, held, proved, rate: proved === 0 ? null : held / proved, atLeast: wilson(held, proved), last: last.id }];
  });
  return actions.toSorted((a, b) => b.atLeast - a.atLeast || b.done - a.done || (a.action < b.action ? -1 : 1));
}

/** `share`: of the repairs given, how many used it; `quantity`: the mean of those that did. */
export type Used = { readonly part: Repair["parts"][number]["part"]; readonly repairs: number; readonly share: number; readonly quantity: number };

export function partsMostUsed(repairs: readonly Repair[]): readonly Used[] {
  const sums = new Map<Used["part"], { repairs: number; pieces: number }>();
  for (const { parts } of repairs) {
    const own = new Map<Used["part"], number>();
    for (const { part, quantity } of parts) own.set(part, (own.get(part) ?? 0) + quantity);
    for (const [part, quantity] of own) {
      const sum = sums.get(part) ?? { repairs: 0, pieces: 0 };
      sums.set(part, { repairs: sum.repairs + 1, pieces: sum.pieces + quantity });
    }
  }
  return [...sums]
    .map(([part, sum]) => ({ part, repairs: sum.repairs, share: sum.repairs / repairs.length, quantity: sum.pieces / sum.repairs }))
    .toSorted((a, b) => b.repairs - a.repairs || (a.part < b.part ? -1 : 1));
}

function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replace(/[\s.。!！;；,，]+$/, "")
    .trim();
}

/** Quantile of the normal distribution for 95 %, both sides. */
const Z95 = 1.96;

function wilson(hits: number, n: number): number {
  if (n === 0) return 0;
  const [p, z2] = [hits / n, Z95 ** 2];
  return Math.max(0, (p + z2 / (2 * n) - Z95 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))) / (1 + z2 / n));
}
