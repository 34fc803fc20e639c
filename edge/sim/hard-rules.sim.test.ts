/** Seeded weeks of a small unit in which everything happens: whatever comes, no offer and no plan breaks a hard rule. */
import { expect, test } from "vitest";
import { Asset } from "../../contracts/asset.ts";
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { Change } from "../../contracts/entity.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { type Depot, Movement } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { readFacts } from "../dispatch/facts.ts";
import { planOf } from "../dispatch/plan.ts";
import { snapshotOf } from "../dispatch/replan/problem.ts";
import type { Proposal } from "../dispatch/replan/ask.ts";
import { solve } from "../dispatch/replan/solve.ts";
import { onDue, onHeard, onPeople, onProposal } from "../journey.ts";
import { onMovements } from "../journey/stock.ts";
import { accept, decline, engineer, PLACE, REPORT, scenarioOf, stage } from "./cast.ts";
import { watchHardRules } from "./hard-rules.ts";
import { START } from "./plant.ts";
import { startRandom } from "./random.ts";
import { commit } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KM = 1 / 111.195;
const STEPS = 70;
const SITES = 6;
const PARTS = ["BRG-6308", "SEAL-45", "GREASE-EP2", "IMPELLER-180", "GASKET-180", "BOLT-M16"];
const IDS = ["a", "b", "c", "d"];
const SKILLS = ["mechanical", "bearings", "hydraulics", "electrical"];
const DAYS = [1, 2, 3, 4, 5, 6, 7];
const faultModes = pumpVibration.faultModes.map((mode) => (mode.id === "loosening" ? { ...mode, crew: 2 } : mode));
const scenario = scenarioOf(pumpVibration, { connectors: {}, dispatch: { ...pumpVibration.dispatch, overtimeMin: 0 }, faultModes });

const place = (km: number) => ({ lat: PLACE.lat + km * KM, lon: PLACE.lon });
const person = (i: number, more = {}) =>
  engineer(IDS[i] ?? "x", i * 7, {
    skills: i === 3 ? ["mechanical"] : SKILLS,
    overtimeMin: i < 2 ? 60 : 0,
    shifts: i === 3 ? [] : [{ days: DAYS, from: i === 2 ? 600 : 480, to: i === 1 ? 900 : 1_080 }],
    ...(i === 3 ? { extraShifts: [{ from: START - HOUR, until: START + 30 * HOUR, kind: "on-call" }] } : {}),
    ...(i === 0 ? { breaks: [{ from: 720, to: 780, minutes: 30 }] } : {}),
    ...more,
  });

/** What was broken in the days of one seed, and how often what was asked. */
function live(seed: number): { readonly breaches: readonly string[]; readonly offers: number } {
  const random = startRandom(seed);
  const pick = <T>(list: readonly T[]): T | undefined => (list.length === 0 ? undefined : random.pick(list));
  const set = stage(
    scenario,
    IDS.map((_, i) => person(i)),
  );
  const { world } = set;
  const { view, newId } = world;
  const breaches: string[] = [];
  const on = <T>(list: readonly T[], act: (one: T) => unknown): void => {
    if (list.length > 0) act(random.pick(list));
  };
  let now = START;
  const watch = watchHardRules(
    view,
    (key) => key in world.kept.timers,
    (what) => void breaches.push(`seed ${seed}, ${Math.round((now - START) / MINUTE)} min: ${what}`),
  );
  const put = (...changes: Change[]): void => commit(world, { changes, asks: [], timers: [], because: [] });
  const take = (input: string, decided: Decided | Refusal): boolean => {
    if (isRefusal(decided)) return false;
    commit(world, decided);
    watch(now, input);
    return true;
  };
  const say = (answer: Answer): boolean => {
    const decided = set.say(now, answer);
    if (!isRefusal(decided)) watch(now, answer.type);
    return !isRefusal(decided);
  };
  put(
    ...Array.from({ length: SITES }, (_, i): Change => {
      const after = Asset.parse({ id: `p${i}`, name: "P", kind: "pump", model: "P", customer: "acme", moves: false, installedAt: 0, position: place(i * 5) });
      return { family: "asset", id: after.id, after };
    }),
  );
  if (seed % 2 === 1) {
    put({ family: "depot", id: "east", after: { id: "east", title: { en: "east", zh: "east" }, place: place(9) } as Depot });
    const shelves = [...IDS.map((id) => `van:${id}`), "depot:east"];
    const lines = shelves.flatMap((at) => PARTS.filter(() => random.chance(0.7)).map((part) => ({ place: at, part })));
    const received = lines.map((line) => Movement.parse({ id: `m-${line.place}-${line.part}`, at: START, by: "desk", type: "receive", quantity: 3, ...line }));
    take("movements", onMovements(view, received, "desk", now));
  }
  const held = () => view.list("ticket").filter((one) => "acceptedAt" in one && !("resolvedAt" in one)) as Extract<Ticket, { state: "assigned" }>[];
  const offers = () => view.list("offer", { state: "open" });
  const becomes = (id: string, after: ReturnType<typeof person> | null): void => {
    put({ family: "engineer", id, after });
    if (after === null || random.chance(0.5)) {
      const heard = [{ entity: "engineer", id, attr: "skills", actor: "crm", reason: "", erased: false }] as const;
      take("heard", onHeard(view, heard, now, newId));
    } else take("people", onPeople(view, [id], now, newId));
  };
  let proposal: Proposal | null = null;
  let step = 0;
  const inputs: readonly (readonly [number, () => void])[] = [
    [
      22,
      () => {
        const asset = `p${random.between(0, SITES - 1)}` as never;
        const faultMode = random.pick(["bearing-wear", "cavitation", "loosening"]) as never;
        const priority = random.pick(["p1", "p2", "p3"] as const);
        say({ type: "open", ticket: `t${step}` as TicketId, by: "desk", asset, words: "x", faultMode, priority });
      },
    ],
    [
      23,
      () => {
        const offer = pick(offers());
        // What was offered under the rules as they are can be taken.
        if (offer !== undefined && now < offer.expiresAt && !say(accept(offer)) && offer.madeAt === now) breaches.push(`seed ${seed}: refused at once`);
      },
    ],
    [7, () => on(offers(), (offer) => say(decline(offer)))],
    [
      14,
      () => {
        const job = pick(held());
        if (job === undefined) return;
        const report = (by: EngineerId, to: "travelling" | "working" | "resolved") => say({ type: "progress", ticket: job.id, by, to, ...REPORT });
        for (const { engineer: by } of job.helpers ?? []) report(by, "working");
        report(job.to, (job.state as string) === "working" ? "resolved" : random.pick(["travelling", "working"] as const));
      },
    ],
    [3, () => on(held(), ({ id }) => say({ type: "return", ticket: id, by: "desk", why: "x" }))],
    [3, () => on(view.list("ticket"), ({ id }) => say({ type: "cancel", ticket: id, by: "desk", why: "x" }))],
    [3, () => on(view.list("ticket"), ({ id }) => say({ type: "reopen", ticket: id, by: "desk", why: "x" }))],
    [
      5,
      () => {
        // Also while work would last, and beyond the shift within what may be worked there.
        const from = now + random.between(-60, 240) * MINUTE;
        const id = random.pick(IDS) as EngineerId;
        say(
          random.chance(0.6)
            ? { type: "absent", engineer: id, by: "desk", from, until: Math.max(now, from) + random.between(20, 4_000) * MINUTE }
            : { type: "present", engineer: id, by: "desk" },
        );
      },
    ],
    [3, () => on(held(), ({ id, to }) => say({ type: "late", ticket: id, by: to, arriveAt: now + random.between(0, 3 * HOUR) }))],
    [
      4,
      () => {
        const job = pick(held());
        const until = random.chance(0.5) ? { until: now + HOUR } : {};
        if (job !== undefined) say({ type: "pause", ticket: job.id, by: job.to, as: "engineer", reason: "parts", ...until });
      },
    ],
    [2, () => on(view.list("ticket", { state: "paused" }), ({ id }) => say({ type: "resume", ticket: id, by: "desk", as: "dispatcher" }))],
    [2, () => on(held(), ({ id }) => say({ type: "crew", ticket: id, by: "desk", crew: random.between(1, 3) }))],
    [
      3,
      () => {
        const ticket = pick(view.list("ticket").filter(({ state }) => state === "open" || state === "offered" || state === "assigned"));
        if (ticket === undefined) return;
        const { hold: _before, ...rest } = ticket;
        const hold = { reason: "customer", ...(random.chance(0.5) ? { until: now + HOUR } : {}) } as const;
        put({ family: "ticket", id: ticket.id, after: (random.chance(0.5) ? { ...rest, hold } : rest) as Ticket });
        take("hold", onHeard(view, [{ entity: "ticket", id: ticket.id, attr: "hold", actor: "crm", reason: "", erased: false }], now, newId));
      },
    ],
    [
      5,
      () => {
        const i = random.between(0, IDS.length - 1);
        const more = random.pick([{}, { skills: ["electrical"] }, { shifts: [] }, { territory: [{ center: place(0), radiusM: 8_000 }] }]);
        becomes(IDS[i] ?? "a", random.chance(0.15) ? null : person(i, more));
      },
    ],
    [
      3,
      () => {
        const level = pick(view.list("stock"));
        if (level === undefined) return;
        const counted = { id: `c${step}`, at: now, by: "desk", type: "count", place: level.place, part: level.part, counted: random.between(0, 3) };
        take("count", onMovements(view, [Movement.parse(counted)], "desk", now));
      },
    ],
    [6, () => void (proposal = solve({ snapshot: snapshotOf(view, readFacts(view, now)), seed: step, iterations: 60 }))],
    [
      6,
      () => {
        if (proposal !== null) take("proposal", onProposal(view, proposal, now, newId));
        proposal = null;
      },
    ],
  ];
  const all = inputs.reduce((sum, [weight]) => sum + weight, 0);
  for (; step < STEPS; step++) {
    const until = now + random.between(0, 12 * MINUTE);
    for (let turns = 0; turns < 500; turns++) {
      const [next] = Object.entries(world.kept.timers)
        .filter(([, { at }]) => at <= until)
        .toSorted(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      const [key, { at, due }] = next;
      delete (world.kept.timers as Record<string, unknown>)[key];
      now = Math.max(now, at);
      take(`due ${due.type}`, onDue(view, due, now, newId));
      if (turns === 499) breaches.push(`seed ${seed}: timers without end`);
    }
    now = until;
    let at = random.next() * all;
    for (const [weight, input] of inputs) {
      at -= weight;
      if (at >= 0) continue;
      input();
      break;
    }
    planOf(view, now);
  }
  return { breaches, offers: view.list("offer").length };
}

test("P26 whatever comes in whatever order, no offer and no plan breaks a hard rule, and no job is forgotten", () => {
  const days = Array.from({ length: 14 }, (_, i) => live(i + 1));
  expect(days.flatMap(({ breaches }) => breaches)).toEqual([]);
  expect(days.reduce((sum, { offers }) => sum + offers, 0)).toBeGreaterThan(250);
});
