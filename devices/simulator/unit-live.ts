/**
 * A unit in virtual time: the journey's unit half over a store in memory, its timers and its line to a warehouse. One input is one
 * commit, as in the shell; whoever wants to know hears each commit.
 */
import { createHash } from "node:crypto";
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { Change } from "../../contracts/entity.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import type { Proposal } from "../../edge/dispatch/replan/ask.ts";
import { onAnswer, onDue, onProposal, onVerdicts } from "../../edge/journey.ts";
import { onAction } from "../../edge/journey/fan-out.ts";
import { startRandom } from "../../edge/sim/random.ts";
import { SHORT, startWarehouse } from "../../edge/sim/wms.ts";
import { commit, startWorld, type World } from "../../edge/sim/world.ts";
import type { Agenda } from "./agenda.ts";
import { between, randomOf } from "./random.ts";
import type { DemoSite } from "./site.ts";

/** A call to the warehouse and back. */
const WMS_MS = [100, 1_500] as const;
/**
 * What the warehouse lacks for a kit comes by courier from another one: nobody has published how long that takes, so it is assumed, within the four
 * hours that same-day deliveries of spare parts are sold with.
 */
const DELIVERED_MS = [3_600_000, 4 * 3_600_000] as const;
export const PARTS = { source: "assumed", short: SHORT, deliveredMs: DELIVERED_MS } as const;
/** A notice to a team's inbox. */
const TEAM_MS = 250;
/** After a call that failed: doubled each time, up to the last. */
const WMS_AGAIN_MS = [1_000, 30_000] as const;

/** The input by which a plan comes in. */
export const PROPOSAL = "proposal";

export type LiveUnit = {
  readonly world: World;
  hear(verdicts: readonly Verdict[], at: number): void;
  /** Null when it was taken. */
  say(answer: Answer, at: number): Refusal | null;
  /** A plan of its planner. Null when it was taken. */
  take(proposal: Proposal, at: number): Refusal | null;
  /** Over every input and everything that followed from it, in order. */
  digest(): string;
};

/** Hears what was committed and by which input, after the unit has set its own timers for it. */
export type Tell = (decided: Decided, at: number, input: string) => void;

export function startLiveUnit(scenario: Scenario, site: DemoSite, seed: number, agenda: Agenda, tell: Tell): LiveUnit {
  const world = startWorld(scenario, changesOf(site));
  const courier = randomOf(seed, "courier");
  const warehouse = startWarehouse(startRandom(seed), () => Math.round(between(courier, ...DELIVERED_MS)));
  const chance = randomOf(seed, "wms");
  const hash = createHash("sha256");

  /** `besides` is committed with it. */
  function input(name: string, at: number, decided: Decided, besides: () => void = () => undefined): void {
    besides();
    commit(world, decided);
    hash.update(`${at} ${name} ${JSON.stringify(decided)}\n`);
    for (const timer of decided.timers) if ("set" in timer) arm(timer.set, at);
    for (const change of decided.changes) if (change.family === "action" && change.after?.state === "due") carryOut(change.id, at + TEAM_MS);
    for (const { key } of decided.asks) call(key, at + Math.round(between(chance, ...WMS_MS)));
    tell(decided, at, name);
  }

  function arm(key: string, now: number): void {
    const timer = world.kept.timers[key];
    if (timer === undefined) return;
    const at = Math.max(now, timer.at);
    agenda.plan(at, () => {
      if (world.kept.timers[key]?.at !== timer.at) return;
      input(timer.due.type, at, onDue(world.view, timer.due, at, world.newId), () => void delete world.kept.timers[key]);
    });
  }

  /** A team's inbox takes what it is told. */
  function carryOut(key: string, at: number): void {
    agenda.plan(at, () => {
      for (const type of ["begin", "done"] as const) {
        if (world.view.get("action", key)?.state !== "due") return;
        const decided = onAction(world.view, key, { type }, "", at);
        if (!isRefusal(decided)) input("action", at, decided);
      }
    });
  }

  function call(key: string, at: number): void {
    agenda.plan(at, () => perform(key, at));
  }

  function perform(key: string, at: number): void {
    const row = world.kept.asks[key];
    if (row === undefined) return;
    const reply = warehouse.call(row.ask, at);
    if ("failed" in reply) {
      row.attempts += 1;
      say({ type: "unreachable", kit: row.ask.kit, key, attempts: row.attempts, why: reply.failed }, at);
      return call(key, at + Math.min(WMS_AGAIN_MS[1], WMS_AGAIN_MS[0] * 2 ** row.attempts));
    }
    delete world.kept.asks[key];
    if (reply.answer !== null) say(reply.answer, at);
  }

  function say(answer: Answer, at: number): Refusal | null {
    const decided = onAnswer(world.view, answer, at, world.newId);
    if (isRefusal(decided)) return decided;
    input(answer.type, at, decided);
    return null;
  }

  return {
    world,
    say,
    take(proposal, at) {
      const decided = onProposal(world.view, proposal, at, world.newId);
      if (isRefusal(decided)) return decided;
      if (decided.changes.length + decided.because.length > 0) input(PROPOSAL, at, decided);
      return null;
    },
    hear: (verdicts, at) => input("verdicts", at, onVerdicts(world.view, verdicts, at, world.newId)),
    digest: () => hash.copy().digest("hex"),
  };
}

function changesOf(site: DemoSite): readonly Change[] {
  return [
    ...site.customers.map((after) => ({ family: "customer", id: after.id, after }) as const),
    ...site.assets.map((after) => ({ family: "asset", id: after.id, after }) as const),
    ...site.devices.map((after) => ({ family: "device", id: after.id, after }) as const),
    ...site.engineers.map((after) => ({ family: "engineer", id: after.id, after }) as const),
    ...site.repairs.map((after) => ({ family: "repair", id: after.id, after }) as const),
  ];
}
