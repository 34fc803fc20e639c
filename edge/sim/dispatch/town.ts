/**
 * The day that is simulated, drawn from its seed: a town, 25 engineers on staggered shifts, 40 visits that were agreed on before and 150 faults
 * that nobody foresaw. Figures are a field-service day as its organisations describe it; none of them is fitted to a policy.
 */
import { Asset } from "../../../contracts/asset.ts";
import { Engineer } from "../../../contracts/engineer.ts";
import type { AssetId, EngineerId, FaultModeId, PartId, TicketId } from "../../../contracts/ids.ts";
import type { Millis, Place } from "../../../contracts/instant.ts";
import { Scenario } from "../../../contracts/scenario.ts";
import type { Priority } from "../../../contracts/ticket.ts";
import type { Random } from "../random.ts";
import { drawOf, logNormal } from "./draw.ts";

export const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Monday 2025-11-24, 00:00 in Changsha. */
export const MIDNIGHT: Millis = 1_763_913_600_000;
/** Everybody is at home again. */
export const NIGHT: Millis = MIDNIGHT + 23 * HOUR_MS;

export const SIZE = { engineers: 25, skills: 8, parts: 6, planned: 40, arrivals: 150 } as const;

export type DaySize = { readonly planned: number; readonly arrivals: number };

/** The town is a square of so many kilometres: Changsha within its ring road. */
const TOWN_KM = 30;
/** Engineers know most of the skills, nobody all of them. */
const SKILLS_EACH = 6;
/** Hours at which shifts begin, each for a fifth of the engineers, and how long they last. */
const SHIFTS_FROM = [6, 7, 8, 9.5, 11];
const SHIFT_MIN = 8.5 * 60;
/** Pieces of each part in a van in the morning. */
const STOCK = [0, 4, 5, 6, 8, 8];
/** Faults are heard of between these hours, evenly. */
const ARRIVALS_FROM_H = 7;
const ARRIVALS_TO_H = 17;
/** Agreed visits: two hours wide, from 8 to 16. */
const WINDOW_MS = 2 * HOUR_MS;
/**
 * One set for every seed, chosen on seeds 1 to 20: an urgent machine waits at forty-five times what driving costs, the others may wait until they lie
 * on somebody's way, and who can wait is bound to nobody more than ten minutes before they set out.
 */
const WEIGHTS = { response: { p1: 45, p2: 1, p3: 0.05 }, lateness: { p1: 90, p2: 5, p3: 1 }, fairness: 0, stability: 0.05 };
const OFFER_AHEAD_MIN = 10;
const SHARES: readonly (readonly [Priority, number])[] = [
  ["p1", 0.2],
  ["p2", 0.35],
  ["p3", 0.45],
];
const DECLINES = 0.08;
const NO_ANSWER = 0.02;
/** Answering takes about so long, and one in fifty of those who answer is too late. */
const ANSWER_MS = 40_000;
const ANSWER_SIGMA = 0.5;
const TRAVEL_SIGMA = 0.25;
const SERVICE_SIGMA = 0.35;
/** Work that turns out to be twice as much. */
const OVERRUNS = 0.05;
/** Visits at which another part is needed than the diagnosis said. */
const MISDIAGNOSED = 0.08;

export type Crew = {
  readonly engineer: Engineer;
  readonly shiftFrom: Millis;
  readonly shiftTo: Millis;
  readonly stock: ReadonlyMap<PartId, number>;
  /** Falls ill at this instant, if at all, and is away for the rest of the day once the visit under way is over. */
  readonly illAt: Millis | undefined;
};

export type Job = {
  readonly id: TicketId;
  readonly asset: AssetId;
  readonly site: Place;
  readonly faultMode: FaultModeId;
  /** What the diagnosis names: it must be in the van. */
  readonly parts: readonly PartId[];
  readonly priority: Priority;
  readonly openedAt: Millis;
  readonly respondBy: Millis;
  readonly appointment?: { readonly from: Millis; readonly to: Millis };
  /** The second visit for a job whose first one lacked a part. */
  readonly follows?: TicketId;
};

export type Town = {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly assets: readonly Asset[];
  readonly crew: readonly Crew[];
  readonly jobs: readonly Job[];
};

/** `size`: a smaller day for a quick look; the same job has the same fate in it. */
export function drawTown(seed: number, template: Scenario, size: DaySize = SIZE): Town {
  const scenario = scenarioOf(template);
  const random = drawOf(seed, "town");
  const ill = random.between(0, SIZE.engineers - 1);
  const crew = Array.from({ length: SIZE.engineers }, (_, i) => drawCrew(drawOf(seed, "engineer", i), i, i === ill, scenario));
  const drawn = Array.from({ length: size.planned + size.arrivals }, (_, i) => drawJob(drawOf(seed, "job", i), i, i < size.planned, scenario));
  const assets = drawn.map(({ asset, site }) =>
    Asset.parse({ id: asset, name: asset, kind: "pump", model: "P-180", customer: "acme", position: site, moves: false, installedAt: 0 }),
  );
  return { seed, scenario, assets, crew, jobs: drawn.toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1)) };
}

export type Fate = { readonly answer: "accept" | "decline" | "none"; readonly afterMs: Millis };

/** What an engineer does with an offer of this job, if they get one; `times`: how often they were asked for it before. */
export function fateOf(seed: number, job: TicketId, engineer: EngineerId, times: number): Fate {
  const random = drawOf(seed, "answer", job, engineer, times);
  const mood = random.next();
  return {
    answer: mood < DECLINES ? "decline" : mood < DECLINES + NO_ANSWER ? "none" : "accept",
    afterMs: Math.round(logNormal(random, ANSWER_MS, ANSWER_SIGMA)),
  };
}

/** What the way to a job takes against what was reckoned. */
export function travelFactor(seed: number, job: TicketId): number {
  return logNormal(drawOf(seed, "travel", job), 1, TRAVEL_SIGMA);
}

export function serviceMs(seed: number, job: TicketId, workMs: Millis): Millis {
  const random = drawOf(seed, "service", job);
  const overruns = random.chance(OVERRUNS) ? 2 : 1;
  return Math.round(workMs * overruns * logNormal(random, 1, SERVICE_SIGMA));
}

/** What the visit really takes: what the diagnosis names or, where it was wrong, another part. Whoever comes again knows. */
export function partsNeeded(seed: number, { id, parts, follows }: Pick<Job, "id" | "parts" | "follows">): readonly PartId[] {
  const random = drawOf(seed, "hidden", id);
  return follows === undefined && random.chance(MISDIAGNOSED) ? [partId(random.between(0, SIZE.parts - 1))] : parts;
}

function drawCrew(random: Random, index: number, isIll: boolean, { site }: Scenario): Crew {
  const from = SHIFTS_FROM[index % SHIFTS_FROM.length] ?? 8;
  const engineer = Engineer.parse({
    id: `engineer-${String(index + 1).padStart(2, "0")}`,
    name: `Engineer ${index + 1}`,
    skills: some(random, SIZE.skills, SKILLS_EACH).map((skill) => `skill-${skill + 1}`),
    shifts: [{ days: [1, 2, 3, 4, 5], from: from * 60, to: from * 60 + SHIFT_MIN }],
    home: somewhere(random, site.place),
    locatable: true,
  });
  const shiftFrom = MIDNIGHT + from * HOUR_MS;
  return {
    engineer,
    shiftFrom,
    shiftTo: shiftFrom + SHIFT_MIN * MINUTE_MS,
    stock: new Map(Array.from({ length: SIZE.parts }, (_, part) => [partId(part), random.pick(STOCK)])),
    illAt: isIll ? shiftFrom + random.between(120, 360) * MINUTE_MS : undefined,
  };
}

function drawJob(random: Random, index: number, planned: boolean, { faultModes, sla, site }: Scenario): Job {
  const mode = random.pick(faultModes);
  const priority = planned ? "p2" : drawPriority(random);
  const base = {
    id: `job-${String(index + 1).padStart(3, "0")}` as TicketId,
    asset: `asset-${index + 1}` as AssetId,
    site: somewhere(random, site.place),
    faultMode: mode.id,
    parts: mode.parts.map(({ part }) => part),
    priority,
  };
  if (!planned) {
    const openedAt = MIDNIGHT + random.between(ARRIVALS_FROM_H * HOUR_MS, ARRIVALS_TO_H * HOUR_MS);
    return { ...base, openedAt, respondBy: openedAt + sla[priority].respondMs };
  }
  const from = MIDNIGHT + (8 + 2 * random.between(0, 3)) * HOUR_MS;
  return { ...base, openedAt: MIDNIGHT + 5 * HOUR_MS, respondBy: from + WINDOW_MS, appointment: { from, to: from + WINDOW_MS } };
}

/** Sixteen kinds of fault: two for each skill, one of which needs a second skill as well; half of them need a part. The same ones every day. */
function scenarioOf(template: Scenario): Scenario {
  const faultModes = Array.from({ length: 2 * SIZE.skills }, (_, i) => {
    const random = drawOf(0, "mode", i);
    const [skill, needsTwo] = [i % SIZE.skills, i >= SIZE.skills];
    return {
      id: `mode-${i + 1}`,
      title: { en: `Fault ${i + 1}`, zh: `故障 ${i + 1}` },
      severity: "medium",
      priority: "p2",
      skills: [skill, ...(needsTwo && i % 2 === 0 ? [(skill + 3) % SIZE.skills] : [])].map((one) => `skill-${one + 1}`),
      parts: random.chance(0.5) ? [{ part: partId(i % SIZE.parts), quantity: 1 }] : [],
      channels: [],
      workMs: random.pick([15, 25, 30, 45, 60]) * MINUTE_MS,
    };
  });
  const hours = (respond: number) => ({ respondMs: respond * HOUR_MS, resolveMs: 24 * HOUR_MS });
  const dispatch = { ...template.dispatch, offerAheadMin: OFFER_AHEAD_MIN, weights: WEIGHTS };
  return Scenario.parse({ ...template, faultModes, faultModeDefault: "mode-1", dispatch, sla: { p1: hours(2), p2: hours(4), p3: hours(8) }, connectors: {} });
}

function drawPriority(random: Random): Priority {
  let rest = random.next();
  for (const [priority, share] of SHARES) if ((rest -= share) < 0) return priority;
  return "p3";
}

function partId(part: number): PartId {
  return `PART-${part + 1}` as PartId;
}

function some(random: Random, of: number, count: number): number[] {
  const all = Array.from({ length: of }, (_, i) => i);
  return Array.from({ length: count }, () => all.splice(random.between(0, all.length - 1), 1)[0] ?? 0).toSorted((a, b) => a - b);
}

function somewhere(random: Random, center: Place): Place {
  const km = () => (random.next() - 0.5) * TOWN_KM;
  return { lat: center.lat + km() / 111.195, lon: center.lon + km() / (111.195 * Math.cos((center.lat * Math.PI) / 180)) };
}
