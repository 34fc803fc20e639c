import { expect, test } from "vitest";
import type { Change, UnitView } from "../../contracts/entity.ts";
import { type EngineerId, PartId, type TicketId } from "../../contracts/ids.ts";
import { COST_TERMS, Offer } from "../../contracts/offer.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { levelId, vanOf } from "../../contracts/stock.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { scenarioOf } from "../sim/cast.ts";
import { drawCrowd, MORNING } from "../sim/crowd.ts";
import { startRandom } from "../sim/random.ts";
import { startWorld } from "../sim/world.ts";
import { promisedAs } from "../ticket/heard.ts";
import { readFacts, siteOf } from "./facts.ts";
import { whyNot } from "./why-not.ts";

const SCENARIO = scenarioOf(pumpVibration, { connectors: {} });
const HOUR_MS = 3_600_000;

/** A crowd of whom many are away, will be, have breaks ahead, or are known to be somewhere on their way. */
function drawDay(seed: number): readonly Change[] {
  const random = startRandom(seed);
  const { changes } = drawCrowd(seed, SCENARIO, { engineers: 8, tickets: 14, waiting: 4 });
  return changes.flatMap((change): Change[] => {
    if (change.family === "ticket" && change.after?.state === "open" && random.chance(0.3)) {
      const asked = changes.flatMap((one) => (one.family === "engineer" && random.chance(0.2) ? [one.id as EngineerId] : []));
      return [{ ...change, after: { ...change.after, asked } }];
    }
    if (change.family !== "engineer" || change.after === null) return [change];
    const away = MORNING + random.between(-60, 300) * 60_000;
    const after = {
      ...change.after,
      locatable: random.chance(0.5),
      ...(random.chance(0.5) ? { absences: [{ from: away, until: away + random.between(1, 5) * HOUR_MS }] } : {}),
      ...(random.chance(0.4)
        ? {
            breaks: [
              { from: 690, to: 700, minutes: 60 },
              { from: 1_200, to: 1_230, minutes: 30 },
            ],
          }
        : {}),
      ...(random.chance(0.4) ? { shifts: [{ days: [1], from: 360, to: 600 + random.between(1, 8) * 30 }] } : {}),
      ...(random.chance(0.15) ? { shifts: [] } : {}),
      ...(random.chance(0.3) ? { overtimeMin: 0 } : {}),
    };
    const place = { lat: after.home.lat + 0.2, lon: after.home.lon };
    return [{ ...change, after }, ...(after.locatable ? [{ family: "position", id: after.id, after: { id: after.id, at: MORNING, place } } as const] : [])];
  });
}

/** Two parts, in most vans, and jobs that need them; and somebody whose phone rings for another job. */
function drawParts(seed: number, changes: readonly Change[]): readonly Change[] {
  const random = startRandom(seed + 1_000);
  const open = changes.flatMap((change) => (change.family === "ticket" && change.after?.state === "open" ? [change.after] : []));
  const engineers = changes.flatMap((change) => (change.family === "engineer" && change.after !== null ? [change.after] : []));
  const stock = engineers.flatMap(({ id }) => PARTS.filter(() => random.chance(0.7)).map((part) => levelOf(id, part, random.between(1, 3))));
  const kits = open
    .filter(() => random.chance(0.5))
    .map(({ id, kit }) => {
      const lines = PARTS.filter(() => random.chance(0.6)).map((part) => ({ part, quantity: random.between(1, 2) }));
      return { family: "kit", id: kit, after: { id: kit, ticket: id, lines, state: "none", attempts: 0 } } as const;
    });
  const ringing = open.at(-1);
  const asked = engineers[random.between(0, engineers.length - 1)];
  if (ringing === undefined || asked === undefined || open.length < 4) return [...changes, ...stock, ...kits];
  const expiresAt = MORNING + 60_000;
  const cost = Object.fromEntries(["total", ...COST_TERMS].map((term) => [term, 0]));
  const because = { distanceM: 0, travelMs: 0, queueMs: 0, skills: ringing.skills, arriveAt: MORNING, index: 0, cost, travel: { source: "great-circle" } };
  const offer = Offer.parse({ id: "ringing", ticket: ringing.id, engineer: asked.id, state: "open", madeAt: MORNING, expiresAt, because, notChosen: [] });
  const after = Ticket.parse({ ...ringing, state: "offered", to: asked.id, offer: offer.id, expiresAt });
  return [
    ...changes.filter(({ id }) => id !== ringing.id),
    ...stock,
    ...kits,
    { family: "ticket", id: ringing.id, after },
    { family: "offer", id: offer.id, after: offer },
  ];
}
const PARTS = ["BRG-6308", "SEAL-45"].map((part) => PartId.parse(part));

function levelOf(who: EngineerId, part: PartId, onHand: number): Change {
  const place = vanOf(who);
  return { family: "stock", id: levelId(place, part), after: { id: levelId(place, part), place, part, onHand, holds: [] } };
}

/** What somebody would do about it, done to the records. */
function done(view: UnitView, ticket: TicketId, who: EngineerId, what: WhatIf): readonly Change[] {
  const engineer = view.get("engineer", who);
  const wanted = view.get("ticket", ticket);
  if (engineer === undefined || wanted === undefined) throw new Error("nobody");
  const { absences: _away, territory: _areas, ...plain } = engineer;
  const be = (after: typeof engineer): readonly Change[] => [{ family: "engineer", id: who, after }];
  switch (what.change) {
    case "shift-until":
    case "on-shift":
      return be({ ...engineer, extraShifts: [{ from: MORNING, until: what.until, kind: "duty" }] });
    case "present":
      return be({ ...plain, ...(engineer.territory === undefined ? {} : { territory: engineer.territory }) });
    case "territory":
      return be({ ...plain, ...(engineer.absences === undefined ? {} : { absences: engineer.absences }) });
    case "skill":
      return be({ ...engineer, skills: [...engineer.skills, what.skill] });
    case "break-moved":
      return be({ ...engineer, breaks: (engineer.breaks ?? []).map((one) => ({ ...one, from: 0, to: 1_440 })) });
    case "not-asked-yet":
      return [{ family: "ticket", id: ticket, after: { ...wanted, asked: wanted.asked.filter((one) => one !== who) } }];
    case "priority":
      // As the CRM writes it: under another promise.
      return [{ family: "ticket", id: ticket, after: promisedAs(view, { ...wanted, priority: what.priority }, MORNING) }];
    case "job-gone":
      return [{ family: "ticket", id: what.ticket, after: inNobodysHands(view.get("ticket", what.ticket)) }];
    case "preferred": {
      const asset = view.get("asset", wanted.asset);
      return asset === undefined ? [] : [{ family: "asset", id: asset.id, after: { ...asset, preferred: [...(asset.preferred ?? []), who] } }];
    }
    case "closer": {
      const { travel, workers } = readFacts(view, MORNING, ticket);
      const worker = workers.find((one) => one.engineer.id === who);
      if (worker === undefined || worker.locked.length > 0) throw new Error(`${who} can't be elsewhere`);
      const site = siteOf(view, wanted);
      const way = travel.leg(worker.from, site).ms;
      // A straight line between degrees is no great circle: a thousandth of it more.
      const left = Math.max(0, (way - what.byMs) / way) * 0.999;
      const place = { lat: site.lat + (worker.from.lat - site.lat) * left, lon: site.lon + (worker.from.lon - site.lon) * left };
      return [...be({ ...engineer, locatable: true }), { family: "position", id: who, after: { id: who, at: MORNING, place } }];
    }
    case "part":
      return [levelOf(who, what.part, (view.get("stock", levelId(vanOf(who), what.part))?.onHand ?? 0) + what.quantity)];
    case "offer-answered": {
      const [offer] = view.list("offer", { engineer: who, state: "open" });
      if (offer === undefined) throw new Error("nothing rings");
      const declined = { ...inNobodysHands(view.get("ticket", what.ticket)), asked: [who] };
      return [
        { family: "offer", id: offer.id, after: { ...offer, state: "declined", answeredAt: MORNING } },
        { family: "ticket", id: what.ticket, after: declined },
      ];
    }
  }
}

function inNobodysHands(ticket: Ticket | undefined): Ticket {
  const hands = new Set(["to", "offer", "expiresAt", "acceptedAt", "leftAt", "arrivedAt", "helpers"]);
  return Ticket.parse({ ...Object.fromEntries(Object.entries(ticket ?? {}).filter(([attr]) => !hands.has(attr))), state: "open" });
}

const ALL: Readonly<Record<WhatIf["change"], true>> = {
  closer: true,
  part: true,
  priority: true,
  preferred: true,
  present: true,
  skill: true,
  territory: true,
  "shift-until": true,
  "on-shift": true,
  "job-gone": true,
  "offer-answered": true,
  "not-asked-yet": true,
  "break-moved": true,
};

test("P13 what is answered, done to the records of the engineer and the ticket, does have them chosen", () => {
  const tried = new Map<string, number>();
  // Plain days of a busier crowd in which another priority, or a preference, would do.
  const plain = [1, 8, 56].map((seed) => drawCrowd(seed, SCENARIO, { engineers: 10, tickets: 25, waiting: 4 }).changes);
  const days = Array.from({ length: 27 }, (_, i) => (i % 3 === 0 ? drawDay(i + 1) : drawParts(i + 1, drawDay(i + 1))));
  for (const [seed, changes] of [...plain, ...days].entries()) {
    const { view } = startWorld(SCENARIO, changes);
    for (const { id } of view.list("ticket", { state: "open" }).slice(0, seed < plain.length ? undefined : 3)) {
      for (const { id: who } of view.list("engineer")) {
        const answer = whyNot(view, id, who, MORNING);
        if (isRefusal(answer)) throw new Error(answer.rule);
        if (answer.outcome !== "change") continue;
        for (const what of [answer.what, ...answer.others]) {
          const change = done(view, id, who, what);
          tried.set(what.change, (tried.get(what.change) ?? 0) + 1);
          const { view: then } = startWorld(SCENARIO, [...changes, ...change]);
          expect(whyNot(then, id, who, MORNING), `${seed} ${id} ${who} ${JSON.stringify(what)}`).toMatchObject({ outcome: "would-be-chosen" });
        }
      }
    }
  }
  for (const change of Object.keys(ALL)) expect(tried.get(change) ?? 0, `${change} of ${JSON.stringify([...tried])}`).toBeGreaterThan(0);
});
