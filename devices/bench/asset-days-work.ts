/**
 * Some asset lives through the product's own path: messages of devices → the fold that the Intake runs, with the model in the runtime → verdicts →
 * the unit's stages, timers included → tickets. Beside it, on the very same rows, the peers: fixed limits alone, and the fleet's z-scores.
 */
import { Asset } from "../../contracts/asset.ts";
import { Customer } from "../../contracts/customer.ts";
import { Device } from "../../contracts/device.ts";
import type { Alarm } from "../../contracts/alarm.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { nextAsk, onAnswer, onDue, onScores, onTelemetry, onVerdicts } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged, Tracks } from "../../edge/journey/track.ts";
import { takeTrace } from "../../edge/journey/view.ts";
import { commit, startWorld, type World } from "../../edge/sim/world.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { pumpDuty } from "../../hub/catalogue/pump-duty.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { boundsOf } from "./asset-days-bounds.ts";
import { instantOf, isOver, nextMessage, startLife, type Life, type LifeKind } from "../simulator/asset/life.ts";

/** Rows of a device in one message: within the template's lateness bound, all of them are of now. */
const MESSAGE_S = 20;
/** Somebody goes, finds nothing, and calls the job off: the promise of p2 for being there. */
const VISIT_MS = 4 * 3_600_000;
const CHECKPOINT_S = 600;

/** Lives that go through the model together: the next one begins when one is over. */
export const TOGETHER = 50;

/** What is asked about. */
export const OURS = "pump-duty";

export type Piece = {
  readonly kind: LifeKind;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  readonly days: number;
  /** The peers, too. */
  readonly peers: boolean;
  /** Only the bounds, without the journey. */
  readonly bounds?: true;
};

/** A job that was opened: what raised it. */
export type Opened = {
  readonly at: number;
  readonly rule: string;
  readonly faultMode: string;
  readonly channels: readonly string[];
  readonly severity: string;
};
export type Lived = {
  readonly id: string;
  readonly kind: LifeKind;
  /** Kind of fault, and how long its course is; null for a healthy one. */
  readonly fault: string | null;
  readonly lengthMs: number;
  readonly days: number;
  readonly onsetAt: number;
  /** Functional failure; -1: within the watch it did not come. */
  readonly failedAt: number;
  readonly endedAt: number;
  readonly alarms: number;
  readonly tickets: Readonly<Record<string, readonly Opened[]>>;
};
export type Done = { readonly lives: readonly Lived[]; readonly rows: number; readonly scored: number; readonly cpuMs: number };

type Run = { readonly name: string; readonly tracks: Tracks; readonly scorer: Scorer; readonly scenario: Scenario; readonly units: Map<string, Unit> };
type Unit = { readonly world: World; readonly opened: Opened[]; readonly visits: { at: number; ticket: string }[]; alarms: number };

/** What is asked about first, then its peers: each of their alarms is a job. */
async function runsOf(lives: readonly Life[], peers: boolean): Promise<readonly Run[]> {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("a template has a profile");
  const fleet: Scenario = {
    ...pumpVibration,
    profiles: [{ ...profile, model: "fleet" }],
    judge: { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 },
  };
  const runs: Run[] = [];
  const asked = [
    [OURS, pumpDuty, lives],
    ["every alarm of the model a job", pumpVibration, peers ? lives : []],
    ["fleet z-score", fleet, peers ? lives : []],
  ] as const;
  for (const [name, scenario, watched] of asked) {
    if (watched.length === 0) continue;
    const scorer = await openModelFile(modelPath(scenario.profiles[0]?.model ?? ""));
    if (isRefusal(scorer)) throw new Error(scorer.rule);
    const devices = watched.map(({ id }) => Device.parse({ id, asset: id, profile: profile.id, name: id, addedAt: 0 }));
    const tracks = startTracks({ unit: "asset-days", version: 1, scenario, devices, openAccess: false }, () => scorer.hash, []);
    runs.push({ name, tracks, scorer, scenario, units: new Map(watched.map((life) => [life.id, unitOf(life, scenario)])) });
  }
  return runs;
}

function unitOf({ id, startAt }: Life, scenario: Scenario): Unit {
  const place = { lat: 28.2, lon: 112.9 };
  const customer = Customer.parse({ id: "works", name: "Works" });
  const asset = Asset.parse({ id, name: id, kind: "pump", model: "made", customer: "works", position: place, moves: false, installedAt: startAt });
  const world = startWorld(scenario, [
    { family: "customer", id: customer.id, after: customer },
    { family: "asset", id: asset.id, after: asset },
  ]);
  return { world, opened: [], visits: [], alarms: 0 };
}

/** All of a piece; the same piece gives the same lives. */
export async function doPiece({ kind, seed, from, count, days, peers, bounds }: Piece): Promise<Done> {
  const cpu = process.cpuUsage();
  const lives = Array.from({ length: count }, (_, i) => startLife(kind, seed, from + i, days));
  if (bounds === true) {
    const bound = lives.map((life) => ({ ...boundsOf(life), life }));
    const { user, system } = process.cpuUsage(cpu);
    return {
      lives: bound.map(({ life, opened }) => ({ ...lived(life, []), tickets: opened })),
      rows: bound.reduce((sum, one) => sum + one.rows, 0),
      scored: 0,
      cpuMs: (user + system) / 1_000,
    };
  }
  const runs = await runsOf(lives, peers);
  const encoder = new TextEncoder();
  let rows = 0;
  // The longest first: in the end calls of the model would be of a few rows, and a call costs as much as fifty of them.
  const waiting = lives.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  const live = waiting.splice(0, TOGETHER);
  for (let second = 0; live.length > 0; second += MESSAGE_S) {
    const messages: Logged[] = [];
    for (const life of live) {
      const text = nextMessage(life, MESSAGE_S, () => rows++);
      if (text !== null) messages.push({ device: life.id, payload: encoder.encode(text), arrivedAt: instantOf(life) + 50 });
    }
    for (const run of runs) {
      onTelemetry(run.tracks, messages);
      const verdicts = await settle(run);
      for (const life of live) {
        const unit = run.units.get(life.id);
        if (unit !== undefined) advance(unit, verdicts.get(life.id) ?? [], instantOf(life) + 100);
      }
      if (second % CHECKPOINT_S === 0) takeTrace(run.tracks);
    }
    for (let i = live.length - 1; i >= 0; i--) {
      const life = live[i];
      if (life === undefined || !isOver(life)) continue;
      const next = waiting.shift();
      live.splice(i, 1, ...(next === undefined ? [] : [next]));
    }
  }
  const spent = process.cpuUsage(cpu);
  return {
    lives: lives.map((life) => lived(life, runs)),
    rows,
    scored: runs[0]?.tracks.counters.scored ?? 0,
    cpuMs: (spent.user + spent.system) / 1_000,
  };
}

/** About how long it is watched, in seconds. */
function lengthOf({ fault, seconds }: Life): number {
  return fault === null ? seconds : fault.onset + fault.lengthS;
}

async function settle({ tracks, scorer }: Run): Promise<ReadonlyMap<string, readonly Verdict[]>> {
  const verdicts: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) verdicts.push(...onScores(tracks, ask, await scorer.run(ask)).verdicts);
  return Map.groupBy(verdicts, ({ device }) => device);
}

/** The unit of one asset hears its verdicts, then what came due meanwhile, and its visits end. */
function advance(unit: Unit, verdicts: readonly Verdict[], now: number): void {
  const { world } = unit;
  for (const [key, { at, due }] of Object.entries(world.kept.timers)) {
    if (at > now) continue;
    delete world.kept.timers[key];
    // Nobody is there to be sent: what only asks again who is changes nothing here.
    if (due.type === "dispatch-again") continue;
    take(unit, onDue(world.view, due, at, world.newId), at);
  }
  if (verdicts.length > 0) take(unit, onVerdicts(world.view, verdicts, now, world.newId), now);
  for (const visit of unit.visits.filter(({ at }) => at <= now)) {
    unit.visits.splice(unit.visits.indexOf(visit), 1);
    const decided = onAnswer(world.view, { type: "cancel", ticket: visit.ticket as never, by: "desk", why: "nothing found" }, now, world.newId);
    if (!isRefusal(decided)) take(unit, decided, now);
  }
}

function take(unit: Unit, decided: ReturnType<typeof onVerdicts>, now: number): void {
  const { world, opened } = unit;
  const known = new Set(world.view.list("ticket").map(({ id }) => id));
  commit(world, decided);
  world.kept.decisions.length = 0;
  unit.alarms += decided.because.filter(({ step, outcome }) => step === "alarm" && outcome.startsWith("raised")).length;
  for (const ticket of world.view.list("ticket")) {
    if (known.has(ticket.id)) continue;
    const alarm: Alarm | undefined = ticket.alarm === undefined ? undefined : world.view.get("alarm", ticket.alarm);
    opened.push({
      at: ticket.openedAt,
      rule: alarm?.rule ?? "model",
      faultMode: ticket.faultMode,
      severity: alarm?.severity ?? "low",
      channels: (alarm?.evidence ?? []).filter(({ share }) => share >= 0.2).map(({ channel }) => channel),
    });
    unit.visits.push({ at: now + VISIT_MS, ticket: ticket.id });
  }
}

function lived(life: Life, runs: readonly Run[]): Lived {
  const { id, kind, fault, failing, watched, failedAt, startAt } = life;
  const at = (second: number): number => (second < 0 ? -1 : startAt + second * 1_000);
  return {
    id,
    kind,
    fault: fault?.kind ?? failing?.kind ?? null,
    lengthMs: (fault?.lengthS ?? failing?.lengthS ?? 0) * 1_000,
    days: watched / 86_400,
    onsetAt: at(fault?.onset ?? failing?.onset ?? -1),
    failedAt: at(failedAt),
    endedAt: instantOf(life),
    alarms: runs[0]?.units.get(id)?.alarms ?? 0,
    tickets: Object.fromEntries(runs.flatMap(({ name, units }) => (units.has(id) ? [[name, units.get(id)?.opened ?? []]] : []))),
  };
}
