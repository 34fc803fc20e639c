/**
 * A whole unit in virtual time: its fleet, its network, the Intake's fold with the scenario's own model, the unit and its engineers. Every
 * stage is the one that a served unit runs; only who answers an ask and who moves the clock is simulated.
 *
 *   fleet ─▶ onTelemetry ─▶ nextAsk ⇄ ONNX ─▶ onScores ─▶ onVerdicts ─▶ offers ─▶ crew ─▶ onAnswer
 *                                                          timers ─▶ onDue        WMS ─▶ onAnswer        planner ─▶ onProposal
 *
 * The clock moves by turns of a quarter of a second: what arrived within a turn is folded at its end, so that virtual time makes the
 * machine's part up to one turn longer than a served unit's commit does, and leaves out what processors take. `bench accept` measures that.
 */
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Tracks } from "../../edge/journey/track.ts";
import { takeTrace } from "../../edge/journey/view.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { startAgenda } from "./agenda.ts";
import type { MischiefCounts } from "./network.ts";
import { park, simulatedProfile } from "./park.ts";
import type { People } from "./people.ts";
import { startCrew, type Crew } from "./unit-crew.ts";
import { modesOf, startVirtualFleet, TURN_MS } from "./unit-fleet.ts";
import { kpisOf, type Kpis } from "./unit-kpis.ts";
import { PROPOSAL, startLiveUnit } from "./unit-live.ts";
import { startVirtualPlanner, type PlannerCounts } from "./unit-planner.ts";

/** Monday, 2 March 2026, 08:00 in Changsha. */
const START = Date.UTC(2026, 2, 2);
const HOUR_MS = 3_600_000;
/** The address of whoever is simulated: nothing is sent there. */
const NOWHERE = { url: "http://127.0.0.1:1/" };
/** The Intake's checkpoint: finished minutes of the trace are taken out, as a served unit stores them. */
const CHECKPOINT_MS = 30_000;

export type UnitRunOptions = {
  readonly template: Scenario;
  readonly scorer: Scorer;
  readonly devices: number;
  readonly hours: number;
  readonly seed: number;
  readonly faultsPerDay: number;
  readonly people: People;
  /** Called once a virtual minute. */
  readonly onMinute?: (done: number, of: number) => void;
};

export type UnitRun = {
  readonly digest: string;
  /** Measured by machines; what the network doubled is not in it. */
  readonly samples: number;
  readonly messages: number;
  readonly scored: number;
  readonly tickets: number;
  readonly engineers: number;
  readonly kpis: Kpis;
  readonly network: MischiefCounts;
  readonly crew: ReturnType<Crew["counts"]>;
  readonly planner: Readonly<PlannerCounts>;
};

/** Refuses `breaks-contract` where no machine is simulated that speaks the template's channels. */
export async function runUnit(options: UnitRunOptions): Promise<UnitRun | Refusal> {
  const { template, scorer, seed } = options;
  const profile = simulatedProfile(template);
  if (isRefusal(profile)) return profile;
  const scenario = Scenario.parse({ ...template, connectors: { wms: NOWHERE, teams: teamsOf(template) } });
  const site = await park(scenario, profile, scorer, options.devices, seed, START);
  const endAt = START + options.hours * HOUR_MS;

  const agenda = startAgenda();
  const fleet = startVirtualFleet({ site, seed, startAt: START, faultsPerDay: options.faultsPerDay, modes: modesOf(scenario.faultModes) });
  const unit = startLiveUnit(scenario, site, seed, agenda, (decided, at, input) => {
    crew.hear(decided, at);
    if (input !== PROPOSAL) planner.hear(decided, at);
  });
  const planner = startVirtualPlanner(() => unit, agenda);
  const crew = startCrew({
    unit: () => unit,
    engineers: site.engineers,
    agenda,
    people: options.people,
    seed,
    startAt: START,
    onWorked: (asset, at) => fleet.mend(asset, at),
  });
  const tracks = startTracks({ unit: "simulated", version: 1, scenario, devices: [...site.devices], openAccess: false }, () => scorer.hash, []);

  onTelemetry(tracks, fleet.history());
  const before = await settle(tracks, scorer);
  if (before.length > 0) unit.hear(before, START);
  takeTrace(tracks);
  const { messages, scored, duplicates, reordered } = tracks.counters;

  for (let from = START; from < endAt; from += TURN_MS) {
    const now = from + TURN_MS;
    agenda.runUntil(from);
    onTelemetry(tracks, fleet.turn(from));
    const verdicts = await settle(tracks, scorer);
    agenda.runUntil(now);
    if (verdicts.length > 0) unit.hear(verdicts, now);
    if ((now - START) % CHECKPOINT_MS === 0) takeTrace(tracks);
    if ((now - START) % 60_000 === 0) options.onMinute?.((now - START) / 60_000, options.hours * 60);
  }

  const { counters } = tracks;
  const absorbed = counters.duplicates + counters.reordered - duplicates - reordered;
  return {
    digest: unit.digest(),
    samples: fleet.measured(),
    messages: counters.messages - messages,
    scored: counters.scored - scored,
    tickets: unit.world.view.list("ticket").length,
    engineers: site.engineers.length,
    kpis: kpisOf(unit.world.view, fleet.faults, { absorbed, ...crew.counts() }, endAt),
    network: fleet.counts(),
    crew: crew.counts(),
    planner: planner.counts,
  };
}

/** Every team that the template would tell has an inbox. */
function teamsOf({ fanOut }: Scenario): Record<string, typeof NOWHERE> {
  return Object.fromEntries((fanOut?.rules ?? []).flatMap(({ action, to }) => (action === "ticket" ? [] : [[to, NOWHERE]])));
}

/** Transitions in order of device, as the Intake numbers them: their order does not hang on how asks were batched. */
async function settle(tracks: Tracks, scorer: Scorer): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) verdicts.push(...onScores(tracks, ask, await scorer.run(ask)).verdicts);
  return verdicts.sort((a, b) => (a.device < b.device ? -1 : Number(a.device > b.device)));
}
