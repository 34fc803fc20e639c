/**
 * Anomaly → accepted: a fleet over MQTT/TCP into the real server, machines that break one after another, and phones that accept at once.
 * That is the machine's part; people are drawn from what was published about them, and the two are added up.
 *
 *   fault ─detection─▶ sample on the wire ─▶ verdict ─▶ ticket ─▶ offer on the phone ─people─▶ tap ─▶ acknowledged
 *                      └──────────────── machine ─────────────────┘                            └─ machine ─┘
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Board } from "../../contracts/board.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { type Api, apiOf } from "../cli/api.ts";
import { failure, refusedJob } from "../cli/outcome.ts";
import { startGateway } from "../gateway/gateway.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { digestOfToken, makeToken } from "../server/folder.ts";
import { startServer } from "../server/server.ts";
import { park, simulatedProfile } from "../simulator/park.ts";
import { PEOPLE, PEOPLE_NAMES, momentsOf, type PeopleName } from "../simulator/people.ts";
import { randomOf, type Random } from "../simulator/random.ts";
import { HISTORY, startFleet, type Fleet } from "../simulator/simulate.ts";
import type { DemoSite } from "../simulator/site.ts";
import { DECLINES } from "../simulator/unit-crew.ts";
import { modesOf } from "../simulator/unit-fleet.ts";
import { spreadOf } from "../simulator/unit-kpis.ts";
import type { Load } from "./accept-load.ts";
import { acceptedAfter } from "./accept-people.ts";
import { openPhones, type Phones } from "./accept-phones.ts";
import { startSent, type Sent } from "./accept-sent.ts";
import { cpuMs, machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";
import { workBetween } from "./planner-work.ts";

const HOST = "127.0.0.1";
const UNIT = "bench";
const SEED = 7;
export const ACCEPT_DEVICES = 500;
/** Machines that break, one after another: enough for a 95th percentile that five of them make. */
const FAULTS = 100;
const FAULT_EVERY_MS = 800;
/** Model compiled, everybody connected for some time, what they measured before scored. */
const WARM_MS = 30_000;
/** Between two halves: what the first began is over. */
const BETWEEN_MS = 20_000;
/** After the last fault: it grows, the model is sure of it, and the phone has it. */
const AFTER_MS = 25_000;
const AT_ONCE = 20;
const ROWS_AT_ONCE = 500;
/** Journeys of people that are drawn for each distribution. */
const DRAWS = 100_000;
/** Around the clock, so that what is measured does not hang on the hour at which it is: nobody has no time for a job. */
const AT_WORK = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440 }];
/** At every hour the demo's roster has so many engineers for each kind of fault. */
const CANDIDATES = 3;
const FAILURES_TOLD = 3;
const PROMISED_MS = 8.3 * 60_000;
const MACHINE_PROMISED_MS = 5_000;

export type AcceptOptions = { readonly devices?: number; readonly load?: Load };

export async function accept(tell: Tell, { devices = ACCEPT_DEVICES, load }: AcceptOptions): Promise<Measured> {
  await build(["web", "embedded"], tell);
  const profile = simulatedProfile(pumpVibration);
  if (isRefusal(profile)) throw refusedJob(profile);
  const scorer = await openModelFile(modelPath(profile.model));
  if (isRefusal(scorer)) throw refusedJob(scorer);
  tell(`commissioning ${devices} machines …`);
  const site = await park(pumpVibration, profile, scorer, devices, SEED, Date.now());

  const dir = mkdtempSync(join(tmpdir(), "outpost-accept-"));
  const token = makeToken();
  const server = await startServer({ layout: "embedded", host: HOST, port: 0, dataDir: dir, vars: { ADMIN_TOKEN_SHA256: digestOfToken(token) } });
  const gateway = await startGateway({ host: HOST, port: 0, upstream: (unit) => `${server.url.replace(/^http/, "ws")}/mqtt/${unit}`, unit: UNIT });
  let [fleet, phones]: [Fleet | null, Phones | null] = [null, null];
  try {
    const api = apiOf(server.url, token);
    const { passwords, tokens } = await settle(api, site);
    phones = await openPhones(server.url, UNIT, tokens);
    tell(`connecting ${devices} devices …`);
    const sent = startSent();
    fleet = startFleet({ mqttUrl: `mqtt://${HOST}:${gateway.port}`, unit: UNIT, devices: passwords, seed: SEED, history: HISTORY, onAcknowledged: sent.add });
    await fleet.ready();
    await wait(WARM_MS);
    const halves = load === undefined ? [FAULTS] : [FAULTS / 2, FAULTS / 2];
    const taken: Taken[] = [];
    let broken = 0;
    for (const [half, faults] of halves.entries()) {
      const running = half === 1 ? load?.({ api, unit: UNIT }) : undefined;
      const planner = await plannerWork(api);
      const [startedAt, workerd, own] = [Date.now(), cpuMs(server.workerdPid()), process.cpuUsage()];
      const faultAt = await breakMachines(fleet, site, broken, faults, tell);
      broken += faults;
      await wait(half + 1 < halves.length ? BETWEEN_MS : AFTER_MS);
      const ms = Date.now() - startedAt;
      const spent = process.cpuUsage(own);
      const { workMs } = workBetween(planner, await plannerWork(api));
      const did = (await running?.stop()) ?? {};
      taken.push({
        faultAt,
        acks: sent.acks(startedAt),
        did,
        plannerShare: workMs / ms,
        cores: { workerd: (cpuMs(server.workerdPid()) - workerd) / ms, bench: (spent.user + spent.system) / 1_000 / ms },
      });
    }
    const board = await api.ask<Board>("GET", `/api/u/${UNIT}/board`);
    const parts = taken.map((one) => ({ ...one, ...partsOf(board, one.faultAt, phones?.accepted ?? [], sent) }));
    for (const why of phones.failed.slice(0, FAILURES_TOLD)) tell(`a phone had no answer: ${why}`);
    return measured(parts, devices, phones.failed.length, fleet.stats());
  } finally {
    phones?.close();
    await fleet?.stop();
    await gateway.close();
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function plannerWork(api: Api): Promise<PlannerWork> {
  return api.ask<PlannerWork>("GET", `/api/u/${UNIT}/planner`);
}

async function settle(
  api: Api,
  site: DemoSite,
): Promise<{
  readonly passwords: readonly { readonly id: string; readonly password: string }[];
  readonly tokens: readonly { readonly id: string; readonly token: string }[];
}> {
  await api.createUnit({ unit: UNIT, template: pumpVibration.template });
  const rows = (family: string, entities: readonly object[]) => entities.map((entity) => ({ family, entity }));
  const all = [
    ...rows("customer", site.customers),
    ...rows("asset", site.assets),
    ...rows(
      "engineer",
      site.engineers.map((engineer) => ({ ...engineer, shifts: AT_WORK })),
    ),
    ...rows("device", site.devices),
    ...rows("repair", site.repairs),
  ];
  for (let from = 0; from < all.length; from += ROWS_AT_ONCE) await api.writeEntities(UNIT, all.slice(from, from + ROWS_AT_ONCE));
  const passwords: { readonly id: string; readonly password: string }[] = [];
  for (let from = 0; from < site.devices.length; from += AT_ONCE) {
    const some = site.devices.slice(from, from + AT_ONCE);
    passwords.push(...(await Promise.all(some.map(async ({ id }) => ({ id, password: (await api.addDevice(UNIT, { device: id })).password })))));
  }
  const tokens = await Promise.all(site.engineers.map(async ({ id }) => ({ id, token: await api.addToken(UNIT, "engineer", id) })));
  return { passwords, tokens };
}

/** One after another, all over the site. Answers when each broke. */
async function breakMachines(fleet: Fleet, site: DemoSite, from: number, count: number, tell: Tell): Promise<ReadonlyMap<string, number>> {
  const modes = modesOf(pumpVibration.faultModes);
  const faultAt = new Map<string, number>();
  const stride = Math.max(1, Math.floor(site.devices.length / FAULTS));
  for (let i = from; i < from + count; i++) {
    const device = site.devices[(i * stride) % site.devices.length];
    const mode = modes[i % modes.length];
    if (device === undefined || mode === undefined) break;
    const injected = fleet.inject(device.id, mode);
    if (isRefusal(injected)) throw refusedJob(injected);
    faultAt.set(device.id, injected.at);
    if ((i + 1) % 20 === 0) tell(`${i + 1} of ${FAULTS} machines are broken`);
    await wait(FAULT_EVERY_MS);
  }
  return faultAt;
}

type Taken = {
  readonly faultAt: ReadonlyMap<string, number>;
  readonly acks: readonly number[];
  readonly did: Readonly<Record<string, number>>;
  /** Of the time: slices of the planner, with whoever had their turn between a slice and its end. */
  readonly plannerShare: number;
  readonly cores: { readonly workerd: number; readonly bench: number };
};
type Parts = {
  readonly detection: readonly number[];
  readonly visible: readonly number[];
  readonly accepting: readonly number[];
  readonly machine: readonly number[];
  readonly tickets: number;
};

/** A row for each machine that broke, had its ticket, and whose offer was accepted. */
function partsOf(board: Board, faultAt: ReadonlyMap<string, number>, accepted: Phones["accepted"], sent: Sent): Parts {
  const alarms = board.alarms.filter((alarm) => alarm.sampleAt >= (faultAt.get(alarm.device) ?? Infinity));
  const rows = alarms.flatMap((alarm) => {
    const taken = accepted.find(({ ticket }) => ticket === alarm.ticket);
    const sentAt = sent.lastBefore(alarm.device, alarm.sampleAt);
    const brokeAt = faultAt.get(alarm.device);
    return taken === undefined || sentAt === null || brokeAt === undefined ? [] : [{ taken, sentAt, brokeAt }];
  });
  return {
    detection: rows.map(({ sentAt, brokeAt }) => sentAt - brokeAt),
    visible: rows.map(({ taken, sentAt }) => taken.visibleAt - sentAt),
    accepting: rows.map(({ taken }) => taken.tookMs),
    machine: rows.map(({ taken, sentAt }) => taken.visibleAt - sentAt + taken.tookMs),
    tickets: board.tickets.filter(({ alarm }) => alarms.some(({ id }) => id === alarm)).length,
  };
}

function measured(parts: readonly (Taken & Parts)[], devices: number, failed: number, fleet: ReturnType<Fleet["stats"]>): Measured {
  const [plain, loaded] = parts;
  if (plain === undefined || plain.machine.length === 0) throw failure("no machine that broke came to an accepted ticket");
  const people = Object.fromEntries(PEOPLE_NAMES.map((name) => [name, withPeople(name, plain)])) as Record<PeopleName, ReturnType<typeof withPeople>>;
  const { total, desk, offers } = people["direct-pages"];
  const slow = people["all-pages"];
  const human = momentsOf(PEOPLE["direct-pages"]);
  return {
    bench: "accept",
    ratios: {
      meanOfPromise: round(total.meanMs / PROMISED_MS, 3),
      machineP95OfPromise: round(quantile(plain.machine, 0.95) / MACHINE_PROMISED_MS, 3),
      meanOfPromiseSlowPeople: round(slow.total.meanMs / PROMISED_MS, 3),
      ...(loaded === undefined ? {} : { machineP95WithLoadOfWithout: round(quantile(loaded.machine, 0.95) / quantile(plain.machine, 0.95), 2) }),
    },
    figures: {
      devices,
      hz: 1,
      faults: parts.reduce((sum, { faultAt }) => sum + faultAt.size, 0),
      accepted: parts.reduce((sum, { machine: one }) => sum + one.length, 0),
      tickets: parts.reduce((sum, one) => sum + one.tickets, 0),
      duplicatesSent: fleet.duplicates,
      failed,
      anomalyToAcceptedMeanMs: total.meanMs,
      anomalyToAcceptedP50Ms: total.p50Ms,
      anomalyToAcceptedP95Ms: total.p95Ms,
      offersPerJob: round(offers, 2),
      deskShare: round(desk, 4),
      peopleMedianMs: human.medianMs,
      peopleMeanMs: human.meanMs,
      peopleP95Ms: human.p95Ms,
      slowPeopleMeanMs: slow.total.meanMs,
      slowPeopleP95Ms: slow.total.p95Ms,
      ...halfOf(plain, ""),
      ...(loaded === undefined ? {} : { ...halfOf(loaded, "WithLoad"), ...loaded.did }),
    },
    machine: machine(),
  };
}

function halfOf({ detection, visible, accepting, machine: whole, acks, plannerShare, cores }: Taken & Parts, suffix: string): Record<string, number> {
  const figures = {
    detectionMeanMs: spreadOf(detection).meanMs,
    detectionP95Ms: quantile(detection, 0.95),
    machineP50Ms: Math.round(quantile(whole, 0.5)),
    machineP95Ms: Math.round(quantile(whole, 0.95)),
    machineMaxMs: Math.round(quantile(whole, 1)),
    wireToPhoneP50Ms: quantile(visible, 0.5),
    wireToPhoneP95Ms: quantile(visible, 0.95),
    tapToAcknowledgedP50Ms: Math.round(quantile(accepting, 0.5)),
    tapToAcknowledgedP95Ms: Math.round(quantile(accepting, 0.95)),
    publishToPubackP50Ms: quantile(acks, 0.5),
    publishToPubackP99Ms: quantile(acks, 0.99),
    plannerShare: round(plannerShare, 3),
    workerdCores: round(cores.workerd, 2),
    benchCores: round(cores.bench, 2),
  };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name + suffix, value]));
}

/** What was measured, drawn at random, with people between offer and tap. */
function withPeople(
  name: PeopleName,
  { detection, visible, accepting }: Parts,
): { readonly total: ReturnType<typeof spreadOf>; readonly desk: number; readonly offers: number } {
  const random = randomOf(SEED, `people/${name}`);
  const one =
    (values: readonly number[]) =>
    (chance: Random): number =>
      values[Math.floor(chance() * values.length)] ?? 0;
  const asking = { people: PEOPLE[name], declines: DECLINES, dispatch: pumpVibration.dispatch, candidates: CANDIDATES, offerAgainMs: one(visible) };
  const drawn = Array.from({ length: DRAWS }, () => acceptedAfter(asking, random));
  return {
    total: spreadOf(drawn.map(({ ms }) => Math.round(one(detection)(random) + one(visible)(random) + ms + one(accepting)(random)))),
    desk: drawn.filter(({ desk }) => desk).length / DRAWS,
    offers: drawn.reduce((sum, { offers }) => sum + offers, 0) / DRAWS,
  };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
