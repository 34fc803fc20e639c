/** A service organisation in the middle of its day, drawn from a seed: engineers with shifts, breaks and territories, and tickets in every state. */
import { Asset } from "../../contracts/asset.ts";
import { Engineer } from "../../contracts/engineer.ts";
import type { Change } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { Scenario } from "../../contracts/scenario.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { START } from "./plant.ts";
import { startRandom, type Random } from "./random.ts";

/** Monday 10:00 in Changsha, when most are at work. */
export const MORNING: Millis = START + 2 * 3_600_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SKILLS = ["mechanical", "bearings", "hydraulics", "electrical"];
/** Degrees from the site to the border of the region: some 45 km. */
const REGION = 0.4;

/** `tickets`: on somebody's route or under way; `waiting`: on nobody's. */
export type CrowdSize = { readonly engineers: number; readonly tickets: number; readonly waiting: number };
export type Crowd = { readonly scenario: Scenario; readonly changes: readonly Change[] };

export function drawCrowd(seed: number, template: Scenario, size: CrowdSize): Crowd {
  const random = startRandom(seed);
  const scenario = Scenario.parse(template);
  const engineers = Array.from({ length: size.engineers }, (_, i) => drawEngineer(random, scenario, i));
  const count = size.tickets + size.waiting;
  const assets = Array.from({ length: count }, (_, i) => drawAsset(random, scenario, i, engineers));
  const jobs = assets.map((asset, i) => drawTicket(random, scenario, asset, i, i < size.tickets ? engineers : []));
  const begun = new Set<string>();
  const tickets = jobs.map((ticket) => {
    if (ticket.state !== "assigned" || begun.has(ticket.to)) return ticket;
    begun.add(ticket.to);
    const leftAt = MORNING - random.between(1, 40) * MINUTE_MS;
    if (random.chance(0.4)) return Ticket.parse({ ...ticket, state: "working", leftAt, arrivedAt: leftAt + random.between(0, MORNING - leftAt) });
    return random.chance(0.5) ? Ticket.parse({ ...ticket, state: "travelling", leftAt }) : ticket;
  });
  return {
    scenario,
    changes: [
      ...assets.map((after) => ({ family: "asset", id: after.id, after }) as const),
      ...engineers.map((after) => ({ family: "engineer", id: after.id, after }) as const),
      ...tickets.map((after) => ({ family: "ticket", id: after.id, after }) as const),
      ...engineers.flatMap((engineer) => routeOf(random, engineer, tickets)),
    ],
  };
}

function drawEngineer(random: Random, scenario: Scenario, i: number): Engineer {
  const from = random.pick([360, 420, 480, 540, 600]);
  return Engineer.parse({
    id: `engineer-${String(i).padStart(3, "0")}`,
    name: `Name Of ${i}`,
    skills: random.chance(0.5) ? SKILLS : SKILLS.filter(() => random.chance(0.6)),
    home: placeIn(random, scenario),
    locatable: false,
    shifts: random.chance(0.85) ? [{ days: [1, 2, 3, 4, 5], from, to: from + random.pick([480, 540, 720]) }] : [{ days: [1, 3, 5], from: 1320, to: 360 }],
    ...(random.chance(0.7) ? { breaks: [{ from: 690, to: 810, minutes: 45 }] } : {}),
    ...(random.chance(0.2) ? { territory: [{ center: placeIn(random, scenario), radiusM: 40_000 }] } : {}),
    ...(random.chance(0.2) ? { overtimeMin: 0 } : {}),
    ...(random.chance(0.05) ? { absences: [{ from: MORNING - HOUR_MS, until: MORNING + HOUR_MS }] } : {}),
  });
}

function drawAsset(random: Random, scenario: Scenario, i: number, engineers: readonly Engineer[]): Asset {
  return Asset.parse({
    id: `asset-${String(i).padStart(4, "0")}`,
    name: `Pump ${i}`,
    kind: "pump",
    model: "P-180",
    customer: "acme",
    position: placeIn(random, scenario),
    moves: false,
    installedAt: START,
    ...(engineers.length > 0 && random.chance(0.2) ? { preferred: [random.pick(engineers).id] } : {}),
  });
}

/** With a list of engineers it is somebody's who can do it, in their shift; otherwise it waits. */
function drawTicket(random: Random, scenario: Scenario, asset: Asset, i: number, engineers: readonly Engineer[]): Ticket {
  const mode = random.pick(scenario.faultModes);
  const openedAt = MORNING - random.between(1, 90) * MINUTE_MS;
  const able = engineers.filter((one) => mode.skills.every((skill) => one.skills.includes(skill)));
  const from = MORNING + random.between(1, 5) * HOUR_MS;
  const every = {
    id: `ticket-${String(i).padStart(4, "0")}`,
    asset: asset.id,
    alarm: `alarm-${i}`,
    episode: `episode-${i}`,
    faultMode: mode.id,
    severity: mode.severity,
    priority: mode.priority,
    skills: mode.skills,
    repairs: [],
    kit: `kit-${i}`,
    openedAt,
    respondBy: openedAt + scenario.sla[mode.priority].respondMs,
    resolveBy: openedAt + scenario.sla[mode.priority].resolveMs,
    asked: [],
    round: 0,
    ...(random.chance(0.1) ? { appointment: { from, to: from + random.between(1, 3) * HOUR_MS } } : {}),
  };
  if (able.length === 0) return Ticket.parse({ ...every, state: "open" });
  return Ticket.parse({ ...every, state: "assigned", to: random.pick(able).id, offer: `offer-${i}`, acceptedAt: openedAt + MINUTE_MS });
}

function routeOf(random: Random, engineer: Engineer, tickets: readonly Ticket[]): Change[] {
  const mine = tickets.filter((ticket) => ticket.state === "assigned" && ticket.to === engineer.id);
  if (mine.length === 0 || random.chance(0.2)) return [];
  const stops = mine.map((ticket, i) => ({ ticket: ticket.id, toldAt: MORNING + (i + 1) * random.between(30, 150) * MINUTE_MS }));
  return [{ family: "route", id: engineer.id, after: { id: engineer.id, stops } }];
}

function placeIn(random: Random, scenario: Scenario) {
  const { lat, lon } = scenario.site.place;
  return { lat: lat + (random.next() - 0.5) * 2 * REGION, lon: lon + (random.next() - 0.5) * 2 * REGION };
}
