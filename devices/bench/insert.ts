/**
 * What a decision costs: one new ticket into everybody's plan, with 60 engineers and 300 tickets open, read from the unit as it is stored.
 * Processor time of the process around each decision, that of collecting garbage included. Beside it the simplest rule there is, nearest idle: it
 * reads the same and plans nothing.
 */
import type { NewId } from "../../contracts/ids.ts";
import { isThere } from "../../edge/dispatch/duty.ts";
import { hasSkills } from "../../edge/dispatch/eligible.ts";
import { readFacts, siteOf } from "../../edge/dispatch/facts.ts";
import { choose } from "../../edge/dispatch/offer.ts";
import { questionOf, rank } from "../../edge/dispatch/rank.ts";
import { greatCircleM } from "../../edge/dispatch/travel.ts";
import { whyNot } from "../../edge/dispatch/why-not.ts";
import { MORNING } from "../../edge/sim/crowd.ts";
import { CROWD, openCrowd, type Opened } from "./crowd.ts";
import { machine, quantile, type Measured } from "./machine.ts";

const WORLDS = 12;
/**
 * Until the code of every path is compiled, which goes on in other threads of the process and counts there; what the first decisions of a
 * process cost is told by itself.
 */
const WARM = 3_000;
const FIRST = 300;
const DECISIONS = 2_000;
const ASKS = 200;
/** What the issue promises of the 99th percentile. */
const PROMISED_US = 5_000;

export async function insert(tell: (line: string) => void): Promise<Measured> {
  const worlds = Array.from({ length: WORLDS }, (_, seed) => openCrowd(seed + 1));
  const at = (i: number) => worlds[i % WORLDS] ?? openCrowd(1);
  const newId: NewId = () => "offer";
  const first = time(FIRST, (i) => decide(at(i), i, newId));
  for (let i = 0; i < WARM; i++) decide(at(i), i, newId);
  tell(`${DECISIONS} decisions of ${CROWD.engineers} engineers and ${CROWD.tickets + CROWD.waiting} tickets …`);
  const whole = time(DECISIONS, (i) => decide(at(i), i, newId));
  const read = time(DECISIONS, (i) => readFacts(at(i).view, MORNING));
  const facts = worlds.map(({ view }) => readFacts(view, MORNING));
  const reckon = time(DECISIONS, (i) => {
    const { view, waiting } = at(i);
    const [one, ticket] = [facts[i % WORLDS], waiting[i % waiting.length]];
    return one === undefined || ticket === undefined ? null : rank(one, questionOf(view, ticket));
  });
  for (let i = 0; i < FIRST; i++) nearest(at(i), i);
  const idle = time(DECISIONS, (i) => nearest(at(i), i));
  const asks = time(ASKS, (i) => {
    const { view, waiting } = at(i);
    const [engineer, ticket] = [view.list("engineer")[i % CROWD.engineers], waiting[i % waiting.length]];
    return engineer === undefined || ticket === undefined ? null : whyNot(view, ticket.id, engineer.id, MORNING);
  });
  const two = (value: number): number => Math.round(value * 100) / 100;
  return {
    bench: "insert",
    ratios: { p99OfPromise: two(quantile(whole.cpu, 0.99) / PROMISED_US), p50OfNearestIdle: two(quantile(whole.cpu, 0.5) / quantile(idle.cpu, 0.5)) },
    figures: {
      engineers: CROWD.engineers,
      tickets: CROWD.tickets + CROWD.waiting,
      p50CpuUs: Math.round(quantile(whole.cpu, 0.5)),
      p99CpuUs: Math.round(quantile(whole.cpu, 0.99)),
      p50WallUs: Math.round(quantile(whole.wall, 0.5)),
      p99WallUs: Math.round(quantile(whole.wall, 0.99)),
      p99ThreadCpuUs: Math.round(quantile(whole.thread, 0.99)),
      firstP50CpuUs: Math.round(quantile(first.cpu, 0.5)),
      firstP99CpuUs: Math.round(quantile(first.cpu, 0.99)),
      readP50CpuUs: Math.round(quantile(read.cpu, 0.5)),
      reckonP50CpuUs: Math.round(quantile(reckon.cpu, 0.5)),
      reckonP99CpuUs: Math.round(quantile(reckon.cpu, 0.99)),
      nearestIdleP50CpuUs: Math.round(quantile(idle.cpu, 0.5)),
      nearestIdleP99CpuUs: Math.round(quantile(idle.cpu, 0.99)),
      whyNotP50CpuUs: Math.round(quantile(asks.cpu, 0.5)),
      whyNotP99CpuUs: Math.round(quantile(asks.cpu, 0.99)),
    },
    machine: machine(),
  };
}

function decide({ view, waiting }: Opened, i: number, newId: NewId): unknown {
  const ticket = waiting[i % waiting.length];
  return ticket === undefined ? null : choose(view, ticket, MORNING, newId);
}

/** Whoever is nearest of those who have nothing to do. */
function nearest({ view, waiting }: Opened, i: number): unknown {
  const ticket = waiting[i % waiting.length];
  if (ticket === undefined) return null;
  const states = ["assigned", "travelling", "working", "paused"] as const;
  const busy = new Set(states.flatMap((state) => view.list("ticket", { state }).flatMap((one) => ("to" in one ? [one.to] : []))));
  const site = siteOf(view, ticket);
  const idle = view.list("engineer").filter((one) => !busy.has(one.id) && hasSkills(one, ticket) && isThere(one, MORNING, view.scenario.timeZone));
  return idle.toSorted((a, b) => greatCircleM(a.home, site) - greatCircleM(b.home, site))[0];
}

type Took = { readonly cpu: readonly number[]; readonly thread: readonly number[]; readonly wall: readonly number[] };

/** In µs: of the whole process, of the thread that decides, and by the clock. */
function time(times: number, run: (i: number) => unknown): Took {
  const took = { cpu: [] as number[], thread: [] as number[], wall: [] as number[] };
  for (let i = 0; i < times; i++) {
    const [before, own, from] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
    run(i);
    const thread = process.threadCpuUsage(own);
    const { user, system } = process.cpuUsage(before);
    took.cpu.push(user + system);
    took.thread.push(thread.user + thread.system);
    took.wall.push((performance.now() - from) * 1_000);
  }
  return took;
}
