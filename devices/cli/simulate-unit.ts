/** `simulate unit`: a whole unit, its fleet and its engineers in virtual time, by the very stages that a served unit runs. The same arguments give the same digest. */
import { isRefusal } from "../../contracts/refusal.ts";
import { TEMPLATES } from "../../hub/catalogue/templates.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { simulatedProfile } from "../simulator/park.ts";
import { momentsOf, PEOPLE, type PeopleName } from "../simulator/people.ts";
import { DECLINES } from "../simulator/unit-crew.ts";
import type { Kpis, Spread } from "../simulator/unit-kpis.ts";
import { PARTS } from "../simulator/unit-live.ts";
import { runUnit } from "../simulator/unit-run.ts";
import { startBar } from "./bar.ts";
import { print, printJson, progress, refusedJob, usage } from "./outcome.ts";

export type SimulateUnit = {
  readonly template: string;
  readonly devices: number;
  readonly hours: number;
  readonly seed: number;
  readonly faultsPerDay: number;
  readonly people: PeopleName;
  readonly json: boolean;
};

/** What it is held against, on the board too: 8 min 18 s from the anomaly to an engineer who accepted. */
const PROMISED_MS = 8.3 * 60_000;

export async function simulateUnit(options: SimulateUnit): Promise<void> {
  const template = TEMPLATES.get(options.template);
  if (template === undefined) throw usage(`--template: no template ${options.template}; there are ${[...TEMPLATES.keys()].join(", ")}`);
  const profile = simulatedProfile(template);
  if (isRefusal(profile)) throw usage(`--template: ${profile.rule}; ${profile.mend}`);
  const scorer = await openModelFile(modelPath(profile.model));
  if (isRefusal(scorer)) throw refusedJob(scorer);
  const people = PEOPLE[options.people];

  const bar = startBar("simulate unit");
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  let tenths = 0;
  const run = await runUnit({
    template,
    scorer,
    devices: options.devices,
    hours: options.hours,
    seed: options.seed,
    faultsPerDay: options.faultsPerDay,
    people,
    onMinute: (done, of) => {
      const tenth = Math.floor((10 * done) / of);
      if (process.stderr.isTTY || tenth > tenths) bar.step(done, of, "virtual minutes");
      tenths = tenth;
    },
  });
  bar.end();
  if (isRefusal(run)) throw refusedJob(run);
  const wallMs = Math.round(performance.now() - startedAt);
  const spent = process.cpuUsage(cpu);
  const { digest, samples, tickets, kpis, engineers, messages, scored, network, crew, planner } = run;
  const cpuUsPerSample = Math.round((10 * (spent.user + spent.system)) / samples) / 10;
  const human = { name: options.people, form: "log-normal", ...people, ...momentsOf(people), declines: DECLINES };
  if (options.json) {
    const rssMb = Math.round(process.memoryUsage.rss() / 1e6);
    printJson({
      wallMs,
      digest,
      samples,
      tickets,
      kpis,
      engineers,
      messages,
      scored,
      network,
      crew,
      planner,
      people: human,
      parts: PARTS,
      cpuUsPerSample,
      rssMb,
    });
    return;
  }
  progress(`${samples} samples in ${(wallMs / 1_000).toFixed(1)} s, ${cpuUsPerSample} µs of processor time each`);
  print(tableOf(kpis, engineers, human));
  print(`digest ${digest}`);
}

function tableOf(
  kpis: Kpis,
  engineers: number,
  human: { readonly name: string; readonly source: string; readonly medianMs: number; readonly meanMs: number; readonly p95Ms: number },
): string {
  const { anomalyToAccepted, detection, machine, people, byPriority, offers } = kpis;
  return [
    `people: ${human.name}, log-normal, median ${minutes(human.medianMs)}, mean ${minutes(human.meanMs)}, 95 % within ${minutes(human.p95Ms)}, ${DECLINES * 100} % of answers a no`,
    `        ${human.source}`,
    `parts:  the warehouse lacks some of ${PARTS.short * 100} % of kits, and has them after ${PARTS.deliveredMs.map((ms) => ms / 3_600_000).join(" to ")} h (${PARTS.source})`,
    `${kpis.faults} faults, ${kpis.episodes} episodes, at most ${kpis.ticketsPerEpisodeMax} ticket for each; ${kpis.falseAlarms} alarms without a fault, ${kpis.unseen} faults without an alarm, ${kpis.unaccepted} not accepted at the end`,
    line("anomaly → accepted", anomalyToAccepted, `of ${minutes(PROMISED_MS)}`),
    line("  detection", detection),
    line("  machine", machine),
    line("  people", people),
    ...Object.entries(byPriority).map(
      ([priority, { tickets, response, breachesOfResponse, breachesOfResolution }]) =>
        `${priority}: ${tickets} tickets, on site after ${minutes(response.meanMs)} (p95 ${minutes(response.p95Ms)}), late on site ${breachesOfResponse}, late in the end ${breachesOfResolution}`,
    ),
    `travel: ${kpis.travel.trips} trips of ${(kpis.travel.meanM / 1_000).toFixed(1)} km and ${minutes(kpis.travel.meanMs)}; ${kpis.absorbed} samples absorbed; ${kpis.follows} jobs sent again after a repair`,
    `warned of ${kpis.warnings.sent} promises: ${kpis.warnings.ahead.n} of them ahead, ${minutes(kpis.warnings.ahead.meanMs)} on average; ${kpis.warnings.unwarned} broke without a word`,
    `reassigned: ${kpis.reassigned.taken} jobs that were accepted, ${kpis.reassigned.withdrawn} offers taken back for somebody else; ${kpis.reassigned.perJob} for each ticket`,
    `offers to ${engineers} engineers: ${offers.made}, accepted ${offers.accepted}, declined ${offers.declined}, without an answer in time ${offers.expired}`,
  ].join("\n");
}

function line(title: string, { n, meanMs, p50Ms, p95Ms }: Spread, besides = ""): string {
  return `${title.padEnd(20)} ${n} × mean ${minutes(meanMs)} ${besides}  p50 ${minutes(p50Ms)}  p95 ${minutes(p95Ms)}`;
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
